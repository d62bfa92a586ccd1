//! One request to a token endpoint, from its head to its verdict.

use std::sync::Arc;

use axum::body::Body;
use http::header::{HOST, HeaderName, ORIGIN};
use http::request::Parts;

use super::client::{self, Unreadable};
use super::error::Fault;
use super::form::Form;
use super::login::{ClientLogin, Login};
use super::pair::TokenPair;
use super::routes::ProvenKey;
use super::rule::{self, Whence};
use super::service::TokenService;
use crate::body::Intake;
use crate::field::exactly_one;
use crate::identity::{ClientAddr, Scopes};
use crate::secret::Secret;
use crate::session::Presented;
use crate::store::Family;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const INTAKE: Intake = Intake::of(&["application/x-www-form-urlencoded"], 16 * 1024);

/// A request that was read, and whose application is known as far as it can be.
pub(super) struct Exchange {
    form: Form,
    client: Option<String>,
    address: Option<ClientAddr>,
    proven_key: Option<[u8; 32]>,
    /// The refresh token that came in a cookie.
    cookie: Option<Secret<String>>,
}

/// What the family of a fault is told by.
pub(super) type Refused = (Fault, Option<Arc<Family>>);

impl TokenService {
    /// Reads a request. Where it comes from is judged before its body is read.
    pub(super) async fn open(&self, head: &Parts, body: Body) -> Result<Exchange, Fault> {
        if head.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(Fault::request("parameters_in_the_address"));
        }
        let cookie = self.cookie_of(head)?;
        let bytes = INTAKE.read(head, body).await.map_err(Fault::body)?;
        let form = Form::parse(&bytes).map_err(Fault::request)?;
        let address = ClientAddr::of(&head.extensions);
        let client = self.client(head, &form, address).await?;
        Ok(Exchange {
            form,
            client,
            address,
            proven_key: head.extensions.get().map(|ProvenKey(key)| *key),
            cookie,
        })
    }

    /// The first pair, for a login that is good.
    pub(super) async fn log_in(&self, head: &Parts, asked: Exchange) -> Result<TokenPair, Refused> {
        let plain = |fault| (fault, None);
        let Some(check) = &self.login else {
            return Err(plain(Fault::grant_type()));
        };
        let (username, password) = match (asked.form.get("username"), asked.form.get("password")) {
            (Some(username), Some(password)) => (username.expose().clone(), password.clone()),
            _ => return Err(plain(Fault::request("login_incomplete"))),
        };
        let scopes = asked.scopes().map_err(plain)?;
        let login = Login {
            username,
            password,
            client: asked.client.clone(),
            address: asked.address,
            scopes: scopes.clone(),
            head: head.clone(),
        };
        let grant = check(login).await.map_err(|own| plain(Fault::told(own)))?;
        let mut grant = grant.ok_or_else(|| plain(Fault::grant("login_refused")))?;
        if let Some(scopes) = scopes {
            if !grant.scopes().contains_all(&scopes) {
                return Err(plain(Fault::scope("login_scope_wider")));
            }
            grant = grant.with_scopes(scopes);
        }
        if let (None, Some(client)) = (grant.client(), asked.client) {
            grant = grant.with_client(client);
        }
        if let Some(key) = asked.proven_key {
            grant = grant.with_bound_key(key);
        }
        let pair = self.issue(&grant).await;
        pair.map_err(|error| plain(error.into()))
    }

    /// The next pair, for a refresh token that is good.
    pub(super) async fn go_on(&self, asked: Exchange) -> Result<TokenPair, Refused> {
        let plain = |fault| (fault, None);
        let token = self.token_in(&asked, "refresh_token").map_err(plain)?;
        let token = token.ok_or_else(|| plain(Fault::request("refresh_token_missing")))?;
        let mut presented = Presented::by(self.client_or_own(asked.client.as_deref()));
        if let Some(key) = asked.proven_key {
            presented = presented.with_key(key);
        }
        if let Some(scopes) = asked.scopes().map_err(plain)? {
            presented = presented.with_scopes(scopes);
        }
        let pair = self.refresh(token.expose(), presented).await;
        pair.map_err(|error| {
            let family = error.family().cloned();
            (error.into(), family)
        })
    }

    /// Ends the login that the token is of, if it is of any.
    pub(super) async fn give_back(&self, asked: Exchange) -> Result<Option<Arc<Family>>, Fault> {
        let token = self.token_in(&asked, "token")?;
        let token = match (token, &self.cookie) {
            (Some(token), _) => token,
            (None, Some(_)) => return Ok(None),
            (None, None) => return Err(Fault::request("token_missing")),
        };
        let client = asked.client.as_deref();
        Ok(self.revoke(token.expose(), client).await?)
    }

    /// The token of a request: from the cookie, where there is one, or else from the form.
    fn token_in<'e>(
        &self,
        asked: &'e Exchange,
        name: &str,
    ) -> Result<Option<&'e Secret<String>>, Fault> {
        let in_form = asked.form.get(name);
        match &self.cookie {
            None => Ok(in_form),
            Some(_) if in_form.is_some() => Err(Fault::request("refresh_token_in_form")),
            Some(_) => Ok(asked.cookie.as_ref()),
        }
    }

    fn cookie_of(&self, head: &Parts) -> Result<Option<Secret<String>>, Fault> {
        let Some(cookie) = &self.cookie else {
            return Ok(None);
        };
        let field = |name: HeaderName, reason| match exactly_one(&head.headers, name) {
            Ok(field) => Ok(field.map(http::HeaderValue::as_bytes)),
            Err(_) => Err(Fault::foreign(reason)),
        };
        let authority = head
            .uri
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        let whence = Whence {
            site: field(SEC_FETCH_SITE, "cross_site_request")?,
            origin: field(ORIGIN, "foreign_origin")?,
            host: field(HOST, "foreign_origin")?.or(authority),
        };
        rule::is_ours(whence, &cookie.origins).map_err(Fault::foreign)?;
        let token = cookie.read(&head.headers).map_err(Fault::request)?;
        Ok(token.map(|token| Secret::new(token.to_owned())))
    }

    async fn client(
        &self,
        head: &Parts,
        form: &Form,
        address: Option<ClientAddr>,
    ) -> Result<Option<String>, Fault> {
        let shown = client::shown(&head.headers, form).map_err(|unreadable| match unreadable {
            Unreadable::Request(reason) => Fault::request(reason),
            Unreadable::Client(reason) => Fault::client(reason),
        })?;
        if shown.id.as_deref().is_some_and(|id| !is_client_id(id)) {
            return Err(Fault::request("client_id_malformed"));
        }
        let Some(check) = &self.clients else {
            return match shown.secret {
                Some(_) => Err(Fault::client("client_secret_unchecked")),
                None => Ok(shown.id),
            };
        };
        let id = shown.id.ok_or_else(|| Fault::client("client_missing"))?;
        let login = ClientLogin {
            id: id.clone(),
            secret: shown.secret,
            address,
        };
        if check(login).await? {
            Ok(Some(id))
        } else {
            Err(Fault::client("client_refused"))
        }
    }
}

/// Whether `text` is a name that an application can have (RFC 6749, appendix A.1) and that stores
/// can keep.
fn is_client_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

impl Exchange {
    /// In which way a token is asked for.
    pub(super) fn grant_type(&self) -> Option<&str> {
        self.form.text("grant_type")
    }

    fn scopes(&self) -> Result<Option<Scopes>, Fault> {
        let Some(text) = self.form.text("scope") else {
            return Ok(None);
        };
        let scopes = Scopes::of(text.split(' '));
        scopes
            .map(Some)
            .map_err(|_| Fault::scope("scope_malformed"))
    }
}
