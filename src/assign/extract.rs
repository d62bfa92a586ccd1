//! The extractor.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http::request::Parts;
use serde::de::DeserializeSeed;

use super::allowlist::FieldAllowlist;
use super::assignable::{Assignable, Unlisted};
use super::fit;
use crate::body::{Tree, scan};
use crate::event;
use crate::problem::{Kind, Problem};

/// Gives a handler a JSON body of which only listed fields were read.
///
/// It is refused in this order: 415 for another media type than the type reads or any content
/// coding, 413 beyond its limit, 400 for anything that is not one strict JSON text, 422 for fields
/// that are not listed and for values that do not fit. A list that cannot be is answered with 500:
/// [`FieldAllowlist::of`] tells at start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed<T>(pub T);

impl<S: Send + Sync, T: Assignable> FromRequest<S> for Allowed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        match read(&head, body).await {
            Ok(value) => Ok(Self(value)),
            Err(problem) => Err(event::refuse(&head, problem)),
        }
    }
}

async fn read<T: Assignable>(head: &Parts, body: Body) -> Result<T, Problem> {
    let list = FieldAllowlist::of::<T>().map_err(|error| {
        Problem::new(Kind::Misconfigured)
            .because("allowlist_cannot_be")
            .caused_by(error)
    })?;
    let bytes = T::MEDIA_TYPES.intake(T::MAX_BYTES).read(head, body).await?;
    let mut fields = scan(&bytes, |walk, json| Tree(walk).deserialize(json))?;
    match T::UNLISTED {
        Unlisted::Refuse => list.check(&fields)?,
        Unlisted::Drop => list.drop_unlisted(&mut fields)?,
    }
    fit::into(&fields)
}
