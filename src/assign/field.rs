//! Absent, null, or a value: what a patch says of one field.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Visitor};

use crate::problem::{FieldFault, Kind, Problem};

/// What a caller says of one field of a patch (RFC 7396): nothing, that it be removed, or its new
/// value.
///
/// Bear `#[serde(default)]` on each such field, or on the whole type: without it a field that is
/// absent is refused, rather than read as null and wiped.
///
/// ```
/// use portcullis::assign::Field;
///
/// #[derive(serde::Deserialize, Default)]
/// #[serde(default)]
/// struct Patch {
///     bio: Field<String>,
///     site: Field<String>,
///     name: Field<String>,
/// }
///
/// let patch: Patch = serde_json::from_str(r#"{ "bio": null, "site": "https://a.example" }"#)?;
/// let (mut bio, mut site, mut name) = (Some("old".to_owned()), None, "Ada".to_owned());
/// patch.bio.apply(&mut bio);
/// patch.site.apply(&mut site);
/// assert!(patch.name.apply_required("#/name", &mut name).is_ok());
/// assert_eq!((bio, site.as_deref(), name.as_str()), (None, Some("https://a.example"), "Ada"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Field<T> {
    /// The caller says nothing of the field.
    #[default]
    Absent,
    /// The field shall be removed.
    Null,
    /// The field shall have this value.
    Set(T),
}

impl<T> Field<T> {
    /// Whether the caller says nothing of the field.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// The new value, if there is one.
    #[must_use]
    pub const fn as_set(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// Does to an optional field of a model what the caller says.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Null => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Does to a field that a model must have what the caller says.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody` at `pointer` (such as `#/name`) if the field shall
    /// be removed. The model is left as it was.
    pub fn apply_required(self, pointer: &str, field: &mut T) -> Result<(), Problem> {
        match self {
            Self::Absent => Ok(()),
            Self::Null => {
                let fault = FieldFault::new(pointer, "type", "must not be null");
                Err(Problem::new(Kind::InvalidBody)
                    .because("field_not_removable")
                    .with_faults(vec![fault], false))
            }
            Self::Set(value) => {
                *field = value;
                Ok(())
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Asked for an option, serde makes one up for a member that is absent: the same one as for
        // null. So a newtype is asked for, and the option within it.
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Field<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or null")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                d: D,
            ) -> Result<Field<T>, D::Error> {
                Ok(Option::deserialize(d)?.map_or(Field::Null, Field::Set))
            }
        }
        deserializer.deserialize_newtype_struct("Field", Reader(PhantomData))
    }
}

/// The schema of the value, or null.
#[cfg(feature = "json")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Field<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct Patch {
        #[serde(default)]
        bio: Field<u8>,
    }

    #[derive(Debug, serde::Deserialize)]
    struct Careless {
        #[expect(dead_code, reason = "only read from a text")]
        bio: Field<u8>,
    }

    #[test]
    fn absent_and_null_and_set_are_three_things() {
        for (text, field, applied) in [
            ("{}", Field::Absent, Some(1)),
            (r#"{"bio":null}"#, Field::Null, None),
            (r#"{"bio":2}"#, Field::Set(2), Some(2)),
        ] {
            let patch: Patch = serde_json::from_str(text).unwrap();
            assert_eq!(patch.bio, field);
            let mut model = Some(1);
            patch.bio.apply(&mut model);
            assert_eq!(model, applied);
        }
        assert!(serde_json::from_str::<Patch>(r#"{"bio":"x"}"#).is_err());
    }

    #[test]
    fn a_field_without_a_default_is_never_wiped_by_absence() {
        assert!(serde_json::from_str::<Careless>("{}").is_err());
        assert!(serde_json::from_str::<Careless>(r#"{"bio":null}"#).is_ok());
    }

    #[test]
    fn a_field_that_must_be_is_not_removed() {
        let mut name = 1;
        let problem = Field::Null.apply_required("#/name", &mut name).unwrap_err();
        assert_eq!((problem.status().as_u16(), name), (422, 1));
        assert!(Field::Set(2).apply_required("#/name", &mut name).is_ok());
        assert!(Field::Absent.apply_required("#/name", &mut name).is_ok());
        assert_eq!(name, 2);
    }
}
