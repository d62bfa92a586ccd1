//! Where the member of a name stands, found in one step.

/// The length of a name and what it begins and ends with: all of a name of up to 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    length: usize,
    first: u64,
    last: u64,
}

impl Key {
    #[inline]
    pub(super) fn of(name: &str) -> Self {
        let name = name.as_bytes();
        let (first, last) = if let (Some(first), Some(last)) =
            (name.first_chunk::<8>(), name.last_chunk::<8>())
        {
            (u64::from_le_bytes(*first), u64::from_le_bytes(*last))
        } else if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>())
        {
            (
                u32::from_le_bytes(*first).into(),
                u32::from_le_bytes(*last).into(),
            )
        } else {
            (
                name.iter()
                    .fold(0, |bytes, byte| bytes << 8 | u64::from(*byte)),
                0,
            )
        };
        Self {
            length: name.len(),
            first,
            last,
        }
    }

    /// Whether names of equal keys are equal.
    #[inline]
    pub(super) fn is_whole(self) -> bool {
        self.length <= 16
    }
}

/// A table that holds each place under a number made of the key of its name. Made once, with a
/// factor under which no two names meet; who asks for a name of their own choice is answered after
/// one comparison all the same.
#[derive(Debug)]
pub(super) struct Directory {
    factor: u64,
    shift: u32,
    /// Places, one more than they are; nothing is 0.
    table: Box<[u8]>,
}

/// How many factors are tried.
const TRIES: u64 = 1_000;

impl Directory {
    /// The directory of `names`, if they are not too many and not too much alike.
    pub(super) fn of(names: &[&str]) -> Option<Self> {
        if names.is_empty() || names.len() > 64 {
            return None;
        }
        let size = (names.len() * 4).next_power_of_two();
        let shift = 64 - size.trailing_zeros();
        (1..=TRIES).find_map(|try_| {
            let factor = try_.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            let mut made = Self {
                factor,
                shift,
                table: vec![0; size].into(),
            };
            for (place, name) in names.iter().enumerate() {
                let slot = made.slot(Key::of(name));
                let slot = made.table.get_mut(slot)?;
                if *slot != 0 {
                    return None;
                }
                *slot = u8::try_from(place + 1).ok()?;
            }
            Some(made)
        })
    }

    /// The only place at which a name of this key can stand.
    #[inline]
    pub(super) fn place(&self, key: Key) -> Option<usize> {
        let entry = self.table.get(self.slot(key))?;
        usize::from(*entry).checked_sub(1)
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "a place in a small table")]
    fn slot(&self, key: Key) -> usize {
        let number = key.first ^ key.last.rotate_left(23) ^ (key.length as u64).rotate_left(59);
        (number.wrapping_mul(self.factor) >> self.shift) as usize
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn each_name_has_its_place(names in proptest::collection::btree_set("[a-z_]{0,14}", 1..40)) {
            if let Some(directory) = Directory::of(&names.iter().map(String::as_str).collect::<Vec<_>>()) {
                for (place, name) in names.iter().enumerate() {
                    prop_assert_eq!(directory.place(Key::of(name)), Some(place));
                }
            }
        }
    }

    #[test]
    fn usual_names_have_a_directory_and_names_too_much_alike_have_none() {
        let usual = "title slug status author tags published_at sections meta heading level body \
                     visible words score language revision id name email bio created_at updated_at \
                     description short_description long_description address_line_1 address_line_2";
        let names: Vec<&str> = usual.split_whitespace().collect();
        assert!(Directory::of(&names).is_some());
        let alike = ["0123456789a76543210", "0123456789b76543210"];
        assert!(Directory::of(&alike).is_none());
        assert!(Directory::of(&[]).is_none());
    }
}
