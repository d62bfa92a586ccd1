//! Security schemes, and which of them an operation takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::facets::Facets;
use crate::guard::{Carried, CredentialDemand};

/// The schemes that have been named so far.
#[derive(Default)]
pub(super) struct Schemes(BTreeMap<String, Value>);

/// Names of schemes that are needed together.
type Together = Vec<String>;

impl Schemes {
    pub(super) fn into_parts(self) -> BTreeMap<String, Value> {
        self.0
    }

    /// What an operation with these demands takes (`OpenAPI` 3.1, Security Requirement Object): any
    /// one of a list, each of which is schemes that are needed together.
    pub(super) fn security(&mut self, facets: &Facets) -> Value {
        let mut ways: Vec<Together> = vec![Vec::new()];
        for list in &facets.credentials {
            let each: Vec<Together> = list.iter().flat_map(|one| self.ways_of(one)).collect();
            let with = |way: &Together| {
                let way = way.clone();
                each.iter()
                    .map(move |more| [way.clone(), more.clone()].concat())
            };
            ways = ways.iter().flat_map(with).collect();
        }
        let optional = facets.optional.iter();
        let optional: Vec<_> = optional.flat_map(|one| self.ways_of(one)).collect();
        if facets.credentials.is_empty() && optional.is_empty() {
            return json!([]);
        }
        ways.extend(optional);
        let requirement = |way: &Together| {
            let schemes = way.iter().map(|name| (name.clone(), json!(facets.scopes)));
            Value::Object(schemes.collect::<Map<_, _>>())
        };
        ways.iter().map(requirement).collect()
    }

    /// The ways by which a credential may be shown.
    fn ways_of(&mut self, credential: &CredentialDemand) -> Vec<Together> {
        if credential.carried.is_empty() {
            let scheme = json!({ "type": "apiKey", "in": "header", "name": "Authorization" });
            return vec![vec![self.name(credential, "", scheme)]];
        }
        let carried = credential.carried.iter();
        carried.map(|way| self.way_of(credential, way)).collect()
    }

    fn way_of(&mut self, credential: &CredentialDemand, way: &Carried) -> Together {
        let http = |scheme: &str| {
            let mut http = json!({ "type": "http", "scheme": scheme });
            if credential.name.starts_with("JWT")
                && let Some(http) = http.as_object_mut()
            {
                http.insert("bearerFormat".to_owned(), "JWT".into());
            }
            http
        };
        let key = |place: &str, name: &str| json!({ "type": "apiKey", "in": place, "name": name });
        match way {
            Carried::Bearer => vec![self.name(credential, "", http("bearer"))],
            Carried::Dpop => vec![self.name(credential, "dpop", http("dpop"))],
            Carried::MutualTls => {
                let mtls = self.name(credential, "certificate", json!({ "type": "mutualTLS" }));
                vec![mtls, self.name(credential, "", http("bearer"))]
            }
            Carried::Header(name) => vec![self.name(credential, "", key("header", name))],
            Carried::Query(name) => vec![self.name(credential, "query", key("query", name))],
        }
    }

    /// The name under which the scheme stands in the document.
    fn name(&mut self, credential: &CredentialDemand, more: &str, mut scheme: Value) -> String {
        if let Some(scheme) = scheme.as_object_mut() {
            scheme.insert("description".to_owned(), credential.name.as_ref().into());
        }
        let words = credential.name.split(|c: char| !c.is_ascii_alphanumeric());
        let words = words.chain([more]).filter(|word| !word.is_empty());
        let base = words
            .map(str::to_ascii_lowercase)
            .collect::<Vec<_>>()
            .join("-");
        let mut name = base.clone();
        let mut times = 1;
        // Another scheme of this name stays what it is.
        while self.0.get(&name).is_some_and(|other| *other != scheme) {
            times += 1;
            name = format!("{base}-{times}");
        }
        self.0.insert(name.clone(), scheme);
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guard::Demand;
    use crate::identity::Scopes;

    #[test]
    fn an_operation_takes_any_one_of_its_ways() {
        let jwt = || Demand::credential("JWT", vec![Carried::Bearer]);
        let header = Carried::Header("x-api-key".to_owned());
        let key = || Demand::credential("API key", vec![header.clone(), Carried::Bearer]);
        let scopes = || Demand::Scopes(Scopes::parse("a"));
        let bound = Demand::credential("JWT bound", vec![Carried::MutualTls]);
        for (demand, expected) in [
            (Demand::Nothing, json!([])),
            (jwt(), json!([{ "jwt": [] }])),
            (
                Demand::Any(vec![jwt(), key()]).and(scopes()),
                json!([{ "jwt": ["a"] }, { "api-key": ["a"] }, { "api-key-2": ["a"] }]),
            ),
            (
                Demand::Optional(Box::new(jwt())),
                json!([{}, { "jwt": [] }]),
            ),
            (
                Demand::All(vec![jwt(), key()]),
                json!([{ "jwt": [], "api-key": [] }, { "jwt": [], "api-key-2": [] }]),
            ),
            (
                bound,
                json!([{ "jwt-bound-certificate": [], "jwt-bound": [] }]),
            ),
        ] {
            let mut schemes = Schemes::default();
            assert_eq!(schemes.security(&Facets::of(&demand)), expected, "{demand}");
        }
    }
}
