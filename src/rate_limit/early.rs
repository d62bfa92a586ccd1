//! A limit that stands before authentication.

use http::request::Parts;
use tower_layer::Layer;

use super::guard::RateLimit;
use crate::guard::{Demand, Guard, GuardService, Pass, Place, Stop};

/// A [`RateLimit`] that is met before credentials are looked at, so that it limits the guessing of
/// credentials too; made by [`RateLimit::before_authentication`].
#[derive(Clone, Debug)]
pub struct BeforeAuthentication(pub(super) RateLimit);

impl Guard for BeforeAuthentication {
    const PLACE: Place = Place::Client;

    async fn check(&self, head: &mut Parts) -> Result<Pass, Stop> {
        self.0.check(head).await
    }

    fn check_now(&self, head: &mut Parts) -> Option<Result<Pass, Stop>> {
        self.0.check_now(head)
    }

    fn describe(&self) -> Demand {
        self.0.describe()
    }
}

impl<S> Layer<S> for BeforeAuthentication {
    type Service = GuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        GuardService::new(inner, self.clone())
    }
}
