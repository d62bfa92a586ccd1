//! The one request extension in which guards leave what they learned.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::Extensions;

use super::api_version::ApiVersion;
use super::client::ClientAddr;
use super::principal::Principal;
use super::request_id::RequestId;

/// What the guards have learned of a request so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Facts {
    /// Which machine is calling; none if no client guard has run.
    pub client: Option<ClientAddr>,
    /// Who is calling.
    pub caller: Caller,
    /// The scheme by which the caller showed the credential, if it is not the usual one of such
    /// credentials; for the challenges of guards that ask for a better one.
    pub scheme: Option<&'static str>,
    /// Where the metadata of the protected resource is (RFC 9728), for the challenges to name.
    pub resource_metadata: Option<Arc<str>>,
    /// By which id the request is known; none if nothing has given it one.
    pub request_id: Option<RequestId>,
    /// Which version of the interface the request is for; none if no guard of a version has run.
    pub version: Option<ApiVersion>,
    /// What an authentication guard keeps for its own extractor.
    evidence: Option<Evidence>,
}

/// Something that the guard which left it can read again, and nobody else.
#[derive(Clone)]
struct Evidence(Arc<dyn Any + Send + Sync>);

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Evidence(..)")
    }
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

    /// The scheme by which the caller showed a credential; `Bearer` if they showed none.
    #[must_use]
    pub fn scheme(extensions: &Extensions) -> &'static str {
        let usual = || {
            let caller = Self::caller(extensions).principal();
            caller.map_or("Bearer", |caller| caller.credential().scheme())
        };
        let shown = Self::of(extensions).and_then(|facts| facts.scheme);
        shown.unwrap_or_else(usual)
    }

    /// The facts of a request, to add to.
    pub fn entry(extensions: &mut Extensions) -> &mut Self {
        extensions.get_or_insert_default()
    }

    /// Keeps `evidence` of the caller's credential for the extractor that knows its type; there is
    /// one piece a request, since one credential is accepted.
    pub fn keep_evidence<T: Any + Send + Sync>(&mut self, evidence: Arc<T>) {
        self.evidence = Some(Evidence(evidence));
    }

    /// The evidence of type `T`, if that is what was kept.
    #[must_use]
    pub fn evidence<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        let Evidence(evidence) = self.evidence.clone()?;
        evidence.downcast().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_found_by_its_type_alone() {
        let mut facts = Facts::default();
        assert_eq!(facts.evidence::<u8>(), None);
        facts.keep_evidence(Arc::new(7_u8));
        assert_eq!(facts.evidence::<u8>(), Some(Arc::new(7)));
        assert_eq!(facts.evidence::<i8>(), None);
    }
}
