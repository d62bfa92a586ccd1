//! Mass assignment and what is seen, through derives and real routers.

mod matrix;
mod named;
mod seen;
mod sent;
mod world;
