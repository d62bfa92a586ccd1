//! A charge as the server is told of it.

use smallvec::SmallVec;

use super::terms::Terms;

/// 128 bits: that two of a million keys share a quota by chance happens once in 10^26 times.
pub(super) const HASH_LEN: usize = 16;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What a key is called, but for the prefix.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) kind: &'static str,
    pub(super) hash: [u8; HASH_LEN],
}

/// A charge as the server is told of it.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) terms: Terms,
    /// Whether units may be taken ahead.
    pub(super) is_leasable: bool,
}

/// What is taken together or not at all.
pub(super) type Group = SmallVec<[Asked; 1]>;

/// A name in full, with room for the longest prefix.
pub(super) type FullName = SmallVec<[u8; 112]>;

impl Name {
    /// The name after `prefix`: what belongs to it lies in one slot of a cluster.
    pub(super) fn after(&self, prefix: &str) -> FullName {
        let mut name = FullName::new();
        name.extend_from_slice(prefix.as_bytes());
        name.extend_from_slice(self.kind.as_bytes());
        name.extend_from_slice(b":{");
        for byte in self.hash {
            for half in [byte >> 4, byte & 15] {
                name.push(DIGITS.get(usize::from(half)).copied().unwrap_or(b'0'));
            }
        }
        name.push(b'}');
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_as_it_always_was() {
        let mut hash = [0; HASH_LEN];
        hash[..3].copy_from_slice(&[0x0f, 0xa0, 0xff]);
        let name = Name {
            kind: "bucket",
            hash,
        };
        let written = name.after("p:");
        assert_eq!(&*written, b"p:bucket:{0fa0ff00000000000000000000000000}");
    }
}
