//! Nonces of the server's own (RFC 9449, sections 8 and 9), which nobody has to store: each is the
//! time at which it was given, sealed.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as STRICT;
use rand::TryRng;
use rand::rngs::SysRng;
use zeroize::Zeroizing;

use crate::config::ConfigError;
use crate::jwt::algorithm::Algorithm;
use crate::jwt::backend::MacKey;

/// How long a nonce is good, in seconds.
const LIFE: u64 = 300;

/// From which age on, in seconds, a caller is given a new one with the response.
const RENEWAL: u64 = 150;

/// How far the clocks of a fleet may differ, in seconds.
const LEEWAY: u64 = 10;

/// A time and its seal.
const LENGTH: usize = 8 + 32;

/// Told apart from whatever else the secret may be used for.
const PURPOSE: &[u8] = b"portcullis DPoP nonce 1\0";

/// The keys with which nonces are sealed. Every member of a fleet needs the same.
///
/// A nonce is good for 5 minutes. It shows that a proof was made just now, rather than ahead of
/// time by somebody who had the client's key in hand for a moment.
#[derive(Clone)]
pub struct NonceKeys {
    current: Arc<MacKey>,
    previous: Option<Arc<MacKey>>,
}

impl NonceKeys {
    /// Seals with `secret`.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 32 bytes.
    pub fn new(secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Ok(Self {
            current: key(secret.as_ref())?,
            previous: None,
        })
    }

    /// Seals with a secret of this process alone: for a service that is not one of a fleet.
    ///
    /// # Errors
    /// [`ConfigError`] if the system gives no random bytes.
    pub fn random() -> Result<Self, ConfigError> {
        let mut secret = Zeroizing::new([0; 32]);
        SysRng
            .try_fill_bytes(&mut *secret)
            .map_err(|_| ConfigError::new("the system gave no random bytes: start again later"))?;
        Self::new(*secret)
    }

    /// Accepts nonces sealed with `secret` as well, so that a fleet can pass from one secret to
    /// the next: first every member gets the new one as this, then as its own with the old one as
    /// this, and after 5 minutes the old one can go.
    ///
    /// # Errors
    /// [`ConfigError`] if `secret` is shorter than 32 bytes.
    pub fn with_previous(mut self, secret: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        self.previous = Some(key(secret.as_ref())?);
        Ok(self)
    }

    /// The nonce to give out at `now`.
    pub(super) fn fresh(&self, now: u64) -> String {
        let time = now.to_be_bytes();
        let seal = self.current.sign(&message(time));
        STRICT.encode([&time[..], &seal].concat())
    }

    /// Whether `nonce` counts at `now`, and if so, whether it is time for another.
    pub(super) fn judge(&self, nonce: &str, now: u64) -> Result<bool, &'static str> {
        const FORGED: &str = "dpop_nonce_forged";
        let mut sealed = [0; LENGTH];
        if nonce.len() != (LENGTH * 4).div_ceil(3)
            || STRICT.decode_slice(nonce, &mut sealed) != Ok(LENGTH)
        {
            return Err(FORGED);
        }
        let (time, seal) = sealed.split_first_chunk::<8>().ok_or(FORGED)?;
        let message = message(*time);
        let mut keys = [Some(&self.current), self.previous.as_ref()].into_iter();
        if !keys.any(|key| key.is_some_and(|key| key.verify(&message, seal))) {
            return Err(FORGED);
        }
        let given = u64::from_be_bytes(*time);
        let age = now.saturating_sub(given);
        if age > LIFE || given > now.saturating_add(LEEWAY) {
            return Err("dpop_nonce_expired");
        }
        Ok(age >= RENEWAL)
    }
}

fn key(secret: &[u8]) -> Result<Arc<MacKey>, ConfigError> {
    if secret.len() < 32 {
        return Err(ConfigError::new(
            "the secret for nonces is too short: use 32 random bytes or more",
        ));
    }
    MacKey::new(Algorithm::Hs256, secret)
        .map(Arc::new)
        .ok_or_else(|| ConfigError::new("the secret for nonces is no key: use 32 random bytes"))
}

fn message(time: [u8; 8]) -> [u8; PURPOSE.len() + 8] {
    let mut message = [0; PURPOSE.len() + 8];
    let (purpose, rest) = message.split_at_mut(PURPOSE.len());
    purpose.copy_from_slice(PURPOSE);
    rest.copy_from_slice(&time);
    message
}

impl fmt::Debug for NonceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKeys(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: u64 = 1_000_000;

    #[test]
    fn a_nonce_counts_for_five_minutes_and_is_renewed_from_half_of_them_on() {
        let keys = NonceKeys::new([1; 32]).unwrap();
        let expired = Err("dpop_nonce_expired");
        for (given, expected) in [
            (NOW, Ok(false)),
            (NOW - 149, Ok(false)),
            (NOW - 150, Ok(true)),
            (NOW - 300, Ok(true)),
            (NOW - 301, expired),
            (NOW + 10, Ok(false)),
            (NOW + 11, expired),
            (0, expired),
            (u64::MAX, expired),
        ] {
            assert_eq!(keys.judge(&keys.fresh(given), NOW), expected, "{given}");
        }
    }

    #[test]
    fn a_fleet_passes_from_one_secret_to_the_next() {
        let [old, new, other] = [1, 2, 3].map(|byte| NonceKeys::new([byte; 32]).unwrap());
        let both = new.clone().with_previous([1; 32]).unwrap();
        for (nonce, counts) in [(&old, true), (&new, true), (&other, false)] {
            assert_eq!(both.judge(&nonce.fresh(NOW), NOW).is_ok(), counts);
        }
        assert_eq!(both.fresh(NOW), new.fresh(NOW));
        assert_eq!(new.judge(&old.fresh(NOW), NOW), Err("dpop_nonce_forged"));
        let random = [NonceKeys::random(), NonceKeys::random()].map(Result::unwrap);
        assert!(random[0].judge(&random[1].fresh(NOW), NOW).is_err());
        assert!(random[0].judge(&random[0].fresh(NOW), NOW).is_ok());
    }

    #[test]
    fn a_short_secret_is_refused() {
        assert!(NonceKeys::new([1; 31]).is_err());
        assert!(NonceKeys::new([1; 32]).unwrap().with_previous([]).is_err());
    }

    proptest! {
        #[test]
        fn only_what_was_sealed_counts(text in "[A-Za-z0-9_-]{0,60}", at in 0_usize..54, to in "[A-Za-z0-9_=-]") {
            let keys = NonceKeys::new([1; 32]).unwrap();
            prop_assert_eq!(keys.judge(&text, NOW), Err("dpop_nonce_forged"));
            let good = keys.fresh(NOW);
            let mut changed = good.clone();
            changed.replace_range(at..=at, &to);
            prop_assert_eq!(keys.judge(&changed, NOW).is_ok(), changed == good);
        }
    }
}
