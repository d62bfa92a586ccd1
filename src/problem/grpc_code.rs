//! The status codes of gRPC.

/// The status codes of gRPC that refusals map to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum GrpcCode {
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3,
    /// The time is up.
    DeadlineExceeded = 4,
    /// There is nothing of this name.
    NotFound = 5,
    /// The caller may not do this.
    PermissionDenied = 7,
    /// A quota is used up.
    ResourceExhausted = 8,
    /// There is no such method.
    Unimplemented = 12,
    /// The system is broken.
    Internal = 13,
    /// Try again later.
    Unavailable = 14,
    /// No valid credentials.
    Unauthenticated = 16,
}
