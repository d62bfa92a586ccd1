//! Bodies, read once and strictly: what the controls that read them share.
//!
//! A body is read in this order, and the first step that fails decides the answer: media type and
//! coding (415), length (413, also when a longer body than announced comes in), speed (408, if a limit
//! of `load` stands around), the whole of the JSON text (400). Only then may a control look at what it says.
//!
//! [RFC 8259] leaves open what two members of one name mean, and parsers differ; here that is an
//! error at every level, as [RFC 7493], section 2.3, demands.
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259
//! [RFC 7493]: https://www.rfc-editor.org/rfc/rfc7493

mod coding;
mod faults;
#[cfg(feature = "compression")]
mod gzip;
mod media_type;
mod overrun;
mod path;
#[cfg(feature = "json")]
mod per_type;
#[cfg(any(feature = "json", all(feature = "jwt", feature = "session")))]
mod percent;
mod read;
mod strict;
mod tree;

pub(crate) use faults::{Faults, Wording};
pub(crate) use media_type::{MediaType, NOT_ACCEPTED, is_essence};
pub(crate) use overrun::{Cut, Overrun, Upload};
pub(crate) use path::Path;
#[cfg(feature = "json")]
pub(crate) use per_type::PerType;
#[cfg(any(feature = "json", all(feature = "jwt", feature = "session")))]
pub(crate) use percent::undo as undo_percent;
pub(crate) use read::{DEFAULT_MAX_BYTES, Intake, announced, bounded, unsupported};
#[cfg(feature = "json")]
pub(crate) use strict::is_reserved;
#[cfg(feature = "json")]
pub(crate) use strict::{MAX_DEPTH, Name, Walk};
pub(crate) use strict::{numbers_are_plain, scan};
pub(crate) use tree::Tree;
