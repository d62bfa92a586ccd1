//! No bytes panic the reader of metadata; what it takes names its issuer, and `https` alone.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::fetch::{Endpoint, Metadata};

const ISSUER: &str = "https://id.example";

fuzz_target!(|input: (&[u8], &str)| {
    let (bytes, uri) = input;
    let source = Endpoint::https(ISSUER).unwrap();
    let named = serde_json::json!({ "issuer": ISSUER, "jwks_uri": uri }).to_string();
    for bytes in [bytes, named.as_bytes()] {
        let Ok(metadata) = Metadata::parse(bytes, ISSUER, &source) else {
            continue;
        };
        let whole: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(whole["issuer"], ISSUER);
        for endpoint in [
            metadata.jwks_uri(),
            metadata.introspection_endpoint(),
            metadata.token_endpoint(),
        ] {
            assert!(endpoint.is_none_or(|named| named.as_str().starts_with("https://")));
        }
    }
});
