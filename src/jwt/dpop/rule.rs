//! The decision about a proof's claims, without any key or store (RFC 9449, section 4.3).

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::nonce::NonceKeys;
use super::proof::Claims;
use super::target;
use crate::jwt::binding::{Breach, Scheme, Thumbprint};
use crate::store::SeenKey;

/// How long before now a proof may have been made, in seconds.
const OLDEST: u64 = 60;

/// How long after now a proof may claim to have been made, in seconds.
const NEWEST: u64 = 10;

/// How far the client's clock may be off, in seconds.
const LEEWAY: u64 = 10;

/// What a proof has to be about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) method: &'r str,
    /// The address, in normal form.
    pub(super) address: &'r str,
    /// The access token.
    pub(super) token: &'r [u8],
    /// The thumbprint of the key that the token is bound to.
    pub(super) key: &'r Thumbprint,
}

/// What is left to do about a proof that is good in itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Good {
    /// What its one use is remembered by.
    pub(super) key: SeenKey,
    /// Until when that has to be remembered, in seconds since the Unix epoch.
    pub(super) until: u64,
    /// Whether the caller should get a new nonce.
    pub(super) renew: bool,
}

/// Whether a proof with `claims`, signed by `signer`, is one for `request` at `now`; the order is
/// that of the standard.
pub(super) fn judge(
    claims: &Claims<'_>,
    signer: &Thumbprint,
    request: Request<'_>,
    nonces: Option<&NonceKeys>,
    now: u64,
) -> Result<Good, Breach> {
    if claims.htm != request.method {
        return Err(Breach::proof("dpop_htm_mismatch"));
    }
    let address = target::normal(&claims.htu);
    if address.as_deref() != Some(request.address) {
        return Err(Breach::proof("dpop_htu_mismatch"));
    }
    let renew = match (nonces, &claims.nonce) {
        (None, _) => false,
        (Some(_), None) => return Err(Breach::nonce("dpop_nonce_missing")),
        (Some(keys), Some(nonce)) => keys.judge(nonce, now).map_err(Breach::nonce)?,
    };
    if !is_fresh(claims.iat, now) {
        return Err(Breach::proof("dpop_proof_stale"));
    }
    let token: Thumbprint = Sha256::digest(request.token).into();
    if !bool::from(claims.ath.ct_eq(&token)) {
        return Err(Breach::proof("dpop_ath_mismatch"));
    }
    if !bool::from(signer.ct_eq(request.key)) {
        return Err(Breach::token("dpop_key_mismatch", Scheme::Dpop));
    }
    Ok(Good {
        key: one_use(signer, request.method, request.address, &claims.jti),
        until: end(claims.iat),
        renew,
    })
}

// Dates are far below 2^52, from where on this loses precision.
#[allow(clippy::cast_precision_loss)]
fn is_fresh(made: f64, now: u64) -> bool {
    let now = now as f64;
    now - made <= (OLDEST + LEEWAY) as f64 && made - now <= (NEWEST + LEEWAY) as f64
}

/// From when on a proof passes no more, not even at a member of a fleet whose clock is behind.
fn end(made: f64) -> u64 {
    // It is a date within the window, and so a number that fits.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let made = made as u64;
    made.saturating_add(OLDEST + LEEWAY + LEEWAY + 1)
}

/// The digest of what makes one use of one key: somebody else's `jti` is another, and each part
/// stands behind its length, so that none can pass for a piece of the next.
fn one_use(signer: &Thumbprint, method: &str, address: &str, jti: &str) -> SeenKey {
    let mut hash = Sha256::new();
    for part in [
        &signer[..],
        method.as_bytes(),
        address.as_bytes(),
        jti.as_bytes(),
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000;
    const ADDRESS: &str = "https://a.example/x";
    const KEY: Thumbprint = [5; 32];

    fn good() -> Claims<'static> {
        Claims {
            jti: "1".into(),
            htm: "GET".into(),
            htu: ADDRESS.into(),
            iat: 1_000_000.0,
            ath: Sha256::digest("token").into(),
            nonce: None,
        }
    }

    fn judged(claims: &Claims<'_>, nonces: Option<&NonceKeys>) -> Result<Good, Breach> {
        let request = Request {
            method: "GET",
            address: ADDRESS,
            token: b"token",
            key: &KEY,
        };
        judge(claims, &KEY, request, nonces, NOW)
    }

    type Change = fn(&mut Claims<'static>);

    #[test]
    fn a_proof_is_about_one_request_just_now() {
        let rows: [(Change, Result<(), Breach>); 14] = [
            (|_| (), Ok(())),
            (
                |c| c.htm = "POST".into(),
                Err(Breach::proof("dpop_htm_mismatch")),
            ),
            (
                |c| c.htm = "get".into(),
                Err(Breach::proof("dpop_htm_mismatch")),
            ),
            (|c| c.htu = "https://A.example:443/./%78?q".into(), Ok(())),
            (
                |c| c.htu = "http://a.example/x".into(),
                Err(Breach::proof("dpop_htu_mismatch")),
            ),
            (
                |c| c.htu = "https://a.example/X".into(),
                Err(Breach::proof("dpop_htu_mismatch")),
            ),
            (
                |c| c.htu = "/x".into(),
                Err(Breach::proof("dpop_htu_mismatch")),
            ),
            (|c| c.iat -= 70.0, Ok(())),
            (|c| c.iat -= 70.5, Err(Breach::proof("dpop_proof_stale"))),
            (|c| c.iat += 20.0, Ok(())),
            (|c| c.iat += 20.5, Err(Breach::proof("dpop_proof_stale"))),
            (|c| c.iat = f64::NAN, Err(Breach::proof("dpop_proof_stale"))),
            (|c| c.ath[31] ^= 1, Err(Breach::proof("dpop_ath_mismatch"))),
            (|c| c.nonce = Some("any".into()), Ok(())),
        ];
        for (i, (change, expected)) in rows.into_iter().enumerate() {
            let mut claims = good();
            change(&mut claims);
            assert_eq!(judged(&claims, None).map(|_| ()), expected, "row {i}");
        }
    }

    #[test]
    fn a_proof_by_another_key_is_a_matter_of_the_token() {
        let request = Request {
            method: "GET",
            address: ADDRESS,
            token: b"token",
            key: &[6; 32],
        };
        let found = judge(&good(), &KEY, request, None, NOW);
        let expected = Breach::token("dpop_key_mismatch", Scheme::Dpop);
        assert_eq!(found, Err(expected));
    }

    #[test]
    fn a_nonce_is_asked_for_only_where_nonces_are_given() {
        let keys = NonceKeys::new([1; 32]).unwrap();
        for (nonce, expected) in [
            (None, Err(Breach::nonce("dpop_nonce_missing"))),
            (
                Some("x".to_owned()),
                Err(Breach::nonce("dpop_nonce_forged")),
            ),
            (
                Some(keys.fresh(NOW - 301)),
                Err(Breach::nonce("dpop_nonce_expired")),
            ),
            (Some(keys.fresh(NOW - 300)), Ok(true)),
            (Some(keys.fresh(NOW)), Ok(false)),
        ] {
            let mut claims = good();
            claims.nonce = nonce.map(Into::into);
            let found = judged(&claims, Some(&keys)).map(|good| good.renew);
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn every_part_of_a_use_counts_and_none_flows_into_the_next() {
        let one = one_use(&KEY, "GET", ADDRESS, "1");
        for other in [
            one_use(&[6; 32], "GET", ADDRESS, "1"),
            one_use(&KEY, "PUT", ADDRESS, "1"),
            one_use(&KEY, "GET", "https://a.example/", "x1"),
            one_use(&KEY, "GETh", "ttps://a.example/x", "1"),
            one_use(&KEY, "GET", ADDRESS, "2"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_use_is_remembered_for_longer_than_its_proof_passes() {
        for made in [999_930.0, 1_000_000.0, 1_000_020.0, 1_000_000.9] {
            assert!(is_fresh(made, end(made) - LEEWAY - 1), "{made}");
            assert!(!is_fresh(made, end(made) - LEEWAY), "{made}");
        }
    }
}
