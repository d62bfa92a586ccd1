//! Tickets and confirmations as text.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use sha2::Sha256;

use super::action::{Action, Fingerprint};
use crate::config::ConfigError;
use crate::secret::Secret;

/// The request header that bears a confirmation.
pub const CONFIRMATION: HeaderName = HeaderName::from_static("confirmation");
/// The header that bears a ticket: of the refusal, and of the request that takes the extra step.
pub const CONFIRMATION_TICKET: HeaderName = HeaderName::from_static("confirmation-ticket");

/// The shortest key in bytes (RFC 2104, section 3: no shorter than the digest).
const MIN_KEY_LEN: usize = 32;
const CLAIMS_LEN: usize = 1 + 8 + 8 + 16 + 3 * 32;
const MAC_LEN: usize = 32;
const TEXT_LEN: usize = (CLAIMS_LEN + MAC_LEN) * 4 / 3 + 1;

/// What a text is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Says what is to be confirmed, and confirms nothing.
    Ticket = 1,
    /// Confirms.
    Confirmation = 2,
}

/// What a ticket or a confirmation says.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) purpose: Purpose,
    /// The first second at which it is no longer good, since the Unix epoch.
    pub(super) expires: u64,
    /// When every confirmation with this nonce has expired. A ticket can be redeemed more than
    /// once; all that comes of it shares its nonce and is good for one use.
    pub(super) settled: u64,
    pub(super) nonce: [u8; 16],
    pub(super) caller: Fingerprint,
    pub(super) action: Action,
}

impl Claims {
    fn to_bytes(&self) -> Vec<u8> {
        [
            &[self.purpose as u8][..],
            &self.expires.to_be_bytes(),
            &self.settled.to_be_bytes(),
            &self.nonce,
            &self.caller,
            &self.action.target,
            &self.action.body,
        ]
        .concat()
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (purpose, rest) = bytes.split_first_chunk()?;
        let (expires, rest) = rest.split_first_chunk()?;
        let (settled, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (caller, rest) = rest.split_first_chunk()?;
        let (target, body) = rest.split_first_chunk()?;
        Some(Self {
            purpose: match purpose {
                [1] => Purpose::Ticket,
                [2] => Purpose::Confirmation,
                [_] => return None,
            },
            expires: u64::from_be_bytes(*expires),
            settled: u64::from_be_bytes(*settled),
            nonce: *nonce,
            caller: *caller,
            action: Action {
                target: *target,
                body: body.try_into().ok()?,
            },
        })
    }
}

/// The keys with which a server knows its own texts again.
#[derive(Clone)]
pub(super) struct Keys {
    own: Hmac<Sha256>,
    further: Vec<Hmac<Sha256>>,
}

impl Keys {
    /// Seals with the key `own`.
    pub(super) fn new(own: &[u8]) -> Result<Self, ConfigError> {
        Ok(Self {
            own: keyed(own)?,
            further: Vec::new(),
        })
    }

    /// Knows what `further` has sealed as well.
    pub(super) fn learn(&mut self, further: &[u8]) -> Result<(), ConfigError> {
        self.further.push(keyed(further)?);
        Ok(())
    }

    /// The text of `claims`, which only a holder of the key can make.
    pub(super) fn seal(&self, claims: &Claims) -> Secret<String> {
        let mut bytes = claims.to_bytes();
        let mac = seal_of(&self.own, &bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What `text` says, if one of these keys has made it. Untrusted text is fine; nothing that it
    /// says is looked at before its seal.
    ///
    /// # Errors
    /// The reason, for the event alone.
    pub(super) fn open(&self, text: &[u8]) -> Result<Claims, &'static str> {
        let malformed = "confirmation_malformed";
        if text.len() != TEXT_LEN {
            return Err(malformed);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed)?;
        let (claims, mac) = bytes.split_at_checked(CLAIMS_LEN).ok_or(malformed)?;
        // The comparison takes the same time wherever the texts differ.
        let made_by = |key| seal_of(key, claims).verify_slice(mac).is_ok();
        if !made_by(&self.own) && !self.further.iter().any(made_by) {
            return Err("confirmation_forged");
        }
        Claims::of_bytes(claims).ok_or(malformed)
    }
}

fn keyed(key: &[u8]) -> Result<Hmac<Sha256>, ConfigError> {
    if key.len() < MIN_KEY_LEN {
        return Err(ConfigError::new(format!(
            "a key for confirmations must have at least {MIN_KEY_LEN} bytes; draw them at random"
        )));
    }
    Hmac::new_from_slice(key)
        .map_err(|_| ConfigError::new("a key for confirmations cannot have this length"))
}

/// The label keeps a key that is used elsewhere as well from making confirmations there.
fn seal_of(key: &Hmac<Sha256>, claims: &[u8]) -> Hmac<Sha256> {
    key.clone()
        .chain_update("portcullis confirm 1 seal ")
        .chain_update(claims)
}

#[cfg(test)]
mod tests {
    use http::Method;
    use proptest::prelude::*;

    use super::*;

    fn keys(fill: u8) -> Keys {
        Keys::new(&[fill; 32]).unwrap()
    }

    fn claims() -> Claims {
        Claims {
            purpose: Purpose::Confirmation,
            expires: 1_120,
            settled: 1_300,
            nonce: [3; 16],
            caller: [4; 32],
            action: Action::new(&Method::POST, "/", b"x"),
        }
    }

    #[test]
    fn a_short_key_does_not_build() {
        assert!(Keys::new(&[7; 31]).is_err());
        assert!(Keys::new(&[7; 200]).is_ok());
        assert!(keys(1).learn(&[7; 31]).is_err());
    }

    #[test]
    fn a_seal_is_known_again_by_its_own_key_alone() {
        let text = keys(1).seal(&claims());
        let text = text.expose().as_bytes();
        assert_eq!(text.len(), TEXT_LEN);
        let mut other = keys(2);
        assert_eq!(other.open(text).err(), Some("confirmation_forged"));
        other.learn(&[1; 32]).unwrap();
        for knowing in [keys(1), other] {
            assert!(knowing.open(text).unwrap() == claims());
        }
        let padded = [text, b"="].concat();
        assert_eq!(keys(1).open(&padded).err(), Some("confirmation_malformed"));
    }

    /// The tag by the definition of RFC 2104, so that the crate is not checked against itself.
    #[test]
    fn the_seal_is_an_hmac() {
        use sha2::Digest;
        let pad = |with: u8| {
            [7_u8 ^ with; 32]
                .into_iter()
                .chain([with; 32])
                .collect::<Vec<_>>()
        };
        let message = [&b"portcullis confirm 1 seal "[..], &claims().to_bytes()].concat();
        let inner = Sha256::digest([pad(0x36), message].concat());
        let outer = Sha256::digest([pad(0x5C), inner.to_vec()].concat());
        let sealed = URL_SAFE_NO_PAD
            .decode(keys(7).seal(&claims()).expose())
            .unwrap();
        assert_eq!(sealed[CLAIMS_LEN..], outer[..]);
    }

    proptest! {
        #[test]
        fn no_bytes_panic_and_none_are_taken_for_a_seal(text in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(keys(1).open(&text).is_err());
        }

        #[test]
        fn no_text_of_the_right_form_is_taken_for_a_seal(text in "[A-Za-z0-9_-]{215}") {
            prop_assert!(keys(1).open(text.as_bytes()).is_err());
        }

        #[test]
        fn a_changed_character_breaks_the_seal(at in 0..TEXT_LEN, to in any::<u8>()) {
            let sealed = keys(1).seal(&claims());
            let mut text = sealed.expose().clone().into_bytes();
            let same = text[at] == to;
            text[at] = to;
            prop_assert_eq!(keys(1).open(&text).is_ok(), same);
        }

        #[test]
        fn claims_survive_the_way(expires in any::<u64>(), settled in any::<u64>(), nonce in any::<[u8; 16]>()) {
            let claims = Claims { expires, settled, nonce, purpose: Purpose::Ticket, ..claims() };
            prop_assert!(Claims::of_bytes(&claims.to_bytes()) == Some(claims));
        }
    }
}
