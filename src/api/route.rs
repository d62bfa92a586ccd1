//! One way into an application: a method of a path, or a whole router under a path.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodFilter, MethodRouter, on};
use http::Method;

use super::policy::Policy;
use super::takes::Takes;

/// One method of one path.
pub(super) struct Route<S> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) policy: Policy,
    /// The policy for the other methods of the path; none for that of the API itself.
    pub(super) base: Option<Policy>,
    pub(super) takes: Takes,
    attach: Attach<S>,
}

/// Makes the route, behind the policy that it is given.
type Attach<S> = Box<dyn FnOnce(Policy) -> MethodRouter<S> + Send + Sync>;

/// A router that the API knows nothing of, under one policy.
pub(super) struct Mount {
    pub(super) prefix: String,
    pub(super) policy: Policy,
    pub(super) router: Router,
}

impl<S: Clone + Send + Sync + 'static> Route<S> {
    pub(super) fn new<H, T>(method: Method, path: &str, handler: H, policy: Policy) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let verb = method.clone();
        let attach = move |policy: Policy| match MethodFilter::try_from(verb) {
            // Within the handler's own service, which saves the box of a layer around the route.
            Ok(filter) => on(filter, handler.layer(policy)),
            Err(_) => MethodRouter::new(),
        };
        Self {
            method,
            path: path.to_owned(),
            policy,
            base: None,
            takes: Takes::of::<T>(),
            attach: Box::new(attach),
        }
    }

    /// The route below `prefix`, within `outer`, with `base` for the other methods of its path.
    pub(super) fn below(self, prefix: &str, outer: Option<&Policy>, base: &Policy) -> Self {
        let own = self.base.as_ref().unwrap_or(base);
        Self {
            path: joined(prefix, &self.path),
            base: Some(within(outer, own)),
            policy: within(outer, &self.policy),
            ..self
        }
    }

    /// Whether a request with this method reaches the handler.
    pub(super) fn serves_head(&self) -> bool {
        self.method == Method::GET
    }

    pub(super) fn into_method_router(self, outer: Option<&Policy>) -> MethodRouter<S> {
        (self.attach)(within(outer, &self.policy))
    }

    pub(super) fn with_state<T>(self, state: S) -> Route<T>
    where
        T: Clone + Send + Sync + 'static,
    {
        let attach = self.attach;
        Route {
            method: self.method,
            path: self.path,
            policy: self.policy,
            base: self.base,
            takes: self.takes,
            attach: Box::new(move |policy| attach(policy).with_state(state)),
        }
    }
}

/// `policy` within `outer`, if there is one.
pub(super) fn within(outer: Option<&Policy>, policy: &Policy) -> Policy {
    match outer {
        Some(outer) => outer.clone().and(policy),
        None => policy.clone(),
    }
}

/// The path of what stands at `path` below `prefix`.
pub(super) fn joined(prefix: &str, path: &str) -> String {
    match path {
        "/" if !prefix.is_empty() => prefix.to_owned(),
        path => format!("{prefix}{path}"),
    }
}
