//! API keys, through a real router.

mod cached;
mod composed;
mod house;
mod limited;
mod noted;
mod peppered;
mod refused;
mod rotated;
mod ways;
