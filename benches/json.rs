//! What it costs to hold a body to its rules, beside reading it without any: `cargo bench --bench
//! json`. Times differ from machine to machine; the ratios, taken in one run, are the point. Ends
//! with a fault if one is beyond its limit.
//!
//! `-- --check` looks at the allocations alone, which are exact: reading into a type with all of its
//! rules allocates what reading it without them does.

#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::routing::post;
use axum::{Json, Router};
use http::Request;
use portcullis::input::{Schema, ValidatedJson};
use portcullis::problem::Problem;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// How often each of the ways is measured, by turns.
const ROUNDS: usize = 400;

/// For how long a way is measured at a time, in seconds.
const CHUNK: f64 = 0.000_5;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-max-bytes" = 262_144))]
#[expect(dead_code, reason = "only read from bodies")]
struct Article {
    #[schemars(length(min = 1, max = 200))]
    title: String,
    #[schemars(
        length(min = 1, max = 120),
        regex(pattern = "^[a-z0-9]+(?:-[a-z0-9]+)*$")
    )]
    slug: String,
    status: Status,
    author: Author,
    #[schemars(length(max = 64), inner(length(min = 1, max = 40)))]
    tags: Vec<String>,
    #[schemars(length(min = 20, max = 32))]
    published_at: String,
    #[schemars(length(max = 1_000))]
    sections: Vec<Section>,
    meta: Meta,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Status {
    Draft,
    Review,
    Published,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from bodies")]
struct Author {
    #[schemars(length(min = 1, max = 80))]
    name: String,
    #[schemars(length(min = 3, max = 254))]
    email: String,
    #[schemars(length(max = 2_000))]
    bio: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from bodies")]
struct Section {
    #[schemars(length(min = 1, max = 200))]
    heading: String,
    #[schemars(range(min = 1, max = 6))]
    level: u8,
    #[schemars(length(max = 100_000))]
    body: String,
    visible: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read from bodies")]
struct Meta {
    words: u32,
    #[schemars(range(min = 0.0, max = 1.0))]
    score: f64,
    #[schemars(length(min = 2, max = 8))]
    language: String,
    revision: u64,
}

/// An article with as many sections as said, each with a text as long as said.
fn article_of(sections: usize, text: usize) -> Bytes {
    let words = "The gate opens once for whoever the porter knows by name, and shuts. ";
    let text: String = words.chars().cycle().take(text).collect();
    let section = |i: usize| {
        json!({
            "heading": format!("On gates, part {i}"), "level": i % 6 + 1, "body": text,
            "visible": i % 6 > 1,
        })
    };
    let meta = json!({ "words": 1_200, "score": 0.875, "language": "en", "revision": 7 });
    let author = json!({ "name": "Ada Porter", "email": "ada@example.com", "bio": null });
    let parts = [
        ("title", json!("How a portcullis works, and why it falls")),
        ("slug", json!("how-a-portcullis-works")),
        ("status", json!("published")),
        ("author", author),
        ("tags", json!(["castles", "gates", "iron", "history"])),
        ("published_at", json!("2024-02-29T12:00:00.000Z")),
        ("sections", (0..sections).map(section).collect()),
        ("meta", meta),
    ];
    // In the order of the fields, as most clients send them.
    let parts: Vec<_> = parts
        .iter()
        .map(|(name, value)| format!("{}:{value}", json!(name)))
        .collect();
    Bytes::from(format!("{{{}}}", parts.join(",")))
}

/// One way of reading a body.
struct Way<'a> {
    name: &'static str,
    run: Box<dyn Fn() + 'a>,
    nanoseconds: f64,
}

impl<'a> Way<'a> {
    fn new(name: &'static str, run: impl Fn() + 'a) -> Self {
        let run = Box::new(run);
        Self {
            name,
            run,
            nanoseconds: f64::INFINITY,
        }
    }

    fn allocations(&self) -> u64 {
        (self.run)();
        allocation_counter::measure(|| (self.run)()).count_total
    }
}

/// Measures the ways by turns, so that what else the machine does meets all of them, and keeps the
/// time of the chunk that was least disturbed.
fn measure(ways: &mut [Way<'_>], rounds: usize) {
    let calls: Vec<u32> = ways
        .iter()
        .map(|way| {
            let mut calls = 1;
            while time(way, calls) * f64::from(calls) < CHUNK * 1e9 {
                calls *= 2;
            }
            calls
        })
        .collect();
    for _ in 0..rounds {
        for (way, calls) in ways.iter_mut().zip(&calls) {
            way.nanoseconds = way.nanoseconds.min(time(way, *calls));
        }
    }
}

/// Nanoseconds a call.
fn time(way: &Way<'_>, calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..calls {
        (way.run)();
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
}

fn app() -> Router {
    Router::new()
        .route(
            "/plain",
            post(async |Json(article): Json<Article>| _ = black_box(article)),
        )
        .route(
            "/checked",
            post(async |ValidatedJson(article): ValidatedJson<Article>| _ = black_box(article)),
        )
}

fn send(runtime: &Runtime, app: &Router, path: &'static str, body: &Bytes) {
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .body(Body::from(body.clone()))
        .unwrap();
    let response = runtime.block_on(app.clone().oneshot(request)).unwrap();
    assert_eq!(response.status(), 200);
}

fn ways<'a>(
    runtime: &'a Runtime,
    app: &'a Router,
    oracle: &'a jsonschema::Validator,
    body: &'a Bytes,
) -> [Way<'a>; 5] {
    let schema = Schema::of::<Article>().unwrap();
    [
        Way::new("serde_json::from_slice", || {
            black_box(serde_json::from_slice::<Article>(body).unwrap());
        }),
        Way::new("Schema::read", || {
            black_box(schema.read::<Article>(body).unwrap());
        }),
        Way::new("Value, jsonschema, from_value", || {
            let value: Value = serde_json::from_slice(body).unwrap();
            assert!(oracle.is_valid(&value));
            black_box(serde_json::from_value::<Article>(value).unwrap());
        }),
        Way::new("axum::Json, whole request", || {
            send(runtime, app, "/plain", body);
        }),
        Way::new("ValidatedJson, whole request", || {
            send(runtime, app, "/checked", body);
        }),
    ]
}

/// The rules of a list of short strings.
fn strings() -> Value {
    json!({ "type": "array", "items": { "type": "string", "maxLength": 9 } })
}

/// A schema, a body that it refuses, a good body that is as long and of the same kind, and how good
/// bodies of this kind are read without any rules.
struct Refusal {
    name: &'static str,
    schema: Schema,
    bad: Vec<u8>,
    good: Vec<u8>,
    bare: fn(&[u8]),
    refuse: fn(&Schema, &[u8]) -> Problem,
}

fn refusals() -> Vec<Refusal> {
    fn list(items: impl Iterator<Item = String>) -> Vec<u8> {
        format!("[{}]", items.collect::<Vec<_>>().join(",")).into_bytes()
    }
    fn object(members: impl Iterator<Item = String>) -> Vec<u8> {
        format!("{{{}}}", members.collect::<Vec<_>>().join(",")).into_bytes()
    }
    fn bare<T: for<'a> Deserialize<'a>>(body: &[u8]) {
        black_box(serde_json::from_slice::<T>(body).unwrap());
    }
    fn refuse<T: for<'a> Deserialize<'a>>(schema: &Schema, body: &[u8]) -> Problem {
        schema.read::<T>(body).err().unwrap()
    }
    let names = |count: usize| (0..count).map(|i| format!("\"{i:07}\":{}", i % 7));
    let schema = |rules: Value| Schema::from_value(rules).unwrap();
    let map = json!({ "type": "object", "additionalProperties": { "type": "integer", "format": "uint32" } });
    let floats = json!({ "type": "array", "items": { "type": "number", "maximum": 9 } });
    let set = json!({ "type": "array", "uniqueItems": true, "maxItems": 100_000, "items": { "type": "integer" } });
    let far = |count: usize| (0..count).map(|i| ((1_u64 << 63) + i as u64).to_string());
    let digits =
        |first: char| list((0..100).map(move |_| format!("{first}.{}", "9".repeat(9_998))));
    let article = || Schema::of::<Article>().unwrap().document().clone();
    let good_article = article_of(500, 16).to_vec();
    let mut late = good_article.clone();
    late.truncate(late.len() - 2);
    late.extend_from_slice(b",\"admin\":true}}");
    vec![
        Refusal {
            name: "1 MB of 1,1,1.. where strings are wanted",
            schema: schema(strings()),
            bad: list((0..500_000).map(|_| "1".to_owned())),
            good: list((0..333_333).map(|_| "\"\"".to_owned())),
            bare: bare::<Vec<String>>,
            refuse: refuse::<Vec<String>>,
        },
        Refusal {
            name: "a million names that nobody knows",
            schema: Schema::from_value(article()).unwrap(),
            bad: object(names(1_000_000)),
            good: object(names(1_000_000)),
            bare: bare::<HashMap<String, u32>>,
            refuse: refuse::<HashMap<String, u32>>,
        },
        Refusal {
            name: "a million names, and one twice",
            schema: schema(map),
            bad: object(names(1_000_000).chain(["\"0000007\":0".to_owned()])),
            good: object(names(1_000_000)),
            bare: bare::<HashMap<String, u32>>,
            refuse: refuse::<HashMap<String, u32>>,
        },
        Refusal {
            name: "100 numbers of 10 000 digits",
            schema: schema(floats),
            bad: digits('9'),
            good: digits('8'),
            bare: bare::<Vec<f64>>,
            refuse: refuse::<Vec<f64>>,
        },
        Refusal {
            name: "50 000 far integers, and one twice",
            schema: schema(set),
            bad: list(far(50_000).chain(far(1))),
            good: list(far(50_000)),
            bare: bare::<HashSet<u64>>,
            refuse: refuse::<HashSet<u64>>,
        },
        Refusal {
            name: "200 000 levels",
            schema: schema(strings()),
            bad: "[".repeat(200_000).into_bytes(),
            good: list((0..66_666).map(|_| "\"\"".to_owned())),
            bare: bare::<Vec<String>>,
            refuse: refuse::<Vec<String>>,
        },
        Refusal {
            name: "50 KB of structure, wrong at its end",
            schema: Schema::from_value(article()).unwrap(),
            bad: late,
            good: good_article,
            bare: bare::<Article>,
            refuse: refuse::<Article>,
        },
    ]
}

/// Whether each refusal costs at most twice what reading a good body costs.
fn refusals_hold() -> bool {
    let mut held = true;
    for Refusal {
        name,
        schema,
        bad,
        good,
        bare,
        refuse,
    } in refusals()
    {
        let refused = Way::new("refused", || {
            let told = refuse(&schema, &bad).into_http::<Bytes>();
            assert!(told.body().len() <= 8 * 1024);
        });
        let mut ways = [Way::new("read", || bare(&good)), refused];
        measure(&mut ways, ROUNDS / 20);
        let [read, refused] = ways.each_ref().map(|way| way.nanoseconds);
        let verdict = if refused <= 2.0 * read {
            "holds"
        } else {
            "BROKEN"
        };
        held &= refused <= 2.0 * read;
        println!(
            "  {name:<40} {:>6.2}, at most 2.00: {verdict}",
            refused / read
        );
    }
    held
}

fn main() -> ExitCode {
    let check_only = std::env::args().any(|argument| argument == "--check");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let app = app();
    let oracle = jsonschema::validator_for(Schema::of::<Article>().unwrap().document()).unwrap();
    let mut held = true;
    // The document, and the limits in axum and of the whole against a tree and jsonschema.
    for (name, body, of_axum, of_tree) in [
        ("1 KB", article_of(4, 80), 0.85, 1.0 / 1.3),
        ("50 KB of text", article_of(1, 50_000), 1.0, 1.0),
        ("50 KB of structure", article_of(500, 16), 0.7, 1.0 / 1.8),
    ] {
        let mut ways = ways(&runtime, &app, &oracle, &body);
        let [bare, guard, _, plain, checked] = ways.each_ref().map(Way::allocations);
        println!("{name}: {} bytes; {bare} allocations", body.len());
        assert_eq!(guard, bare, "the rules allocate");
        assert!(
            checked <= plain,
            "{checked} allocations; axum::Json has {plain}"
        );
        if check_only {
            continue;
        }
        measure(&mut ways, ROUNDS);
        for way in &ways {
            let ratio = way.nanoseconds / ways[0].nanoseconds;
            println!(
                "  {:<32} {:>10.0} ns {ratio:>6.2} x",
                way.name, way.nanoseconds
            );
        }
        let [bare, guard, tree, plain, checked] = ways.each_ref().map(|way| way.nanoseconds);
        for (what, ratio, limit) in [
            ("the guard / from_slice", guard / bare, 1.2),
            ("in axum / axum::Json", checked / plain, of_axum),
            ("the guard / Value, jsonschema", guard / tree, of_tree),
        ] {
            let verdict = if ratio <= limit { "holds" } else { "BROKEN" };
            held &= ratio <= limit;
            println!("  {what:<32} {ratio:>6.2}, at most {limit:.2}: {verdict}");
        }
    }
    if !check_only {
        println!("refusals, told to the caller / good bodies of the same size, read without rules");
        held &= refusals_hold();
    }
    if held {
        ExitCode::SUCCESS
    } else {
        eprintln!("a limit is broken");
        ExitCode::FAILURE
    }
}
