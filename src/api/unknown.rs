//! What is answered where no route is.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::Request;
use axum::handler::Handler;
use axum::routing::{MethodRouter, any};
use http::Response;
use http::header::{ALLOW, HeaderValue};
use tower_layer::Layer;
use tower_service::Service;

use super::policy::Policy;
use crate::event;
use crate::guard::{GuardFuture, GuardService, Stack};
use crate::problem::{Kind, Problem};

/// Answers for all paths that no route has, each under the policy of the longest prefix that it is
/// below.
#[derive(Clone)]
pub(super) struct Unknown {
    /// By the length of the prefixes, the longest first; the last one is empty.
    bases: Arc<[(Prefix, Policy)]>,
    /// Stands behind the last one if there is none, which there always is.
    base: Policy,
}

/// The parts of a prefix between its slashes; none for one that is a parameter.
#[derive(Clone, PartialEq, Eq)]
struct Prefix(Vec<Option<String>>);

impl Prefix {
    fn new(path: &str) -> Self {
        let parts = path.split('/').skip(1);
        Self(
            parts
                .map(|part| (!part.contains('{')).then(|| part.to_owned()))
                .collect(),
        )
    }

    fn is_above(&self, path: &str) -> bool {
        let mut parts = path.split('/').skip(1);
        self.0.iter().all(|own| match (own, parts.next()) {
            (Some(own), Some(part)) => own == part,
            (None, Some(part)) => !part.is_empty(),
            (_, None) => false,
        })
    }

    /// Longer ones come first, and of two those whose first parts are no parameters.
    fn order(&self) -> (std::cmp::Reverse<usize>, Vec<bool>) {
        let parameters = self.0.iter().map(Option::is_none).collect();
        (std::cmp::Reverse(self.0.len()), parameters)
    }
}

impl Unknown {
    /// `base` answers for all that is below none of the prefixes. Of several policies for one
    /// prefix, all hold.
    pub(super) fn new(base: Policy, bases: Vec<(String, Policy)>) -> Self {
        let mut merged = Vec::<(Prefix, Policy)>::new();
        for (path, policy) in bases {
            let prefix = Prefix::new(&path);
            match merged.iter_mut().find(|(other, _)| *other == prefix) {
                Some((_, other)) => *other = other.clone().and(policy),
                None => merged.push((prefix, policy)),
            }
        }
        merged.sort_by_key(|(prefix, _)| prefix.order());
        Self {
            bases: merged.into(),
            base,
        }
    }

    fn policy(&self, path: &str) -> &Policy {
        let mut bases = self.bases.iter();
        let nearest = bases.find(|(prefix, _)| prefix.is_above(path));
        nearest.map_or(&self.base, |(_, policy)| policy)
    }
}

impl Service<Request> for Unknown {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = GuardFuture<Nowhere, Body, Body>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let policy = self.policy(request.uri().path());
        let mut guarded: GuardService<Nowhere, Stack> = policy.layer(Nowhere);
        guarded.call(request)
    }
}

/// The place where nothing is.
#[derive(Clone, Copy)]
pub(super) struct Nowhere;

impl Service<Request> for Nowhere {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let (head, _) = request.into_parts();
        let problem = Problem::new(Kind::NotFound).because("unknown_route");
        ready(Ok(event::refuse(&head, problem).into_http()))
    }
}

/// Answers whatever method is not named beside it.
pub(super) fn unknown_method<S: Clone + Send + Sync + 'static>(
    allow: HeaderValue,
    base: Policy,
) -> MethodRouter<S> {
    let answer = async move |request: Request| {
        let (head, _) = request.into_parts();
        let problem = Problem::new(Kind::MethodNotAllowed)
            .because("unknown_method")
            .with_header(ALLOW, allow);
        event::refuse(&head, problem)
    };
    // `any` has axum write no `Allow` of its own, which would be on refusals too.
    any(answer.layer(base))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::public;

    #[test]
    fn the_longest_prefix_answers() {
        let named = |name: &str| Policy::from(public("a test")).named(name);
        let prefixes = ["/{p}", "/a", "/a/b", "/{p}/b", "/a/{p}", "/a/b"];
        let bases = prefixes.map(|prefix| (prefix.to_owned(), named(prefix)));
        let unknown = Unknown::new(named("none"), bases.into());
        for (path, expected) in [
            ("/", "none"),
            ("", "none"),
            ("*", "none"),
            ("/a", "/a"),
            ("/a/", "/a"),
            ("/ab", "/{p}"),
            ("/x/y/z", "/{p}"),
            ("/x/b", "/{p}/b"),
            ("/a/b", "/a/b"),
            ("/a/b/c", "/a/b"),
            ("/a/x/b", "/a/{p}"),
            ("//a", "none"),
        ] {
            assert_eq!(unknown.policy(path).name(), Some(expected), "{path}");
        }
    }
}
