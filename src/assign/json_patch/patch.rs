//! A patch and its application.

use std::fmt;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::operation::{self, Operation};
use super::rules::JsonPatchRules;
use super::run::Run;
use crate::assign::Changed;
use crate::assign::sent::plain_numbers;
use crate::body::{Faults, Tree, scan};
use crate::event::Witness;
use crate::problem::Problem;

/// A JSON Patch ([RFC 6902]) that a caller sends for a tree; it can only be
/// [applied](Self::apply), within rules.
///
/// As an extractor it reads `application/json-patch+json` of at most 64 KiB, as strictly as
/// described at [`crate::assign`]: at most 100 operations, pointers of at most 1024 bytes and 32
/// steps.
///
/// [RFC 6902]: https://www.rfc-editor.org/rfc/rfc6902
pub struct JsonPatch {
    operations: Vec<Operation>,
    witness: Option<Witness>,
}

impl JsonPatch {
    /// Reads `body`, as the extractor does; for other places than handlers. What is refused later
    /// is then not told as an event.
    ///
    /// # Errors
    /// A [`Problem`]: of the kind `MalformedBody` if `body` is not one strict JSON text, of the kind
    /// `InvalidBody` if it is no JSON Patch, or has too many operations.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        plain_numbers()?;
        let body = scan(body, |walk, json| Tree(walk).deserialize(json))?;
        let mut faults = Faults::default();
        let operations = operation::read(body, &mut faults);
        if !faults.is_empty() {
            return Err(faults.into_problem("json_patch_is_none"));
        }
        let witness = None;
        Ok(Self {
            operations,
            witness,
        })
    }

    pub(in crate::assign) fn seen_by(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    /// Applies all operations to `document`, or none. Gives back the pointers of those that
    /// changed something, as the caller wrote them.
    ///
    /// A place that is listed by itself can be added, replaced, removed and tested; so can the
    /// elements of a list that is listed. An object of which members are listed can be added to a
    /// list, and neither replaced nor removed: what is not listed in it would go with it. The
    /// document as a whole is never at hand.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody`, told as an event, at the first operation that cannot
    /// be carried out. Codes: `unknown-field` for what is not listed, be it there or not; `absent`
    /// for what is listed and not there; `test` for a test that fails; `depth` and `max-length` for
    /// what grows too much. Pointers are those of the patch, as `#/0/path`; `#` if all of it
    /// together makes the document too long, which is looked at last.
    pub fn apply(
        mut self,
        document: &mut Value,
        rules: &JsonPatchRules,
    ) -> Result<Changed, Problem> {
        let witness = self.witness.take();
        match (applied(self.operations, document, rules), witness) {
            (Ok((after, changed)), _) => {
                *document = after;
                Ok(Changed::new(changed, Vec::new()))
            }
            (Err(problem), Some(witness)) => Err(witness.refuse(problem)),
            (Err(problem), None) => Err(problem),
        }
    }
}

/// Values are the caller's own affair, so they are not shown.
impl fmt::Debug for JsonPatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonPatch").finish_non_exhaustive()
    }
}

fn applied(
    operations: Vec<Operation>,
    before: &Value,
    rules: &JsonPatchRules,
) -> Result<(Value, Vec<String>), Problem> {
    let mut run = Run::on(before, rules);
    for (number, operation) in operations.into_iter().enumerate() {
        run.step(operation).map_err(|fault| {
            let mut faults = Faults::default();
            let pointer = || format!("#/{number}/{}", fault.member);
            faults.add(pointer, fault.code, fault.detail);
            faults.into_problem("json_patch_refused")
        })?;
    }
    run.finished(before).map_err(|fault| {
        let mut faults = Faults::default();
        faults.add(|| "#".to_owned(), fault.code, fault.detail);
        faults.into_problem("json_patch_refused")
    })
}
