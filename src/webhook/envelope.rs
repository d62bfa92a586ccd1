//! What the headers of a delivery say, read by the letter.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName};
use smallvec::SmallVec;

use super::scheme::{Encoding, Layout, WebhookScheme};
use crate::alphabet::unhex;
use crate::field::exactly_one;

/// A MAC by HMAC-SHA-256.
pub(super) type Mac = [u8; 32];
/// A signature by Ed25519.
pub(super) type EdSignature = [u8; 64];

/// More candidates than that are no rotation of keys.
const MOST_CANDIDATES: usize = 16;
/// The longest header that is read.
const LONGEST: usize = 4_096;
const LONGEST_ID: usize = 255;
/// Until the year 33 658.
const MOST_DIGITS: usize = 12;

/// The headers of a delivery.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Envelope<'a> {
    /// What is signed before the body.
    pub(super) signed: SmallVec<[&'a [u8]; 4]>,
    /// When it was sent, in seconds since the Unix epoch, if that is signed.
    pub(super) sent_at: Option<u64>,
    /// Its id, if that is signed.
    pub(super) id: Option<&'a str>,
    pub(super) macs: SmallVec<[Mac; 2]>,
    pub(super) signatures: SmallVec<[EdSignature; 1]>,
}

impl<'a> Envelope<'a> {
    /// Reads the headers of a delivery that is laid out like this; the reason if they cannot be read.
    pub(super) fn read(headers: &'a HeaderMap, layout: &'a Layout) -> Result<Self, &'static str> {
        let envelope = match layout {
            Layout::Standard => Self::standard(headers),
            Layout::Stripe => Self::stripe(headers),
            Layout::Plain(scheme) => Self::plain(headers, scheme),
        }?;
        if envelope.macs.is_empty() && envelope.signatures.is_empty() {
            return Err("webhook_signature_unreadable");
        }
        Ok(envelope)
    }

    /// Standard Webhooks, or the same under the names of Svix; never a mixture of both.
    fn standard(headers: &'a HeaderMap) -> Result<Self, &'static str> {
        const STANDARD: [HeaderName; 3] = [
            HeaderName::from_static("webhook-id"),
            HeaderName::from_static("webhook-timestamp"),
            HeaderName::from_static("webhook-signature"),
        ];
        const SVIX: [HeaderName; 3] = [
            HeaderName::from_static("svix-id"),
            HeaderName::from_static("svix-timestamp"),
            HeaderName::from_static("svix-signature"),
        ];
        let is_standard = STANDARD.iter().any(|name| headers.contains_key(name));
        let names = if is_standard { STANDARD } else { SVIX };
        let [id, time, list] = names.map(|name| only(headers, &name));
        let (id, time, list) = (id?, time?, list?);
        let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(is_id) {
            return Err("webhook_id_unreadable");
        }
        let mut envelope = Self {
            signed: [id.as_bytes(), b".", time.as_bytes(), b"."].into(),
            sent_at: Some(moment(time)?),
            id: Some(id),
            ..Self::default()
        };
        for (place, candidate) in list.split(' ').enumerate() {
            if place >= MOST_CANDIDATES {
                return Err("webhook_signatures_too_many");
            }
            match candidate.split_once(',') {
                Some(("v1", text)) => envelope.macs.extend(decoded(text, Encoding::Base64)),
                Some(("v1a", text)) => envelope.signatures.extend(decoded(text, Encoding::Base64)),
                // Of a version that is not known here.
                _ => {}
            }
        }
        Ok(envelope)
    }

    /// `t=1492774577,v1=5257a8..,v1=6ffbb5..,v0=..`
    fn stripe(headers: &'a HeaderMap) -> Result<Self, &'static str> {
        const SIGNATURE: HeaderName = HeaderName::from_static("stripe-signature");
        let (mut envelope, mut time) = (Self::default(), None);
        for (place, part) in only(headers, &SIGNATURE)?.split(',').enumerate() {
            if place >= MOST_CANDIDATES {
                return Err("webhook_signatures_too_many");
            }
            match part.split_once('=') {
                Some(("t", _)) if time.is_some() => return Err("webhook_timestamp_repeated"),
                Some(("t", text)) => time = Some(text),
                Some(("v1", text)) => envelope.macs.extend(decoded(text, Encoding::Hex)),
                _ => {}
            }
        }
        let time = time.ok_or("webhook_timestamp_missing")?;
        envelope.sent_at = Some(moment(time)?);
        envelope.signed = [time.as_bytes(), b"."].as_slice().into();
        Ok(envelope)
    }

    fn plain(headers: &'a HeaderMap, scheme: &'a WebhookScheme) -> Result<Self, &'static str> {
        let text = only(headers, &scheme.header)?;
        let text = text.strip_prefix(scheme.prefix.as_str());
        let mac = text.and_then(|text| decoded(text, scheme.encoding));
        let mut envelope = Self {
            macs: mac.into_iter().collect(),
            ..Self::default()
        };
        if let Some(time) = &scheme.time {
            let text = only(headers, &time.header)?;
            envelope.sent_at = Some(moment(text)?);
            let parts = [&*time.before, text, &*time.after];
            envelope.signed = parts.into_iter().map(str::as_bytes).collect();
        }
        Ok(envelope)
    }
}

/// The only line of a header.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, &'static str> {
    let line = exactly_one(headers, name).map_err(|_| "webhook_header_repeated")?;
    let line = line.ok_or("webhook_header_missing")?;
    if line.len() > LONGEST {
        return Err("webhook_header_too_long");
    }
    line.to_str().map_err(|_| "webhook_header_unreadable")
}

/// Seconds since the Unix epoch, in digits alone and in their one form: what is signed is the text,
/// so that it must not be read in any other way by anybody.
fn moment(text: &str) -> Result<u64, &'static str> {
    let is_canonical = text == "0" || !text.starts_with('0');
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_canonical || !is_number || text.len() > MOST_DIGITS {
        return Err("webhook_timestamp_unreadable");
    }
    text.parse().map_err(|_| "webhook_timestamp_unreadable")
}

/// So many bytes, in their one form.
fn decoded<const N: usize>(text: &str, encoding: Encoding) -> Option<[u8; N]> {
    match encoding {
        Encoding::Hex => unhex(text),
        Encoding::Base64 if text.len() != N.div_ceil(3) * 4 => None,
        Encoding::Base64 => STANDARD.decode(text).ok()?.try_into().ok(),
    }
}

#[cfg(test)]
mod tests;
