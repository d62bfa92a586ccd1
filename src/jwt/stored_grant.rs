//! What is kept of a grant while its refresh tokens live.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::grant::Grant;
use crate::identity::Scopes;

/// All of a grant that is no column of its own in a store.
#[derive(Serialize, Deserialize)]
struct Details<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    auth_time: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acr: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    amr: Cow<'a, [Box<str>]>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    claims: Cow<'a, Map<String, Value>>,
}

impl Grant {
    /// How and when its bearer logged in, and the claims of the author's own, as JSON.
    pub(crate) fn to_details(&self) -> String {
        let details = Details {
            auth_time: self.auth_time,
            acr: self.acr.as_deref().map(Cow::Borrowed),
            amr: Cow::Borrowed(&self.amr),
            claims: Cow::Borrowed(&self.claims),
        };
        // Text, numbers and maps with names of text always become JSON.
        serde_json::to_string(&details).unwrap_or_default()
    }

    /// The grant that `details` were kept of; `None` if they are not what was kept.
    pub(crate) fn of_details(
        subject: &str,
        client: &str,
        scopes: Scopes,
        details: &str,
    ) -> Option<Self> {
        let details: Details<'_> = serde_json::from_str(details).ok()?;
        Some(Self {
            subject: subject.into(),
            client: Some(client.into()),
            scopes,
            auth_time: details.auth_time,
            acr: details.acr.map(|acr| acr.into_owned().into()),
            amr: details.amr.into_owned(),
            claims: details.claims.into_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_grant_comes_back_as_it_was() {
        let bare = Grant::to("alice").with_client("web");
        let full = bare
            .clone()
            .with_scopes(Scopes::parse("a b"))
            .with_auth_time(7)
            .with_acr("loa2 \u{2603}")
            .with_amr(["pwd", "otp"])
            .with_bound_key([7; 32])
            .with_claims(&json!({ "plan": "free", "roles": ["a"] }))
            .unwrap();
        for grant in [bare, full] {
            let details = grant.to_details();
            let back = Grant::of_details("alice", "web", grant.scopes.clone(), &details).unwrap();
            assert_eq!(back.subject, grant.subject);
            assert_eq!(back.client, grant.client);
            assert_eq!(back.scopes, grant.scopes);
            assert_eq!(back.auth_time, grant.auth_time);
            assert_eq!(back.acr, grant.acr);
            assert_eq!(back.amr, grant.amr);
            assert_eq!(back.claims, grant.claims);
            assert_eq!(back.bound_key(), grant.bound_key());
        }
        for details in ["", "null", "{\"auth_time\":\"7\"}", "{\"claims\":[]}"] {
            let back = Grant::of_details("alice", "web", Scopes::default(), details);
            assert!(back.is_none(), "{details}");
        }
    }
}
