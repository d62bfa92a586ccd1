//! An `Accept` never makes a type be chosen that it does not speak of.

#![no_main]

use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use portcullis::content::Produces;
use portcullis::guard::Guard;

fuzz_target!(|lines: &[u8]| {
    let (mut head, ()) = Request::new(()).into_parts();
    for line in lines.split(|byte| *byte == b'\n') {
        let Ok(line) = HeaderValue::from_bytes(line) else {
            return;
        };
        head.headers.append("accept", line);
    }
    let decided = Produces::json().check_now(&mut head);
    let is_let_on = decided.expect("a guard that need not wait").is_ok();
    let text = String::from_utf8_lossy(lines).to_ascii_lowercase();
    let is_empty = text.bytes().all(|byte| b", \t\n".contains(&byte));
    let is_named = text.contains("application/json") || text.contains("application/*");
    assert!(!is_let_on || is_empty || is_named || text.contains("*/*"));
});
