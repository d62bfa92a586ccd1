#![doc = include_str!("choosing.md")]
#![doc = include_str!("admission.svg")]
