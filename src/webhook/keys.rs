//! The secrets and public keys of a provider.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac as _};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::ed25519::PublicKey;
use super::envelope::{EdSignature, Envelope, Mac};
use super::scheme::Layout;
use crate::config::ConfigError;

/// The shortest and longest secret of Standard Webhooks, in bytes.
const STANDARD_LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;
/// The shortest secret of others, in bytes.
const SHORTEST: usize = 16;

/// With padding or without, as the libraries of the providers read secrets.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A key by which deliveries are verified, until its time is over.
#[derive(Clone)]
pub(super) struct Key {
    kind: Kind,
    /// In seconds since the Unix epoch.
    pub(super) until: u64,
}

#[derive(Clone)]
enum Kind {
    Secret(Hmac<Sha256>),
    Public(PublicKey),
}

impl Key {
    /// The key that `text` is to those who sign by `layout`.
    pub(super) fn read(layout: &Layout, text: &str) -> Result<Self, ConfigError> {
        match layout {
            Layout::Standard => Self::standard(text),
            Layout::Stripe | Layout::Plain(_) => Self::of_text(text),
        }
    }

    /// A secret that is the bytes of a text, as it was given out.
    fn of_text(secret: &str) -> Result<Self, ConfigError> {
        if secret.len() < SHORTEST {
            return Err(ConfigError::new(format!(
                "a webhook secret needs at least {SHORTEST} bytes; ask the provider for a longer one"
            )));
        }
        Self::of_secret(secret.as_bytes())
    }

    /// A secret (`whsec_..`) or public key (`whpk_..`) of Standard Webhooks.
    fn standard(text: &str) -> Result<Self, ConfigError> {
        let unreadable = || {
            ConfigError::new(
                "a key of Standard Webhooks is whsec_ or whpk_ and base64: of 24 to 64 bytes for a \
                 secret, of the 32 of an Ed25519 key",
            )
        };
        let decoded = |text: &str| {
            LENIENT
                .decode(text)
                .map(Zeroizing::new)
                .map_err(|_| unreadable())
        };
        if let Some(key) = text.strip_prefix("whpk_") {
            let bytes: [u8; 32] = decoded(key)?
                .as_slice()
                .try_into()
                .map_err(|_| unreadable())?;
            let kind = Kind::Public(PublicKey::new(&bytes).ok_or_else(unreadable)?);
            let until = u64::MAX;
            return Ok(Self { kind, until });
        }
        let secret = decoded(text.strip_prefix("whsec_").unwrap_or(text))?;
        if !STANDARD_LENGTHS.contains(&secret.len()) {
            return Err(unreadable());
        }
        Self::of_secret(&secret)
    }

    fn of_secret(secret: &[u8]) -> Result<Self, ConfigError> {
        let mac = Hmac::new_from_slice(secret);
        let mac = mac.map_err(|_| ConfigError::new("HMAC does not take this secret"))?;
        Ok(Self {
            kind: Kind::Secret(mac),
            until: u64::MAX,
        })
    }

    /// Whether one of the candidates of `envelope` is by this key. It looks at all of them, whichever
    /// is right.
    pub(super) fn has_signed(&self, envelope: &Envelope<'_>, body: &[u8]) -> bool {
        match &self.kind {
            Kind::Secret(_) if envelope.macs.is_empty() => false,
            Kind::Secret(mac) => {
                let mut mac = mac.clone();
                for part in &envelope.signed {
                    mac.update(part);
                }
                mac.update(body);
                let own: Mac = mac.finalize().into_bytes().into();
                let any = envelope
                    .macs
                    .iter()
                    .fold(Choice::from(0), |any, candidate| {
                        any | own.as_slice().ct_eq(candidate)
                    });
                any.into()
            }
            Kind::Public(key) => {
                let candidates: &[EdSignature] = &envelope.signatures;
                if candidates.is_empty() {
                    return false;
                }
                let mut signed = envelope.signed.concat();
                signed.extend_from_slice(body);
                candidates
                    .iter()
                    .any(|candidate| key.verifies(&signed, candidate))
            }
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Secret(_) => "Key(secret)",
            Kind::Public(_) => "Key(public)",
        })
    }
}
