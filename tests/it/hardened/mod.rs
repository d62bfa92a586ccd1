//! `test_util`, on applications that are sound and on weak ones.

mod house;
mod kit;
mod reasons;
mod sound;
mod weak;
