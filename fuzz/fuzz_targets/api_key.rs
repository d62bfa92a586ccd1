//! No text panics the parsers of keys and of networks; a key with its right checksum is one, with
//! one character changed it is none, and in another environment it is none. A network reads its own
//! text and holds its own address.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::api_key::KeyFormat;
use portcullis::identity::{ClientAddr, Network, Networks};

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fuzz_target!(|input: (&str, [u8; 16], [u8; 43], u8, char)| {
    let (text, id, secret, at, to) = input;
    let format = KeyFormat::new("acme_live").unwrap();
    if let Some(id) = format.id_of(text) {
        assert_eq!(text.len(), 77);
        assert!(text.starts_with(&format!("acme_live_{id}_")));
    }
    let environment = KeyFormat::new(text);
    if let Some(network) = Network::parse(text) {
        assert_eq!(Network::parse(&network.to_string()), Some(network));
        let (address, _) = text.split_once('/').unwrap_or((text, ""));
        assert!(network.contains(ClientAddr::new(address.parse().unwrap())));
    }
    if let Some(networks) = Networks::parse(text) {
        assert_eq!(Networks::parse(&networks.to_string()), Some(networks));
    }

    let letters = |bytes: &[u8]| -> String {
        let letter = |byte: &u8| char::from(ALPHABET[usize::from(*byte) % 62]);
        bytes.iter().map(letter).collect()
    };
    let id = letters(&id);
    let mut key = format!("acme_live_{id}_{}", letters(&secret));
    key.push_str(&checksum(key.as_bytes()));
    assert_eq!(format.id_of(&key).unwrap().as_str(), id);

    if let Ok(other) = environment {
        let is_same = other.prefix() == format.prefix();
        assert_eq!(other.id_of(&key).is_some(), is_same);
    }

    let at = usize::from(at) % key.len();
    let mut changed = key.clone();
    changed.replace_range(at..=at, &to.to_string());
    assert_eq!(format.id_of(&changed).is_some(), changed == key);
});

/// CRC-32 bit by bit, so that the crate is not checked against itself.
fn checksum(text: &[u8]) -> String {
    let mut crc = u32::MAX;
    for byte in text {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    let mut rest = !crc;
    let mut digits = Vec::new();
    for _ in 0..6 {
        digits.push(ALPHABET[rest as usize % 62]);
        rest /= 62;
    }
    digits.reverse();
    String::from_utf8(digits).unwrap()
}
