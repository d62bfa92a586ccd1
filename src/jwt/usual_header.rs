//! The header that the tokens of an issuer usually bear, which is read once.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};

use super::key_set::KeySet;
use super::keys::VerifyingKey;

/// The header of the last good token, as it was written, and the key that it asks for. All tokens
/// of an issuer that were signed with one key bear the same, so that it need not be read again.
///
/// It holds for one set of rules alone: a clone, whose rules may change, begins anew.
#[derive(Default)]
pub(super) struct UsualHeader(ArcSwapOption<Known>);

pub(super) struct Known {
    text: Box<[u8]>,
    keys: KeySet,
    key: VerifyingKey,
}

impl UsualHeader {
    /// What is known.
    pub(super) fn load(&self) -> Guard<Option<Arc<Known>>> {
        self.0.load()
    }

    /// Keeps what a good token has taught.
    pub(super) fn learn(&self, text: &[u8], keys: &KeySet, key: &VerifyingKey) {
        self.0.store(Some(Arc::new(Known {
            text: text.into(),
            keys: keys.clone(),
            key: key.clone(),
        })));
    }
}

impl Known {
    /// The key that a token with the header `text` asks for, if it is one of these very `keys`.
    pub(super) fn key(&self, text: &[u8], keys: &KeySet) -> Option<&VerifyingKey> {
        (self.keys.is(keys) && *self.text == *text).then_some(&self.key)
    }
}

impl Clone for UsualHeader {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for UsualHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UsualHeader(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_known_to_the_letter_by_its_keys_and_rules_alone() {
        let usual = UsualHeader::default();
        let key = VerifyingKey::hs256([7; 32]).unwrap().with_id("a");
        let (one, two): (KeySet, KeySet) = (key.clone().into(), key.clone().into());
        let found = |usual: &UsualHeader, text: &str, keys| {
            let known = usual.load();
            let key = known.as_ref()?.key(text.as_bytes(), keys)?;
            key.id().map(str::to_owned)
        };
        assert_eq!(found(&usual, "abc", &one), None);
        usual.learn(b"abc", &one, &key);
        for (text, keys, known) in [
            ("abc", &one, true),
            ("abd", &one, false),
            ("ab", &one, false),
            ("", &one, false),
            ("abc", &two, false),
        ] {
            assert_eq!(found(&usual, text, keys).is_some(), known, "{text}");
        }
        assert_eq!(found(&usual.clone(), "abc", &one), None);
        usual.learn(b"abd", &two, &key);
        assert_eq!(found(&usual, "abd", &two).as_deref(), Some("a"));
        assert_eq!(found(&usual, "abc", &one), None);
    }
}
