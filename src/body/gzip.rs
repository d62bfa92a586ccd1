//! Gzip (RFC 1952), undone step by step within a bound.

use std::io::Read;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use tokio::task;

use crate::problem::{Kind, Problem};

/// How many bytes are undone before others get their turn.
const STEP: usize = 32 * 1024;

/// The body that `sent` is the one gzip member of, if it is no longer than `max_bytes`. What it costs
/// is bounded by that, however much longer the body is.
pub(super) async fn undone(sent: &[u8], max_bytes: usize) -> Result<Bytes, Problem> {
    let mut gzip = GzDecoder::new(sent);
    let most = max_bytes.saturating_add(1);
    let mut body = Vec::new();
    loop {
        let length = body.len();
        let next = length.saturating_add(STEP).min(most);
        grow(&mut body, next, most);
        let room = body.get_mut(length..).unwrap_or_default();
        let read = gzip.read(room).map_err(|_| malformed("gzip_malformed"))?;
        body.truncate(length + read);
        if body.len() > max_bytes {
            return Err(Problem::new(Kind::BodyTooLarge).because("decoded_body_over_limit"));
        }
        if read == 0 {
            break;
        }
        task::yield_now().await;
    }
    if gzip.get_ref().is_empty() {
        Ok(body.into())
    } else {
        Err(malformed("gzip_followed_by_more"))
    }
}

/// Makes `body` as long as `next`, and never takes memory for more than `most`.
fn grow(body: &mut Vec<u8>, next: usize, most: usize) {
    if body.capacity() < next {
        let twice = body.capacity().saturating_mul(2);
        body.reserve_exact(twice.clamp(next, most) - body.len());
    }
    body.resize(next, 0);
}

fn malformed(reason: &'static str) -> Problem {
    Problem::new(Kind::MalformedBody).because(reason)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures_util::FutureExt;
    use proptest::prelude::*;

    use super::*;

    fn gzipped(body: &[u8]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(body).unwrap();
        gzip.finish().unwrap()
    }

    /// The length of the body, or why there is none.
    async fn read(sent: &[u8], max_bytes: usize) -> Result<usize, String> {
        let read = undone(sent, max_bytes).await;
        read.map(|body| body.len())
            .map_err(|problem| problem.reason().to_owned())
    }

    #[tokio::test]
    async fn a_member_is_undone_up_to_its_bound_and_to_its_end() {
        let whole = gzipped(&vec![7; 100_000]);
        let but = |change: fn(&mut Vec<u8>)| {
            let mut sent = whole.clone();
            change(&mut sent);
            sent
        };
        let malformed = Err("gzip_malformed".to_owned());
        let over = Err("decoded_body_over_limit".to_owned());
        let followed = Err("gzip_followed_by_more".to_owned());
        for (sent, max_bytes, found) in [
            (whole.clone(), 100_000, Ok(100_000)),
            (whole.clone(), usize::MAX, Ok(100_000)),
            (whole.clone(), 99_999, over.clone()),
            (whole.clone(), 0, over.clone()),
            (gzipped(b""), 0, Ok(0)),
            (Vec::new(), 9, malformed.clone()),
            (b"{}".to_vec(), 9, malformed.clone()),
            (
                but(|sent| sent.truncate(sent.len() - 1)),
                100_000,
                malformed.clone(),
            ),
            (but(|sent| sent.truncate(10)), 100_000, malformed.clone()),
            (but(|sent| sent[2] = 7), 100_000, malformed.clone()),
            (
                but(|sent| *sent.last_mut().unwrap() ^= 1),
                100_000,
                malformed.clone(),
            ),
            (but(|sent| sent.push(0)), 100_000, followed.clone()),
            (but(|sent| sent.extend(sent.clone())), usize::MAX, followed),
        ] {
            assert_eq!(read(&sent, max_bytes).await, found, "{}", sent.len());
        }
    }

    #[test]
    fn no_more_memory_is_taken_than_the_bound_allows() {
        let mut body = Vec::new();
        for next in [STEP, 2 * STEP, 3 * STEP, 100_001] {
            grow(&mut body, next, 100_001);
            assert_eq!(body.len(), next);
            assert!(body.capacity() <= 100_001, "{}", body.capacity());
        }
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(body in prop::collection::vec(0_u8..4, 0..9_000)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read = runtime.block_on(undone(&gzipped(&body), body.len())).unwrap();
            prop_assert_eq!(read, body);
        }

        #[test]
        fn no_bytes_panic(tail in prop::collection::vec(any::<u8>(), 0..300), flags: u8) {
            let mut sent = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
            sent.extend(tail);
            let mut read = std::pin::pin!(undone(&sent, 4_096));
            for _ in 0..9 {
                if let Some(read) = read.as_mut().now_or_never() {
                    prop_assert!(read.is_err() || read.is_ok_and(|body| body.len() <= 4_096));
                    break;
                }
            }
        }
    }
}
