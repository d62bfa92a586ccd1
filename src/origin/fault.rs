//! What is wrong with an origin as it was written.

use thiserror::Error;

/// Why a text names no origin. The message says what to change.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OriginFault {
    /// `*`, which is everybody.
    #[error("names everybody, which has a constructor of its own")]
    Any,
    /// `null`, which every sandboxed frame and many a local file may claim.
    #[error("is what any sandboxed frame can claim to be")]
    Null,
    /// No `://`.
    #[error("has no scheme: write it as `https://example.com`")]
    NoScheme,
    /// What stands before `://` is no scheme (RFC 3986, section 3.1), or longer than 64 bytes.
    #[error("has a scheme that cannot be")]
    Scheme,
    /// `file://`, whose origin browsers send as `null`.
    #[error("names files, which have no origin")]
    File,
    /// Upper case, which browsers never send.
    #[error("has to be written in lower case")]
    UpperCase,
    /// Letters beyond ASCII, which browsers send in Punycode.
    #[error("has to be written in Punycode (`xn--…`)")]
    NotAscii,
    /// A user or password.
    #[error("must not name a user")]
    UserInfo,
    /// A slash at the end.
    #[error("must not end with a slash")]
    TrailingSlash,
    /// A path, query or fragment.
    #[error("ends where a path would begin: leave out path, query and fragment")]
    Path,
    /// A port that is no number from 1 to 65535, or is written with zeros before it.
    #[error("has a port that cannot be: use 1 to 65535")]
    Port,
    /// The port that the scheme has in any case, which browsers leave out.
    #[error("must not state the port that its scheme has in any case")]
    DefaultPort,
    /// A host that cannot be, or is not written as browsers write it: addresses in another than
    /// their canonical form, labels that are empty, too long, or no Punycode.
    #[error("has a host that cannot be, or is not written as browsers write it")]
    Host,
    /// An asterisk elsewhere than as the whole first label.
    #[error("has an asterisk elsewhere than as the whole first label (`https://*.example.com`)")]
    Wildcard,
    /// The subdomains of an address.
    #[error("asks for the subdomains of an address, which has none")]
    SubdomainsOfAddress,
    /// The subdomains of a public suffix such as `com` or `github.io`, where anybody can have one.
    #[error("asks for the subdomains of a public suffix, where anybody can have one")]
    PublicSuffix,
}
