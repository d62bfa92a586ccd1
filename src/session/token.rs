//! Refresh tokens as text: `rt_<family>.<generation>.<proof>`.
//!
//! The proof has two halves, since what is checked before the store is asked cannot need what is
//! in the store. The *tail* is a MAC by the family's salt, which only the store has; the *seal* is
//! a MAC by the server's key over the rest. A forgery fails at the seal, without a look-up; whoever
//! has stolen the server's key alone fails at the tail.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keys::RefreshKeys;
use super::refusal::Refusal;
use crate::secret::Secret;
use crate::store::{Family, FamilyId};

/// What every refresh token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "rt_";
const TAIL_LEN: usize = 16;
const PROOF_LEN: usize = TAIL_LEN + 32;
const PROOF_TEXT_LEN: usize = PROOF_LEN / 3 * 4;
/// With the ten digits of the last generation.
const LONGEST: usize = PREFIX.len() + FamilyId::TEXT_LEN + 1 + 10 + 1 + PROOF_TEXT_LEN;

/// A token that this server has sealed. It is not known yet whether it is good.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Sealed {
    pub(super) id: FamilyId,
    pub(super) generation: u32,
    tail: [u8; TAIL_LEN],
}

/// The token of this generation of `family`: the same whenever it is asked for.
pub(super) fn write(keys: &RefreshKeys, family: &Family, generation: u32) -> Secret<String> {
    let id = family.id();
    let tail = tail_of(family, generation);
    let seal = keys.seal(&sealed_part(&id, &generation.to_be_bytes(), &tail));
    let mut proof = Zeroizing::new([0; PROOF_LEN]);
    for (byte, made) in proof.iter_mut().zip(tail.iter().chain(&seal)) {
        *byte = *made;
    }
    let proof = Zeroizing::new(URL_SAFE_NO_PAD.encode(*proof));
    Secret::new(format!("{PREFIX}{id}.{generation}.{}", *proof))
}

/// What `text` says, if one of `keys` has sealed it. Untrusted text is fine; nothing that it says
/// is used before its seal was checked.
pub(super) fn read(keys: &RefreshKeys, text: &str) -> Result<Sealed, Refusal> {
    let (sealed, seal) = parsed(text).ok_or(Refusal::Malformed)?;
    let Sealed {
        id,
        generation,
        tail,
    } = sealed;
    if keys.know(&sealed_part(&id, &generation.to_be_bytes(), &tail), &seal) {
        Ok(sealed)
    } else {
        Err(Refusal::Forged)
    }
}

impl Sealed {
    /// Whether the token is one of `family`: whether its tail was made with the salt.
    pub(super) fn is_of(&self, family: &Family) -> bool {
        tail_mac(family, self.generation).is_some_and(|mac| {
            let verified = mac.verify_truncated_left(&self.tail);
            verified.is_ok() && self.id == family.id()
        })
    }
}

fn parsed(text: &str) -> Option<(Sealed, [u8; 32])> {
    if text.len() > LONGEST {
        return None;
    }
    let mut parts = text.strip_prefix(PREFIX)?.splitn(3, '.');
    let (id, generation, proof) = (parts.next()?, parts.next()?, parts.next()?);
    let mut bytes = [0; PROOF_LEN];
    if proof.len() != PROOF_TEXT_LEN
        || URL_SAFE_NO_PAD.decode_slice(proof, &mut bytes) != Ok(PROOF_LEN)
    {
        return None;
    }
    let (tail, seal) = bytes.split_first_chunk()?;
    let sealed = Sealed {
        id: FamilyId::parse(id)?,
        generation: canonical(generation)?,
        tail: *tail,
    };
    Some((sealed, seal.try_into().ok()?))
}

/// A number in its one way of being written.
fn canonical(digits: &str) -> Option<u32> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    plain.then(|| digits.parse().ok()).flatten()
}

fn sealed_part<'a>(id: &'a FamilyId, generation: &'a [u8; 4], tail: &'a [u8]) -> [&'a [u8]; 3] {
    [id.as_bytes(), generation, tail]
}

fn tail_of(family: &Family, generation: u32) -> [u8; TAIL_LEN] {
    let mac = tail_mac(family, generation).map(|mac| mac.finalize().into_bytes());
    let tail = mac.and_then(|mac| mac.first_chunk().copied());
    tail.unwrap_or_default()
}

/// There is always one: an HMAC takes a key of any length.
fn tail_mac(family: &Family, generation: u32) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(family.salt()).ok()?;
    let mac = mac.chain_update("portcullis refresh 1 tail ");
    let mac = mac.chain_update(family.id().as_bytes());
    Some(mac.chain_update(generation.to_be_bytes()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::FamilyOwner;

    fn keys(fill: u8) -> RefreshKeys {
        RefreshKeys::new([[fill; 32]]).unwrap()
    }

    fn family(salt: u8) -> Family {
        let owner = FamilyOwner::new("https://id.example", "alice");
        Family::new(FamilyId::from([0xab; 16]), [salt; 32], owner, "web", 0)
    }

    fn written(generation: u32) -> String {
        write(&keys(1), &family(5), generation).expose().clone()
    }

    #[test]
    fn a_token_is_known_again_by_its_own_key_and_salt_alone() {
        for generation in [1, 9, 10, u32::MAX] {
            let text = written(generation);
            assert!(text.len() <= LONGEST);
            assert_eq!(text, written(generation));
            let sealed = read(&keys(1), &text).unwrap();
            assert_eq!((sealed.id, sealed.generation), (family(5).id(), generation));
            assert!(sealed.is_of(&family(5)));
            assert!(
                !sealed.is_of(&family(6)),
                "made with the server's key alone"
            );
            assert_eq!(read(&keys(2), &text).err(), Some(Refusal::Forged));
        }
    }

    #[test]
    fn a_token_has_one_form_alone() {
        let good = written(7);
        let id = "ab".repeat(16);
        let (head, proof) = good.rsplit_once('.').unwrap();
        for text in [
            String::new(),
            "rt_".to_owned(),
            head.to_owned(),
            format!("{good}."),
            format!("{good}="),
            format!(" {good}"),
            format!("{good}\n"),
            format!("RT_{}", &good[3..]),
            format!("rt_{}.7.{proof}", id.to_uppercase()),
            format!("rt_{id}.07.{proof}"),
            format!("rt_{id}.+7.{proof}"),
            format!("rt_{id}.0.{proof}"),
            format!("rt_{id}..{proof}"),
            format!("rt_{id}.4294967296.{proof}"),
            format!("rt_{id}.7.{}", &proof[1..]),
            format!("rt_{id}.7.{}+", &proof[1..]),
            format!("rt_{id}.7.{proof}.{proof}"),
        ] {
            assert_eq!(
                read(&keys(1), &text).err(),
                Some(Refusal::Malformed),
                "{text}"
            );
        }
        let other = format!("rt_{id}.8.{proof}");
        assert_eq!(read(&keys(1), &other).err(), Some(Refusal::Forged));
    }

    /// The seal by the definition of RFC 2104, so that the crate is not checked against itself.
    #[test]
    fn both_halves_of_the_proof_are_hmacs() {
        use sha2::Digest;
        let hmac = |key: [u8; 32], message: &[&[u8]]| {
            let pad = |with: u8| key.map(|byte| byte ^ with).into_iter().chain([with; 32]);
            let inner: Vec<u8> = pad(0x36).chain(message.concat()).collect();
            let outer: Vec<u8> = pad(0x5C).chain(Sha256::digest(inner)).collect();
            Sha256::digest(outer).to_vec()
        };
        let (id, generation) = ([0xab; 16], 7_u32.to_be_bytes());
        let tail = hmac([5; 32], &[b"portcullis refresh 1 tail ", &id, &generation]);
        let label = b"portcullis refresh 1 seal ";
        let seal = hmac([1; 32], &[label, &id, &generation, &tail[..16]]);
        let text = written(7);
        let (_, proof) = text.rsplit_once('.').unwrap();
        let proof = URL_SAFE_NO_PAD.decode(proof).unwrap();
        assert_eq!(proof, [&tail[..16], &seal].concat());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_none_is_taken_for_a_token(text in ".{0,200}") {
            prop_assert!(read(&keys(1), &text).is_err());
        }

        #[test]
        fn no_text_of_the_right_form_is_taken_for_a_token(text in "rt_[0-9a-f]{32}\\.[1-9][0-9]{0,8}\\.[A-Za-z0-9_-]{64}") {
            prop_assert_eq!(read(&keys(1), &text).err(), Some(Refusal::Forged));
        }

        #[test]
        fn a_changed_character_breaks_a_token(at in 0..100_usize, to in "[ -~]") {
            let good = written(7);
            let at = at % good.len();
            let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
            prop_assert_eq!(read(&keys(1), &changed).is_ok(), changed == good);
        }
    }
}
