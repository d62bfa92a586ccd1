//! One strict pass over a JSON text.
//!
//! `serde_json` is the only parser here, and it sees every byte: ignored values are walked like all
//! others. What it lets through and must not be let through is caught on the way: names that stand
//! twice in one object (compared after unescaping) and nesting that is too deep.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::de::StrRead;

use super::path::Path;
use crate::problem::{FieldFault, Kind, Problem};

/// How many arrays and objects may stand within each other.
pub(crate) const MAX_DEPTH: usize = 32;

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    reason: &'static str,
    code: &'static str,
    detail: &'static str,
    pointer: String,
}

impl Malformed {
    fn syntax(reason: &'static str) -> Self {
        Self {
            reason,
            code: "syntax",
            detail: "must be one JSON text in UTF-8",
            pointer: "#".to_owned(),
        }
    }
}

impl From<Malformed> for Problem {
    fn from(malformed: Malformed) -> Self {
        let Malformed {
            reason,
            code,
            detail,
            pointer,
        } = malformed;
        Self::new(Kind::MalformedBody)
            .because(reason)
            .with_faults(vec![FieldFault::new(pointer, code, detail)], false)
    }
}

/// Where a pass has come to.
#[derive(Debug, Default)]
pub(crate) struct Walk<'a> {
    /// The value that is being read.
    pub(crate) path: Path<'a>,
    malformed: Option<Malformed>,
}

impl Walk<'_> {
    /// Steps into an array or object, unless that is one too deep.
    pub(crate) fn descend<E: de::Error>(&mut self) -> Result<(), E> {
        if self.path.len() < MAX_DEPTH {
            return Ok(());
        }
        Err(self.stop("body_too_deep", "depth", "must not be nested this deeply"))
    }

    /// Ends the pass: the member that is being read was there before.
    pub(crate) fn repeated<E: de::Error>(&mut self) -> E {
        self.stop("duplicate_key", "duplicate-key", "must stand once")
    }

    fn stop<E: de::Error>(
        &mut self,
        reason: &'static str,
        code: &'static str,
        detail: &'static str,
    ) -> E {
        self.malformed = Some(Malformed {
            reason,
            code,
            detail,
            pointer: self.path.pointer(),
        });
        E::custom(code)
    }
}

/// Runs `drive` over `text`, which must be one JSON text from its first byte to its last.
pub(crate) fn scan<'a, T>(
    text: &'a [u8],
    drive: impl FnOnce(
        &mut Walk<'a>,
        &mut serde_json::Deserializer<StrRead<'a>>,
    ) -> serde_json::Result<T>,
) -> Result<T, Malformed> {
    let text = std::str::from_utf8(text).map_err(|_| Malformed::syntax("body_not_utf8"))?;
    let mut walk = Walk::default();
    let mut json = serde_json::Deserializer::from_str(text);
    drive(&mut walk, &mut json)
        .and_then(|read| json.end().map(|()| read))
        // What serde_json has to say may hold what was sent, so it goes no further.
        .map_err(|_| {
            walk.malformed
                .unwrap_or_else(|| Malformed::syntax("body_not_json"))
        })
}

/// The name of a member; borrowed from the text if it has no escapes.
pub(crate) struct Name<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                if is_reserved(name) {
                    return Err(E::custom("reserved"));
                }
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Name<'de>, E> {
                if is_reserved(name) {
                    return Err(E::custom("reserved"));
                }
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Reader)
    }
}

/// Whether `serde_json` keeps members of this name for itself: read into a `Value`, the text of such
/// a member would be parsed once more, past all rules (its feature `raw_value`, which `axum` turns
/// on).
pub(crate) fn is_reserved(name: &str) -> bool {
    name.starts_with("$serde_json::private::")
}

/// Whether `serde_json` reads numbers as numbers. If any crate of the program turns on its feature
/// `arbitrary_precision`, they come as objects, which a caller can counterfeit.
pub(crate) fn numbers_are_plain() -> bool {
    static PLAIN: LazyLock<bool> = LazyLock::new(|| {
        struct Probe;
        impl<'de> Visitor<'de> for Probe {
            type Value = bool;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_u64<E>(self, _: u64) -> Result<bool, E> {
                Ok(true)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(false)
            }
        }
        let mut number = serde_json::Deserializer::from_str("1");
        de::Deserializer::deserialize_any(&mut number, Probe).unwrap_or(false)
    });
    *PLAIN
}
