//! The JSON-Schema-Test-Suite, asked over HTTP.

mod cases;
mod letter_test;
mod suite_test;
mod wire;

pub(crate) use wire::{Connection, serve};
