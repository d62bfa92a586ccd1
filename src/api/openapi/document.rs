//! The document, by itself or added to another.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Map, Value, json};

use super::refusals::{problem_schema, responses};
use super::schemas;
use super::security::Schemes;
use crate::api::Api;
use crate::api::audit::BodyRow;
use crate::api::facets::Facets;
use crate::api::policy::Policy;
use crate::api::route::{Route, within};

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// The application as an `OpenAPI` 3.1 document that is valid by itself: for each route its
    /// parameters, the security schemes that it takes, the refusals that it can give, and the
    /// schema of the body if the policy names it. Whole routers are left out.
    #[must_use]
    pub fn openapi(&self, title: &str, version: &str) -> Value {
        let mut document = json!({
            "openapi": "3.1.0",
            "info": { "title": title, "version": version },
            "paths": {},
        });
        self.add_to_openapi(&mut document);
        document
    }

    /// Adds the same to an `OpenAPI` 3.1 document of the application, of `utoipa` or `aide`, as a
    /// JSON value. What is there stays as it is; what is missing is added: operations, their
    /// security, their refusals, parameters and bodies.
    ///
    /// ```
    /// use portcullis::api::{Api, public};
    /// use serde_json::json;
    ///
    /// let api: Api = Api::new(public("all of it is"))
    ///     .get("/health", async || "well", public("liveness; tells nothing of data"));
    /// let mut document = json!({
    ///     "openapi": "3.1.0",
    ///     "info": { "title": "Articles", "version": "1" },
    ///     "paths": { "/health": { "get": { "summary": "Whether the service is well" } } },
    /// });
    /// api.add_to_openapi(&mut document);
    /// let health = &document["paths"]["/health"]["get"];
    /// assert_eq!(health["summary"], "Whether the service is well");
    /// assert_eq!(health["security"], json!([]));
    /// ```
    pub fn add_to_openapi(&self, document: &mut Value) {
        let mut schemes = Schemes::default();
        let mut names = operation_ids(document);
        for route in &self.routes {
            if route.method == Method::CONNECT {
                continue; // which the format does not know
            }
            let policy = within(self.outer.as_ref(), &route.policy);
            let own = Operation::of(route, &policy, &mut schemes);
            let body = schemas::request_body(document, &policy);
            let (path, _) = path_and_parameters(&route.path);
            let item = part(part(document, "paths"), &path);
            let shared = names_of(item.get("parameters"));
            let operation = part(item, &route.method.as_str().to_ascii_lowercase());
            own.add_to(operation, &shared, &mut names);
            if let Some(body) = body {
                absent(operation, "requestBody", body);
            }
        }
        let components = part(document, "components");
        for (name, scheme) in schemes.into_parts() {
            absent(part(components, "securitySchemes"), &name, scheme);
        }
        absent(part(components, "schemas"), "Problem", problem_schema());
    }
}

/// One operation as the API knows it.
struct Operation {
    id: String,
    parameters: Vec<Value>,
    security: Value,
    responses: Map<String, Value>,
}

impl Operation {
    fn of<S>(route: &Route<S>, policy: &Policy, schemes: &mut Schemes) -> Self {
        let facets = Facets::of(&policy.describe());
        let (path, parameters) = path_and_parameters(&route.path);
        let words = path.split(|c: char| !c.is_ascii_alphanumeric());
        let words = words.filter(|word| !word.is_empty());
        let method = route.method.as_str().to_ascii_lowercase();
        Self {
            id: std::iter::once(method.as_str())
                .chain(words)
                .collect::<Vec<_>>()
                .join("_"),
            parameters,
            security: schemes.security(&facets),
            responses: responses(&facets, &BodyRow::new(policy, route.takes)),
        }
    }

    fn add_to(self, operation: &mut Value, shared: &[String], ids: &mut BTreeSet<String>) {
        if operation.get("operationId").is_none() {
            let mut id = self.id.clone();
            let mut times = 1;
            while !ids.insert(id.clone()) {
                times += 1;
                id = format!("{}_{times}", self.id);
            }
            absent(operation, "operationId", id.into());
        }
        absent(operation, "security", self.security);
        let known = names_of(operation.get("parameters"));
        let is_new = |parameter: &Value| {
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            !known.iter().chain(shared).any(|one| one == name)
        };
        let mut new: Vec<_> = self.parameters.into_iter().filter(is_new).collect();
        if !new.is_empty() {
            absent(operation, "parameters", json!([]));
            if let Some(Value::Array(list)) = operation.get_mut("parameters") {
                list.append(&mut new);
            }
        }
        let responses = part(operation, "responses");
        if responses.as_object().is_none_or(Map::is_empty) {
            absent(responses, "2XX", json!({ "description": "It is done" }));
        }
        for (status, response) in self.responses {
            match responses.get_mut(&status) {
                None => absent(responses, &status, response),
                Some(there) if there.get("$ref").is_none() => {
                    let problem = response
                        .pointer("/content/application~1problem+json")
                        .cloned();
                    let content = part(there, "content");
                    absent(
                        content,
                        "application/problem+json",
                        problem.unwrap_or_default(),
                    );
                }
                Some(_) => {}
            }
        }
    }
}

/// A path as the format writes it, with its parameters.
fn path_and_parameters(path: &str) -> (String, Vec<Value>) {
    let path = path.replace("{*", "{");
    let names = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next());
    let parameter = |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    let parameters = names.map(parameter).collect();
    (path, parameters)
}

/// The names of parameters that stand there.
fn names_of(parameters: Option<&Value>) -> Vec<String> {
    let list = parameters.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| one.get("name")?.as_str().map(str::to_owned))
        .collect()
}

fn operation_ids(document: &Value) -> BTreeSet<String> {
    let paths = document.get("paths").and_then(Value::as_object);
    let items = paths
        .into_iter()
        .flat_map(Map::values)
        .filter_map(Value::as_object);
    let operations = items.flat_map(Map::values);
    operations
        .filter_map(|operation| operation.get("operationId")?.as_str().map(str::to_owned))
        .collect()
}

/// The object that `whole` has at `name`; what is there and is none, is made one.
pub(super) fn part<'a>(whole: &'a mut Value, name: &str) -> &'a mut Value {
    object(object(whole).entry(name).or_insert_with(|| json!({})));
    object(whole).entry(name).or_insert(Value::Null)
}

/// Sets what is not there.
pub(super) fn absent(whole: &mut Value, name: &str, value: Value) {
    object(whole).entry(name).or_insert(value);
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = json!({});
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("it has just been made an object"),
    }
}
