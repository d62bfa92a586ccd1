//! By what callers are told apart.

use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use http::request::Parts;
use smallvec::SmallVec;

use super::keys::{api_key, client, network, principal, tenant};
use crate::event;
use crate::field::{Repeated, exactly_one};
use crate::identity::{Caller, Facts};
use crate::store::{Key, KeyKind};

/// A key of the author's own.
type OwnKey = dyn for<'a> Fn(&'a Parts) -> Option<Key<'a>> + Send + Sync;

/// By what callers are told apart, each of whom is given a quota.
#[derive(Clone)]
pub struct By(Way);

#[derive(Clone)]
enum Way {
    Client,
    /// The network of an IPv6 client with a prefix of this length.
    Network(u8),
    Principal,
    ApiKey,
    Tenant,
    Route,
    Header(HeaderName),
    Own(Arc<OwnKey>),
    All(Arc<[By]>),
}

/// What is not known of a request, so that nobody can tell whose quota it takes from: the
/// application is put together wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unknown {
    ClientAddress,
    /// No guard has asked who the caller is.
    Caller,
}

impl By {
    /// The address of the client: an IPv4 address, or the /64 of an IPv6 address.
    #[must_use]
    pub fn client() -> Self {
        Self(Way::Client)
    }

    /// The caller: each subject of each issuer, whatever credential they show. A stranger whom an
    /// authentication guard let in is told apart by address.
    #[must_use]
    pub fn principal() -> Self {
        Self(Way::Principal)
    }

    /// The API key. A caller with another credential is told apart as a principal, a stranger by
    /// address.
    #[must_use]
    pub fn api_key() -> Self {
        Self(Way::ApiKey)
    }

    /// The tenant of the caller, among those of the same issuer. A caller without one is told apart
    /// as a principal, a stranger by address.
    #[must_use]
    pub fn tenant() -> Self {
        Self(Way::Tenant)
    }

    /// The route, as it is written in axum's router, whatever the method. All requests that match
    /// none are told apart from the others, and not from each other.
    #[must_use]
    pub fn route() -> Self {
        Self(Way::Route)
    }

    /// What the header called `name` says, byte for byte. A request that has none, or several, is
    /// told apart by address.
    ///
    /// **Dangerous**: whoever can choose the value chooses a fresh quota with each request, and can
    /// use up that of others. Use it only where something in front sets the header and strips what
    /// callers send.
    #[must_use]
    pub fn dangerous_header(name: HeaderName) -> Self {
        Self(Way::Header(name))
    }

    /// The key that `key` finds in the head of a request. A request without one is told apart by
    /// address. The key must be one that callers cannot choose at will, or each choice is a fresh
    /// quota.
    #[must_use]
    pub fn key<F>(key: F) -> Self
    where
        F: Fn(&Parts) -> Option<Key<'_>> + Send + Sync + 'static,
    {
        Self(Way::Own(Arc::new(key)))
    }

    /// This and the `other` together: each pair has a quota, such as each caller on each route.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let parts = [self, other].into_iter().flat_map(|by| match by.0 {
            Way::All(all) => all.to_vec(),
            way => vec![Self(way)],
        });
        Self(Way::All(parts.collect()))
    }

    /// The network of an IPv6 client with a prefix of `length` bits; no IPv4 client has one.
    pub(crate) fn network(length: u8) -> Self {
        Self(Way::Network(length))
    }

    pub(crate) fn is_client(&self) -> bool {
        matches!(self.0, Way::Client)
    }

    /// The key of the request with this head; none if no quota concerns it.
    ///
    /// # Errors
    /// What is not known.
    pub(crate) fn find<'a>(&self, head: &'a Parts) -> Result<Option<Key<'a>>, Unknown> {
        if self.is_client() {
            return client(head).map(Some); // most often, and nothing else need be known
        }
        let caller = Facts::caller(&head.extensions);
        Ok(Some(match (&self.0, caller) {
            (Way::Network(length), _) => return network(head, *length),
            (Way::Own(own), _) => own(head).map_or_else(|| client(head), Ok)?,
            (Way::Route, _) => {
                let route = event::route(&head.extensions).unwrap_or_default();
                Key::of_kind(KeyKind::Route, route)
            }
            (Way::Header(name), _) => match exactly_one(&head.headers, name) {
                Ok(Some(line)) => Key::of_kind(KeyKind::Header, line.as_bytes()),
                Ok(None) | Err(Repeated) => client(head)?,
            },
            (Way::All(parts), _) => {
                let mut keys = SmallVec::<[Key<'a>; 4]>::new();
                for part in parts.iter() {
                    let Some(key) = part.find(head)? else {
                        return Ok(None);
                    };
                    keys.push(key);
                }
                Key::joined(keys)
            }
            (Way::ApiKey, Caller::Known(caller)) => api_key(caller),
            (Way::Tenant, Caller::Known(caller)) => tenant(caller),
            (Way::Principal, Caller::Known(caller)) => principal(caller),
            (Way::Client, _) | (_, Caller::Anonymous) => client(head)?,
            (_, Caller::Unasked) => return Err(Unknown::Caller),
        }))
    }

    /// Whether a guard that runs before authentication can tell.
    pub(crate) fn is_known_early(&self) -> bool {
        match &self.0 {
            Way::Principal | Way::ApiKey | Way::Tenant => false,
            Way::All(parts) => parts.iter().all(Self::is_known_early),
            Way::Client | Way::Network(_) | Way::Route | Way::Header(_) | Way::Own(_) => true,
        }
    }
}

/// In a word or two, for audits.
impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Way::Client => "client",
            Way::Principal => "principal",
            Way::ApiKey => "api-key",
            Way::Tenant => "tenant",
            Way::Route => "route",
            Way::Own(_) => "own",
            Way::Network(length) => return write!(f, "IPv6 /{length}"),
            Way::Header(name) => return write!(f, "header {name}"),
            Way::All(parts) => {
                for (i, part) in parts.iter().enumerate() {
                    let gap = if i > 0 { " and " } else { "" };
                    write!(f, "{gap}{part}")?;
                }
                return Ok(());
            }
        })
    }
}

impl fmt::Debug for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
