//! What is read as the id of a request is said as it was, and breaks out of nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use portcullis::errors::RequestId;

fuzz_target!(|text: &[u8]| {
    if let Some(id) = RequestId::parse(text) {
        assert_eq!(id.as_str().as_bytes(), text);
        assert!((1..=RequestId::MAX_LENGTH).contains(&text.len()));
        assert_eq!(id.to_value(), id.as_str());
        assert_eq!(serde_json::json!(id.as_str()).to_string(), format!("\"{id}\""));
        assert!(!text.iter().any(|byte| b" ,;<>&%\r\n".contains(byte)));
    }
});
