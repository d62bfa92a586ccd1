//! Attacks on the signature (RFC 7518, section 3.4).

use crate::test_util::attack::Attack;
use crate::test_util::draft::{Draft, encode};

/// The order of P-256 (FIPS 186-4, appendix D.1.2.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

pub(super) fn attacks(good: &Draft) -> Vec<Attack> {
    let token = good.sign();
    let (signed, _) = token.rsplit_once('.').unwrap_or_default();
    let signature = good.issuer().sign(signed);
    let (r, s) = signature.split_at(signature.len() / 2);
    let mut one = [0; 32];
    if let Some(last) = one.last_mut() {
        *last = 1;
    }
    let flipped = |place: usize| {
        let mut bytes = signature.clone();
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1;
        }
        bytes
    };
    let signatures = [
        ("empty", Vec::new()),
        ("one_byte", vec![0]),
        ("zero", vec![0; 64]), // CVE-2022-21449
        ("zero_r", [&[0; 32], s].concat()),
        ("zero_s", [r, &[0; 32]].concat()),
        ("order_as_r", [&ORDER, s].concat()),
        ("order_as_s", [r, &ORDER].concat()),
        ("order_twice", [ORDER, ORDER].concat()),
        ("one_and_one", [one, one].concat()),
        ("halves_swapped", [s, r].concat()),
        ("as_der", der(r, s)),
        ("cut_short", signature.iter().take(63).copied().collect()),
        ("halved", r.to_vec()),
        ("lengthened", [&signature[..], &[0]].concat()),
        ("with_a_zero_before", [&[0], &signature[..]].concat()),
        ("doubled", signature.repeat(2)),
        ("of_ones", vec![0xff; 64]),
        ("long", vec![0xff; 1024]),
        ("too_long_for_any_key", vec![0xff; 4096]),
        ("first_bit_flipped", flipped(0)),
        ("last_bit_flipped", flipped(63)),
    ];
    let mut all: Vec<_> = signatures
        .into_iter()
        .map(|(name, bytes)| {
            let token = format!("{signed}.{}", encode(bytes));
            Attack::token(format!("signature_{name}"), &token)
        })
        .collect();
    // The right signature of something else.
    let kept = |draft: Draft| draft.with_signature(signature.clone()).sign();
    let grown = good.clone().with_claim("scope", "admin everything");
    for (name, draft) in [
        ("subject", good.clone().with_claim("sub", "mallory")),
        ("scope", grown),
        ("expiry", good.clone().with_claim("exp", 4_000_000_000_u64)),
        ("header", good.clone().with_header("x", 1)),
        ("payload", good.clone().with_payload(*b"{}")),
    ] {
        all.push(Attack::token(
            format!("signature_of_another_{name}"),
            &kept(draft),
        ));
    }
    all
}

/// The form in which ECDSA is written everywhere else (RFC 3279, section 2.2.3).
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let mut bytes: Vec<u8> = number
            .iter()
            .copied()
            .skip_while(|byte| *byte == 0)
            .collect();
        if bytes.first().is_none_or(|first| *first >= 0x80) {
            bytes.insert(0, 0);
        }
        [
            &[2, u8::try_from(bytes.len()).unwrap_or_default()],
            &bytes[..],
        ]
        .concat()
    };
    let both = [integer(r), integer(s)].concat();
    [
        &[0x30, u8::try_from(both.len()).unwrap_or_default()],
        &both[..],
    ]
    .concat()
}
