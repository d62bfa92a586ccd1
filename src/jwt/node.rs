//! The members of a JSON object, as far as claims and headers need them.

use std::borrow::Cow;

/// A value, as far as claims and headers need it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Node<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(f64),
    /// An array of nothing but text.
    Texts(Vec<Cow<'a, str>>),
    /// Anything else: `null`, a boolean, an object, another array.
    Other,
}

/// What a reader makes of a member that it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Member {
    /// Its name means nothing to the reader.
    Foreign,
    /// It is one that the reader keeps.
    Kept,
    /// It is one that the reader has kept already.
    Again,
}

/// Keeps a member in its `place`.
pub(super) fn keep<'a>(place: &mut Node<'a>, node: Node<'a>) -> Member {
    match std::mem::replace(place, node) {
        Node::Absent => Member::Kept,
        _ => Member::Again,
    }
}
