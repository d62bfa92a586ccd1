//! The guard that refuses what another site has sent.

use std::fmt;
use std::sync::Arc;

use http::header::{HeaderValue, ORIGIN, VARY};
use http::request::Parts;
use tower_layer::Layer;

use super::rule::{DEST, MODE, Rules, SITE};
use crate::config::ConfigError;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stamps, Stop};
use crate::origin::Origins;
use crate::problem::{Kind, Problem};

/// Refuses (403) requests that would change something and that a page of another site has sent.
#[derive(Clone)]
pub struct RefuseCrossSite {
    rules: Arc<Rules>,
    isolated: Option<Stamps>,
}

impl RefuseCrossSite {
    /// Trusts the service's own origin alone.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rules: Arc::default(),
            isolated: None,
        }
    }

    /// Trusts the pages of these origins as well, written as
    /// [`Cors::for_origins`](crate::cors::Cors::for_origins) takes them. They take the place of those that were named before.
    ///
    /// # Errors
    /// [`ConfigError`] with all that name no origin, or the subdomains of a public suffix.
    pub fn trusting<N: AsRef<str>>(
        self,
        origins: impl IntoIterator<Item = N>,
    ) -> Result<Self, ConfigError> {
        let trusted = Origins::named(origins).map_err(|faults| {
            let sentences: Vec<_> = faults
                .iter()
                .map(|(written, fault)| format!("the origin `{written}` {fault}"))
                .collect();
            ConfigError::new(sentences.join("; "))
        })?;
        Ok(self.ruled(|rules| rules.trusted = trusted))
    }

    /// Lets in what pages of the same site send: of other subdomains, of other ports (default: refused,
    /// since the weakest of them would speak for all).
    #[must_use]
    pub fn allowing_same_site(self) -> Self {
        self.ruled(|rules| rules.allows_same_site = true)
    }

    /// Refuses requests that change nothing likewise, other than those by which somebody follows a
    /// link: no other site can load this one's resources as scripts, images or frames, nor learn from how
    /// long that takes.
    #[must_use]
    pub fn isolating_resources(self) -> Self {
        let vary = |name| (VARY, HeaderValue::from(name));
        let mut isolating = self.ruled(|rules| rules.isolates = true);
        isolating.isolated = Some(Stamps::new([ORIGIN, SITE, MODE, DEST].map(vary)));
        isolating
    }

    fn ruled(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(Arc::make_mut(&mut self.rules));
        self
    }

    fn decide(&self, head: &Parts) -> Result<Pass, Stop> {
        let pass = self
            .isolated
            .as_ref()
            .map(Pass::sharing)
            .unwrap_or_default();
        match self.rules.judge(head) {
            Ok(()) => Ok(pass),
            Err(reason) => {
                let refusal = Problem::new(Kind::Forbidden).because(reason);
                Err(Stop::from(refusal).after(pass))
            }
        }
    }
}

impl Default for RefuseCrossSite {
    fn default() -> Self {
        Self::new()
    }
}

impl Guard for RefuseCrossSite {
    const PLACE: Place = Place::Envelope;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.decide(head)
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        Some(self.decide(head))
    }

    fn describe(&self) -> Demand {
        let what = if self.rules.isolates {
            "nothing loaded or changed"
        } else {
            "nothing changed"
        };
        let trusted = &self.rules.trusted;
        let words = if trusted.is_empty() {
            format!("{what} from other sites")
        } else {
            format!("{what} from other sites but {trusted}")
        };
        Demand::Manner(words.into())
    }
}

impl<S> Layer<S> for RefuseCrossSite {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for RefuseCrossSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RefuseCrossSite").field(&self.rules).finish()
    }
}
