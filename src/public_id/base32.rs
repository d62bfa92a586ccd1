//! 128 bits in 26 characters: the letters and digits of Crockford's base 32, in lower case, without
//! i, l, o and u, which are taken for others.

use crate::alphabet::digits;

/// How many characters 128 bits take; of the first one only three bits are used.
pub(super) const LEN: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each character is worth.
const DIGITS: [u8; 256] = digits(ALPHABET);

/// The text of `number`, the most significant character first.
pub(super) fn write(mut number: u128) -> [u8; LEN] {
    let mut text = [b'0'; LEN];
    for place in text.iter_mut().rev() {
        let digit = usize::from(number.to_le_bytes()[0] & 31);
        *place = ALPHABET.get(digit).copied().unwrap_or_default();
        number >>= 5;
    }
    text
}

/// The number whose text this is, if it is the text of one: there is no other spelling.
pub(super) fn read(text: &str) -> Option<u128> {
    let text: &[u8; LEN] = text.as_bytes().try_into().ok()?;
    let mut number = 0_u128;
    for (place, character) in text.iter().enumerate() {
        let digit = DIGITS.get(usize::from(*character)).copied()?;
        let bound = if place == 0 { 8 } else { 32 };
        if digit >= bound {
            return None;
        }
        number = number << 5 | u128::from(digit);
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(number: u128) -> String {
        String::from_utf8(write(number).to_vec()).unwrap()
    }

    #[test]
    fn numbers_have_the_text_of_the_standard_alphabet() {
        for (number, text) in [
            (0, "00000000000000000000000000"),
            (31, "0000000000000000000000000z"),
            (32, "00000000000000000000000010"),
            (u128::MAX, "7zzzzzzzzzzzzzzzzzzzzzzzzz"),
            (1 << 127, "40000000000000000000000000"),
        ] {
            assert_eq!(written(number), text);
            assert_eq!(read(text), Some(number));
        }
    }

    #[test]
    fn no_other_spelling_is_read() {
        for text in [
            "",
            "0000000000000000000000000",
            "000000000000000000000000000",
            "80000000000000000000000000", // a 129th bit
            "zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "0000000000000000000000000Z",
            "0000000000000000000000000i",
            "0000000000000000000000000l",
            "0000000000000000000000000o",
            "0000000000000000000000000u",
            "0000000000000-000000000000",
            " 0000000000000000000000000",
            "0000000000000000000000000=",
            "000000000000000000000000\u{e9}",
        ] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_number_survives_the_way(number: u128) {
            prop_assert_eq!(read(&written(number)), Some(number));
        }

        #[test]
        fn whatever_is_read_is_written_back(text in "[0-8a-zA-Z\u{e9}]{24,27}") {
            if let Some(number) = read(&text) {
                prop_assert_eq!(written(number), text);
            }
        }

        #[test]
        fn the_order_of_texts_is_that_of_numbers(one: u128, other: u128) {
            prop_assert_eq!(written(one).cmp(&written(other)), one.cmp(&other));
        }
    }
}
