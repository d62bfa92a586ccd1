//! Keys that are fetched, from a server on loopback that misbehaves on order.

mod availability;
mod issuers;
mod keys;
mod outage;
mod world;
