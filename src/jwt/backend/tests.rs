//! The two backends agree.

use super::{Material, aws_lc, rust_crypto};
use crate::jwt::algorithm::{Algorithm, Family};
use crate::jwt::pem::test_keys;

const MESSAGE: &[u8] = b"header.payload";

#[test]
fn what_one_backend_signs_the_other_verifies() {
    for algorithm in Algorithm::ALL {
        if algorithm.family() == Family::Hmac {
            let secret = [7; 64];
            let one = aws_lc::MacKey::new(algorithm, &secret).unwrap();
            let other = rust_crypto::MacKey::new(algorithm, &secret).unwrap();
            assert_eq!(one.sign(MESSAGE), other.sign(MESSAGE));
            assert!(other.verify(MESSAGE, &one.sign(MESSAGE)));
            continue;
        }
        let (_, der) = pem_rfc7468::decode_vec(test_keys(algorithm).0.as_bytes()).unwrap();
        let one = aws_lc::PrivateKey::from_pkcs8(algorithm, &der).unwrap();
        let other = rust_crypto::PrivateKey::from_pkcs8(algorithm, &der).unwrap();
        let material = one.material();
        assert_eq!(material, other.material(), "{algorithm:?}");
        let one_check = aws_lc::PublicKey::new(algorithm, material).unwrap();
        let other_check = rust_crypto::PublicKey::new(algorithm, material).unwrap();
        for signature in [one.sign(MESSAGE).unwrap(), other.sign(MESSAGE).unwrap()] {
            assert!(one_check.verify(MESSAGE, &signature), "{algorithm:?}");
            assert!(other_check.verify(MESSAGE, &signature), "{algorithm:?}");
            let zero = vec![0; signature.len()];
            for bad in [&signature[1..], &[], &zero[..]] {
                assert!(!one_check.verify(MESSAGE, bad), "{algorithm:?}");
                assert!(!other_check.verify(MESSAGE, bad), "{algorithm:?}");
            }
            assert!(!one_check.verify(b"header.payloae", &signature));
            assert!(!other_check.verify(b"header.payloae", &signature));
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
