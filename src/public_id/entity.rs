//! What ids are of.

/// The longest prefix, in bytes.
const MAX_PREFIX: usize = 32;

/// A sort of thing that callers know by ids: a table, mostly.
pub trait Entity: 'static {
    /// How its ids begin: 1 to 32 lower-case ASCII letters, digits and underscores, of which the
    /// first is a letter and the last no underscore. Anything else does not compile where ids are
    /// used. Two entities with one prefix would take each other's ids; give each its own, and do
    /// not change it.
    const PREFIX: &'static str;
}

/// The prefix of `E`, which is well formed or does not compile.
pub(super) const fn prefix<E: Entity>() -> &'static str {
    const {
        assert!(
            is_prefix(E::PREFIX.as_bytes()),
            "an entity's PREFIX must be 1 to 32 lower-case letters, digits and underscores, with a \
             letter first and no underscore last"
        );
    }
    E::PREFIX
}

const fn is_prefix(text: &[u8]) -> bool {
    let [first, .., last] = text else {
        return matches!(text, [b'a'..=b'z']);
    };
    if !first.is_ascii_lowercase() || *last == b'_' || text.len() > MAX_PREFIX {
        return false;
    }
    let mut rest = text;
    while let [byte, others @ ..] = rest {
        if !matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        rest = others;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_short_lower_case_word() {
        for (text, fits) in [
            ("a", true),
            ("article", true),
            ("line_item2", true),
            (&"a".repeat(32), true),
            (&"a".repeat(33), false),
            ("", false),
            ("_", false),
            ("_a", false),
            ("a_", false),
            ("1a", false),
            ("1", false),
            ("Article", false),
            ("a-b", false),
            ("a b", false),
            ("\u{e9}", false),
        ] {
            assert_eq!(is_prefix(text.as_bytes()), fits, "{text:?}");
        }
    }
}
