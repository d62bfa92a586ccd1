//! What pages of other origins may do, as an author writes it.

use std::time::Duration;

use super::fault::{CorsError, CorsFault, NameFault};
use super::guard::Cors;
use super::names::{check_exposed_header, check_method, check_request_header, needs_no_permission};
use super::request_headers::RequestHeaders;
use super::rule::{Reach, Rules};
use crate::origin::{OriginFault, Origins, Pattern};

/// For how long browsers remember a preflight at most.
const LONGEST_MAX_AGE: Duration = Duration::from_hours(24);

/// What pages of other origins may do: the plan of a [`Cors`], which [`build`](Self::build) makes of
/// it. Nothing is looked at before, so that all faults are told at once.
#[allow(clippy::struct_excessive_bools)] // each is a step that an author took
#[derive(Clone, Debug)]
#[must_use = "a policy does nothing until it is built"]
pub struct CorsPolicy {
    /// The origins as they were written; none for any.
    origins: Option<Vec<Box<str>>>,
    methods: Vec<Box<str>>,
    request_headers: Vec<Box<str>>,
    exposed: Vec<Box<str>>,
    max_age: Option<Duration>,
    has_credentials: bool,
    has_insecure: bool,
    has_public_suffixes: bool,
    refuses_foreign: bool,
}

impl CorsPolicy {
    pub(super) fn new(origins: Option<Vec<Box<str>>>) -> Self {
        Self {
            origins,
            methods: Vec::new(),
            request_headers: Vec::new(),
            exposed: Vec::new(),
            max_age: None,
            has_credentials: false,
            has_insecure: false,
            has_public_suffixes: false,
            refuses_foreign: false,
        }
    }

    /// Allows these methods as well: `PUT`, `PATCH`, `DELETE`. `GET`, `HEAD` and `POST` need no
    /// permission (Fetch Standard, CORS-safelisted method).
    pub fn with_methods<N: AsRef<str>>(mut self, methods: impl IntoIterator<Item = N>) -> Self {
        self.methods.extend(boxed(methods));
        self
    }

    /// Allows requests to bear these headers: `Authorization`, `Content-Type` (which JSON needs).
    pub fn with_request_headers<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.request_headers.extend(boxed(names));
        self
    }

    /// Lets pages read these headers of responses, besides those that they may read in any case.
    pub fn with_exposed_headers<N: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.exposed.extend(boxed(names));
        self
    }

    /// For how long browsers may remember the answer to a preflight, in whole seconds, at most a day;
    /// zero for not at all (default: what browsers do if nothing is said, which is five seconds).
    pub fn with_max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Lets pages act with the cookies, or the client certificate, of whoever looks at them.
    pub fn with_credentials(mut self) -> Self {
        self.has_credentials = true;
        self
    }

    /// Refuses (403) requests that change something and come from a page of an origin that is neither
    /// named nor the service's own (default: they go on, since browsers send simple ones without
    /// asking, and only keep the answer from the page). `GET`, `HEAD` and `OPTIONS` change
    /// nothing; requests without `Origin` come from no page of another origin.
    pub fn refusing_foreign_origins(mut self) -> Self {
        self.refuses_foreign = true;
        self
    }

    /// Lets pages that came over plain `http` act with credentials. Whoever is on their way can write
    /// such pages, and so act for whoever looks at one.
    pub fn dangerous_with_insecure_origins(mut self) -> Self {
        self.has_insecure = true;
        self
    }

    /// Allows the subdomains of a public suffix, such as `https://*.github.io`. Anybody can have one.
    pub fn dangerous_with_public_suffixes(mut self) -> Self {
        self.has_public_suffixes = true;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// [`CorsError`] with everything that is wrong: origins that are none, that are not written as
    /// browsers write them, or that are too many to be trusted (`null`, subdomains of public suffixes,
    /// `http` with credentials, any with credentials); methods and headers that no page can use, or
    /// that need no permission; a `max_age` of more than a day.
    pub fn build(self) -> Result<Cors, CorsError> {
        let mut faults = Vec::new();
        let reach = self.reach(&mut faults);
        let mut methods = sifted(
            self.methods,
            str::to_owned,
            check_method,
            |written, fault| {
                faults.push(CorsFault::Method { written, fault });
            },
        );
        let lower = str::to_ascii_lowercase;
        let request_headers = sifted(
            self.request_headers,
            lower,
            check_request_header,
            |written, fault| {
                faults.push(CorsFault::RequestHeader { written, fault });
            },
        );
        let mut exposed = sifted(
            self.exposed,
            lower,
            check_exposed_header,
            |written, fault| {
                faults.push(CorsFault::ExposedHeader { written, fault });
            },
        );
        exposed.sort_unstable();
        exposed.dedup();
        if let Some(max_age) = self.max_age.filter(|max_age| *max_age > LONGEST_MAX_AGE) {
            faults.push(CorsFault::MaxAge(max_age));
        }
        if !faults.is_empty() {
            return Err(CorsError::new(faults));
        }
        methods.retain(|method| !needs_no_permission(method));
        Ok(Cors::from(Rules {
            reach,
            methods: methods.into(),
            request_headers: RequestHeaders::new(request_headers),
            exposed: exposed.into(),
            max_age: self.max_age.map(|max_age| max_age.as_secs()),
            has_credentials: self.has_credentials,
            refuses_foreign: self.refuses_foreign,
        }))
    }

    fn reach(&self, faults: &mut Vec<CorsFault>) -> Reach {
        let Some(texts) = &self.origins else {
            if self.has_credentials {
                faults.push(CorsFault::AnyOriginWithCredentials);
            }
            return Reach::Any;
        };
        if texts.is_empty() {
            faults.push(CorsFault::NoOrigin);
        }
        let mut origins = Origins::default();
        for text in texts {
            match self.pattern(text) {
                Ok(pattern) => origins.add(text, pattern),
                Err(fault) => faults.push(fault),
            }
        }
        Reach::Named(origins)
    }

    fn pattern(&self, text: &str) -> Result<Pattern, CorsFault> {
        let told = |fault| CorsFault::Origin {
            written: text.into(),
            fault,
        };
        let pattern = Pattern::parse(text).map_err(told)?;
        if pattern.is_of_public_suffix() && !self.has_public_suffixes {
            return Err(told(OriginFault::PublicSuffix));
        }
        if self.has_credentials && pattern.is_insecure() && !self.has_insecure {
            return Err(CorsFault::InsecureOriginWithCredentials {
                written: text.into(),
            });
        }
        Ok(pattern)
    }
}

pub(super) fn boxed<N: AsRef<str>>(
    names: impl IntoIterator<Item = N>,
) -> impl Iterator<Item = Box<str>> {
    names.into_iter().map(|name| name.as_ref().into())
}

/// The names, in the form that `form` gives them, that `check` lets through; the others are told.
fn sifted(
    names: Vec<Box<str>>,
    form: impl Fn(&str) -> String,
    check: impl Fn(&str) -> Result<(), NameFault>,
    mut tell: impl FnMut(Box<str>, NameFault),
) -> Vec<Box<str>> {
    let mut good = Vec::new();
    for written in names {
        let name = form(&written);
        match check(&name) {
            Ok(()) => good.push(name.into()),
            Err(fault) => tell(written, fault),
        }
    }
    good
}
