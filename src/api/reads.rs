//! Which schema a route reads bodies by.

use std::any::type_name;

use crate::config::ConfigError;
use crate::input::{RequestSchema, Schema};

/// The schema of a type, and how it is called.
#[derive(Clone, Debug)]
pub(super) struct Reads {
    pub(super) name: &'static str,
    /// As the compiler calls it.
    pub(super) whole_name: &'static str,
    pub(super) schema: Result<&'static Schema, ConfigError>,
}

impl Reads {
    pub(super) fn schema_of<T: RequestSchema>() -> Self {
        Self {
            name: last_name(type_name::<T>()),
            whole_name: type_name::<T>(),
            schema: Schema::of::<T>(),
        }
    }
}

/// `Article` of `crate::model::Article<crate::x::Y>`.
fn last_name(path: &'static str) -> &'static str {
    let plain = path.split('<').next().unwrap_or(path);
    plain.rsplit("::").next().unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_called_by_its_last_name() {
        assert_eq!(last_name("articles::model::Article"), "Article");
        assert_eq!(last_name("alloc::vec::Vec<a::B>"), "Vec");
        assert_eq!(last_name("u8"), "u8");
    }
}
