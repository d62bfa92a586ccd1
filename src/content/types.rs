//! The media types that an author names.

use std::sync::Arc;

use http::HeaderValue;

use crate::body::is_essence;
use crate::config::ConfigError;

/// Media types in lower case and without parameters, the most wanted first.
#[derive(Clone, Debug)]
pub(super) struct Types(Arc<[Arc<str>]>);

impl Types {
    /// Types that are known to be some.
    pub(super) fn known(names: &[&'static str]) -> Self {
        Self(names.iter().map(|name| Arc::from(*name)).collect())
    }

    pub(super) fn new<N: AsRef<str>>(
        names: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        let names = names.into_iter().map(|name| {
            let name = name.as_ref().to_ascii_lowercase();
            if is_essence(name.as_bytes()) && !name.contains('*') {
                return Ok(Arc::from(name));
            }
            Err(ConfigError::new(format!(
                "media types: {name:?} is none; write it as `application/json`, without parameters"
            )))
        });
        let names: Arc<[Arc<str>]> = names.collect::<Result<_, _>>()?;
        if names.is_empty() {
            return Err(ConfigError::new("media types: there is none; name one"));
        }
        Ok(Self(names))
    }

    pub(super) fn list(&self) -> &[Arc<str>] {
        &self.0
    }

    /// The types as callers are told them.
    pub(super) fn told(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0.join(", ")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_without_parameters() {
        for (names, told) in [
            (&["Application/JSON"][..], Some("application/json")),
            (&["a/b", "c/d+e"], Some("a/b, c/d+e")),
            (&[], None),
            (&["json"], None),
            (&["*/*"], None),
            (&["text/*"], None),
            (&["a/b", "a/b; q=1"], None),
            (&["a/b/c"], None),
            (&["a/b,c/d"], None),
            (&[" a/b"], None),
        ] {
            let types = Types::new(names).ok();
            let found = types.and_then(|types| types.told());
            assert_eq!(
                found.as_ref().map(|t| t.to_str().unwrap()),
                told,
                "{names:?}"
            );
        }
    }
}
