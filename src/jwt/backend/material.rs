//! A public key as plain numbers, and which of them are too weak to trust.

use crate::jwt::algorithm::{Algorithm, Family};

/// A public key, in the terms of its family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jwt) enum Material {
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// An uncompressed point (SEC 1, section 2.3.3).
    Point(Vec<u8>),
    /// An Ed25519 key (RFC 8032, section 5.1.5).
    Edwards([u8; 32]),
}

impl Material {
    /// What is wrong with using this key with `algorithm`, as the end of a sentence.
    pub(in crate::jwt) fn weakness(&self, algorithm: Algorithm) -> Option<&'static str> {
        match (self, algorithm.family()) {
            (Self::Rsa { n, e }, Family::Rsa) => rsa_weakness(n, e),
            (Self::Point(point), Family::Ec) => {
                let right = point.len() == 1 + 2 * algorithm.unit() && point.first() == Some(&4);
                (!right).then_some("is on another curve than its algorithm asks for")
            }
            (Self::Edwards(key), Family::Edwards) => {
                is_small_order(key).then_some("is of small order: anybody can sign for it")
            }
            _ => Some("is of another kind than its algorithm asks for"),
        }
    }
}

/// 2048 to 8192 bits (RFC 7518, section 3.3) and an odd exponent of 17 to 32 bits (NIST SP 800-56B,
/// section 6.2; a longer one makes verification slow).
fn rsa_weakness(n: &[u8], e: &[u8]) -> Option<&'static str> {
    let bits = match n.first() {
        Some(first) => n.len() * 8 - first.leading_zeros() as usize,
        None => 0,
    };
    let odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
    let exponent = e
        .iter()
        .fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    match () {
        () if bits < 2048 => Some("is shorter than 2048 bits"),
        () if bits > 8192 => Some("is longer than 8192 bits"),
        () if !odd(n) => Some("has an even modulus"),
        () if e.len() > 4 || !odd(e) || exponent < 65_537 => {
            Some("has an exponent that is even, below 65537 or longer than 32 bits")
        }
        () if is_roca(n) => Some("was made by a faulty library (ROCA, CVE-2017-15361)"),
        () => None,
    }
}

/// The moduli of CVE-2017-15361 are powers of 65537 modulo each small prime; a sound modulus is so
/// with a chance of less than one in 2^27.
fn is_roca(n: &[u8]) -> bool {
    const PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
        97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    PRIMES.into_iter().all(|prime| {
        let rest = n
            .iter()
            .fold(0, |rest, byte| (rest << 8 | u32::from(*byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * 65_537 % prime));
        powers.take(prime as usize).any(|power| power == rest)
    })
}

/// Whether `key` encodes a point of small order, canonically or not; under such a key one
/// signature fits nearly every message (the list is that of the points of order 1, 2, 4 and 8).
fn is_small_order(key: &[u8; 32]) -> bool {
    const EIGHT: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    // The top bit is the sign of x. y = 0, 1 and p - 1, and the same with p added.
    let [low, middle @ .., high] = key;
    let high = high & 0x7f;
    let near_zero = *low <= 1 && high == 0 && middle.iter().all(|byte| *byte == 0);
    let near_p =
        (0xec..=0xee).contains(low) && high == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    let of_order_eight = EIGHT.iter().any(|point| {
        let [first, rest @ .., last] = point;
        (first, rest, *last) == (low, middle, high)
    });
    near_zero || near_p || of_order_eight
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 65537 to the `times`: a number of `16 * times + 1` bits and the worst of ROCA moduli.
    fn power(times: usize) -> Vec<u8> {
        (0..times).fold(vec![1], |number, _| {
            let shifted = number.iter().copied().chain([0, 0]).rev();
            let added = number.iter().copied().rev().chain([0, 0]);
            let mut carry = 0;
            let mut sum: Vec<u8> = shifted
                .zip(added)
                .map(|(a, b)| {
                    let sum = u16::from(a) + u16::from(b) + carry;
                    carry = sum >> 8;
                    sum.to_le_bytes()[0]
                })
                .collect();
            sum.reverse();
            sum
        })
    }

    #[test]
    fn an_rsa_key_is_of_two_to_eight_thousand_bits_with_a_sound_exponent() {
        let number = |bits: usize, last: u8| {
            let mut n = vec![0x5b; bits.div_ceil(8)];
            n[0] = u8::try_from(1 << ((bits - 1) % 8)).unwrap();
            *n.last_mut().unwrap() = last;
            n
        };
        let f4 = &[1, 0, 1][..];
        for (bits, last, e, sound) in [
            (2048, 1, f4, true),
            (2047, 1, f4, false),
            (8192, 1, f4, true),
            (8193, 1, f4, false),
            (2048, 2, f4, false),
            (2048, 1, &[], false),
            (2048, 1, &[1], false),
            (2048, 1, &[3], false),
            (2048, 1, &[0xff, 0xff], false),
            (2048, 1, &[1, 0, 2], false),
            (2048, 1, &[0xff, 0xff, 0xff, 0xff], true),
            (2048, 1, &[1, 0, 0, 0, 1], false),
        ] {
            let n = number(bits, last);
            assert_eq!(rsa_weakness(&n, e).is_none(), sound, "{bits} bits, {e:?}");
        }
        assert!(rsa_weakness(&[], f4).is_some());
    }

    #[test]
    fn a_modulus_with_the_fingerprint_of_roca_is_refused() {
        assert_eq!(power(2), [1, 0, 2, 0, 1]);
        let n = power(140);
        assert!(is_roca(&n));
        let mut other = n;
        *other.last_mut().unwrap() ^= 2;
        assert!(!is_roca(&other));
    }

    #[test]
    fn a_key_is_of_the_kind_and_curve_of_its_algorithm() {
        let point = |length: usize| {
            let mut point = vec![9; length];
            point[0] = 4;
            Material::Point(point)
        };
        for (material, algorithm, right) in [
            (point(65), Algorithm::Es256, true),
            (point(97), Algorithm::Es256, false),
            (point(97), Algorithm::Es384, true),
            (point(133), Algorithm::Es512, true),
            (point(65), Algorithm::Rs256, false),
            (point(65), Algorithm::Hs256, false),
            (Material::Point(vec![]), Algorithm::Es256, false),
            (Material::Point(vec![2; 65]), Algorithm::Es256, false),
            (Material::Edwards([9; 32]), Algorithm::Ed25519, true),
            (Material::Edwards([9; 32]), Algorithm::Es256, false),
        ] {
            assert_eq!(
                material.weakness(algorithm).is_none(),
                right,
                "{algorithm:?}"
            );
        }
    }

    #[test]
    fn points_of_small_order_are_refused_with_either_sign() {
        let mut p_minus_1 = [0xff; 32];
        (p_minus_1[0], p_minus_1[31]) = (0xec, 0x7f);
        let mut one = [0; 32];
        one[0] = 1;
        for mut key in [[0; 32], one, p_minus_1] {
            assert!(is_small_order(&key));
            key[31] ^= 0x80;
            assert!(is_small_order(&key));
            key[15] ^= 1;
            assert!(!is_small_order(&key));
        }
    }
}
