//! Things that are made once for each type.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// One value for each type that asks. The values live as long as the process: there are as many as
/// the program has types.
pub(crate) struct PerType<V: 'static>(RwLock<BTreeMap<TypeId, &'static V>>);

impl<V: Send + Sync> PerType<V> {
    pub(crate) const fn new() -> Self {
        Self(RwLock::new(BTreeMap::new()))
    }

    /// The value of `T`, made with `make` when it is asked for first. Nothing is locked while it is
    /// made; if two threads make it at once, one of the two is kept.
    pub(crate) fn get<T: 'static>(&self, make: impl FnOnce() -> V) -> &'static V {
        let id = TypeId::of::<T>();
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = known.get(&id) {
            return value;
        }
        drop(known);
        let value = make();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known
            .entry(id)
            .or_insert_with(|| Box::leak(Box::new(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_for_each_type() {
        static NAMES: PerType<&str> = PerType::new();
        assert_eq!(*NAMES.get::<u8>(|| "first"), "first");
        assert_eq!(*NAMES.get::<u8>(|| "second"), "first");
        assert_eq!(*NAMES.get::<u16>(|| "other"), "other");
    }
}
