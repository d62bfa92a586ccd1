//! The one request extension in which guards leave what they learned.

use http::Extensions;

use super::client::ClientAddr;
use super::principal::Principal;

/// What the guards have learned of a request so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// Which machine is calling; none if no client guard has run.
    pub client: Option<ClientAddr>,
    /// Who is calling.
    pub caller: Caller,
}

/// Who is calling, or why that is not known.
#[derive(Clone, Debug, Default)]
pub enum Caller {
    /// No authentication guard has run.
    #[default]
    Unasked,
    /// An authentication guard has run, lets strangers in, and the caller showed nothing.
    Anonymous,
    /// The caller is known.
    Known(Principal),
}

impl Caller {
    /// The principal, if the caller is known.
    #[must_use]
    pub fn principal(&self) -> Option<&Principal> {
        match self {
            Self::Known(principal) => Some(principal),
            Self::Unasked | Self::Anonymous => None,
        }
    }
}

impl Facts {
    /// The facts of a request, if there are any.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Who is calling, as far as the guards have found out.
    #[must_use]
    pub fn caller(extensions: &Extensions) -> &Caller {
        Self::of(extensions).map_or(&Caller::Unasked, |facts| &facts.caller)
    }

    /// The facts of a request, to add to.
    pub fn entry(extensions: &mut Extensions) -> &mut Self {
        extensions.get_or_insert_default()
    }
}
