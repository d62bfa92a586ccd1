//! What RFC 8259 and RFC 7493 say of each class of JSON texts, over HTTP.

use portcullis::input::Schema;
use serde_json::{Value, json};

use crate::input_suite::{Connection, serve};

/// A text, and what it is read as (`Ok`) or the code with which it is refused.
type Row = (
    &'static str,
    &'static [u8],
    Result<&'static str, &'static str>,
);

const SYNTAX: Result<&str, &str> = Err("syntax");
const TWICE: Result<&str, &str> = Err("duplicate-key");

/// RFC 8259, section 6; RFC 7493, section 2.2.
const NUMBERS: &[Row] = &[
    ("zero", b"0", Ok("0")),
    ("minus zero", b"-0", Ok("-0.0")),
    ("minus zero with fraction", b"-0.0", Ok("-0.0")),
    ("digits", b"1234567890", Ok("1234567890")),
    ("negative", b"-1", Ok("-1")),
    ("fraction", b"0.1", Ok("0.1")),
    ("fraction that ends in zeros", b"1.500", Ok("1.5")),
    ("exponent", b"1e2", Ok("100.0")),
    ("capital exponent", b"1E2", Ok("100.0")),
    ("signed exponents", b"[1e+2,1e-2]", Ok("[100.0,0.01]")),
    ("exponent with leading zeros", b"1e002", Ok("100.0")),
    ("zero with exponent", b"0e5", Ok("0.0")),
    ("fraction and exponent", b"-1.5E+3", Ok("-1500.0")),
    (
        "largest safe integer",
        b"9007199254740991",
        Ok("9007199254740991"),
    ),
    (
        "first unsafe integer stays exact",
        b"9007199254740993",
        Ok("9007199254740993"),
    ),
    (
        "largest of 64 bits",
        b"18446744073709551615",
        Ok("18446744073709551615"),
    ),
    (
        "smallest of 64 bits",
        b"-9223372036854775808",
        Ok("-9223372036854775808"),
    ),
    (
        "largest double",
        b"1.7976931348623157e308",
        Ok("1.7976931348623157e308"),
    ),
    ("smallest double", b"5e-324", Ok("5e-324")),
    ("underflow is zero", b"1e-400", Ok("0.0")),
    (
        "beyond 64 bits",
        b"18446744073709551616",
        Ok("18446744073709551616.0"),
    ),
    ("overflow", b"1e400", SYNTAX),
    ("negative overflow", b"-1e400", SYNTAX),
    (
        "overflow of the exponent",
        b"1E1000000000000000000000",
        SYNTAX,
    ),
    ("leading zero", b"01", SYNTAX),
    ("leading zero after minus", b"-01", SYNTAX),
    ("two zeros", b"00", SYNTAX),
    ("plus", b"+1", SYNTAX),
    ("minus alone", b"-", SYNTAX),
    ("two minuses", b"--1", SYNTAX),
    ("minus, space", b"- 1", SYNTAX),
    ("no digit before the point", b".5", SYNTAX),
    ("no digit before the point, negative", b"-.5", SYNTAX),
    ("no digit after the point", b"1.", SYNTAX),
    ("point before the exponent", b"1.e1", SYNTAX),
    ("two points", b"1.2.3", SYNTAX),
    ("no digit in the exponent", b"1e", SYNTAX),
    ("sign alone in the exponent", b"1e+", SYNTAX),
    ("fraction in the exponent", b"1e1.5", SYNTAX),
    ("two exponents", b"1e1e1", SYNTAX),
    ("hexadecimal", b"0x10", SYNTAX),
    ("octal", b"0o7", SYNTAX),
    ("underscore", b"1_000", SYNTAX),
    ("comma", b"1,000", SYNTAX),
    ("suffix", b"1n", SYNTAX),
    ("not a number", b"NaN", SYNTAX),
    ("infinity", b"Infinity", SYNTAX),
    ("minus infinity", b"-Infinity", SYNTAX),
    ("inf", b"inf", SYNTAX),
    ("digits of another script", "\u{ff11}".as_bytes(), SYNTAX),
];

/// RFC 8259, sections 7 and 8; RFC 7493, section 2.1.
const STRINGS: &[Row] = &[
    ("empty", br#""""#, Ok(r#""""#)),
    ("ASCII", br#""abc""#, Ok(r#""abc""#)),
    ("delete is no control", b"\"\x7f\"", Ok("\"\x7f\"")),
    (
        "two, three and four bytes",
        "\"\u{e9}\u{20ac}\u{1f600}\"".as_bytes(),
        Ok("\"\u{e9}\u{20ac}\u{1f600}\""),
    ),
    (
        "line separators",
        "\"\u{2028}\u{2029}\"".as_bytes(),
        Ok("\"\u{2028}\u{2029}\""),
    ),
    (
        "byte order mark within",
        "\"\u{feff}\"".as_bytes(),
        Ok("\"\u{feff}\""),
    ),
    ("C1 control", "\"\u{80}\"".as_bytes(), Ok("\"\u{80}\"")),
    (
        "last code point",
        "\"\u{10fffd}\"".as_bytes(),
        Ok("\"\u{10fffd}\""),
    ),
    (
        "each short escape",
        br#""\"\\\/\b\f\n\r\t""#,
        Ok(r#""\"\\/\b\f\n\r\t""#),
    ),
    ("escaped NUL", br#""\u0000""#, Ok(r#""\u0000""#)),
    (
        "escaped in both cases",
        br#""\u00e9\u00E9""#,
        Ok("\"\u{e9}\u{e9}\""),
    ),
    ("surrogate pair", br#""\ud83d\ude00""#, Ok("\"\u{1f600}\"")),
    (
        "surrogate pair in capitals",
        br#""\uD83D\uDE00""#,
        Ok("\"\u{1f600}\""),
    ),
    ("first pair", br#""\ud800\udc00""#, Ok("\"\u{10000}\"")),
    ("last pair", br#""\udbff\udffd""#, Ok("\"\u{10fffd}\"")),
    (
        "escaped backslash before u",
        br#""\\u0061""#,
        Ok(r#""\\u0061""#),
    ),
    // RFC 7493 has senders leave these out; Unicode (corrigendum 9) has receivers take them.
    (
        "noncharacter",
        "\"\u{ffff}\"".as_bytes(),
        Ok("\"\u{ffff}\""),
    ),
    ("escaped noncharacter", br#""\ufdd0""#, Ok("\"\u{fdd0}\"")),
    ("high surrogate alone", br#""\ud800""#, SYNTAX),
    ("low surrogate alone", br#""\udc00""#, SYNTAX),
    ("high surrogate before text", br#""\ud800abc""#, SYNTAX),
    (
        "high surrogate before another escape",
        br#""\ud800\n""#,
        SYNTAX,
    ),
    (
        "high surrogate before a plain escape",
        br#""\ud800\u0041""#,
        SYNTAX,
    ),
    ("two high surrogates", br#""\ud800\ud800""#, SYNTAX),
    ("swapped surrogates", br#""\ude00\ud83d""#, SYNTAX),
    ("surrogate alone in a name", br#"{"\ud800":1}"#, SYNTAX),
    ("escape that is none", br#""\a""#, SYNTAX),
    ("hexadecimal escape", br#""\x41""#, SYNTAX),
    ("octal escape", br#""\101""#, SYNTAX),
    ("escaped quote of another kind", br#""\'""#, SYNTAX),
    ("escaped line break", b"\"\\\n\"", SYNTAX),
    ("capital U", br#""\U0041""#, SYNTAX),
    ("three digits", br#""\u004""#, SYNTAX),
    ("digit that is none", br#""\u00g1""#, SYNTAX),
    ("braces", br#""\u{41}""#, SYNTAX),
    ("backslash at the end", br#""\""#, SYNTAX),
    ("NUL", b"\"\0\"", SYNTAX),
    ("tab", b"\"\t\"", SYNTAX),
    ("line break", b"\"\n\"", SYNTAX),
    ("carriage return", b"\"\r\"", SYNTAX),
    ("last control", b"\"\x1f\"", SYNTAX),
    ("control in a name", b"{\"a\tb\":1}", SYNTAX),
    ("unended", br#""abc"#, SYNTAX),
    ("quote alone", br#"""#, SYNTAX),
    ("single quotes", b"'abc'", SYNTAX),
    ("backquotes", b"`abc`", SYNTAX),
    ("no quotes", b"abc", SYNTAX),
    ("curly quotes", "\u{201c}abc\u{201d}".as_bytes(), SYNTAX),
];

/// RFC 8259, section 8.1; RFC 3629, section 3.
const ENCODINGS: &[Row] = &[
    ("byte order mark", b"\xef\xbb\xbf{}", SYNTAX),
    (
        "UTF-16, little end first, marked",
        b"\xff\xfe{\0}\0",
        SYNTAX,
    ),
    ("UTF-16, big end first, marked", b"\xfe\xff\0{\0}", SYNTAX),
    ("UTF-16, little end first", b"{\0}\0", SYNTAX),
    ("UTF-16, big end first", b"\0{\0}", SYNTAX),
    ("UTF-32", b"{\0\0\0}\0\0\0", SYNTAX),
    ("UTF-7", b"\"+AGE-\"", Ok("\"+AGE-\"")),
    ("Latin-1", b"\"\xe9\"", SYNTAX),
    ("Latin-1 in a name", b"{\"\xe9\":1}", SYNTAX),
    ("continuation alone", b"\"\x80\"", SYNTAX),
    ("two bytes, cut", b"\"\xc3\"", SYNTAX),
    ("three bytes, cut", b"\"\xe2\x82\"", SYNTAX),
    ("four bytes, cut", b"\"\xf0\x9f\x98\"", SYNTAX),
    ("overlong, two bytes", b"\"\xc0\xaf\"", SYNTAX),
    ("overlong, three bytes", b"\"\xe0\x80\xaf\"", SYNTAX),
    ("overlong, four bytes", b"\"\xf0\x80\x80\xaf\"", SYNTAX),
    ("overlong NUL", b"\"\xc0\x80\"", SYNTAX),
    ("encoded surrogate", b"\"\xed\xa0\x80\"", SYNTAX),
    (
        "encoded surrogate pair",
        b"\"\xed\xa0\xbd\xed\xb8\x80\"",
        SYNTAX,
    ),
    ("beyond Unicode", b"\"\xf4\x90\x80\x80\"", SYNTAX),
    ("five bytes", b"\"\xf8\x88\x80\x80\x80\"", SYNTAX),
    ("byte that never stands", b"\"\xff\"", SYNTAX),
    ("after the value", b"{}\xff", SYNTAX),
];

/// RFC 8259, sections 2 to 5; RFC 7493, section 2.3.
const STRUCTURE: &[Row] = &[
    ("literals", b"[true,false,null]", Ok("[true,false,null]")),
    ("scalar as a text", b"null", Ok("null")),
    ("empty array", b"[]", Ok("[]")),
    ("empty object", b"{}", Ok("{}")),
    (
        "each white space",
        b" \t\r\n[ \t\r\n1 , 2\t]\n",
        Ok("[1,2]"),
    ),
    (
        "white space around names",
        b"{ \"a\" : 1 , \"b\" : 2 }",
        Ok(r#"{"a":1,"b":2}"#),
    ),
    ("empty name", br#"{"":0}"#, Ok(r#"{"":0}"#)),
    (
        "names that differ in case",
        br#"{"a":1,"A":2}"#,
        Ok(r#"{"a":1,"A":2}"#),
    ),
    (
        "names in two normal forms",
        "{\"\u{e9}\":1,\"e\u{301}\":2}".as_bytes(),
        Ok("{\"\u{e9}\":1,\"e\u{301}\":2}"),
    ),
    (
        "one name in two objects",
        br#"[{"a":1},{"a":{"a":2}}]"#,
        Ok(r#"[{"a":1},{"a":{"a":2}}]"#),
    ),
    (
        "a name of the language",
        br#"{"__proto__":1,"constructor":2}"#,
        Ok(r#"{"__proto__":1,"constructor":2}"#),
    ),
    ("nothing", b"", SYNTAX),
    ("white space alone", b" \n", SYNTAX),
    ("literal in capitals", b"TRUE", SYNTAX),
    ("literal, cut", b"tru", SYNTAX),
    ("literal, longer", b"nulls", SYNTAX),
    ("literal of another language", b"undefined", SYNTAX),
    ("comma at the end of an array", b"[1,]", SYNTAX),
    ("comma at the end of an object", br#"{"a":1,}"#, SYNTAX),
    ("comma at the beginning", b"[,1]", SYNTAX),
    ("comma alone", b"[,]", SYNTAX),
    ("comma alone in an object", b"{,}", SYNTAX),
    ("two commas", b"[1,,2]", SYNTAX),
    ("no comma", b"[1 2]", SYNTAX),
    ("no comma between members", br#"{"a":1 "b":2}"#, SYNTAX),
    ("semicolon", b"[1;2]", SYNTAX),
    ("no colon", br#"{"a" 1}"#, SYNTAX),
    ("two colons", br#"{"a"::1}"#, SYNTAX),
    ("equals sign", br#"{"a"=1}"#, SYNTAX),
    ("colon in an array", br#"["a":1]"#, SYNTAX),
    ("no value", br#"{"a":}"#, SYNTAX),
    ("name alone", br#"{"a"}"#, SYNTAX),
    ("name without quotes", b"{a:1}", SYNTAX),
    ("name in single quotes", b"{'a':1}", SYNTAX),
    ("number as a name", b"{1:1}", SYNTAX),
    ("literal as a name", b"{null:1}", SYNTAX),
    ("unended array", b"[1", SYNTAX),
    ("unended object", br#"{"a":1"#, SYNTAX),
    ("unopened array", b"1]", SYNTAX),
    ("other bracket", b"[1}", SYNTAX),
    ("two values", b"{}{}", SYNTAX),
    ("two values on two lines", b"{}\n{}", SYNTAX),
    ("text after the value", b"{} x", SYNTAX),
    ("NUL after the value", b"{}\0", SYNTAX),
    ("comment to the end of the line", b"1 // one", SYNTAX),
    ("comment", b"/* one */ 1", SYNTAX),
    ("hash comment", b"1 # one", SYNTAX),
    ("no-break space", "\u{a0}1".as_bytes(), SYNTAX),
    ("form feed", b"\x0c1", SYNTAX),
    ("vertical tab", b"\x0b1", SYNTAX),
    ("line separator", "\u{2028}1".as_bytes(), SYNTAX),
    ("guard against scripts", b")]}',\n{}", SYNTAX),
    ("callback", b"f({})", SYNTAX),
    ("record separator", b"\x1e{}\n", SYNTAX),
    ("name twice", br#"{"a":1,"a":1}"#, TWICE),
    ("name twice, once escaped", br#"{"a":1,"\u0061":2}"#, TWICE),
    (
        "name twice, as a pair and plain",
        "{\"\u{1f600}\":1,\"\\ud83d\\ude00\":2}".as_bytes(),
        TWICE,
    ),
    ("empty name twice", br#"{"":1,"":2}"#, TWICE),
    (
        "name twice within",
        br#"[{"b":{"a":1,"c":[],"a":2}}]"#,
        TWICE,
    ),
    (
        "name twice and far apart",
        br#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"a":1}"#,
        TWICE,
    ),
    (
        "name twice before what is no JSON",
        br#"[{"a":1,"a":1},01]"#,
        TWICE,
    ),
    (
        "what is no JSON before a name twice",
        br#"[01,{"a":1,"a":1}]"#,
        SYNTAX,
    ),
];

/// Each way that a body can take, and what stands around the row in it.
fn ways() -> Vec<(Schema, &'static str, &'static str)> {
    let written = |rules| Schema::dangerous_as_written(rules, &[]).unwrap();
    let open = json!({ "x-dangerous-open": true });
    let strict = json!({ "type": "object", "properties": { "v": open } });
    let ways = vec![
        (written(json!(true)), "", ""),
        (written(json!({ "not": { "const": "no such" } })), "", ""),
        (Schema::from_value(strict).unwrap(), r#"{"v":"#, "}"),
    ];
    assert_eq!(
        [true, false, true],
        [0, 1, 2].map(|way: usize| ways[way].0.is_one_pass())
    );
    ways
}

async fn connect() -> Connection {
    let schemas = ways().into_iter().map(|(schema, ..)| schema);
    Connection::open(serve(schemas.collect()).await).await
}

#[tokio::test]
async fn each_class_of_texts_is_read_or_refused_as_the_rfcs_say() {
    let mut connection = connect().await;
    let mut rows = 0;
    for (name, text, verdict) in [NUMBERS, STRINGS, ENCODINGS, STRUCTURE].concat() {
        for (number, (_, before, after)) in ways().iter().enumerate() {
            rows += 1;
            let body = [before.as_bytes(), text, after.as_bytes()].concat();
            let (status, answer) = connection.post(number, &body).await;
            match verdict {
                Ok(read) => {
                    let read = format!("{before}{read}{after}");
                    assert_eq!(status, 200, "{name} {number}: {answer}");
                    assert_eq!(
                        answer,
                        serde_json::from_str::<Value>(&read).unwrap(),
                        "{name}"
                    );
                }
                Err(code) => {
                    assert_eq!(status, 400, "{name} {number}: {answer}");
                    assert_eq!(answer["errors"][0]["code"], code, "{name} {number}");
                    assert_eq!(answer["errors"].as_array().unwrap().len(), 1, "{name}");
                }
            }
        }
    }
    assert_eq!(rows, 3 * 183);
}

#[tokio::test]
async fn nesting_is_bounded_whatever_it_is_made_of() {
    let mut connection = connect().await;
    let arrays = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let objects = |depth: usize| r#"{"a":"#.repeat(depth) + "1" + &"}".repeat(depth);
    let mixed = |depth: usize| r#"[{"a":"#.repeat(depth / 2) + "1" + &"}]".repeat(depth / 2);
    for (number, (_, before, after)) in ways().iter().enumerate() {
        let around = before.len().min(1);
        for (text, depth) in [
            (arrays(32 - around), None),
            (objects(32 - around), None),
            (mixed(30), None),
            (arrays(33 - around), Some("depth")),
            (objects(33 - around), Some("depth")),
            (mixed(34), Some("depth")),
            (arrays(129), Some("depth")),
            (arrays(30_000), Some("depth")),
            ("[".repeat(60_000), Some("depth")),
            (r#"{"a":"#.repeat(12_000), Some("depth")),
            ("[1,".repeat(31 - around), Some("syntax")),
        ] {
            let body = format!("{before}{text}{after}");
            let (status, answer) = connection.post(number, body.as_bytes()).await;
            let found = (status, answer["errors"][0]["code"].as_str());
            let wanted = if depth.is_some() {
                (400, depth)
            } else {
                (200, None)
            };
            assert_eq!(found, wanted, "{number} {}", &body[..body.len().min(40)]);
        }
    }
}

#[tokio::test]
async fn length_alone_is_no_fault() {
    let mut connection = connect().await;
    for (text, status) in [
        (format!("0.{}", "9".repeat(10_000)), 200),
        (format!("1{}e-10000", "0".repeat(10_000)), 200),
        ("9".repeat(10_000), 400),
        (format!("\"{}\"", "a".repeat(60_000)), 200),
        (format!("{{\"{}\":1}}", "a".repeat(60_000)), 200),
        (format!("[{}1]", "1,".repeat(30_000)), 200),
        (format!("{}1", " ".repeat(60_000)), 200),
    ] {
        for number in [0, 1] {
            let found = connection.post(number, text.as_bytes()).await.0;
            assert_eq!(found, status, "{}", &text[..20]);
        }
    }
}
