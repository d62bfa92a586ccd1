//! How much of a head is read.

use http::HeaderMap;

/// What a field counts beside its name and its value (RFC 9113, section 6.5.2).
const OVERHEAD: usize = 32;

/// The most header fields, and the most bytes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeadLimit {
    pub(super) fields: usize,
    pub(super) bytes: usize,
}

impl HeadLimit {
    /// # Errors
    /// The reason, if there is more than that.
    pub(super) fn judge(self, headers: &HeaderMap) -> Result<(), &'static str> {
        if headers.len() > self.fields {
            return Err("too_many_header_fields");
        }
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + OVERHEAD)
            .sum();
        if bytes > self.bytes {
            return Err("header_fields_too_long");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn fields_and_their_bytes_count_however_they_are_spread() {
        // Each `x-a: 1` counts 3 + 1 + 32 = 36 bytes, also where one name has several lines.
        for (count, fields, bytes, verdict) in [
            (0, 0, 0, Ok(())),
            (2, 2, 72, Ok(())),
            (2, 1, 72, Err("too_many_header_fields")),
            (2, 2, 71, Err("header_fields_too_long")),
            (2, 3, 73, Ok(())),
        ] {
            for one_name in [true, false] {
                let mut headers = HeaderMap::new();
                for index in 0..count {
                    let name = if one_name || index == 0 { "x-a" } else { "x-b" };
                    headers.append(name, HeaderValue::from_static("1"));
                }
                let limit = HeadLimit { fields, bytes };
                assert_eq!(limit.judge(&headers), verdict, "{count} of {limit:?}");
            }
        }
    }
}
