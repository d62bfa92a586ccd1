//! The router whose routes all have a policy.

use std::fmt;

use axum::Router;
use axum::handler::Handler;
use http::Method;

use super::page::Page;
use super::policy::Policy;
use super::route::{Mount, Route, joined, within};

/// A router to which no route can be added without saying who may call it.
///
/// A route is a method, a path as `axum` writes it, a handler and a [`Policy`]. `GET` serves `HEAD`
/// too. Whatever no route is for is answered under the policy that the API is made with.
#[must_use]
pub struct Api<S = ()> {
    pub(super) base: Policy,
    pub(super) outer: Option<Policy>,
    pub(super) routes: Vec<Route<S>>,
    pub(super) mounts: Vec<Mount>,
    /// What answers below a prefix where no route is.
    pub(super) bases: Vec<(String, Policy)>,
    pub(super) pages: Vec<Page>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// An API without routes, in which `base` judges requests for paths and methods that there are
    /// not: who is not let in by it learns nothing of what there is, and everybody else is answered
    /// 404, or 405 with `Allow`.
    pub fn new(base: impl Into<Policy>) -> Self {
        Self {
            base: base.into(),
            outer: None,
            routes: Vec::new(),
            mounts: Vec::new(),
            bases: Vec::new(),
            pages: Vec::new(),
        }
    }

    /// Has every request for this API, whatever it is for, meet `policy` first: what is known of the
    /// client, headers, a limit for strangers. It does not matter whether routes are added before
    /// or afterwards. Of several, the one said last is met first.
    pub fn within(mut self, policy: impl Into<Policy>) -> Self {
        let policy = policy.into();
        self.outer = Some(match &self.outer {
            Some(inner) => policy.and(inner),
            None => policy,
        });
        self
    }

    /// `GET path`, and `HEAD path` with it.
    pub fn get<H, T>(self, path: &str, handler: H, policy: impl Into<Policy>) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::GET, path, handler, policy)
    }

    /// `POST path`.
    pub fn post<H, T>(self, path: &str, handler: H, policy: impl Into<Policy>) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::POST, path, handler, policy)
    }

    /// `PUT path`.
    pub fn put<H, T>(self, path: &str, handler: H, policy: impl Into<Policy>) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::PUT, path, handler, policy)
    }

    /// `PATCH path`.
    pub fn patch<H, T>(self, path: &str, handler: H, policy: impl Into<Policy>) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::PATCH, path, handler, policy)
    }

    /// `DELETE path`.
    pub fn delete<H, T>(self, path: &str, handler: H, policy: impl Into<Policy>) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.on(Method::DELETE, path, handler, policy)
    }

    /// Any one method of `path`: `HEAD`, `OPTIONS`, `TRACE` or `CONNECT` as well. The API does not
    /// build with a method that HTTP itself does not define (RFC 9110, section 9, and RFC 5789),
    /// since `axum` does not route such.
    pub fn on<H, T>(
        mut self,
        method: Method,
        path: &str,
        handler: H,
        policy: impl Into<Policy>,
    ) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        let route = Route::new(method, path, handler, policy.into());
        self.routes.push(route);
        self
    }

    /// All of `api` below `prefix`. Its routes keep their policies, and its own base answers for
    /// what is unknown there; what this API is [`within`](Self::within) holds as well.
    ///
    /// The handlers see the whole path, and extractors of paths find what the whole route names.
    pub fn nest(self, prefix: &str, api: Self) -> Self {
        self.absorb(prefix, api)
    }

    /// All of `api` beside what is here. Requests for what neither has must be let in by the bases
    /// of both.
    pub fn merge(mut self, api: Self) -> Self {
        self.base = self.base.and(within(api.outer.as_ref(), &api.base));
        self.absorb("", api)
    }

    /// A router that is not an `Api`, as a whole, below `prefix`: each request for anything there
    /// meets `policy` first. Which routes it has, no audit can tell.
    pub fn mount(mut self, prefix: &str, router: Router, policy: impl Into<Policy>) -> Self {
        self.mounts.push(Mount {
            prefix: prefix.to_owned(),
            policy: policy.into(),
            router,
        });
        self
    }

    /// Gives the handlers their state.
    pub fn with_state<T>(self, state: S) -> Api<T>
    where
        T: Clone + Send + Sync + 'static,
    {
        let settled = |route: Route<S>| route.with_state(state.clone());
        Api {
            routes: self.routes.into_iter().map(settled).collect(),
            base: self.base,
            outer: self.outer,
            mounts: self.mounts,
            bases: self.bases,
            pages: self.pages,
        }
    }

    fn absorb(mut self, prefix: &str, api: Self) -> Self {
        let outer = api.outer.as_ref();
        let routes = api.routes.into_iter();
        self.routes
            .extend(routes.map(|route| route.below(prefix, outer, &api.base)));
        self.mounts
            .extend(api.mounts.into_iter().map(|mount| Mount {
                prefix: joined(prefix, &mount.prefix),
                policy: within(outer, &mount.policy),
                ..mount
            }));
        let bases = api.bases.iter();
        self.bases
            .extend(bases.map(|(below, base)| (joined(prefix, below), within(outer, base))));
        if !prefix.is_empty() {
            self.bases
                .push((prefix.to_owned(), within(outer, &api.base)));
        }
        self.pages.extend(api.pages);
        self
    }
}

impl<S> fmt::Debug for Api<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes.iter();
        f.debug_struct("Api")
            .field("base", &self.base)
            .field("within", &self.outer)
            .field(
                "routes",
                &routes
                    .map(|route| format!("{} {}", route.method, route.path))
                    .collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
