//! From an API to something that serves requests.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::Request;
use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use axum::routing::{MethodFilter, MethodRouter};
use axum::{Router, ServiceExt};
use http::header::HeaderValue;
use tower_layer::Layer;

use super::facets::Facets;
use super::policy::Policy;
use super::route::{Route, within};
use super::router::Api;
use super::tripwire::{Tripwire, Tripwired};
use super::unknown::{Unknown, unknown_method};
use crate::config::ConfigError;

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// Looks whether the API can be built.
    ///
    /// # Errors
    /// [`ConfigError`] that lists all faults: a path or a prefix that is none, a route that is there
    /// twice, a method that HTTP does not define, and a policy that asks for nothing at all and does
    /// not say why ([`public`](super::public)).
    pub fn check(&self) -> Result<(), ConfigError> {
        let mut faults = Vec::new();
        let mut known = BTreeSet::new();
        let mut shapes = BTreeMap::new();
        for route in &self.routes {
            let (method, path) = (&route.method, &route.path);
            if !path.starts_with('/') {
                faults.push(format!("the path {path:?} does not begin with `/`"));
            }
            if MethodFilter::try_from(method.clone()).is_err() {
                faults.push(format!("{method} {path}: no route can have this method"));
            }
            if !known.insert((path, method.as_str())) {
                faults.push(format!("{method} {path} is there twice"));
            }
            let first = *shapes.entry(shape(path)).or_insert(path);
            if first != path {
                faults.push(format!("{first} and {path} are one path under two names"));
            }
        }
        let prefixes = self.mounts.iter().map(|mount| &mount.prefix);
        for prefix in prefixes.chain(self.bases.iter().map(|(prefix, _)| prefix)) {
            let is_one = prefix.len() > 1 && prefix.starts_with('/') && !prefix.ends_with('/');
            if !is_one {
                faults.push(format!("the prefix {prefix:?} is not of the form `/name`"));
            }
        }
        for (place, policy) in self.policies() {
            if policy.reason().is_none() && Facets::of(&policy.describe()).ask_nothing() {
                faults.push(format!(
                    "{place}: its policy lets anybody in and does not say why; name a guard that \
                     asks for a credential, or public(\"why\").and(..)"
                ));
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        Err(ConfigError::new(format!("api: {}", faults.join("; "))))
    }

    /// Every policy with the place that it holds for.
    fn policies(&self) -> impl Iterator<Item = (String, Policy)> {
        let whole = |policy| within(self.outer.as_ref(), policy);
        let routes = self.routes.iter().map(move |route| {
            let place = format!("{} {}", route.method, route.path);
            (place, whole(&route.policy))
        });
        let mounts = self.mounts.iter().map(move |mount| {
            let place = format!("everything below {}", mount.prefix);
            (place, whole(&mount.policy))
        });
        let bases = self.bases.iter().map(move |(prefix, base)| {
            let place = format!("what is unknown below {prefix}");
            (place, whole(base))
        });
        let base = ("what is unknown".to_owned(), whole(&self.base));
        routes.chain(mounts).chain(bases).chain([base])
    }

    /// A router of `axum`'s. Routes that are added to it have no policy, and it cannot tell: lay a
    /// [`Tripwire`] around the result, or serve what [`into_service`](Api::into_service)
    /// gives, which has one.
    ///
    /// # Errors
    /// [`ConfigError`] as [`check`](Self::check).
    ///
    /// # Panics
    /// As [`Router::route`], if two paths cannot stand beside each other.
    pub fn into_router(self) -> Result<Router<S>, ConfigError> {
        self.check()?;
        self.fill_pages();
        let outer = self.outer.as_ref();
        let mut router = Router::new();
        for (path, routes) in by_path(self.routes) {
            let methods = answering(routes, outer, &self.base);
            router = router.route(&path, methods);
        }
        for mount in self.mounts {
            let guarded = within(outer, &mount.policy).layer(mount.router);
            router = router.nest_service(&mount.prefix, guarded);
        }
        let bases = self.bases.iter();
        let bases = bases.map(|(prefix, base)| (prefix.clone(), within(outer, base)));
        let unknown = Unknown::new(within(outer, &self.base), bases.collect());
        Ok(router.fallback_service(unknown))
    }
}

impl Api {
    /// The finished application: the router with a [`Tripwire`] around it, to be called or to be
    /// wrapped in further layers.
    ///
    /// # Errors
    /// [`ConfigError`] as [`check`](Self::check).
    ///
    /// # Panics
    /// As [`into_router`](Self::into_router).
    pub fn into_service(self) -> Result<Tripwired<Router>, ConfigError> {
        let voice = within(self.outer.as_ref(), &self.base).voice();
        // Settled once, since a router is put together anew for each request until then.
        let router = self.into_router()?.with_state(());
        Ok(Tripwire::speaking(voice).layer(router))
    }

    /// The finished application for `axum::serve`, which tells the guards who is connected:
    ///
    /// ```no_run
    /// # use std::net::SocketAddr;
    /// # use portcullis::api::{Api, public};
    /// # async fn serve(api: Api) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    /// axum::serve(listener, api.into_make_service_with_connect_info::<SocketAddr>()?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] as [`check`](Self::check).
    ///
    /// # Panics
    /// As [`into_router`](Self::into_router).
    pub fn into_make_service_with_connect_info<C>(
        self,
    ) -> Result<IntoMakeServiceWithConnectInfo<Tripwired<Router>, C>, ConfigError> {
        let service = self.into_service()?;
        Ok(ServiceExt::<Request>::into_make_service_with_connect_info(
            service,
        ))
    }
}

/// A path without the names of its parameters.
fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut is_name = false;
    for c in path.chars() {
        is_name = is_name && c != '}';
        if !is_name || c == '*' {
            shape.push(c);
        }
        is_name = is_name || c == '{';
    }
    shape
}

/// The routes by their paths.
fn by_path<S>(routes: Vec<Route<S>>) -> BTreeMap<String, Vec<Route<S>>> {
    let mut all = BTreeMap::<String, Vec<Route<S>>>::new();
    for route in routes {
        all.entry(route.path.clone()).or_default().push(route);
    }
    all
}

/// The methods of one path, and what answers the others.
fn answering<S: Clone + Send + Sync + 'static>(
    routes: Vec<Route<S>>,
    outer: Option<&Policy>,
    base: &Policy,
) -> MethodRouter<S> {
    let mut bases = routes
        .iter()
        .map(|route| route.base.as_ref().unwrap_or(base));
    let first = bases.next().unwrap_or(base).clone();
    let base = within(outer, &bases.fold(first, Policy::and));
    let unknown = unknown_method(allow(&routes), base);
    let methods = routes.into_iter();
    methods.fold(unknown, |all, route| {
        all.merge(route.into_method_router(outer))
    })
}

/// The methods of a path (RFC 9110, section 10.2.1).
fn allow<S: Clone + Send + Sync + 'static>(routes: &[Route<S>]) -> HeaderValue {
    let mut methods: BTreeSet<&str> = routes.iter().map(|route| route.method.as_str()).collect();
    if routes.iter().any(Route::serves_head) {
        methods.insert("HEAD");
    }
    let list = methods.into_iter().collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(list).unwrap_or(HeaderValue::from_static(""))
}
