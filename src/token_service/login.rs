//! What the author's own functions are asked.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use http::request::Parts;

use crate::identity::{ClientAddr, Scopes};
use crate::jwt::Grant;
use crate::problem::Problem;
use crate::secret::Secret;
use crate::store::Family;

/// A login, to be checked by the author's own function.
#[derive(Clone)]
#[non_exhaustive]
pub struct Login {
    /// The name that was typed.
    pub username: String,
    /// The password that was typed.
    pub password: Secret<String>,
    /// The application, by its own account unless a client check stands before.
    pub client: Option<String>,
    /// The machine, if it is known: for quotas.
    pub address: Option<ClientAddr>,
    /// The scopes that were asked for, if any were. The tokens get these if the grant has them all,
    /// and the login is refused otherwise.
    pub scopes: Option<Scopes>,
    /// The head of the request, for a [`LoginThrottle`](crate::brute_force::LoginThrottle) and for
    /// [`event::refuse`](crate::event::refuse).
    pub head: Parts,
}

/// Neither the password nor the head, which may bear tokens.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login")
            .field("username", &self.username)
            .field("client", &self.client)
            .field("address", &self.address)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// An application that shows who it is, to be checked by the author's own function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientLogin {
    /// Its name (`client_id`).
    pub id: String,
    /// Its secret, if it has shown one.
    pub secret: Option<Secret<String>>,
    /// The machine, if it is known.
    pub address: Option<ClientAddr>,
}

/// A login that is to go on, to be looked at by the author's own function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Renewal {
    /// The family of the refresh token.
    pub family: Arc<Family>,
    /// What the login granted.
    pub grant: Grant,
}

/// A function of the author's own.
pub(super) type Asked<Q, A> = Arc<dyn Fn(Q) -> Answered<A> + Send + Sync>;

type Answered<A> = Pin<Box<dyn Future<Output = Result<A, Problem>> + Send>>;

pub(super) fn asked<Q, A, F, Fut>(function: F) -> Asked<Q, A>
where
    F: Fn(Q) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<A, Problem>> + Send + 'static,
{
    Arc::new(move |question| Box::pin(function(question)))
}
