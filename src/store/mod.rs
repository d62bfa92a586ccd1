//! What controls remember, and where.
//!
//! Stores come in a handful of shapes, each a trait that names what it promises. The engine in
//! memory is the default: bounded, for one process. Every operation answers with an [`Answer`],
//! so that an engine in memory answers at once, without a box or a suspension.

mod answer;
mod error;
mod gcra;
mod key;
mod key_record;
mod key_ring;
pub mod memory;
mod quota;
mod quotas;
mod revocation_marks;
mod seen;
mod window;

pub use answer::Answer;
pub use error::StoreError;
pub use gcra::Bucket;
pub use key::{Key, KeyKind};
pub use key_record::{KeyHash, KeyId, KeyRecord};
pub use key_ring::{KEYS_A_PAGE, KeyOwner, KeyRing};
pub use quota::{Limit, Quota};
pub use quotas::{Charge, Decision, Policy, Quotas};
pub use revocation_marks::RevocationMarks;
pub use seen::{Seen, SeenKey};
pub use window::Window;
