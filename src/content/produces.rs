//! The media types that a route gives.

use std::sync::Arc;

use http::HeaderValue;
use http::header::{ACCEPT, VARY};
use http::request::Parts;
use tower_layer::Layer;

use super::accept::Ranges;
use super::types::Types;
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};
use crate::problem::{Kind, Problem};

/// Lets a request on only if its caller takes a media type that the route gives.
///
/// The others are answered 406, as is an `Accept` that cannot be read (RFC 9110, section 12.5.1).
/// Where there are several to choose from, responses vary by `Accept` and say so.
#[derive(Clone, Debug)]
pub struct Produces {
    types: Types,
}

/// The media type that was chosen, as it travels with a request.
#[derive(Clone, Debug)]
pub(super) struct Chosen(pub(super) Arc<str>);

impl Produces {
    /// Gives `application/json`.
    #[must_use]
    pub fn json() -> Self {
        Self {
            types: Types::known(&["application/json"]),
        }
    }

    /// Gives each of these media types, which bear no parameters. Of those that a caller likes as
    /// much, the first is chosen.
    ///
    /// # Errors
    /// [`ConfigError`] if there is none, or one that is no media type.
    pub fn one_of<N: AsRef<str>>(types: impl IntoIterator<Item = N>) -> Result<Self, ConfigError> {
        Types::new(types).map(|types| Self { types })
    }

    fn decide(&self, head: &mut Parts) -> Result<Pass, Stop> {
        let pass = self.vary();
        let lines = head.headers.get_all(ACCEPT).iter();
        let reason = match Ranges::read(lines.map(HeaderValue::as_bytes)) {
            None => "accept_malformed",
            Some(ranges) => match ranges.choose(self.types.list()) {
                None => "nothing_acceptable",
                Some(chosen) => {
                    head.extensions.insert(Chosen(Arc::clone(chosen)));
                    return Ok(pass);
                }
            },
        };
        let problem = Problem::new(Kind::NotAcceptable).because(reason);
        Err(Stop::from(problem).after(pass))
    }

    fn vary(&self) -> Pass {
        if self.types.list().len() < 2 {
            return Pass::default();
        }
        Pass::stamped([(VARY, HeaderValue::from_static("accept"))])
    }
}

impl Guard for Produces {
    const PLACE: Place = Place::Contract;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        Demand::Manner(format!("to accept {}", self.types.list().join(" or ")).into())
    }
}

impl<S> Layer<S> for Produces {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
