//! confirm, through a real router.

mod flow;
mod house;
mod refused;
