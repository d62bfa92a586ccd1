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
