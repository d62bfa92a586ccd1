//! `PublicId`, `DbId` and `Wanted` in a handler's arguments.

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use http::request::Parts;

use super::db_id::DbId;
use super::entity::{Entity, prefix};
use super::id::PublicId;
use super::keys::IdKeys;
use super::wanted::{Wanted, missing};
use crate::event::{self, Witness};
use crate::problem::{Kind, Problem};

impl<S: Send + Sync, E: Entity> FromRequestParts<S> for PublicId<E> {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let id = in_path(head).await;
        id.map_err(|problem| event::refuse(head, problem))
    }
}

impl<S: Send + Sync, E: Entity> FromRequestParts<S> for DbId<E>
where
    IdKeys: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let opened = |id| IdKeys::from_ref(state).open(id);
        let id = in_path(head).await;
        id.and_then(|id| opened(id).ok_or_else(|| missing("id_not_sealed")))
            .map_err(|problem| event::refuse(head, problem))
    }
}

impl<S: Send + Sync, I: Copy> FromRequestParts<S> for Wanted<I>
where
    I: FromRequestParts<S, Rejection = Problem>,
{
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Problem> {
        let id = I::from_request_parts(head, state).await?;
        Ok(Self::new(id, Witness::of(head)))
    }
}

/// The id in the parameter that bears the name of the entity, or in the only one.
async fn in_path<E: Entity>(head: &mut Parts) -> Result<PublicId<E>, Problem> {
    let parameters = match RawPathParams::from_request_parts(head, &()).await {
        Ok(parameters) => parameters,
        Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => {
            return Err(missing("id_malformed"));
        }
        Err(_) => return Err(misplaced()),
    };
    let mut named = parameters.iter().filter(|(name, _)| *name == prefix::<E>());
    let mut all = parameters.iter();
    let (_, text) = match (named.next(), all.next(), all.next()) {
        (Some(named), ..) => named,
        (None, Some(only), None) => only,
        _ => return Err(misplaced()),
    };
    PublicId::parse(text).ok_or_else(|| missing("id_malformed"))
}

fn misplaced() -> Problem {
    Problem::new(Kind::Misconfigured).because("route_without_id")
}
