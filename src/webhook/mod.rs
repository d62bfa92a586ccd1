//! Stops deliveries of webhooks that their provider has not signed, or not lately.
//!
//! A [`WebhookVerifier`] is a layer before the receiver. It verifies the very bytes of the body,
//! before anybody parses them, and hands those on; no handler behind it can be reached without a
//! good signature. It knows [Standard Webhooks](https://www.standardwebhooks.com) (HMAC and Ed25519,
//! also under the names of Svix), Stripe, GitHub, Slack, Shopify, and others by a [`WebhookScheme`].
//!
//! - Each header stands once, and is read by the letter: a time is digits alone in their one form, an
//!   id has no dots, so that no part of what is signed can be taken for another.
//! - Several keys are good at once while a secret is rotated; each has its end. All keys and all
//!   signatures are tried, whichever is right.
//! - What was sent more than five minutes ago, or from now, is refused, if the provider signs the
//!   time. GitHub and Shopify do not, so that a delivery of theirs that was overheard can be sent
//!   again; see [`Delivery::id`] for what tells an event from another.
//!
//! Whatever is wrong is answered 401, in the same words; the event says what it was
//! (`webhook_signature_invalid`, `webhook_too_old`, ..). A body over the limit is answered 413.
//! [`Webhook`] gives a handler the event. Nothing is stored, and no store can be down.
//!
//! ```
//! use axum::{Router, routing::post};
//! use http::{Request, StatusCode};
//! use portcullis::clock::ManualClock;
//! use portcullis::webhook::{Webhook, WebhookVerifier};
//! use tower::ServiceExt;
//!
//! #[derive(serde::Deserialize)]
//! struct Event {
//!     test: u64,
//! }
//!
//! async fn receive(Webhook(event): Webhook<Event>) -> String {
//!     event.test.to_string()
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), portcullis::config::ConfigError> {
//! let verifier = WebhookVerifier::standard("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?
//!     .with_clock(ManualClock::at(1_614_265_330));
//! let app: Router = Router::new().route("/hooks", post(receive)).layer(verifier);
//!
//! let delivery = |body: &'static str| {
//!     Request::post("/hooks")
//!         .header("content-type", "application/json")
//!         .header("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek")
//!         .header("webhook-timestamp", "1614265330")
//!         .header("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
//!         .body(axum::body::Body::from(body))
//!         .unwrap()
//! };
//! let good = app.clone().oneshot(delivery(r#"{"test": 2432232314}"#)).await.unwrap();
//! assert_eq!(good.status(), StatusCode::OK);
//! let changed = app.oneshot(delivery(r#"{"test": 2432232315}"#)).await.unwrap();
//! assert_eq!(changed.status(), StatusCode::UNAUTHORIZED);
//! # Ok(())
//! # }
//! ```

mod delivery;
mod ed25519;
mod envelope;
mod extract;
mod keys;
mod rule;
mod scheme;
mod verifier;

pub use delivery::Delivery;
pub use extract::Webhook;
pub use scheme::WebhookScheme;
pub use verifier::WebhookVerifier;
