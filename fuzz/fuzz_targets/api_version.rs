//! A version has one name: what is read is written as it was.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::version::ApiVersion;

fuzz_target!(|input: (&str, u16)| {
    let (segment, number) = input;
    if let Some(version) = ApiVersion::parse(segment) {
        assert_eq!(version.to_string(), segment);
        assert_ne!(version.number(), 0);
    }
    let named = ApiVersion::parse(&format!("v{number}"));
    assert_eq!(named, ApiVersion::new(number));
});
