//! What a model says of its fields.

use super::role::Role;
use super::rules::Rule;
use super::said::Said;
use crate::body::{DEFAULT_MAX_BYTES, Path};
use crate::problem::FieldFault;

/// A model of which each field says who may set it. Derive it: see [`crate::assign`].
///
/// The rules stand on the model and not on the route or on a type beside it, so that whoever adds a
/// field has to say there and then whose it is to set.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who may set its fields",
    label = "no rules for its fields",
    note = "put `#[derive(portcullis::assign::Assignable)]` on it; what is `nested` must be such a \
            model itself, and no `Option`, `Box` or list of one"
)]
pub trait Assignable: Sized {
    /// The roles that the rules name; [`Anyone`](super::Anyone) if they name none.
    type Role: Role;

    /// The rules of all fields that somebody may set.
    const RULES: &'static [Rule<Self::Role>];

    /// The longest body that is read, in bytes. Default: 64 KiB.
    const MAX_BYTES: usize = DEFAULT_MAX_BYTES;

    /// Offers each field that somebody may set to `said`, which sets those that the caller may set.
    fn assign(&mut self, said: &mut Said<'_, Self::Role>);

    /// What is wrong with the model as a whole: asked once all fields are set, and before anybody
    /// gets to see the result. Pointers are those of the model, as `#/title`.
    fn faults(&self) -> Vec<FieldFault> {
        Vec::new()
    }

    /// The same of a model that is the field `name` of another.
    fn faults_in(&self, name: &'static str) -> Vec<FieldFault> {
        let field = Path::default().pointer_to(name);
        let mut faults = self.faults();
        for fault in &mut faults {
            fault.pointer = format!("{field}{}", fault.pointer.trim_start_matches('#'));
        }
        faults
    }
}

/// What happens to members of a body that the caller may not set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unlisted {
    /// The request is refused, and the caller told which they are.
    #[default]
    Refuse,
    /// They are dropped without a word.
    Drop,
    /// They are dropped, and you are told: by an event, and by
    /// [`Changed::dropped`](super::Changed::dropped). The caller is not.
    Report,
}
