//! The extractors.

use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, RawPathParams, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::header::by_field;
use super::pairs::{Pair, miscoded, pairs};
use super::schema::{RequestSchema, Schema};
use crate::body::{Intake, undo_percent};
use crate::event;
use crate::problem::{Kind, Location, Problem};

/// The longest query that is read, in bytes (RFC 9110, section 4.1, asks for addresses of 8,000).
const LONGEST_QUERY: usize = 8 * 1024;

/// Gives a handler a JSON body that follows every rule of its type.
///
/// It is refused in this order: 415 for another media type than `application/json` or a content
/// coding that the schema does not take, 413 beyond the limit of the schema ([`Schema::max_bytes`]),
/// 400 for anything that is not one strict JSON text, 422 for broken rules, all of them at once. A
/// schema that does not compile is answered with 500: [`Schema::of`] tells at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedJson<T>(pub T);

/// Gives a handler a form that follows every rule of its type, as [`ValidatedJson`] gives it JSON.
///
/// The media type is `application/x-www-form-urlencoded`. Pages of any origin can send that without
/// being asked for permission first, with the cookies of whoever looks at them: take JSON where
/// callers are known by cookies.
///
/// Values are read as the rules of their names say, in the one form that JSON has for them (neither
/// `+1` nor `1e9` is an integer); where strings may stand, text is a string. A name stands once
/// (400), unless its rules are those of an array, which takes all the values of the name, a single
/// one too. What cannot be decoded is 400.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedForm<T>(pub T);

/// Gives a handler the query of the address, if it follows every rule of its type.
///
/// Values are read as those of a [`ValidatedForm`]. What cannot be read is answered 400
/// `malformed-parameters`, what breaks the rules, such as an unknown name, 422
/// `invalid-parameters`; a query of more than 8 KiB 414. Faults bear `"in": "query"`.
///
/// ```
/// use axum::{Router, routing::get};
/// use portcullis::input::{Schema, ValidatedQuery};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// #[derive(Deserialize, JsonSchema)]
/// struct Page {
///     #[schemars(range(min = 1, max = 100))]
///     size: u8,
///     #[serde(default)]
///     #[schemars(length(max = 4), inner(length(max = 30)))]
///     tag: Vec<String>,
/// }
///
/// async fn list(ValidatedQuery(page): ValidatedQuery<Page>) -> String {
///     format!("{} of {:?}", page.size, page.tag) // ?size=20&tag=a&tag=b
/// }
///
/// # fn main() -> Result<(), portcullis::config::ConfigError> {
/// Schema::of_parameters::<Page>()?;
/// let app: Router = Router::new().route("/articles", get(list));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedQuery<T>(pub T);

/// Gives a handler the parameters in the path, if they follow every rule of its type.
///
/// Values are read as those of a [`ValidatedForm`], but for `+`, which is none but itself here. A
/// path whose parameters break the rules leads nowhere: it is answered 404 `not-found`, with faults
/// that bear `"in": "path"`, or 400 if the schema has 400 for broken rules. One that cannot be
/// decoded is 400. Names that the route and the type do not have in common are the author's fault:
/// 500.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedPath<T>(pub T);

/// Gives a handler the header fields that its type names, if they follow its rules.
///
/// The member `request_id` or `requestId` is the field `request-id`. Each stands at most once and is
/// printable ASCII (else 400 `malformed-parameters`), and is read as a value of a
/// [`ValidatedForm`]; what breaks the rules is 422 `invalid-parameters`. Faults bear
/// `"in": "header"` and point to the name of the field. Other fields are not looked at: a request
/// bears what browsers and proxies add to it, so the set cannot be a closed one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedHeaders<T>(pub T);

impl<S, T> FromRequest<S> for ValidatedJson<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let read = async { read_json(schema_of::<T>()?, &head, body).await };
        told(&head, read.await).map(Self)
    }
}

impl<S, T> FromRequest<S> for ValidatedForm<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let read = async {
            let schema = schema_of::<T>()?;
            let form = taken(schema, &["application/x-www-form-urlencoded"], &head, body).await?;
            let text = schema.program.text_of(&pairs(&form)?)?;
            schema.admit(&text, |problem| event::would_refuse(&head, &problem))
        };
        told(&head, read.await).map(Self)
    }
}

impl<S, T> FromRequestParts<S> for ValidatedQuery<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let query = head.uri.query().unwrap_or_default();
        let sent = if query.len() > LONGEST_QUERY {
            let problem = Problem::new(Kind::MalformedParameters).because("query_too_long");
            Err(problem.with_status(StatusCode::URI_TOO_LONG))
        } else {
            pairs(query.as_bytes())
        };
        let finish = |problem: Problem| problem.of_parameters(Location::Query);
        told(head, read(head, |_| sent, finish)).map(Self)
    }
}

impl<S, T> FromRequestParts<S> for ValidatedPath<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(head, &()).await;
        let sent = match &parameters {
            Ok(parameters) if path_is_coded(head) => Ok(parameters
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect()),
            Ok(_) | Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => Err(miscoded("#")),
            Err(_) => Err(misplaced()),
        };
        told(head, read(head, |_| sent, nowhere)).map(Self)
    }
}

impl<S, T> FromRequestParts<S> for ValidatedHeaders<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let finish = |problem: Problem| by_field(problem.of_parameters(Location::Header));
        let fields = |schema: &'static Schema| schema.program.fields(&head.headers);
        told(head, read(head, fields, finish)).map(Self)
    }
}

fn schema_of<T: RequestSchema>() -> Result<&'static Schema, Problem> {
    Schema::of::<T>().map_err(|error| {
        Problem::new(Kind::Misconfigured)
            .because("schema_does_not_compile")
            .caused_by(error)
    })
}

/// The bytes of a body of one of `media_types`.
async fn taken(
    schema: &Schema,
    media_types: &'static [&'static str],
    head: &Parts,
    body: Body,
) -> Result<bytes::Bytes, Problem> {
    let intake = Intake::of(media_types, schema.max_bytes()).with_gzip(schema.takes_gzip);
    intake.read(head, body).await
}

async fn read_json<T: DeserializeOwned>(
    schema: &Schema,
    head: &Parts,
    body: Body,
) -> Result<T, Problem> {
    let text = taken(schema, &["application/json"], head, body).await?;
    schema.admit(&text, |problem| event::would_refuse(head, &problem))
}

/// Reads what `sent` gives; `finish` says what a refusal of parameters of this sort looks like.
fn read<'h, T: RequestSchema + DeserializeOwned>(
    head: &'h Parts,
    sent: impl FnOnce(&'static Schema) -> Result<Vec<Pair<'h>>, Problem>,
    finish: impl Fn(Problem) -> Problem,
) -> Result<T, Problem> {
    let schema = schema_of::<T>()?;
    let text = sent(schema).and_then(|pairs| schema.program.text_of(&pairs));
    let report = |problem| event::would_refuse(head, &finish(problem));
    text.and_then(|text| schema.admit(&text, report))
        .map_err(&finish)
}

impl Schema {
    /// Reads the body of `request` into `T` as [`ValidatedJson`] does, by a schema that only the
    /// running program knows.
    ///
    /// # Errors
    /// As `ValidatedJson`. The refusal is told as one of an extractor.
    pub async fn read_request<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        let (head, body) = request.into_parts();
        let read = read_json(self, &head, body).await;
        told(&head, read)
    }
}

fn told<T>(head: &Parts, read: Result<T, Problem>) -> Result<T, Problem> {
    read.map_err(|problem| event::refuse(head, problem))
}

/// Whether the path can be decoded: the router takes a stray `%` for itself.
fn path_is_coded(head: &Parts) -> bool {
    let uri = match head.extensions.get() {
        Some(OriginalUri(uri)) => uri,
        None => &head.uri,
    };
    undo_percent(uri.path().as_bytes(), false, &mut Vec::new()).is_ok()
}

fn nowhere(problem: Problem) -> Problem {
    let problem = problem.of_parameters(Location::Path);
    if problem.kind() != Kind::InvalidParameters {
        return problem;
    }
    let is_of_route = |code| matches!(code, "required" | "unknown-field");
    if problem.faults().iter().any(|fault| is_of_route(fault.code)) {
        return misplaced();
    }
    if problem.status() != Kind::InvalidParameters.status() {
        return problem;
    }
    Problem::new(Kind::NotFound)
        .because("path_breaks_rules")
        .with_faults(problem.faults().to_vec(), problem.is_truncated())
}

fn misplaced() -> Problem {
    Problem::new(Kind::Misconfigured).because("route_without_parameters_of_type")
}
