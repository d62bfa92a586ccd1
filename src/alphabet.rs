//! What the characters of an alphabet are worth.

/// The worth of a character that is not in the alphabet.
pub(crate) const NO_DIGIT: u8 = u8::MAX;

/// What each byte is worth as a digit of `alphabet`, which has at most 255 characters.
pub(crate) const fn digits(alphabet: &[u8]) -> [u8; 256] {
    let mut digits = [NO_DIGIT; 256];
    let mut rest = alphabet;
    let mut digit = 0;
    while let [first, others @ ..] = rest {
        if let Some((_, [place, ..])) = digits.split_at_mut_checked(*first as usize) {
            *place = digit;
        }
        digit += 1;
        rest = others;
    }
    digits
}

/// The `N` bytes that `text` is in hexadecimal digits, in lower case alone, so that no two texts are
/// the same bytes.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = hex_digit(*high)? << 4 | hex_digit(*low)?;
    }
    Some(bytes)
}

fn hex_digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'a'..=b'f' => Some(character - b'a' + 10),
        _ => None,
    }
}
