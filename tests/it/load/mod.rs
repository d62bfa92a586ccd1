//! `load`, through a real router and, where bodies matter, over real sockets.

mod adaptive;
mod bodies;
mod in_flight;
mod order;
mod wire;
