//! Whatever a client writes into a forwarding header, the client is who the proxy in front says it
//! is, or nobody but the proxy; and who the slow model says.

#![no_main]

#[path = "../../src/client/rule/tests/model.rs"]
mod model;

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use portcullis::client::{ClientAddress, Proxies};

fuzz_target!(|input: (Vec<Vec<u8>>, bool)| {
    let (lines, same_line) = input;
    let proxy: IpAddr = [10, 0, 0, 1].into();
    let client: IpAddr = [203, 0, 113, 9].into();
    for (name, added, is_quoted) in [
        ("x-forwarded-for", "203.0.113.9", false),
        ("forwarded", "for=203.0.113.9", true),
    ] {
        let mut lines = lines.clone();
        match lines.last_mut() {
            Some(last) if same_line => last.extend_from_slice(format!(", {added}").as_bytes()),
            _ => lines.push(added.into()),
        }
        let name: HeaderName = name.parse().unwrap();
        let mut headers = HeaderMap::new();
        for line in &lines {
            let Ok(line) = HeaderValue::from_bytes(line) else {
                return;
            };
            headers.append(name.clone(), line);
        }
        let proxies = Proxies::at(["10.0.0.0/8"]).unwrap();
        let guard = if is_quoted {
            ClientAddress::in_forwarded(proxies)
        } else {
            ClientAddress::in_x_forwarded_for(proxies)
        };
        let found = guard.explain(proxy, &headers).client().ip();
        assert!(found == client || found == proxy, "{found}");
        let is_proxy = |address| matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10);
        assert_eq!(found, model::client(proxy, &lines, is_quoted, is_proxy));
        if !is_quoted {
            assert_eq!(found, client);
        }
    }
});
