//! What protects each route, told on one page.

mod accepted;
mod body;
mod changes;
mod compare;
mod concern;
mod findings;
mod html;
mod report;
mod row;
mod tables;

pub use accepted::Unaccepted;
pub use body::{BodyRow, SchemaRow};
pub use changes::{Change, Changes, Tendency};
pub use concern::{Concern, Finding};
pub use report::Audit;
pub use row::{QuotaRow, Row, VersionRow};

pub(super) use html::PAGE_POLICY;
