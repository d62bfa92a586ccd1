//! The client of a request, in a real router and over real connections.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::routing::get;
use axum::{Extension, Router};
use http::{HeaderName, Request, StatusCode};
use portcullis::client::{ClientAddress, Proxies, Suspicion, Why};
use portcullis::event::SecurityEvent;
use portcullis::guard::Shield;
use portcullis::identity::{ClientAddr, Facts};
use portcullis::rate_limit::{Quota, RateLimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::send;

const PROXY: &str = "10.0.0.1:4711";

fn proxies() -> Proxies {
    Proxies::at(["10.0.0.0/8"]).unwrap()
}

fn request(peer: Option<&str>, lines: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    if let Some(peer) = peer {
        let peer: SocketAddr = peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
    }
    for (name, line) in lines {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, line.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn a_limit_per_client_counts_the_client_behind_the_proxy() {
    let limit = RateLimit::per_client(Quota::per_day(1)).unwrap();
    let client = ClientAddress::in_x_forwarded_for(proxies());
    let shield = Shield::new().with(client).with(limit);
    let app = Router::new().route("/", get(|| async {}).layer(shield));
    for (peer, line, status) in [
        (PROXY, "203.0.113.9", 200),
        (PROXY, "203.0.113.9", 429),
        (PROXY, "6.6.6.6, 203.0.113.9", 429), // what it makes up does not help
        (PROXY, "203.0.113.9:4712", 429),
        (PROXY, "203.0.113.10", 200),
        ("203.0.113.9:1", "6.6.6.6", 429), // the same, past the proxy
        ("203.0.113.11:1", "6.6.6.6", 200),
        ("203.0.113.11:1", "7.7.7.7", 429),
        (PROXY, "2001:db8::1", 200),
        (PROXY, "[2001:db8::2]:80", 429), // the same subscriber
    ] {
        let response = send(&app, request(Some(peer), &[("x-forwarded-for", line)])).await;
        assert_eq!(response.status(), status, "{peer} {line}");
    }
}

#[tokio::test]
async fn handlers_and_events_are_told_the_client() {
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&told);
    let limit = RateLimit::per_client(Quota::per_day(1)).unwrap();
    let shield = Shield::new()
        .with(ClientAddress::in_forwarded(proxies()))
        .with(limit)
        .with_events(move |event: &SecurityEvent<'_>| {
            let client = event.client.map(|client| client.to_string());
            sink.lock().unwrap().extend(client);
        });
    let handler = |Extension(facts): Extension<Facts>| async move {
        facts.client.map(|client| client.to_string()).unwrap()
    };
    let app = Router::new().route("/", get(handler).layer(shield));
    let asked = || request(Some(PROXY), &[("forwarded", "for=203.0.113.9;proto=https")]);
    let body = axum::body::to_bytes(send(&app, asked()).await.into_body(), 100).await;
    assert_eq!(body.unwrap(), "203.0.113.9");
    assert_eq!(send(&app, asked()).await.status(), 429);
    // That the quota is used up is told, and then that somebody was refused.
    assert_eq!(*told.lock().unwrap(), ["203.0.113.9"; 2]);
}

#[tokio::test]
async fn where_nobody_knows_who_is_connected_the_setup_is_wrong() {
    let reasons: Arc<Mutex<Vec<String>>> = Arc::default();
    let sink = Arc::clone(&reasons);
    for client in [
        ClientAddress::of_peer(),
        ClientAddress::in_x_forwarded_for(proxies()),
        ClientAddress::in_x_forwarded_for(Proxies::hops(1).unwrap()),
    ] {
        let sink = Arc::clone(&sink);
        let shield = Shield::new()
            .with(client)
            .with_events(move |event: &SecurityEvent<'_>| {
                sink.lock().unwrap().push(event.reason.to_owned());
            });
        let app = Router::new().route("/", get(|| async {}).layer(shield));
        let response = send(&app, request(None, &[("x-forwarded-for", "203.0.113.9")])).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
    assert_eq!(*reasons.lock().unwrap(), ["client_address_without_peer"; 3]);
}

#[tokio::test]
async fn nobody_becomes_the_proxy_by_a_header_that_cannot_be_read() {
    let single = || ClientAddress::in_header("cf-connecting-ip".parse().unwrap(), proxies());
    let many = ["10.0.0.2"; 65].join(", ");
    let long = format!("for=\"{}\", for=203.0.113.9", "x".repeat(4_096));
    let two = [
        ("cf-connecting-ip", "6.6.6.6"),
        ("cf-connecting-ip", "203.0.113.9"),
    ];
    let forwarded = ClientAddress::in_forwarded;
    for (client, lines, proxy) in [
        (
            forwarded(proxies()),
            &[("forwarded", "for=\"6, for=203.0.113.9")][..],
            true,
        ),
        (forwarded(proxies()), &[("forwarded", &long)], true),
        (
            ClientAddress::in_x_forwarded_for(proxies()),
            &[("x-forwarded-for", &many)],
            false,
        ),
        (single(), &two, true),
    ] {
        let reasons: Arc<Mutex<Vec<String>>> = Arc::default();
        let sink = Arc::clone(&reasons);
        let handler = |Extension(facts): Extension<Facts>| async move {
            facts.client.map(|client| client.to_string()).unwrap()
        };
        let shield =
            Shield::new()
                .with(client.clone())
                .with_events(move |event: &SecurityEvent<'_>| {
                    assert_eq!(event.client.unwrap().to_string(), "10.0.0.1");
                    sink.lock().unwrap().push(event.reason.to_owned());
                });
        let app = Router::new().route("/", get(handler).layer(shield));
        let response = send(&app, request(Some(PROXY), lines)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{lines:?}");
        assert_eq!(*reasons.lock().unwrap(), ["client_address_unreadable"]);
        // Who is no proxy is the client, whatever its headers say.
        let response = send(&app, request(Some("203.0.113.11:1"), lines)).await;
        assert_eq!(response.status(), StatusCode::OK, "{lines:?}");

        let client = client.dangerous_with_proxy_for_unreadable();
        let app = Router::new().route("/", get(handler).layer(client));
        let body = send(&app, request(Some(PROXY), lines)).await.into_body();
        let body = axum::body::to_bytes(body, 100).await.unwrap();
        assert_eq!(body.starts_with(b"10.0.0.1"), proxy, "{body:?}");
    }
}

#[tokio::test]
async fn translated_clients_are_told_apart_if_that_is_wanted() {
    let client = ClientAddress::of_peer();
    let peer = "[64:ff9b::203.0.113.9]:1";
    let explained = |client: &ClientAddress| {
        let peer: SocketAddr = peer.parse().unwrap();
        client
            .explain(peer.ip(), request(None, &[]).headers())
            .client()
            .to_string()
    };
    assert_eq!(explained(&client), "64:ff9b::cb00:7109");
    let client = client.with_embedded_ipv4();
    assert_eq!(explained(&client), "203.0.113.9");
    let handler = |Extension(facts): Extension<Facts>| async move {
        facts.client.map(|client| client.to_string()).unwrap()
    };
    let app = Router::new().route("/", get(handler).layer(client));
    let response = send(&app, request(Some(peer), &[])).await;
    let body = axum::body::to_bytes(response.into_body(), 100)
        .await
        .unwrap();
    assert_eq!(body, "203.0.113.9");
}

#[tokio::test]
async fn a_setup_is_explained_and_tests_itself() {
    let name = HeaderName::from_static("cf-connecting-ip");
    let client = ClientAddress::in_header(name, proxies());
    let peer: IpAddr = "10.0.0.1".parse().unwrap();
    for (line, address, why, text) in [
        (
            "203.0.113.9",
            "203.0.113.9",
            Why::Named,
            "connected: 10.0.0.1; forwarded for 203.0.113.9; the client is 203.0.113.9 (named)",
        ),
        (
            "a\"b",
            "10.0.0.1",
            Why::UnreadableHop,
            "connected: 10.0.0.1; forwarded for \"a\\\\\\\"b\", which is no address; the client is \
             10.0.0.1 (unreadable_hop)",
        ),
    ] {
        let explanation =
            client.explain(peer, request(None, &[("cf-connecting-ip", line)]).headers());
        assert_eq!(
            explanation.client(),
            ClientAddr::new(address.parse().unwrap())
        );
        assert_eq!(
            (explanation.why(), explanation.to_string().as_str()),
            (why, text)
        );
        assert_eq!(explanation.hops().count(), 1);
    }

    let app = Router::new().route("/", get(|| async {}).layer(client.clone()));
    for number in 0..100 {
        assert_eq!(client.self_test().suspicions, []);
        let peer = format!("192.0.2.{number}:1");
        send(
            &app,
            request(Some(&peer), &[("cf-connecting-ip", "203.0.113.9")]),
        )
        .await;
    }
    assert_eq!(client.self_test().requests, 100);
    assert_eq!(client.self_test().suspicions, [Suspicion::NoProxySeen]);
}

#[tokio::test]
async fn the_lines_of_a_real_connection_are_read_in_order() {
    let client = ClientAddress::in_x_forwarded_for(Proxies::at(["127.0.0.1"]).unwrap());
    let handler = |Extension(facts): Extension<Facts>| async move {
        facts.client.map(|client| client.to_string()).unwrap()
    };
    let app = Router::new().route("/", get(handler).layer(client));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    for (lines, expected) in [
        ("", "127.0.0.1"),
        (
            "X-Forwarded-For: 6.6.6.6\r\nX-FORWARDED-FOR: 203.0.113.9\r\n",
            "203.0.113.9",
        ),
        (
            "x-forwarded-for: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-For: 127.0.0.1\r\n",
            "203.0.113.9",
        ),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{lines}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with(&format!("\r\n\r\n{expected}")), "{answer}");
    }
    server.abort();
}
