//! The order of the walk.

/// Where on a request's way through a stack a guard stands. Within one place any order will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Response headers and CORS: met first, so that refusals carry them too.
    Envelope,
    /// Which machine is calling, and how often that machine may call.
    Client,
    /// Who is calling.
    Authn,
    /// What they may do.
    Authz,
    /// How often they may do it.
    Quota,
    /// Which contract they speak.
    Contract,
}
