//! A request walks through a shield.
