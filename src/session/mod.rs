//! Stops stolen refresh tokens: each is good for one use, and a second use ends the login.
//!
//! A login that is to outlive its access tokens is a *family* of refresh tokens: opaque, rotated at
//! every use ([RFC 9700], section 4.14.2), one record in a store ([`RefreshFamilies`]) however often
//! it is used. A token names its family and its generation, with a proof that only this server can
//! make. So a forged one is refused before the store is asked, and nothing that opens a door is
//! stored.
//!
//! | What is shown | What becomes of it |
//! |---|---|
//! | the newest token | the next one; the family moves on by one compare-and-swap |
//! | the one before, within the grace (30 seconds) | the same next one again: a response was lost, or two tabs asked at once |
//! | the one before, later, or any older one | the family is revoked, for whoever stole it and for whoever it was stolen from |
//! | a token of another application or key | refused, and nothing changes |
//!
//! A family ends when it is not used for 14 days, and after 30 days in any case.
//!
//! ```
//! use portcullis::session::{NewFamily, Presented, RefreshError, RefreshKeys, RefreshTokens};
//! use portcullis::store::{FamilyOwner, memory::MemoryRefreshFamilies};
//!
//! # async fn life() -> Result<(), Box<dyn std::error::Error>> {
//! let keys = RefreshKeys::new([[7; 32]])?; // from a vault, and random
//! let tokens = RefreshTokens::new(MemoryRefreshFamilies::default(), keys);
//!
//! let alice = FamilyOwner::new("https://id.example", "alice");
//! let first = tokens.begin(NewFamily::of(alice, "web")).await?; // she has logged in
//! let second = tokens.rotate(first.token.expose(), Presented::by("web")).await?;
//! let again = tokens.rotate(first.token.expose(), Presented::by("web")).await?;
//! assert_eq!(second.token.expose(), again.token.expose()); // a retry
//!
//! tokens.rotate(second.token.expose(), Presented::by("web")).await?;
//! let thief = tokens.rotate(first.token.expose(), Presented::by("web")).await;
//! assert_eq!(thief.unwrap_err().reason(), "refresh_token_reused"); // and all is revoked
//! # Ok(())
//! # }
//! # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
//! # runtime.block_on(life()).unwrap();
//! ```
//!
//! `TokenService` (with the feature `jwt`) gives them out together with access tokens,
//! over HTTP.
//!
//! # What happens when
//! - the store cannot answer: [`RefreshError::Store`], and nothing is given out. Whether the family
//!   has moved on is not known then; the same token may be shown again within the grace;
//! - the store has lost a rotation (a replica that was behind became the master): a token that is
//!   newer than the store knows has the family revoked;
//! - the server's key has been stolen: a token takes the family's salt as well, which the store
//!   has. A stolen store alone makes no token either;
//! - a thief and their victim use the same token at once: within the grace both get the same
//!   successor, so that there is still one chain of tokens and never two. The next use of an older
//!   token ends it. [`with_grace`](RefreshTokens::with_grace) of zero gives no such time.
//!
//! # What is left to you
//! Limit how often logins are tried: each good one is a record. Call [`RefreshFamilies::purge`] from
//! time to time, as families that are over stay in the store until then.
//!
//! # Reasons
//! The caller learns `invalid_grant` or `invalid_scope`. [`Refusal::reason`] and
//! [`RefreshError::reason`] have the word for the event: `refresh_token_malformed`,
//! `refresh_token_forged`, `refresh_token_unknown`, `refresh_token_of_another_client`,
//! `refresh_token_of_another_key`, `refresh_token_revoked`, `refresh_token_idle`,
//! `refresh_token_expired`, `refresh_token_reused`, `refresh_token_ahead`, `refresh_scope_wider`,
//! `refresh_store_unavailable`.
//!
//! [`RefreshFamilies`]: crate::store::RefreshFamilies
//! [`RefreshFamilies::purge`]: crate::store::RefreshFamilies::purge
//! [RFC 9700]: https://www.rfc-editor.org/rfc/rfc9700

mod ends;
mod family;
mod keys;
mod refresh_tokens;
mod refusal;
mod rule;
mod token;

pub use family::{GivenToken, NewFamily, Presented};
pub use keys::RefreshKeys;
pub use refresh_tokens::RefreshTokens;
pub use refusal::{RefreshError, Refusal};
