//! An origin, or the subdomains of a host, as an author names them.

use std::net::Ipv4Addr;

use url::Host;

use super::fault::OriginFault;

/// The longest scheme that is read.
pub(super) const LONGEST_SCHEME: usize = 64;
/// The longest host (RFC 1035, section 2.3.4), and its longest label.
const LONGEST_HOST: usize = 253;
const LONGEST_LABEL: usize = 63;

/// One or more origins of one scheme and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(super) scheme: Box<str>,
    /// The host; of subdomains, the host whose subdomains they are.
    pub(super) host: Box<str>,
    /// The port, if it is not the scheme's own.
    pub(super) port: Option<u16>,
    /// Whether the subdomains of the host are meant, and not itself.
    pub(super) is_subdomains: bool,
    is_loopback: bool,
}

impl Pattern {
    /// Reads `https://example.com`, `https://example.com:8443` or `https://*.example.com`, as
    /// browsers write them.
    pub(crate) fn parse(text: &str) -> Result<Self, OriginFault> {
        let (scheme, rest) = split_scheme(text)?;
        let (host, port) = split_port(rest)?;
        let (host, is_subdomains) = match host.strip_prefix("*.") {
            Some(host) => (host, true),
            None => (host, false),
        };
        if host.contains('*') {
            return Err(OriginFault::Wildcard);
        }
        let port = port.map(|port| read_port(port.as_bytes()).ok_or(OriginFault::Port));
        let port = port.transpose()?;
        if port.is_some() && port == default_port(scheme.as_bytes()) {
            return Err(OriginFault::DefaultPort);
        }
        let is_loopback = match Host::parse(host) {
            Ok(address) if address.to_string() != host => return Err(OriginFault::Host),
            Ok(Host::Domain(_)) => {
                let room = LONGEST_HOST - if is_subdomains { 2 } else { 0 };
                if !is_host_name(host.as_bytes(), room) {
                    return Err(OriginFault::Host);
                }
                let bare = host.strip_suffix('.').unwrap_or(host);
                bare == "localhost" || bare.ends_with(".localhost")
            }
            Ok(_) if is_subdomains => return Err(OriginFault::SubdomainsOfAddress),
            Ok(Host::Ipv4(address)) => address.is_loopback(),
            Ok(Host::Ipv6(address)) if mapped(&address.octets()).is_none() => address.is_loopback(),
            _ => return Err(OriginFault::Host),
        };
        Ok(Self {
            scheme: scheme.into(),
            host: host.into(),
            port,
            is_subdomains,
            is_loopback,
        })
    }

    /// Whether anybody on the way can speak as this origin: it is `http`, and not on this machine.
    pub(crate) fn is_insecure(&self) -> bool {
        &*self.scheme == "http" && !self.is_loopback
    }

    /// Whether it means the subdomains of a host under which anybody can have one.
    pub(crate) fn is_of_public_suffix(&self) -> bool {
        let bare = self.host.strip_suffix('.').unwrap_or(&self.host);
        // A rule such as `*.kawasaki.jp` says it of each name below, and not of the one above them.
        let below = format!("x.{bare}");
        self.is_subdomains
            && !self.is_loopback
            && (psl::suffix_str(bare).is_none_or(|suffix| suffix == bare)
                || psl::suffix_str(&below) == Some(&*below))
    }
}

/// IPv4 within IPv6, which browsers and libraries write in different ways.
fn mapped(octets: &[u8; 16]) -> Option<Ipv4Addr> {
    std::net::Ipv6Addr::from(*octets).to_ipv4_mapped()
}

fn split_scheme(text: &str) -> Result<(&str, &str), OriginFault> {
    match text {
        "*" => return Err(OriginFault::Any),
        "null" => return Err(OriginFault::Null),
        _ if !text.is_ascii() => return Err(OriginFault::NotAscii),
        _ if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
            return Err(OriginFault::UpperCase);
        }
        _ => {}
    }
    let (scheme, rest) = text.split_once("://").ok_or(OriginFault::NoScheme)?;
    if !is_scheme(scheme.as_bytes()) {
        return Err(OriginFault::Scheme);
    }
    if scheme == "file" {
        return Err(OriginFault::File);
    }
    if rest.contains('@') {
        return Err(OriginFault::UserInfo);
    }
    match rest.find(['/', '?', '#', '\\']) {
        None => Ok((scheme, rest)),
        Some(end) if rest.get(end..) == Some("/") => Err(OriginFault::TrailingSlash),
        Some(_) => Err(OriginFault::Path),
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<&str>), OriginFault> {
    let after_address = rest.rfind(']').unwrap_or(0);
    let (before, after) = rest.split_at(after_address);
    match after.split_once(':') {
        None => Ok((rest, None)),
        Some((_, port)) if port.contains(':') => Err(OriginFault::Host),
        Some((more, port)) => {
            let end = before.len() + more.len();
            Ok((rest.get(..end).ok_or(OriginFault::Host)?, Some(port)))
        }
    }
}

pub(super) fn is_scheme(scheme: &[u8]) -> bool {
    let is_known = |byte: &u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.')
    };
    scheme.len() <= LONGEST_SCHEME
        && scheme.first().is_some_and(u8::is_ascii_lowercase)
        && scheme.iter().all(is_known)
}

/// Whether `host` is labels of at most 63 bytes between full stops, `room` bytes in all. One more
/// full stop may end it.
pub(super) fn is_host_name(host: &[u8], room: usize) -> bool {
    let host = host.strip_suffix(b".").unwrap_or(host);
    let is_known = |byte: &u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
    };
    host.len() <= room
        && host
            .split(|byte| *byte == b'.')
            .all(|label| (1..=LONGEST_LABEL).contains(&label.len()) && label.iter().all(is_known))
}

/// A port from 1 to 65535, in decimal digits without zeros before them.
pub(super) fn read_port(digits: &[u8]) -> Option<u16> {
    if !digits.iter().all(u8::is_ascii_digit) || digits.first() == Some(&b'0') {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The port that browsers leave out (URL Standard, special schemes).
pub(super) fn default_port(scheme: &[u8]) -> Option<u16> {
    match scheme {
        b"http" | b"ws" => Some(80),
        b"https" | b"wss" => Some(443),
        b"ftp" => Some(21),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
