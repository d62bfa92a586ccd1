//! Which keys are seen, and where.

use http::Request;

use super::*;

fn head(uri: &str, lines: &[(&str, &str)]) -> Parts {
    let mut request = Request::get(uri);
    for (name, value) in lines {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

fn entrance(bearer: Option<Bearer>, query: Option<&str>) -> Entrance {
    Entrance {
        header: HeaderName::from_static("x-api-key"),
        bearer,
        query: query.map(|name| Query::named(name).unwrap()),
    }
}

#[test]
fn one_short_ascii_line_is_looked_at() {
    let (longest, longer) = ("k".repeat(256), "k".repeat(257));
    for (lines, expected) in [
        (&[][..], Ok(None)),
        (&[""], Ok(Some(""))),
        (&["abc"], Ok(Some("abc"))),
        (&[&longest], Ok(Some(longest.as_str()))),
        (&[&longer], Err("key_too_long")),
        (&["abc", "abc"], Err("key_repeated")),
        (&["abc", ""], Err("key_repeated")),
        (&["\u{e9}"], Err("key_not_ascii")),
    ] {
        let lines: Vec<_> = lines.iter().map(|line| ("x-api-key", *line)).collect();
        let mut head = head("/", &lines);
        let shown = entrance(None, None).shown(&mut head.headers, &head.uri);
        assert_eq!(
            shown.map(|shown| shown.map(|shown| shown.key)),
            expected,
            "{lines:?}"
        );
    }
}

#[test]
fn a_key_counts_where_keys_are_looked_for_and_only_once() {
    let (key, token) = (("x-api-key", "k"), ("authorization", "Bearer b"));
    let shown = |key, way| Ok(Some(Shown { key, way }));
    let long = format!("/?k={}", "k".repeat(257));
    for (bearer, query, uri, lines, expected) in [
        (
            None,
            None,
            "/?k=q",
            &[key, token][..],
            shown("k", Way::Header),
        ),
        (None, None, "/?k=q", &[token], Ok(None)),
        (
            Some(Bearer),
            None,
            "/?k=q",
            &[token],
            shown("b", Way::Bearer),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[("authorization", "bEARER  b")],
            shown("b", Way::Bearer),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[("authorization", "Bearer")],
            shown("", Way::Bearer),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[("authorization", "Bearerb")],
            Ok(None),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[("authorization", "Basic Bearer b")],
            Ok(None),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[key, ("authorization", "Basic b")],
            shown("k", Way::Header),
        ),
        (
            Some(Bearer),
            None,
            "/",
            &[token, token],
            Err("key_repeated"),
        ),
        (Some(Bearer), None, "/", &[key, token], Err("key_repeated")),
        (None, Some("k"), "/?k=q", &[token], shown("q", Way::Query)),
        (
            None,
            Some("k"),
            "/?a=b&k=q&kk=r",
            &[],
            shown("q", Way::Query),
        ),
        (None, Some("k"), "/?k", &[], shown("", Way::Query)),
        (None, Some("k"), "/?K=q&%6b=r", &[], Ok(None)),
        (None, Some("k"), "/?k=q&k=q", &[], Err("key_repeated")),
        (None, Some("k"), "/?k=q", &[key], Err("key_repeated")),
        (None, Some("k"), &long, &[], Err("key_too_long")),
        (
            Some(Bearer),
            Some("k"),
            "/?k=q",
            &[token],
            Err("key_repeated"),
        ),
    ] {
        let mut head = head(uri, lines);
        let entrance = entrance(bearer, query);
        assert_eq!(
            entrance.shown(&mut head.headers, &head.uri),
            expected,
            "{uri} {lines:?}"
        );
        assert_eq!(
            entrance.is_used(&head),
            expected != Ok(None),
            "{uri} {lines:?}"
        );
    }
}

#[test]
fn a_parameter_that_could_be_written_in_several_ways_has_no_key() {
    for (name, fits) in [
        ("api_key", true),
        ("", false),
        ("a b", false),
        ("a%62", false),
    ] {
        assert_eq!(Query::named(name).is_ok(), fits, "{name:?}");
    }
}
