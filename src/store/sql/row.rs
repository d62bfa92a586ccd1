//! Columns as what they stand for.

use super::dialect::Columns;
use super::fault::Fault;
use crate::identity::Scopes;

/// The columns of a row that belong to a record.
pub(super) struct Row<'a, C>(pub(super) &'a C);

impl<C: Columns> Row<'_, C> {
    pub(super) fn text(&self, at: usize) -> Result<String, Fault> {
        self.0.text(at)?.ok_or(Fault::Column(at))
    }

    pub(super) fn optional_text(&self, at: usize) -> Result<Option<String>, Fault> {
        self.0.text(at)
    }

    pub(super) fn number(&self, at: usize) -> Result<u64, Fault> {
        self.optional_number(at)?.ok_or(Fault::Column(at))
    }

    pub(super) fn optional_number(&self, at: usize) -> Result<Option<u64>, Fault> {
        let number = self.0.number(at)?;
        number
            .map(|number| u64::try_from(number).map_err(|_| Fault::Column(at)))
            .transpose()
    }

    pub(super) fn small_number(&self, at: usize) -> Result<u32, Fault> {
        u32::try_from(self.number(at)?).map_err(|_| Fault::Column(at))
    }

    pub(super) fn bytes<const N: usize>(&self, at: usize) -> Result<[u8; N], Fault> {
        self.optional_bytes(at)?.ok_or(Fault::Column(at))
    }

    pub(super) fn optional_bytes<const N: usize>(
        &self,
        at: usize,
    ) -> Result<Option<[u8; N]>, Fault> {
        let bytes = self.0.bytes(at)?;
        bytes
            .map(|bytes| bytes.try_into().map_err(|_| Fault::Column(at)))
            .transpose()
    }

    pub(super) fn scopes(&self, at: usize) -> Result<Scopes, Fault> {
        Ok(Scopes::parse(&self.text(at)?))
    }
}
