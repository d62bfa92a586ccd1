//! Gives access and refresh tokens out together.

use std::fmt;
use std::sync::Arc;

use super::cookie::RefreshCookie;
use super::login::{Asked, ClientLogin, Login, Renewal, asked};
use crate::jwt::{Grant, JwtIssuer, Revocations};
use crate::problem::Problem;
use crate::session::{RefreshKeys, RefreshTokens};
use crate::store::RefreshFamilies;

/// Gives access tokens and refresh tokens out, refreshes them and takes them back: by its methods,
/// or by [`routes`](Self::routes) that are ready to be mounted. A handle: clones share everything.
#[derive(Clone)]
pub struct TokenService {
    pub(super) issuer: Arc<JwtIssuer>,
    pub(super) tokens: RefreshTokens,
    pub(super) revocations: Option<Revocations>,
    pub(super) login: Option<Asked<Login, Option<Grant>>>,
    pub(super) clients: Option<Asked<ClientLogin, bool>>,
    pub(super) renewal: Option<Asked<Renewal, Option<Grant>>>,
    pub(super) cookie: Option<Arc<RefreshCookie>>,
}

impl TokenService {
    /// Has `issuer` make access tokens, keeps the families of refresh tokens in `families`, and
    /// seals refresh tokens with `keys`. Logins last 14 days without use and 30 days at most.
    #[must_use]
    pub fn new(issuer: JwtIssuer, families: impl RefreshFamilies, keys: RefreshKeys) -> Self {
        Self::of(issuer, RefreshTokens::new(families, keys))
    }

    /// Likewise, with refresh tokens that have lives of the author's choice.
    #[must_use]
    pub fn of(issuer: JwtIssuer, tokens: RefreshTokens) -> Self {
        Self {
            issuer: Arc::new(issuer),
            tokens,
            revocations: None,
            login: None,
            clients: None,
            renewal: None,
            cookie: None,
        }
    }

    /// Has `POST /token` take the username and password of the author's own applications
    /// (`grant_type=password`), as `check` says: a grant for a good login, `None` for a wrong one,
    /// whatever was wrong. Without it there is no such way in.
    ///
    /// A [`Problem`] of its own, such as the 429 of a
    /// [`LoginThrottle`](crate::brute_force::LoginThrottle), is answered as it is, and no event is
    /// told of it here: the throttle has done that; for one of your own call
    /// [`event::refuse`](crate::event::refuse). Let a wrong name take as long as a wrong password: check against some hash in either case. The grant
    /// is not for applications of others, which must not see a password (RFC 9700, section 2.4).
    #[must_use]
    pub fn with_login<F, Fut>(mut self, check: F) -> Self
    where
        F: Fn(Login) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Grant>, Problem>> + Send + 'static,
    {
        self.login = Some(asked(check));
        self
    }

    /// Has every request of the routes name its application, which `check` must know: by a name
    /// alone (`client_id`), or with a secret, as HTTP Basic or in the form (RFC 6749, section
    /// 2.3.1). Others are answered 401 `invalid_client`.
    ///
    /// Without it an application is whatever it says, and one that shows a secret is refused, as
    /// nobody can check that.
    #[must_use]
    pub fn with_client_check<F, Fut>(mut self, check: F) -> Self
    where
        F: Fn(ClientLogin) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<bool, Problem>> + Send + 'static,
    {
        self.clients = Some(asked(check));
        self
    }

    /// Has `renew` look at each login that is to go on: it gives what the next access token says
    /// (a role may have gone), or `None` for a login that is to end, whose family is revoked.
    /// Scopes that the login did not have are left out.
    ///
    /// Without it the next access token says what the first one said.
    #[must_use]
    pub fn with_renewal<F, Fut>(mut self, renew: F) -> Self
    where
        F: Fn(Renewal) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Option<Grant>, Problem>> + Send + 'static,
    {
        self.renewal = Some(asked(renew));
        self
    }

    /// Has [`revoke_subject`](Self::revoke_subject) take the access tokens of the subject back as
    /// well, where [`RequireJwt`](crate::jwt::RequireJwt) asks the same `revocations`.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Revocations) -> Self {
        self.revocations = Some(revocations);
        self
    }

    /// Has the routes give refresh tokens to browsers in `cookie`, and take them from nowhere else.
    #[must_use]
    pub fn with_cookie(mut self, cookie: RefreshCookie) -> Self {
        self.cookie = Some(Arc::new(cookie));
        self
    }
}

impl fmt::Debug for TokenService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenService")
            .field("issuer", &self.issuer)
            .field("tokens", &self.tokens)
            .field("cookie", &self.cookie)
            .finish_non_exhaustive()
    }
}
