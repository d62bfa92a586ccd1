//! What callers send to make an object or to change one.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::assignable::{Assignable, Unlisted};
use super::changed::Changed;
use super::grant::Grant;
use super::listing::{check_members, drop_members, not_an_object};
use super::role::Role;
use super::rules::{Asked, Moment, Permitted};
use super::said::{Found, Said};
use crate::body::{Faults, Path, Tree, numbers_are_plain, scan};
use crate::event::{Outcome, Witness};
use crate::problem::{Kind, Problem};

/// What a caller sends to make an `M`: whoever has the grant may [fill in](Self::fill) a blank one
/// with it, and it is good for nothing else.
///
/// As an extractor it reads `application/json`, as strictly as described at [`crate::assign`]. Who
/// may set what is decided when it is used, so that an answer never tells more than the grant does.
pub struct New<M> {
    sent: Sent,
    model: PhantomData<fn() -> M>,
}

/// What a caller sends to change an `M` (a JSON merge patch, [RFC 7396]): whoever has the grant may
/// [apply](Self::apply) it, and it is good for nothing else.
///
/// A member that is absent leaves its field as it is, null makes an `Option` `None` (and is refused
/// for other fields), a list replaces the list. As an extractor it reads
/// `application/merge-patch+json` and `application/json`, as strictly as described at
/// [`crate::assign`].
///
/// [RFC 7396]: https://www.rfc-editor.org/rfc/rfc7396
pub struct Patch<M> {
    sent: Sent,
    model: PhantomData<fn() -> M>,
}

impl<M: Assignable> New<M> {
    /// Reads `body`, as the extractor does; for other places than handlers. What is refused later
    /// is then not told as an event.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `MalformedBody` if `body` is not one strict JSON text.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        Sent::read(body).map(Self::of)
    }

    /// Chooses what happens to members that the caller may not set (default: they are refused).
    #[must_use]
    pub fn with_unlisted(mut self, unlisted: Unlisted) -> Self {
        self.sent.unlisted = unlisted;
        self
    }

    /// Fills in `blank` with what the caller says and, by `grant`, may set. What they may not set
    /// stays as it is in `blank`. What they may set must be there, unless its type is an `Option`
    /// or its rule says `optional`.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody`, told as an event: members that the caller may not
    /// set, exactly as if there were none; or else values that do not fit and fields that are
    /// missing; or else what the model's own check says of the whole.
    pub fn fill(self, blank: M, grant: &Grant<M::Role>) -> Result<M, Problem> {
        let mut model = blank;
        self.sent.onto(&mut model, grant, Moment::Creation)?;
        Ok(model)
    }

    pub(super) fn of(sent: Sent) -> Self {
        let model = PhantomData;
        Self { sent, model }
    }
}

impl<M: Assignable> Patch<M> {
    /// Reads `body`, as the extractor does; for other places than handlers. What is refused later
    /// is then not told as an event.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `MalformedBody` if `body` is not one strict JSON text.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        Sent::read(body).map(Self::of)
    }

    /// Chooses what happens to members that the caller may not set (default: they are refused).
    #[must_use]
    pub fn with_unlisted(mut self, unlisted: Unlisted) -> Self {
        self.sent.unlisted = unlisted;
        self
    }

    /// Changes `model` as the caller says and, by `grant`, may. A patch that is refused changes
    /// nothing.
    ///
    /// # Errors
    /// A [`Problem`] of the kind `InvalidBody`, told as an event: members that the caller may not
    /// set, exactly as if there were none; or else values that do not fit; or else what the model's
    /// own check says of the whole.
    pub fn apply(self, model: &mut M, grant: &Grant<M::Role>) -> Result<Changed, Problem>
    where
        M: Clone,
    {
        let mut changed = model.clone();
        let told = self.sent.onto(&mut changed, grant, Moment::Change)?;
        *model = changed;
        Ok(told)
    }

    pub(super) fn of(sent: Sent) -> Self {
        let model = PhantomData;
        Self { sent, model }
    }
}

/// Values are the caller's own affair, so they are not shown.
impl<M> fmt::Debug for New<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("New").finish_non_exhaustive()
    }
}

/// Values are the caller's own affair, so they are not shown.
impl<M> fmt::Debug for Patch<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patch").finish_non_exhaustive()
    }
}

/// A body that was read and not yet judged.
pub(super) struct Sent {
    body: Value,
    unlisted: Unlisted,
    witness: Option<Witness>,
}

impl Sent {
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        plain_numbers()?;
        Ok(Self {
            body: scan(body, |walk, json| Tree(walk).deserialize(json))?,
            unlisted: Unlisted::Refuse,
            witness: None,
        })
    }

    /// Has what is decided later be told as of the request of `witness`.
    pub(super) fn seen_by(mut self, witness: Witness) -> Self {
        self.witness = Some(witness);
        self
    }

    fn onto<M: Assignable>(
        mut self,
        model: &mut M,
        grant: &Grant<M::Role>,
        moment: Moment,
    ) -> Result<Changed, Problem> {
        let asked = Asked { grant, moment };
        let witness = self.witness.take();
        let judged = self
            .trimmed(Permitted::of(M::RULES, asked), witness.as_ref())
            .and_then(|(body, dropped)| Ok(Changed::new(assigned(model, &body, asked)?, dropped)));
        match (judged, witness) {
            (Err(problem), Some(witness)) => Err(witness.refuse(problem)),
            (judged, _) => judged,
        }
    }

    /// The body with nothing in it that is not permitted, and what was dropped.
    fn trimmed<R: Role>(
        mut self,
        permitted: Permitted<'_, R>,
        witness: Option<&Witness>,
    ) -> Result<(Value, Vec<String>), Problem> {
        let mut faults = Faults::default();
        if let Value::Object(members) = &self.body {
            check_members(permitted, members, &mut Path::default(), &mut faults);
        } else {
            not_an_object(&mut faults);
        }
        if faults.is_empty() {
            return Ok((self.body, Vec::new()));
        }
        let refusal = faults.into_problem("fields_not_assignable");
        let Value::Object(members) = &mut self.body else {
            return Err(refusal);
        };
        if self.unlisted == Unlisted::Refuse {
            return Err(refusal);
        }
        drop_members(permitted, members);
        if self.unlisted == Unlisted::Drop {
            return Ok((self.body, Vec::new()));
        }
        if let Some(witness) = witness {
            witness.note(Outcome::Trimmed, refusal.reason());
        }
        let dropped = refusal.faults().iter().map(|fault| fault.pointer.clone());
        Ok((self.body, dropped.collect()))
    }
}

/// Sets in `model` what `body` says, and looks at the whole. The pointers to what has changed.
fn assigned<M: Assignable>(
    model: &mut M,
    body: &Value,
    asked: Asked<'_, M::Role>,
) -> Result<Vec<String>, Problem> {
    let mut found = Found::default();
    if let Value::Object(members) = body {
        model.assign(&mut Said::of(members, M::RULES, asked, &mut found));
    }
    if !found.faults.is_empty() {
        return Err(found.faults.into_problem("fields_do_not_fit"));
    }
    let mut faults = Faults::default();
    let mut others_are_wrong = false;
    for fault in model.faults() {
        let is_theirs = Permitted::of(M::RULES, asked).reaches(&fault.pointer);
        if is_theirs {
            faults.add(|| fault.pointer, fault.code, fault.detail);
        } else {
            others_are_wrong = true;
        }
    }
    // Of fields that the caller may not set no more than that is told to them.
    if others_are_wrong {
        faults.add(|| "#".to_owned(), "model", "does not hold together");
    }
    if !faults.is_empty() {
        return Err(faults.into_problem("model_does_not_hold"));
    }
    Ok(found.changed)
}

/// Refuses to read anything if the feature `arbitrary_precision` of `serde_json` is on, with which
/// callers can counterfeit numbers.
pub(super) fn plain_numbers() -> Result<(), Problem> {
    if numbers_are_plain() {
        return Ok(());
    }
    Err(Problem::new(Kind::Misconfigured).because("arbitrary_precision_is_on"))
}
