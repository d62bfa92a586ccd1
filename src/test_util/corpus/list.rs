//! All of them.

use crate::test_util::attack::Attack;
use crate::test_util::draft::Draft;

use super::{claims, claims_json, dates, form, header, header_json, keys, signature, transport};

/// Every attack on an application that lets the token `good` in, each with a name of its own: on
/// the way a token is sent, its form, its header, its keys, its signature and its claims.
///
/// `good` is a [`Draft`] with the scopes and claims that the route needs, or a
/// [`TestIssuer`](crate::test_util::TestIssuer) for a plain one. But for what an attack changes its
/// tokens are like `good`, and rightly signed wherever the signature is not what is attacked. Dates
/// are further off than the greatest leeway (300 s).
#[must_use]
pub fn attacks(good: impl Into<Draft>) -> Vec<Attack> {
    let good = good.into();
    let mut all = Vec::new();
    all.extend(transport::attacks(&good));
    all.extend(form::attacks(&good));
    all.extend(header::attacks(&good));
    all.extend(header_json::attacks(&good));
    all.extend(keys::attacks(&good));
    all.extend(signature::attacks(&good));
    all.extend(claims::attacks(&good));
    all.extend(claims_json::attacks(&good));
    all.extend(dates::attacks(&good));
    // An answer must not repeat the token's id either, however the token was changed.
    let id = good.claim("jti").and_then(|id| id.as_str());
    all.into_iter()
        .map(|attack| match id {
            Some(id) => attack.hiding(id),
            None => attack,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::test_util::TestIssuer;

    #[test]
    fn there_are_many_attacks_and_each_has_a_name_of_its_own() {
        let issuer = TestIssuer::new("https://id.test", "articles");
        let names = |issuer: &TestIssuer| -> HashSet<String> {
            let all = attacks(issuer);
            let names: HashSet<_> = all.iter().map(|attack| attack.name().to_owned()).collect();
            assert_eq!(names.len(), all.len());
            for name in &names {
                let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
                assert!(name.chars().all(plain), "{name}");
            }
            names
        };
        let strict = names(&issuer);
        assert!(strict.len() > 350, "{}", strict.len());
        let plain = names(&issuer.with_plain_jwt());
        assert!(plain.is_subset(&strict));
        let left_out: Vec<_> = strict.difference(&plain).collect();
        assert_eq!(left_out.len(), 11, "{left_out:?}");
    }
}
