//! Attacks on the form of a token (RFC 7515, section 7.1).

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

use crate::test_util::attack::Attack;
use crate::test_util::draft::{Draft, encode};

/// The greatest length of a token in bytes.
const LONGEST: usize = 16 * 1024;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let token = good.sign();
    let mut parts = token.split('.').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (head, body, sig) = (next(), next(), next());
    let jwe = encode(r#"{"alg":"dir","enc":"A256GCM","typ":"at+jwt"}"#);
    let forms = [
        ("form_a_word", "token".to_owned()),
        ("form_a_dot", ".".to_owned()),
        ("form_two_dots", "..".to_owned()),
        ("form_one_part", head.clone()),
        ("form_two_parts", format!("{head}.{body}")),
        ("form_four_parts", format!("{token}.{sig}")),
        ("form_five_parts", format!("{token}.{body}.{sig}")),
        ("form_six_parts", format!("{token}.{head}.{body}.{sig}")),
        ("form_a_dot_too_many", format!("{token}.")),
        ("form_a_dot_before", format!(".{token}")),
        ("form_no_header", format!(".{body}.{sig}")),
        ("form_no_payload", format!("{head}..{sig}")),
        ("form_no_signature", format!("{head}.{body}.")),
        (
            "form_parts_in_another_order",
            format!("{body}.{head}.{sig}"),
        ),
        ("form_encrypted", format!("{jwe}..{body}.{body}.{sig}")),
        (
            "form_encrypted_with_a_signature",
            format!("{jwe}.{body}.{sig}"),
        ),
        (
            "form_token_in_a_token",
            good.clone().with_payload(token.clone()).sign(),
        ),
        ("flood_of_dots", ".".repeat(1_000_000)),
        ("flood_of_dots_that_fits", ".".repeat(LONGEST)),
        ("flood_of_letters", "a".repeat(8 * 1024 * 1024)),
        ("token_too_long", too_long(good)),
        ("base64_padded_signature", format!("{token}=")),
        ("base64_doubly_padded_signature", format!("{token}==")),
        (
            "base64_plus_in_the_signature",
            format!("{head}.{body}.+{sig}"),
        ),
        (
            "base64_slash_in_the_header",
            signed(good, &format!("{head}/.{body}")),
        ),
        (
            "base64_plus_in_the_payload",
            signed(good, &format!("{head}.{body}+")),
        ),
        (
            "base64_tilde_in_the_payload",
            signed(good, &format!("{head}.{body}~")),
        ),
        ("base64_one_character_more", format!("{token}A")),
        ("base64_of_another_alphabet", other_alphabet(good)),
    ];
    let mut all: Vec<_> = forms
        .into_iter()
        .map(|(name, token)| Attack::token(name, &token))
        .collect();
    all.extend(with_twins(good));
    all
}

/// A token that is good but for its length.
fn too_long(good: &Draft) -> String {
    let pad = "x".repeat(LONGEST * 3 / 4);
    good.clone().with_claim("padding", pad).sign()
}

/// A token whose payload is encoded in the alphabet with `+` and `/`, and signed so.
fn other_alphabet(good: &Draft) -> String {
    const UNPADDED: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, NO_PAD);
    // Every third byte ends with the six bits of a character; these are `/` and `+`.
    let draft = good.clone().with_claim("padding", "???>>>");
    let payload = UNPADDED.encode(draft.claims_json());
    signed(good, &format!("{}.{payload}", encode(draft.header_json())))
}

/// A token of these parts, rightly signed as they stand.
fn signed(good: &Draft, parts: &str) -> String {
    format!("{parts}.{}", encode(good.issuer().sign(parts)))
}

/// Tokens with a part of which the last character has bits that are not used: its twins decode to
/// the same bytes for a lenient reader. Those of header and payload are rightly signed.
fn with_twins(good: &Draft) -> Vec<Attack> {
    let grown = |length: usize| "x".repeat(length);
    let parts = |draft: Draft| (encode(draft.header_json()), encode(draft.claims_json()));
    let mut all = Vec::new();
    for length in 0..3 {
        let (head, body) = parts(good.clone().with_header("padding", grown(length)));
        for (number, twin) in twins(&head).into_iter().enumerate() {
            let token = signed(good, &format!("{twin}.{body}"));
            let place = head.len() % 4;
            all.push((format!("base64_twin_of_header_{place}_{number}"), token));
        }
        let (head, body) = parts(good.clone().with_claim("padding", grown(length)));
        for (number, twin) in twins(&body).into_iter().enumerate() {
            let token = signed(good, &format!("{head}.{twin}"));
            let place = body.len() % 4;
            all.push((format!("base64_twin_of_payload_{place}_{number}"), token));
        }
    }
    let token = good.sign();
    for (number, twin) in twins(&token).into_iter().enumerate() {
        all.push((format!("base64_twin_of_signature_{number}"), twin));
    }
    all.into_iter()
        .map(|(name, token)| Attack::token(name, &token))
        .collect()
}

/// The texts that differ from that of `part`, which ends with what is encoded, only in bits that
/// are not used.
fn twins(part: &str) -> Vec<String> {
    let encoded = part.rsplit('.').next().unwrap_or_default();
    if !matches!(encoded.len() % 4, 2 | 3) {
        return Vec::new(); // every bit counts
    }
    let Some((last, digit)) = part
        .chars()
        .last()
        .and_then(|last| Some((last, ALPHABET.find(last)?)))
    else {
        return Vec::new();
    };
    let start = part.strip_suffix(last).unwrap_or_default();
    ALPHABET
        .chars()
        .skip(digit + 1)
        .take(3)
        .map(|twin| format!("{start}{twin}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_decodes_to_the_same_bytes_for_a_lenient_reader() {
        use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

        let lenient = GeneralPurposeConfig::new()
            .with_decode_allow_trailing_bits(true)
            .with_decode_padding_mode(DecodePaddingMode::Indifferent);
        let lenient = GeneralPurpose::new(&alphabet::URL_SAFE, lenient);
        for (bytes, count) in [(&b"a"[..], 3), (b"ab", 3), (b"abc", 0)] {
            let part = encode(bytes);
            let twins = twins(&part);
            assert_eq!(twins.len(), count);
            for twin in twins {
                assert_ne!(twin, part);
                assert_eq!(lenient.decode(twin).unwrap(), bytes);
            }
        }
    }

    #[test]
    fn the_other_alphabet_is_another_one() {
        let issuer = crate::test_util::TestIssuer::new("https://id.test", "articles");
        let token = other_alphabet(&issuer.token("alice"));
        assert!(token.contains('+') && token.contains('/'), "{token}");
    }
}
