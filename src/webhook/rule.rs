//! Whether a delivery is from who it says: pure.

use super::envelope::Envelope;
use super::keys::Key;

/// Whether `body` in this envelope was signed by one of `keys` whose time is not over at `now`, in
/// seconds since the Unix epoch; the reason if not.
pub(super) fn judge(
    envelope: &Envelope<'_>,
    body: &[u8],
    keys: &[Key],
    now: u64,
) -> Result<(), &'static str> {
    // Each key is tried, whichever is right, so that the time tells nothing.
    let signs = |key: &Key| key.until > now && key.has_signed(envelope, body);
    let is_signed = keys.iter().fold(false, |any, key| any | signs(key));
    if is_signed {
        Ok(())
    } else {
        Err("webhook_signature_invalid")
    }
}

/// Whether it was sent at most `tolerance` seconds before or after `now`, as far as that is told.
pub(super) fn timely(sent_at: Option<u64>, now: u64, tolerance: u64) -> Result<(), &'static str> {
    match sent_at {
        Some(sent_at) if sent_at.abs_diff(now) > tolerance => Err(if sent_at < now {
            "webhook_too_old"
        } else {
            "webhook_from_the_future"
        }),
        _ => Ok(()),
    }
}
