//! The extractor.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::schema::{RequestSchema, Schema};
use crate::body::Intake;
use crate::event;
use crate::problem::{Kind, Problem};

/// Gives a handler a JSON body that follows every rule of its type.
///
/// It is refused in this order: 415 for another media type than `application/json` or any content
/// coding, 413 beyond the limit of the schema ([`Schema::max_bytes`]), 400 for anything
/// that is not one strict JSON text, 422 for broken rules, all of them at once. A schema that does
/// not compile is answered with 500: [`Schema::of`] tells at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValidatedJson<T>(pub T);

impl<S, T> FromRequest<S> for ValidatedJson<T>
where
    S: Send + Sync,
    T: RequestSchema + DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let read = async {
            let schema = Schema::of::<T>().map_err(|error| {
                Problem::new(Kind::Misconfigured)
                    .because("schema_does_not_compile")
                    .caused_by(error)
            })?;
            read(schema, &head, body).await
        };
        told(&head, read.await).map(Self)
    }
}

impl Schema {
    /// Reads the body of `request` into `T` as [`ValidatedJson`] does, by a schema that only the
    /// running program knows.
    ///
    /// # Errors
    /// As `ValidatedJson`. The refusal is told as one of an extractor.
    pub async fn read_request<T: DeserializeOwned>(&self, request: Request) -> Result<T, Problem> {
        let (head, body) = request.into_parts();
        let read = read(self, &head, body).await;
        told(&head, read)
    }
}

fn told<T>(head: &Parts, read: Result<T, Problem>) -> Result<T, Problem> {
    read.map_err(|problem| event::refuse(head, problem))
}

async fn read<T: DeserializeOwned>(
    schema: &Schema,
    head: &Parts,
    body: Body,
) -> Result<T, Problem> {
    let intake = Intake {
        media_types: &["application/json"],
        told: "application/json",
        max_bytes: schema.max_bytes(),
    };
    schema.read(&intake.read(head, body).await?)
}
