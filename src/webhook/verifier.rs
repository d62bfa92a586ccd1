//! The layer before the receiver of webhooks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use tower_layer::Layer;

use super::delivery::Delivery;
use super::envelope::Envelope;
use super::keys::Key;
use super::rule;
use super::scheme::{Layout, WebhookScheme};
use crate::clock::{Clock, SystemClock};
use crate::config::ConfigError;
use crate::guard::{BodyGuard, BodyGuardService, Pass, Stop};
use crate::problem::{Challenge, Kind, Problem};

const TOLERANCE: Duration = Duration::from_mins(5);
const MAX_BYTES: usize = 1024 * 1024;

/// Lets in deliveries of one provider that bear a good signature, and nothing else.
///
/// A layer: it stands before the routes of the receiver. It reads the body (by default up to 1 MiB)
/// before anything else does, and hands on the very bytes that were signed. A handle: clones share
/// the keys.
#[derive(Clone)]
pub struct WebhookVerifier {
    layout: Arc<Layout>,
    keys: Vec<Key>,
    tolerance: u64,
    max_bytes: usize,
    clock: Arc<dyn Clock>,
}

impl WebhookVerifier {
    /// [Standard Webhooks](https://www.standardwebhooks.com), also under the names of Svix:
    /// `key` is a secret (`whsec_` and base64 of 24 to 64 bytes) or a public key (`whpk_`, Ed25519).
    ///
    /// # Errors
    /// [`ConfigError`] if `key` is neither, or a public key that is weak.
    pub fn standard(key: &str) -> Result<Self, ConfigError> {
        Self::new(Layout::Standard, key)
    }

    /// Stripe (`Stripe-Signature`): `secret` is the whole of `whsec_..`, as the dashboard shows it.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 16 bytes.
    pub fn stripe(secret: &str) -> Result<Self, ConfigError> {
        Self::new(Layout::Stripe, secret)
    }

    /// GitHub (`X-Hub-Signature-256`). The time of sending is not signed, nor is the id.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 16 bytes.
    pub fn github(secret: &str) -> Result<Self, ConfigError> {
        let scheme = WebhookScheme::hex("x-hub-signature-256")?.with_prefix("sha256=");
        Self::custom(scheme, secret)
    }

    /// Slack (`X-Slack-Signature`, `X-Slack-Request-Timestamp`).
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 16 bytes.
    pub fn slack(secret: &str) -> Result<Self, ConfigError> {
        let scheme = WebhookScheme::hex("x-slack-signature")?
            .with_prefix("v0=")
            .with_timestamp("x-slack-request-timestamp", "v0:", ":")?;
        Self::custom(scheme, secret)
    }

    /// Shopify (`X-Shopify-Hmac-SHA256`). The time of sending is not signed, nor is the id.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 16 bytes.
    pub fn shopify(secret: &str) -> Result<Self, ConfigError> {
        Self::custom(WebhookScheme::base64("x-shopify-hmac-sha256")?, secret)
    }

    /// Another provider, who signs by `scheme`.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 16 bytes.
    pub fn custom(scheme: WebhookScheme, secret: &str) -> Result<Self, ConfigError> {
        Self::new(Layout::Plain(scheme), secret)
    }

    fn new(layout: Layout, key: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            keys: vec![Key::read(&layout, key)?],
            layout: Arc::new(layout),
            tolerance: TOLERANCE.as_secs(),
            max_bytes: MAX_BYTES,
            clock: Arc::new(SystemClock),
        })
    }

    /// Accepts `key` as well, until `until` in seconds since the Unix epoch if that is said: the old
    /// one while a secret is being rotated.
    ///
    /// # Errors
    /// [`ConfigError`] as for the first key.
    pub fn and_key(
        mut self,
        key: &str,
        until: impl Into<Option<u64>>,
    ) -> Result<Self, ConfigError> {
        let mut key = Key::read(&self.layout, key)?;
        key.until = until.into().unwrap_or(u64::MAX);
        self.keys.push(key);
        Ok(self)
    }

    /// Accepts what was sent up to `tolerance` ago, or will have been according to a clock that is
    /// ahead (default: 5 minutes), from providers who sign the time.
    #[must_use]
    pub fn with_tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance.as_secs();
        self
    }

    /// Reads bodies of up to `bytes` (default: 1 MiB).
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: usize) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Reads the time from `clock` (default: the machine's own).
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Verifies a delivery whose headers and body are at hand, without a layer.
    ///
    /// # Errors
    /// The refusal.
    pub fn verify(&self, headers: &http::HeaderMap, body: &[u8]) -> Result<Delivery, Problem> {
        let envelope = self.envelope(headers)?;
        rule::judge(&envelope, body, &self.keys, self.clock.now()).map_err(refusal)?;
        Ok(Delivery::new(envelope.id, envelope.sent_at))
    }

    /// The headers, if they can be read and were written lately.
    fn envelope<'a>(&'a self, headers: &'a http::HeaderMap) -> Result<Envelope<'a>, Problem> {
        let envelope = Envelope::read(headers, &self.layout).map_err(refusal)?;
        rule::timely(envelope.sent_at, self.clock.now(), self.tolerance).map_err(refusal)?;
        Ok(envelope)
    }
}

/// One answer to whatever is wrong, since only a forger could make use of more.
fn refusal(reason: &'static str) -> Problem {
    Problem::new(Kind::InvalidCredential)
        .because(reason)
        .with_challenge(&Challenge::new("Webhook-Signature"))
}

impl BodyGuard for WebhookVerifier {
    fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    fn look(&self, head: &Parts) -> Result<(), Stop> {
        self.envelope(&head.headers)?;
        Ok(())
    }

    async fn judge(&self, head: &mut Parts, body: &Bytes) -> Result<Pass, Stop> {
        let delivery = self.verify(&head.headers, body)?;
        head.extensions.insert(delivery);
        Ok(Pass::default())
    }
}

impl<S> Layer<S> for WebhookVerifier {
    type Service = BodyGuardService<S, Self>;

    fn layer(&self, inner: S) -> Self::Service {
        BodyGuardService::new(inner, self.clone())
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookVerifier")
            .field("layout", &self.layout)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}
