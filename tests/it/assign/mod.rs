//! Mass assignment and what is seen, through derives and real routers.

mod json_patch;
mod matrix;
mod named;
mod seen;
mod sent;
mod world;
