//! How a key is written: `acme_live_<16 characters: id>_<43: secret><6: checksum>`.

use rand::rngs::SysError;

use super::base62;
use crate::config::ConfigError;
use crate::secret::Secret;
use crate::store::{KeyId, is_alphanumeric};

const SECRET_LEN: usize = 43;
const MAX_PREFIX_LEN: usize = 32;

/// How the keys of one kind are written, known by their prefix.
///
/// A key is `<prefix>_<id>_<secret><checksum>`: 16, 43 and 6 letters and digits. The secret is
/// drawn from the operating system and is worth 32 random bytes; the checksum is the CRC-32 of all
/// that stands before it, so that a typo or a guess is refused without a look-up and a scanner
/// tells a leaked key from text that looks like one. There is one text for each key.
///
/// ```
/// use portcullis::api_key::KeyFormat;
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// let format = KeyFormat::new("acme_live")?;
/// assert_eq!(
///     format.secret_scanning_regex(),
///     "acme_live_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFormat {
    /// The prefix and an underscore.
    start: Box<str>,
}

impl KeyFormat {
    /// Keys that begin with `prefix` and an underscore. The prefix tells what a key is for and in
    /// which environment it works, as in `acme_live` and `acme_test`; keys of another prefix are
    /// refused by their form alone.
    ///
    /// # Errors
    /// [`ConfigError`] unless `prefix` is 1 to 32 lower-case ASCII letters, digits and
    /// underscores, of which the first is a letter and the last is no underscore.
    pub fn new(prefix: &str) -> Result<Self, ConfigError> {
        let allowed = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '_');
        if prefix.len() > MAX_PREFIX_LEN
            || !prefix.starts_with(|c: char| c.is_ascii_lowercase())
            || prefix.ends_with('_')
            || !prefix.chars().all(allowed)
        {
            return Err(ConfigError::new(format!(
                "{prefix:?} cannot begin an API key: use at most {MAX_PREFIX_LEN} lower-case \
                 letters, digits and underscores, with a letter first and no underscore last"
            )));
        }
        Ok(Self {
            start: format!("{prefix}_").into(),
        })
    }

    /// The id of the key `text`, if that is a whole key of this format with the right checksum.
    /// Untrusted text is fine; whether there is such a key is for the ring to say.
    #[must_use]
    pub fn id_of(&self, text: &str) -> Option<KeyId> {
        let rest = text.strip_prefix(&*self.start)?;
        let (id, rest) = rest.split_at_checked(KeyId::LEN)?;
        let (secret, checksum) = rest.strip_prefix('_')?.split_at_checked(SECRET_LEN)?;
        let (checked, _) = text.split_at_checked(text.len().checked_sub(base62::CHECKSUM_LEN)?)?;
        // A checksum of another length or alphabet equals none.
        let fits = is_alphanumeric(secret.as_bytes());
        let is_key = fits && base62::is_checksum(checksum.as_bytes(), checked);
        is_key.then(|| KeyId::parse(id))?
    }

    /// Whether `text` is a whole key of some other prefix.
    pub(super) fn is_foreign(&self, text: &str) -> bool {
        let tail = 1 + KeyId::LEN + 1 + SECRET_LEN + base62::CHECKSUM_LEN;
        text.len()
            .checked_sub(tail)
            .and_then(|end| text.get(..end))
            .filter(|prefix| *prefix != self.prefix())
            .and_then(|prefix| Self::new(prefix).ok())
            .is_some_and(|other| other.id_of(text).is_some())
    }

    /// How the keys begin.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.start.strip_suffix('_').unwrap_or_default()
    }

    /// A regular expression that finds leaked keys of this format in any text. It has no word
    /// boundaries, since keys leak inside other words too (`\nacme_live_...` in a JSON string);
    /// [`id_of`](Self::id_of) tells which of the finds are keys.
    #[must_use]
    pub fn secret_scanning_regex(&self) -> String {
        let tail = SECRET_LEN + base62::CHECKSUM_LEN;
        let id = KeyId::LEN;
        format!("{}[0-9A-Za-z]{{{id}}}_[0-9A-Za-z]{{{tail}}}", self.start)
    }

    /// A new key and its id.
    ///
    /// # Errors
    /// [`SysError`] if the operating system has no randomness to give.
    pub(super) fn mint(&self) -> Result<(KeyId, Secret<String>), SysError> {
        let id = base62::random::<{ KeyId::LEN }>()?;
        let secret = base62::random::<SECRET_LEN>()?;
        // Long enough from the start: growing would leave copies behind.
        let parts = self.start.len() + id.len() + secret.len() + base62::CHECKSUM_LEN;
        let mut key = String::with_capacity(parts + 1);
        key.push_str(&self.start);
        key.extend(id.iter().copied().map(char::from));
        key.push('_');
        key.extend(secret.iter().copied().map(char::from));
        let checksum = base62::checksum(&key);
        key.extend(checksum.map(char::from));
        Ok((KeyId::drawn(*id), Secret::new(key)))
    }
}

/// The prefix `key`.
impl Default for KeyFormat {
    fn default() -> Self {
        Self {
            start: "key_".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    #[test]
    fn a_prefix_is_a_short_lower_case_word() {
        for (prefix, fits) in [
            ("a", true),
            ("acme_live", true),
            ("a1_2b", true),
            (&"a".repeat(32), true),
            (&"a".repeat(33), false),
            ("", false),
            ("_a", false),
            ("a_", false),
            ("1a", false),
            ("Acme", false),
            ("acme-live", false),
            ("acm\u{e9}", false),
            ("a.*", false),
        ] {
            assert_eq!(KeyFormat::new(prefix).is_ok(), fits, "{prefix:?}");
        }
        assert_eq!(KeyFormat::new("key").unwrap(), KeyFormat::default());
    }

    #[test]
    fn only_a_whole_key_with_its_own_checksum_is_a_key() {
        let format = KeyFormat::new("a_b").unwrap();
        let body = format!("a_b_{}_{}", "0".repeat(16), "z".repeat(43));
        let whole = |body: &str| {
            let checksum = base62::checksum(body).map(char::from);
            format!("{body}{}", checksum.iter().collect::<String>())
        };
        let key = whole(&body);
        assert_eq!(format.id_of(&key).unwrap().as_str(), "0".repeat(16));
        for wrong in [
            String::new(),
            "a_b".into(),
            "a_b_".into(),
            body.clone(),
            format!(" {key}"),
            format!("{key} "),
            format!("{key}0"),
            key[..key.len() - 1].into(),
            whole(&body.replace("a_b_", "a_c_")), // another prefix, its checksum right
            whole(&body.replace("a_b_", "A_B_")),
            whole(&body.replace("a_b_", "a_b__")),
            whole(&body.replace("a_b_", "\u{430}_b_")), // a Cyrillic letter
            whole(&body.replace("zz", "z")),
            whole(&format!("{body}z")),
            whole(&format!("{}-", &body[..body.len() - 1])),
            whole(&format!("{}\u{e9}", &body[..body.len() - 2])),
        ] {
            assert_eq!(format.id_of(&wrong), None, "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_minted_key_is_a_key_and_no_other_prefix_takes_it(_any: u8) {
            let format = KeyFormat::new("acme_live").unwrap();
            let (id, key) = format.mint().unwrap();
            prop_assert_eq!(format.id_of(key.expose()), Some(id));
            prop_assert!(!format.is_foreign(key.expose()));
            for other in ["acme", "acme_test", "acme_live_2", "live", "key"] {
                let other = KeyFormat::new(other).unwrap();
                prop_assert_eq!(other.id_of(key.expose()), None);
                prop_assert!(other.is_foreign(key.expose()));
                prop_assert!(!other.is_foreign(&key.expose()[1..]));
            }
            let pattern = regex::Regex::new(&format.secret_scanning_regex()).unwrap();
            let text = format!(r#"{{"a":"\n{}"}}"#, key.expose());
            prop_assert_eq!(pattern.find(&text).unwrap().as_str(), key.expose());
        }

        #[test]
        fn a_key_with_one_character_changed_is_no_key(at: Index, to: char) {
            let format = KeyFormat::default();
            let (_, key) = format.mint().unwrap();
            let at = at.index(key.expose().len());
            let mut changed = key.expose().clone();
            changed.replace_range(at..=at, &to.to_string());
            prop_assume!(changed != *key.expose());
            prop_assert_eq!(format.id_of(&changed), None);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String, tail in "key_[0-9A-Za-z_\u{e9}]{60,72}") {
            prop_assert_eq!(KeyFormat::default().id_of(&text), None);
            prop_assert_eq!(KeyFormat::default().id_of(&tail), None);
            prop_assert!(!KeyFormat::default().is_foreign(&text));
            prop_assert!(!KeyFormat::default().is_foreign(&tail));
        }
    }
}
