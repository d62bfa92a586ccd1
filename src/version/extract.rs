//! The version of a request, and routers by version.

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use http::request::Parts;
use tower_layer::Layer;

use super::set::Versions;
use crate::config::ConfigError;
use crate::event;
use crate::identity::ApiVersion;
use crate::problem::{Kind, Problem};

impl Versions {
    /// A router of all versions, each with its guard around its routes. Every other path below the
    /// base is answered with 404, and so is every path at all if the base is the root.
    ///
    /// The code of a version that ends may be thrown away: one that has a sunset needs no router.
    ///
    /// # Errors
    /// [`ConfigError`] if a router is of no version on the list, if a version has several, or if one
    /// without a sunset has none.
    pub fn nest(
        &self,
        routers: impl IntoIterator<Item = (u16, Router)>,
    ) -> Result<Router, ConfigError> {
        let mut routers: Vec<_> = routers.into_iter().collect();
        let mut all = Router::new().fallback(nothing_here);
        for known in self.known.iter() {
            let number = known.version.number();
            let place = routers.iter().position(|(other, _)| *other == number);
            let router = match place {
                Some(place) => routers.swap_remove(place).1,
                None if known.has_end() => Router::new(),
                None => {
                    return Err(ConfigError::new(format!(
                        "version {number} has no router, and no sunset either: give it one of them"
                    )));
                }
            };
            let guarded = self.guard_of(known).layer(router);
            all = all.nest_service(&format!("/{}", known.version), guarded);
        }
        if let Some((number, _)) = routers.first() {
            return Err(ConfigError::new(format!(
                "there is a router for version {number}, which is not on the list or has one already"
            )));
        }
        Ok(match &*self.base {
            "" => all,
            base => Router::new().nest(base, all),
        })
    }
}

/// Answers for what there is not.
async fn nothing_here(request: Request) -> Problem {
    let (head, _) = request.into_parts();
    let mut segments = head.uri.path().split('/').skip(1);
    let is_version = segments
        .next()
        .is_some_and(|first| ApiVersion::parse(first).is_some());
    let reason = if is_version {
        "unknown_version"
    } else {
        "unknown_route"
    };
    event::refuse(&head, Problem::new(Kind::NotFound).because(reason))
}

/// The version that the request is for; 500 if no guard of a version has run.
impl<S: Send + Sync> FromRequestParts<S> for ApiVersion {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Parts, _state: &S) -> Result<Self, Problem> {
        Self::of(&head.extensions).ok_or_else(|| {
            let problem = Problem::new(Kind::Misconfigured).because("version_without_guard");
            event::refuse(head, problem)
        })
    }
}
