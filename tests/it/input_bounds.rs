//! What a refusal may cost: memory for the way to a value and for the answer, and no more for a
//! longer body.

use allocation_counter::measure;
use bytes::Bytes;
use portcullis::input::Schema;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// Memory for 32 levels, 32 faults, and the names of one object that are told apart: 256 KiB.
const MOST: u64 = 256 * 1024;

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only read from bodies")]
struct Comment {
    #[schemars(length(max = 10))]
    text: String,
    #[schemars(length(max = 100_000_000), inner(length(max = 3)))]
    tags: Vec<String>,
    #[schemars(length(max = 20))]
    votes: std::collections::BTreeSet<u64>,
}

fn joined(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).map(one).collect::<Vec<_>>().join(",")
}

/// Bodies that are refused, of `size` parts each.
fn hostile(size: usize) -> Vec<(&'static str, String)> {
    let names = joined(size, |i| format!("\"name number {i}\":0"));
    vec![
        (
            "an array of the wrong kind",
            format!("[{}]", joined(size, |_| "1".to_owned())),
        ),
        (
            "wrong items",
            format!("{{\"tags\":[{}]}}", joined(size, |_| "1".to_owned())),
        ),
        ("unknown names", format!("{{{names}}}")),
        (
            "unknown names, escaped",
            format!("{{{}}}", names.replace("name", "n\\u0061me")),
        ),
        (
            "names in an unknown value",
            format!("{{\"x\":{{{names}}}}}"),
        ),
        (
            "far integers",
            format!(
                "{{\"votes\":[{}]}}",
                joined(size, |i| (u64::MAX - i as u64).to_string())
            ),
        ),
        (
            "broad and deep",
            format!("[{}]", joined(size, |_| "[[[[\"\"]]]]".to_owned())),
        ),
        ("levels", "[".repeat(size)),
        ("levels of objects", "{\"a\":".repeat(size)),
        (
            "long numbers",
            format!(
                "[{}]",
                joined(size / 10_000 + 1, |_| format!("0.{}", "9".repeat(10_000)))
            ),
        ),
        (
            "a long text",
            format!("{{\"text\":\"{}\"}}", "x".repeat(size)),
        ),
        ("a long name", format!("{{\"{}\":1}}", "x".repeat(size))),
    ]
}

#[test]
fn a_refusal_takes_no_more_memory_for_a_longer_body() {
    let schema = Schema::of::<Comment>().unwrap();
    for size in [200_000, 1_000_000] {
        for (what, body) in hostile(size) {
            let body = body.into_bytes();
            let mut told = None;
            let cost = measure(|| {
                let problem = schema.read::<Comment>(&body).err().unwrap();
                told = Some(problem.into_http::<Bytes>());
            });
            assert!(
                cost.bytes_max < MOST,
                "{what}, {size}: {} bytes",
                cost.bytes_max
            );
            let told = told.unwrap();
            assert!(told.body().len() <= 8 * 1024, "{what}");
            let told: Value = serde_json::from_slice(told.body()).unwrap();
            let faults = told["errors"].as_array().unwrap().len();
            assert!((1..=32).contains(&faults), "{what}: {told}");
            assert_eq!(
                told["truncated"] == json!(true),
                faults == 32,
                "{what}: {told}"
            );
        }
    }
}

#[test]
fn a_set_is_compared_no_further_than_it_may_be_long() {
    let schema = Schema::from_value(json!({
        "type": "array", "uniqueItems": true, "maxItems": 1_000, "items": { "type": ["integer", "string"], "maxLength": 9 },
    }))
    .unwrap();
    let far = joined(100_000, |i| (u64::MAX - i as u64).to_string());
    let body = format!("[{far}]").into_bytes();
    let cost = measure(|| {
        let problem = schema.read::<Value>(&body).unwrap_err();
        assert_eq!(problem.faults()[0].code, "max-items");
    });
    assert!(cost.bytes_max < MOST, "{} bytes", cost.bytes_max);
}

#[test]
fn a_map_is_read_no_further_than_it_may_be_broad() {
    let schema = Schema::from_value(json!({
        "type": "object", "maxProperties": 100, "additionalProperties": { "type": "integer" },
    }))
    .unwrap();
    let body = format!("{{{}}}", joined(1_000_000, |i| format!("\"{i}\":0"))).into_bytes();
    let cost = measure(|| {
        let problem = schema.read::<Value>(&body).unwrap_err();
        assert_eq!(problem.faults()[0].code, "max-properties");
    });
    assert!(cost.bytes_max < MOST, "{} bytes", cost.bytes_max);
}

/// The parser copies the digits of a long number before it looks at it.
#[test]
fn a_number_beyond_all_takes_memory_for_its_digits_alone() {
    let schema = Schema::of::<Comment>().unwrap();
    let body = "9".repeat(1_000_000).into_bytes();
    let cost = measure(|| {
        let problem = schema.read::<Comment>(&body).err().unwrap();
        assert_eq!(problem.faults()[0].code, "syntax");
    });
    assert!(cost.bytes_max < 3_000_000, "{} bytes", cost.bytes_max);
}
