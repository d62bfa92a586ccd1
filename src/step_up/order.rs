//! Which class of login is above which.

use crate::config::ConfigError;

/// Classes of login (`acr`, `OpenID` Connect Core, section 2) in rising order: a higher one serves
/// where a lower one is demanded. A class that is not in the order serves only for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AcrOrder(Box<[Box<str>]>);

impl AcrOrder {
    /// The order of `classes`, from the lowest to the highest.
    ///
    /// # Errors
    /// [`ConfigError`] if a class stands twice, or is none that a challenge can bear.
    pub fn new<N: AsRef<str>>(classes: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        let classes = words(classes)?;
        for (i, class) in classes.iter().enumerate() {
            if classes.iter().skip(i + 1).any(|other| other == class) {
                return Err(ConfigError::new(format!(
                    "the class {class:?} stands twice in the order: name each once"
                )));
            }
        }
        Ok(Self(classes))
    }

    /// Whether a login of class `held` serves where `wanted` is demanded.
    pub(super) fn serves(&self, held: &str, wanted: &str) -> bool {
        held == wanted
            || matches!(
                (self.rank(held), self.rank(wanted)),
                (Some(held), Some(wanted)) if held > wanted
            )
    }

    fn rank(&self, class: &str) -> Option<usize> {
        self.0.iter().position(|own| **own == *class)
    }
}

/// Names of classes or methods, none of which a list parted by spaces could tear apart.
pub(super) fn words<N: AsRef<str>>(
    names: impl IntoIterator<Item = N>,
) -> Result<Box<[Box<str>]>, ConfigError> {
    let word = |name: N| {
        let name = name.as_ref();
        let bears = |c| matches!(c, '!' | '#'..='[' | ']'..='~');
        if name.is_empty() || !name.chars().all(bears) {
            return Err(ConfigError::new(format!(
                "{name:?} names no class or method of login: use printable ASCII without spaces, \
                 quotes and backslashes"
            )));
        }
        Ok(name.into())
    };
    let words: Box<[Box<str>]> = names.into_iter().map(word).collect::<Result<_, _>>()?;
    if words.is_empty() {
        return Err(ConfigError::new(
            "name at least one class or method of login",
        ));
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_higher_class_serves_for_a_lower_one() {
        let order = AcrOrder::new(["loa1", "loa2", "loa3"]).unwrap();
        for (held, wanted, serves) in [
            ("loa2", "loa2", true),
            ("loa3", "loa2", true),
            ("loa1", "loa2", false),
            ("phr", "loa1", false),
            ("loa3", "phr", false),
            ("phr", "phr", true),
            ("LOA3", "loa2", false),
        ] {
            assert_eq!(order.serves(held, wanted), serves, "{held} for {wanted}");
        }
        assert!(!AcrOrder::default().serves("loa3", "loa2"));
    }

    #[test]
    fn an_order_that_says_nothing_or_two_things_does_not_build() {
        for classes in [&[][..], &["a", "b", "a"], &["a b"], &[""], &["a\"b"]] {
            assert!(AcrOrder::new(classes).is_err(), "{classes:?}");
        }
        assert!(AcrOrder::new(["urn:mace:incommon:iap:silver", "0"]).is_ok());
    }
}
