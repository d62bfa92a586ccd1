//! What is known of a delivery that was let in.

/// A delivery whose signature was verified. As an argument of a handler it answers 500 where no
/// [`WebhookVerifier`](super::WebhookVerifier) stands before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    id: Option<Box<str>>,
    sent_at: Option<u64>,
}

impl Delivery {
    pub(super) fn new(id: Option<&str>, sent_at: Option<u64>) -> Self {
        let id = id.map(Into::into);
        Self { id, sent_at }
    }

    /// The id of the event, if it is signed: the same on each attempt to deliver it.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// When it was sent, in seconds since the Unix epoch, if that is signed.
    #[must_use]
    pub fn sent_at(&self) -> Option<u64> {
        self.sent_at
    }
}
