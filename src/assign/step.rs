//! The steps of JSON pointers (RFC 6901, section 4).

/// The name that a step means; none if an escape in it is none.
pub(super) fn unescaped(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut name = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = match part.strip_prefix('0') {
            Some(rest) => ('~', rest),
            None => ('/', part.strip_prefix('1')?),
        };
        name.push(escaped);
        name.push_str(rest);
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_tilde_is_followed_by_what_it_stands_for() {
        for (step, name) in [
            ("", Some("")),
            ("a", Some("a")),
            ("~0", Some("~")),
            ("~1", Some("/")),
            ("a~1b~0c", Some("a/b~c")),
            ("~01", Some("~1")),
            ("~00", Some("~0")),
            ("~", None),
            ("~2", None),
            ("a~", None),
            ("~~0", None),
            ("~~01", None),
            ("~~", None),
        ] {
            assert_eq!(unescaped(step).as_deref(), name, "{step}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_written_back(step in "[~01a]{0,6}") {
            if let Some(name) = unescaped(&step) {
                prop_assert_eq!(name.replace('~', "~0").replace('/', "~1"), step);
            }
        }
    }
}
