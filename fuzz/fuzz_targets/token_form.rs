//! No body, query, cookie or header panics the token endpoints, and none gets a token without a
//! login.

#![no_main]

use std::sync::LazyLock;

use axum::body::Body;
use http::{HeaderValue, Request};
use libfuzzer_sys::fuzz_target;
use portcullis::jwt::{JwtIssuer, SigningKey};
use portcullis::session::RefreshKeys;
use portcullis::store::memory::MemoryRefreshFamilies;
use portcullis::token_service::{Login, RefreshCookie, TokenService};
use tower_service::Service;

static SERVICE: LazyLock<TokenService> = LazyLock::new(|| {
    let key = SigningKey::hs256([7; 32]).unwrap();
    let issuer = JwtIssuer::new("https://id.example", "articles", key).unwrap();
    let keys = RefreshKeys::new([[8; 32]]).unwrap();
    TokenService::new(issuer, MemoryRefreshFamilies::with_capacity(1), keys)
        .with_login(|_: Login| async { Ok(None) })
});

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
});

fuzz_target!(|input: (u8, &[u8], &[u8], &[u8], &[u8])| {
    let (choice, body, cookie, authorization, origin) = input;
    let service = if choice & 4 == 0 {
        SERVICE.clone()
    } else {
        SERVICE.clone().with_cookie(RefreshCookie::new())
    };
    let path = ["/token", "/token/refresh", "/token/revoke"][usize::from(choice) % 3];
    let mut request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body.to_vec()))
        .unwrap();
    for (name, value) in [
        ("cookie", cookie),
        ("authorization", authorization),
        ("origin", origin),
    ] {
        if let (false, Ok(value)) = (value.is_empty(), HeaderValue::from_bytes(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let response = RUNTIME
        .block_on(service.routes::<()>().call(request))
        .unwrap();
    let status = response.status().as_u16();
    let fits = match path {
        "/token/revoke" => matches!(status, 200 | 400 | 401 | 403),
        _ => matches!(status, 400 | 401 | 403),
    };
    assert!(fits, "{path} answered {status}");
});
