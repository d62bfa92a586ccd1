//! Percent-encoding, undone by the letter (RFC 3986, section 2.1).

/// A `%` that is not followed by two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stray;

/// Writes what `text` stands for behind what is in `out`. `spaces` says whether `+` stands for one, as
/// it does in forms and nowhere else.
pub(crate) fn undo(text: &[u8], spaces: bool, out: &mut Vec<u8>) -> Result<(), Stray> {
    out.reserve(text.len());
    let mut rest = text;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'+' if spaces => out.push(b' '),
            b'%' => {
                let ([high, low], after) = rest.split_first_chunk().ok_or(Stray)?;
                out.push(digit(*high)? << 4 | digit(*low)?);
                rest = after;
            }
            _ => out.push(*byte),
        }
    }
    Ok(())
}

fn digit(character: u8) -> Result<u8, Stray> {
    let digit = char::from(character).to_digit(16);
    digit.and_then(|digit| digit.try_into().ok()).ok_or(Stray)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn undone(text: &[u8], spaces: bool) -> Result<Vec<u8>, Stray> {
        let mut out = Vec::new();
        undo(text, spaces, &mut out).map(|()| out)
    }

    #[test]
    fn two_digits_follow_each_percent_sign() {
        for (text, found) in [
            (&b""[..], Ok(&b""[..])),
            (b"a+b", Ok(b"a b")),
            (b"%41%2b%2B", Ok(b"A++")),
            (b"%ff%00", Ok(b"\xff\0")),
            (b"%2541", Ok(b"%41")),
            (b"%", Err(Stray)),
            (b"%4", Err(Stray)),
            (b"%4g", Err(Stray)),
            (b"%+4", Err(Stray)),
            (b"%%41", Err(Stray)),
            (b"%u0041", Err(Stray)),
        ] {
            assert_eq!(undone(text, true).as_deref(), found.as_ref().copied());
        }
        assert_eq!(undone(b"a+b", false).unwrap(), b"a+b");
    }

    proptest! {
        #[test]
        fn whatever_is_encoded_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..99), spaces: bool) {
            let encoded = bytes.iter().fold(String::new(), |out, byte| out + &format!("%{byte:02x}"));
            prop_assert_eq!(undone(encoded.as_bytes(), spaces).unwrap(), bytes);
        }

        #[test]
        fn no_bytes_panic_and_none_grow(bytes in prop::collection::vec(any::<u8>(), 0..99), spaces: bool) {
            if let Ok(undone) = undone(&bytes, spaces) {
                prop_assert!(undone.len() <= bytes.len());
            }
        }
    }
}
