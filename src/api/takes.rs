//! What a handler takes.

use std::any::type_name;

use crate::api_key::ApiKey;
use crate::assign::{Grant, JsonPatch};
use crate::identity::Principal;

/// The arguments of a handler, in the words of the compiler. They serve to find slips, and decide
/// nothing: another compiler may word them differently.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takes(&'static str);

impl Takes {
    /// `T` is what `axum` calls a handler's arguments.
    pub(super) fn of<T>() -> Self {
        Self(type_name::<T>())
    }

    /// What is not known of a whole router.
    pub(super) const ANYTHING: Self = Self("ViaRequest");

    /// Whether the last argument is one that can read the body.
    pub(super) fn reads_body(self) -> bool {
        self.0.contains("ViaRequest")
    }

    /// Whether the body is judged field by field.
    pub(super) fn assigns_fields(self) -> bool {
        // `New` and `Patch` take a model that is not known here; they stand beside `Sent`.
        let family = type_name::<JsonPatch>().split("::json_patch").next();
        let family = family.unwrap_or_default();
        self.has(stem(type_name::<JsonPatch>()))
            || ["New<", "Patch<"].iter().any(|name| {
                let mut places = self.0.match_indices(name);
                places.any(|(at, _)| {
                    let before = self.0.get(..at).unwrap_or_default();
                    let path = before.rsplit([' ', '<', '(', ',']).next();
                    path.is_some_and(|path| path.starts_with(family) && path.ends_with("::"))
                })
            })
    }

    /// Whether the body is checked by a schema: also within another argument, such as `Confirmed`.
    pub(super) fn validates(self) -> bool {
        CHECKED.is_some_and(|name| self.0.contains(name()))
    }

    /// Whether it is checked by the schema of the type that the compiler calls `name`.
    #[cfg(feature = "json")]
    pub(super) fn validates_as(self, name: &str) -> bool {
        CHECKED.is_some_and(|checked| self.0.contains(&format!("{}<{name}>", checked())))
    }

    /// Whether the handler cannot do without a known caller.
    pub(super) fn needs_caller(self) -> bool {
        let always = [
            type_name::<Principal>(),
            type_name::<ApiKey>(),
            stem(type_name::<Grant>()),
        ];
        always.into_iter().any(|name| self.has(name)) || self.has_claims()
    }

    #[cfg(feature = "jwt")]
    fn has_claims(self) -> bool {
        self.has(stem(type_name::<crate::jwt::Claims<()>>()))
    }

    #[cfg(not(feature = "jwt"))]
    fn has_claims(self) -> bool {
        let _ = self;
        false
    }

    /// Whether an argument is of the type `name`, by itself: not one that may be missing.
    fn has(self, name: &str) -> bool {
        let mut places = self.0.match_indices(name);
        places.any(|(at, _)| {
            let before = self.0.get(..at).unwrap_or_default();
            let after = self.0.get(at + name.len()..).unwrap_or_default();
            before.ends_with([' ', '(']) && !after.starts_with(|c: char| c.is_alphanumeric())
        })
    }
}

/// What stands before the type of a body that is checked by a schema.
#[cfg(feature = "json")]
const CHECKED: Option<fn() -> &'static str> =
    Some(|| stem(type_name::<crate::input::ValidatedJson<()>>()));
#[cfg(not(feature = "json"))]
const CHECKED: Option<fn() -> &'static str> = None;

/// A type's name without what stands in its brackets.
fn stem(name: &'static str) -> &'static str {
    name.split('<').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use axum::extract::{Request, State};
    use axum::handler::Handler;

    use super::*;

    fn takes<H: Handler<T, ()>, T>(_handler: H) -> Takes {
        Takes::of::<T>()
    }

    #[test]
    fn the_compiler_tells_what_a_handler_takes() {
        let nothing = takes(async || ());
        assert!(!nothing.reads_body() && !nothing.needs_caller());
        let caller = takes(async |_: State<()>, _: Principal| ());
        assert!(!caller.reads_body() && caller.needs_caller());
        let perhaps = takes(async |_: Option<Principal>, _: Request| ());
        assert!(perhaps.reads_body() && !perhaps.needs_caller());
        let grant = takes(async |_: Grant, _: JsonPatch| ());
        assert!(grant.needs_caller() && grant.assigns_fields() && !grant.validates());
        let text = takes(async |_: String| ());
        assert!(text.reads_body() && !text.assigns_fields());
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_schema_is_seen() {
        #[derive(serde::Deserialize, schemars::JsonSchema)]
        struct New {
            _a: bool,
        }
        let checked = takes(async |_: crate::input::ValidatedJson<New>| ());
        assert!(checked.validates() && checked.reads_body() && !checked.assigns_fields());
        assert!(checked.validates_as(type_name::<New>()));
        assert!(!checked.validates_as("New") && !checked.validates_as(type_name::<u8>()));
    }
}
