//! The id that callers know.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use rand::TryRng;
use rand::rngs::SysRng;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use thiserror::Error;

use super::base32;
use super::entity::{Entity, prefix};
use crate::problem::{Kind, Problem};

/// An id of `E` that callers may know: `<prefix>_<26 characters>`.
///
/// As an extractor it reads the parameter of the route that is named as the prefix is, or the only
/// parameter there is, and answers 404 to whatever is no such id. (`axum`'s own `Path` would answer
/// 400, and so tell the two apart.)
pub struct PublicId<E> {
    bits: u128,
    entity: PhantomData<fn() -> E>,
}

/// The text is no id of the entity.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("is no id of this resource")]
pub struct NoPublicId;

impl<E: Entity> PublicId<E> {
    /// A new id of 128 random bits, to be stored with what it is of.
    ///
    /// # Errors
    /// A [`Problem`] (503) if the operating system gives no randomness.
    pub fn random() -> Result<Self, Problem> {
        let mut bytes = [0; 16];
        match SysRng.try_fill_bytes(&mut bytes) {
            Ok(()) => Ok(Self::from_bytes(bytes)),
            Err(error) => Err(Problem::new(Kind::Unavailable)
                .because("no_randomness")
                .caused_by(error)),
        }
    }

    /// The id that `text` is, if it is one: to the letter, as there is one text for each id.
    /// Untrusted text is fine.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(prefix::<E>())?.strip_prefix('_')?;
        base32::read(rest).map(Self::of)
    }

    /// The id of these bytes, which are [random](Self::random) ones that were stored. Bytes that
    /// tell something, as a UUID of version 1 or 7 tells when it was made, are not for the public.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::of(u128::from_be_bytes(bytes))
    }

    /// The bytes to store: half of what the text takes.
    #[must_use]
    pub const fn to_bytes(self) -> [u8; 16] {
        self.bits.to_be_bytes()
    }

    const fn of(bits: u128) -> Self {
        let entity = PhantomData;
        Self { bits, entity }
    }
}

impl<E: Entity> FromStr for PublicId<E> {
    type Err = NoPublicId;

    fn from_str(text: &str) -> Result<Self, NoPublicId> {
        Self::parse(text).ok_or(NoPublicId)
    }
}

impl<E: Entity> fmt::Display for PublicId<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = base32::write(self.bits);
        f.write_str(prefix::<E>())?;
        f.write_str("_")?;
        // Every character is ASCII.
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl<E: Entity> fmt::Debug for PublicId<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicId({self})")
    }
}

impl<E: Entity> Serialize for PublicId<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, E: Entity> Deserialize<'de> for PublicId<E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<E>(PhantomData<fn() -> E>);
        impl<E: Entity> Visitor<'_> for Reader<E> {
            type Value = PublicId<E>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id")
            }

            fn visit_str<X: de::Error>(self, text: &str) -> Result<PublicId<E>, X> {
                text.parse().map_err(X::custom)
            }
        }
        deserializer.deserialize_str(Reader(PhantomData))
    }
}

/// A string of this one form.
#[cfg(feature = "json")]
impl<E: Entity> schemars::JsonSchema for PublicId<E> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("PublicId_{}", prefix::<E>()).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let prefix = prefix::<E>();
        schemars::json_schema!({
            "type": "string",
            "maxLength": prefix.len() + 1 + base32::LEN,
            "pattern": format!("^{prefix}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$"),
        })
    }
}

impl<E> Clone for PublicId<E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for PublicId<E> {}

impl<E> PartialEq for PublicId<E> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<E> Eq for PublicId<E> {}

impl<E> PartialOrd for PublicId<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for PublicId<E> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bits.cmp(&other.bits)
    }
}

impl<E> Hash for PublicId<E> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bits.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Article;
    impl Entity for Article {
        const PREFIX: &'static str = "article";
    }

    struct Art;
    impl Entity for Art {
        const PREFIX: &'static str = "art";
    }

    const TEXT: &str = "article_01234567890000000000000000";

    #[test]
    fn an_id_is_read_to_the_letter() {
        let id = PublicId::<Article>::parse(TEXT).unwrap();
        assert_eq!(id.to_string(), TEXT);
        assert_eq!(format!("{id:?}"), format!("PublicId({TEXT})"));
        assert_eq!(PublicId::from_bytes(id.to_bytes()), id);
        let rest = &TEXT["article".len()..];
        for wrong in [
            String::new(),
            "42".into(),
            "article".into(),
            "article_".into(),
            "..".into(),
            TEXT[8..].into(),
            format!("order{rest}"),
            format!("art{rest}"),
            format!("Article{rest}"),
            format!("article-{}", &rest[1..]),
            format!("article_{rest}"),
            format!("{TEXT}0"),
            format!("{TEXT} "),
            format!("{TEXT}\0"),
            TEXT[..TEXT.len() - 1].into(),
            TEXT.replace("_0", "_8"),
            TEXT.replace('1', "A"),
            TEXT.replace('1', "l"),
        ] {
            assert_eq!(PublicId::<Article>::parse(&wrong), None, "{wrong:?}");
            assert_eq!(wrong.parse::<PublicId<Article>>(), Err(NoPublicId));
        }
        assert_eq!(PublicId::<Art>::parse(TEXT), None);
    }

    #[test]
    fn an_id_is_a_text_in_json_and_nothing_of_a_wrong_one_is_echoed() {
        let id = PublicId::<Article>::parse(TEXT).unwrap();
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{TEXT}\""));
        assert_eq!(
            serde_json::from_str::<PublicId<Article>>(&json).unwrap(),
            id
        );
        for wrong in ["\"secret\"", "42", "null", "[]"] {
            let error = serde_json::from_str::<PublicId<Article>>(wrong).unwrap_err();
            assert!(!error.to_string().contains("secret"));
        }
    }

    #[test]
    fn random_ids_are_all_different() {
        let ids: std::collections::HashSet<_> = (0..1_000)
            .map(|_| PublicId::<Article>::random().unwrap())
            .collect();
        assert_eq!(ids.len(), 1_000);
        let low = ids.iter().filter(|id| id.to_bytes()[15] & 1 == 0).count();
        assert!((350..650).contains(&low), "{low}");
    }

    #[cfg(feature = "json")]
    #[test]
    fn the_schema_says_what_is_read() {
        let schema = schemars::schema_for!(PublicId<Article>);
        let pattern = regex::Regex::new(schema.get("pattern").unwrap().as_str().unwrap()).unwrap();
        assert!(pattern.is_match(TEXT));
        assert_eq!(schema.get("maxLength").unwrap(), TEXT.len());
        for character in ('\0'..='\u{ff}').map(String::from) {
            for at in ["0", "1"] {
                let text = TEXT.replacen(at, &character, 1);
                let is_read = PublicId::<Article>::parse(&text).is_some();
                assert_eq!(pattern.is_match(&text), is_read, "{text:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive_the_way(bytes: [u8; 16]) {
            let id = PublicId::<Article>::from_bytes(bytes);
            prop_assert_eq!(PublicId::parse(&id.to_string()), Some(id));
            prop_assert_eq!(id.to_bytes(), bytes);
        }

        #[test]
        fn whatever_is_read_has_no_other_text(text in "(article|Article|art)_?[0-9a-zA-Z]{24,28}|.*") {
            if let Some(id) = PublicId::<Article>::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
