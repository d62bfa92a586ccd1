//! The alphabet of keys: letters and digits, so that a double click takes the whole key and no
//! place it is put in (URL, shell, header) needs an escape.

use rand::TryRng;
use rand::rngs::{SysError, SysRng};
use zeroize::Zeroizing;

use crate::alphabet::{NO_DIGIT, digits};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What each character is worth.
const DIGITS: [u8; 256] = digits(ALPHABET);

/// The length of a checksum: 62^6 is more than 2^32.
pub(super) const CHECKSUM_LEN: usize = 6;

/// The CRC-32 of `text` (as in gzip and zip), in six characters, the most significant first.
pub(super) fn checksum(text: &str) -> [u8; CHECKSUM_LEN] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut out = [b'0'; CHECKSUM_LEN];
    for place in out.iter_mut().rev() {
        *place = character((rest % 62).to_le_bytes()[0]);
        rest /= 62;
    }
    out
}

/// Whether `written` is the [`checksum`] of `text`. Reading it takes a fraction of the time that
/// writing one to compare it with would take.
pub(super) fn is_checksum(written: &[u8], text: &str) -> bool {
    let Ok(written) = <&[u8; CHECKSUM_LEN]>::try_from(written) else {
        return false;
    };
    let mut number = 0;
    let mut worst = 0;
    for character in written {
        let digit = DIGITS.get(usize::from(*character)).copied();
        let digit = digit.unwrap_or(NO_DIGIT);
        worst = worst.max(digit);
        number = number * 62 + u64::from(digit);
    }
    // One number has one text of this length.
    worst < 62 && number == u64::from(crc32fast::hash(text.as_bytes()))
}

/// `N` characters, each drawn evenly from the 62 by the operating system: 5.954 bits apiece, so
/// that 43 of them are worth 32 random bytes.
///
/// # Errors
/// [`SysError`] if the operating system has no randomness to give.
pub(super) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, SysError> {
    let mut out = Zeroizing::new([0; N]);
    fill(out.as_mut(), |bytes| SysRng.try_fill_bytes(bytes))?;
    Ok(out)
}

fn fill<E>(out: &mut [u8], mut source: impl FnMut(&mut [u8]) -> Result<(), E>) -> Result<(), E> {
    let mut places = out.iter_mut();
    let mut bytes = Zeroizing::new([0; 64]);
    while places.len() > 0 {
        source(bytes.as_mut())?;
        let drawn = bytes.iter().filter_map(|&byte| evenly(byte));
        // `zip` asks its left side first: a place is taken only once there is something to put in.
        for (character, place) in drawn.zip(places.by_ref()) {
            *place = character;
        }
    }
    Ok(())
}

/// The character that a random byte stands for. 256 is no multiple of 62, so the last eight values
/// stand for none: otherwise some characters would be likelier than others.
fn evenly(byte: u8) -> Option<u8> {
    (byte < 4 * 62).then(|| character(byte % 62))
}

/// The character for a digit below 62.
fn character(digit: u8) -> u8 {
    let character = ALPHABET.get(usize::from(digit));
    character.copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn every_character_is_as_likely_as_every_other() {
        let mut counts = HashMap::new();
        for drawn in (0..=u8::MAX).filter_map(evenly) {
            assert!(drawn.is_ascii_alphanumeric());
            *counts.entry(drawn).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 62);
        assert!(counts.values().all(|&count| count == 4));
    }

    #[test]
    fn checksums_are_those_of_crc_32() {
        // The check value of CRC-32/ISO-HDLC is 0xCBF43926 = 3421780262.
        let digits = checksum("123456789").map(|c| match c {
            b'0'..=b'9' => c - b'0',
            b'A'..=b'Z' => c - b'A' + 10,
            _ => c - b'a' + 36,
        });
        let number = digits.iter().fold(0, |n, &d| n * 62 + u64::from(d));
        assert_eq!(number, 0xCBF4_3926);
        assert_eq!(checksum(""), *b"000000");
    }

    #[test]
    fn a_checksum_has_one_text() {
        for text in ["", "a", "123456789"] {
            let right = checksum(text);
            assert!(is_checksum(&right, text));
            assert!(!is_checksum(&right, "other"));
            assert!(!is_checksum(&right[1..], text));
            assert!(!is_checksum(&[b"0", &right[..]].concat(), text));
            for place in 0..CHECKSUM_LEN {
                for byte in (0..=u8::MAX).filter(|byte| *byte != right[place]) {
                    let mut wrong = right;
                    wrong[place] = byte;
                    assert!(!is_checksum(&wrong, text), "{wrong:?}");
                }
            }
        }
        assert!(!is_checksum(b"zzzzzzzzzzzzzzzzzzzz", ""));
    }

    #[test]
    fn every_place_is_filled_however_often_the_source_is_asked() {
        let mut asked = 0_u8;
        let mut out = [0; 200];
        fill(&mut out, |bytes| {
            bytes.fill(u8::MAX); // stands for nothing
            bytes[..usize::from(asked)].fill(asked);
            asked += 1;
            Ok::<_, ()>(())
        })
        .unwrap();
        let expected: Vec<_> = (0..asked)
            .flat_map(|n| vec![character(n); usize::from(n)])
            .collect();
        assert_eq!(out, expected[..200]);
        assert_eq!(
            fill(&mut out, |_| Err("no randomness")),
            Err("no randomness")
        );
    }

    #[test]
    fn the_same_is_never_drawn_twice() {
        assert_ne!(*random::<43>().unwrap(), *random::<43>().unwrap());
    }
}
