//! What controls remember, and where.
//!
//! Stores come in a handful of shapes, each a trait that names what it promises. The engine in
//! memory is the default: bounded, for one process. Every operation answers with an [`Answer`],
//! so that an engine in memory answers at once, without a box or a suspension.
//!
//! What must outlive the process is kept in SQLite or PostgreSQL (the module `sql`, with the
//! features `sqlite` and `postgres`) or on Redis (the module `redis`, with the feature `redis`; read
//! there what Redis must be told first). A guard takes any of them. If a store cannot answer within
//! its deadline, the guard refuses with 503, and the event names the store.

mod answer;
mod breaker;
mod cached_key_ring;
mod counter;
mod error;
mod failing_over;
mod family;
mod family_id;
mod gcra;
mod key;
mod key_hash;
mod key_id;
mod key_memory;
mod key_record;
mod key_ring;
pub mod memory;
mod outage;
mod quota;
mod quotas;
mod reach;
#[cfg(feature = "redis")]
pub mod redis;
mod refresh_families;
mod revocation_marks;
mod secret_hash;
mod seen;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod sql;
mod window;

pub use answer::Answer;
pub use cached_key_ring::CachedKeyRing;
pub use counter::Counter;
pub use error::StoreError;
pub use failing_over::FailingOver;
pub use family::Family;
pub use family_id::FamilyId;
pub use gcra::Bucket;
pub use key::{Key, KeyKind};
pub use key_hash::KeyHash;
pub use key_id::KeyId;
pub(crate) use key_id::is_alphanumeric;
pub use key_record::KeyRecord;
pub use key_ring::{KEYS_A_PAGE, KeyOwner, KeyRing, USES_AT_ONCE};
pub use outage::Outage;
pub use quota::{Limit, Quota};
pub use quotas::{Charge, Decision, Policy, Quotas, Receipt};
pub use refresh_families::{FAMILIES_A_PAGE, FAMILIES_A_PURGE, FamilyOwner, RefreshFamilies};
pub use revocation_marks::RevocationMarks;
pub(crate) use secret_hash::SecretHash;
pub use seen::{Seen, SeenKey};
pub use window::Window;
