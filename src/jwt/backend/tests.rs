//! The two backends agree.

use super::{MacKey, Material, aws_lc, rust_crypto};
use crate::jwt::algorithm::{Algorithm, Family};
use crate::jwt::pem::test_keys;
use crate::jwt::signer::Signer;

const MESSAGE: &[u8] = b"header.payload";

#[test]
fn what_one_backend_signs_both_verify() {
    let providers = [
        &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER,
        &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER,
    ];
    for algorithm in Algorithm::ALL {
        if algorithm.family() == Family::Hmac {
            let secret = [7; 64];
            let signer = Signer::new(algorithm, &secret).unwrap();
            for tag in providers.map(|provider| signer.sign_by(provider, MESSAGE).unwrap()) {
                let key = MacKey::new(algorithm, &secret).unwrap();
                assert!(key.verify(MESSAGE, &tag));
            }
            continue;
        }
        let pem = test_keys(algorithm).0;
        let (_, der) = pem_rfc7468::decode_vec(pem.as_bytes()).unwrap();
        let material = aws_lc::public_of_pkcs8(algorithm, &der).unwrap();
        assert_eq!(
            rust_crypto::public_of_pkcs8(algorithm, &der).as_ref(),
            Some(&material)
        );
        let one = aws_lc::PublicKey::new(algorithm, &material).unwrap();
        let other = rust_crypto::PublicKey::new(algorithm, &material).unwrap();
        let Some(signer) = Signer::new(algorithm, pem.as_bytes()) else {
            assert_eq!(algorithm, Algorithm::Es512);
            continue;
        };
        for signature in providers.map(|provider| signer.sign_by(provider, MESSAGE).unwrap()) {
            assert!(one.verify(MESSAGE, &signature), "{algorithm:?}");
            assert!(other.verify(MESSAGE, &signature), "{algorithm:?}");
            let zero = vec![0; signature.len()];
            for bad in [&signature[1..], &[], &zero[..]] {
                assert!(!one.verify(MESSAGE, bad), "{algorithm:?}");
                assert!(!other.verify(MESSAGE, bad), "{algorithm:?}");
            }
            assert!(!one.verify(b"header.payloae", &signature));
            assert!(!other.verify(b"header.payloae", &signature));
        }
    }
}

#[test]
fn both_backends_read_the_same_public_keys_and_refuse_the_same_foreign_ones() {
    for algorithm in Algorithm::ALL {
        if algorithm.family() == Family::Hmac {
            continue;
        }
        let (_, der) = pem_rfc7468::decode_vec(test_keys(algorithm).1.as_bytes()).unwrap();
        let material = aws_lc::read_public_der(algorithm, &der).unwrap();
        assert_eq!(
            Some(material),
            rust_crypto::read_public_der(algorithm, &der)
        );
        for other in Algorithm::ALL {
            let same = other.family() == algorithm.family() && other.unit() == algorithm.unit();
            if !same && (other.family(), algorithm.family()) != (Family::Rsa, Family::Rsa) {
                assert_eq!(
                    aws_lc::read_public_der(other, &der),
                    None,
                    "{algorithm:?} {other:?}"
                );
                assert_eq!(rust_crypto::read_public_der(other, &der), None);
            }
        }
    }
}

#[test]
fn the_list_of_points_of_small_order_is_that_of_the_curve() {
    let mut points = 0;
    let eight = [
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ];
    let mut candidates: Vec<[u8; 32]> = eight
        .iter()
        .map(|hex| std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()))
        .collect();
    for low in 0..=255 {
        let mut small = [0; 32];
        small[0] = low;
        let mut large = [0xff; 32];
        (large[0], large[31]) = (low, 0x7f);
        candidates.extend([small, large]);
    }
    for candidate in candidates {
        let Ok(key) = ed25519_dalek::VerifyingKey::from_bytes(&candidate) else {
            continue;
        };
        let refused = Material::Edwards(candidate)
            .weakness(Algorithm::Ed25519)
            .is_some();
        assert_eq!(refused, key.is_weak(), "{candidate:x?}");
        points += usize::from(refused);
    }
    assert!(points >= 5, "{points}");
}
