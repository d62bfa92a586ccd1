//! A stack of guards, applied as one layer.

use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use super::check::Guard;
use super::compose::Open;
use super::demand::Demand;
use super::service::GuardService;
use crate::event::{EventSink, Sink};
use crate::problem::{Render, Renderer};

/// A stack of guards, applied as one layer: one service and one boxed future however many guards
/// there are, where a layer for each would cost a box and a clone of the service each.
///
/// Guards are met in the order in which they are added, which must be that of their
/// [`Place`](super::Place); another order does not compile.
pub struct Shield<G> {
    pub(super) guard: Arc<G>,
    pub(super) voice: Voice,
}

/// How the decisions of a shield are told; what stands within the shield speaks likewise.
#[derive(Clone, Debug, Default)]
pub(crate) struct Voice {
    pub(crate) sink: Option<Sink>,
    pub(crate) renderer: Option<Renderer>,
}

impl Voice {
    /// Tells events to `sink`.
    pub(crate) fn tell_to(&mut self, sink: impl EventSink) {
        self.sink = Some(Sink(Arc::new(sink)));
    }

    /// Gives refusals the body that `render` makes.
    pub(crate) fn speak_by(&mut self, render: impl Render) {
        self.renderer = Some(Renderer(Arc::new(render)));
    }
}

impl Shield<Open> {
    /// A stack without guards.
    #[must_use]
    pub fn new() -> Self {
        Self {
            guard: Arc::new(Open),
            voice: Voice::default(),
        }
    }
}

impl Default for Shield<Open> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: Guard + Clone> Shield<G> {
    /// Adds the next guard on the request's way.
    #[must_use]
    pub fn with<N: Guard>(self, next: N) -> Shield<(G, N)> {
        const {
            assert!(
                G::PLACE as u8 <= N::PLACE as u8,
                "guards must be added in the order of their Place: Envelope, Client, Authn, Authz, \
                 Quota, Contract; move this guard further up"
            );
        }
        Shield {
            guard: Arc::new(((*self.guard).clone(), next)),
            voice: self.voice,
        }
    }
}

impl<G: Guard> Shield<G> {
    /// Tells every decision taken within this shield to `sink` (default: `tracing` events).
    #[must_use]
    pub fn with_events(mut self, sink: impl EventSink) -> Self {
        self.voice.tell_to(sink);
        self
    }

    /// Gives every refusal within this shield the body that `render` makes (default: problem
    /// details, RFC 9457).
    #[must_use]
    pub fn with_problems(mut self, render: impl Render) -> Self {
        self.voice.speak_by(render);
        self
    }

    /// What this stack demands of a request.
    #[must_use]
    pub fn describe(&self) -> Demand {
        self.guard.describe()
    }
}

impl<G> Clone for Shield<G> {
    fn clone(&self) -> Self {
        Self {
            guard: Arc::clone(&self.guard),
            voice: self.voice.clone(),
        }
    }
}

impl<G> fmt::Debug for Shield<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shield")
            .field(&std::any::type_name::<G>())
            .finish()
    }
}

impl<S, G: Guard> Layer<S> for Shield<G> {
    type Service = GuardService<S, G>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::speaking(inner, Arc::clone(&self.guard), self.voice.clone())
    }
}
