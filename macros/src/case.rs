//! The cases of `serde(rename_all)`.

/// The field `name` (in snake case) written as `rule` says; none if there is no such rule.
pub(crate) fn renamed(name: &str, rule: &str) -> Option<String> {
    let pascal = || name.split('_').map(capitalised).collect::<String>();
    Some(match rule {
        "lowercase" | "snake_case" => name.to_owned(),
        "UPPERCASE" | "SCREAMING_SNAKE_CASE" => name.to_ascii_uppercase(),
        "PascalCase" => pascal(),
        "camelCase" => {
            let pascal = pascal();
            let mut rest = pascal.chars();
            let first = rest.next().map(|c| c.to_ascii_lowercase());
            first.into_iter().chain(rest).collect()
        }
        "kebab-case" => name.replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => name.to_ascii_uppercase().replace('_', "-"),
        _ => return None,
    })
}

fn capitalised(word: &str) -> String {
    let mut rest = word.chars();
    let first = rest.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_serde_writes_them() {
        for (rule, written) in [
            ("lowercase", "is_very_new"),
            ("UPPERCASE", "IS_VERY_NEW"),
            ("PascalCase", "IsVeryNew"),
            ("camelCase", "isVeryNew"),
            ("snake_case", "is_very_new"),
            ("SCREAMING_SNAKE_CASE", "IS_VERY_NEW"),
            ("kebab-case", "is-very-new"),
            ("SCREAMING-KEBAB-CASE", "IS-VERY-NEW"),
        ] {
            assert_eq!(renamed("is_very_new", rule).as_deref(), Some(written));
        }
        assert_eq!(renamed("a", "Camel"), None);
    }
}
