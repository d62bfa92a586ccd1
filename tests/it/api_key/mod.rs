//! API keys, through a real router.

mod composed;
mod house;
mod refused;
