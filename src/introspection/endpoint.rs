//! Asking an authorization server about a token.

use std::sync::Arc;
use std::time::Duration;

use super::answer::Answer;
use super::cache::{Answered, Answers, Outcome, Step};
use super::credentials::ClientCredentials;
use crate::clock::Clock;
use crate::fetch::{Discovery, Endpoint, FetchError, Fetcher, Malformed, Unavailable};

/// In how many seconds it is worth another try after a question that failed.
const RETRY_AFTER: u64 = 5;

const LONGEST_MEMORY: Duration = Duration::from_mins(1);
const MOST_QUESTIONS: usize = 256;

/// The introspection endpoint of an authorization server (RFC 7662). A handle: clones share the
/// answers that were given a moment ago.
///
/// An answer is kept for at most a minute and never beyond the token's end, so a token that is
/// withdrawn may be good for another minute; that a token is not active is kept for 5 seconds. At
/// most 10 000 answers are kept, under digests. However many requests bring one token at once, it
/// is asked about once; a question that failed is not repeated.
#[derive(Clone, Debug)]
pub struct Introspection {
    place: Place,
    fetcher: Fetcher,
    credentials: Arc<ClientCredentials>,
    answers: Arc<Answers>,
    memory: Duration,
    most_questions: usize,
}

#[derive(Clone, Debug)]
enum Place {
    Fixed(Endpoint),
    Named(Discovery),
}

impl Introspection {
    /// The endpoint at `endpoint`, asked with these `credentials`.
    #[must_use]
    pub fn at(endpoint: Endpoint, credentials: ClientCredentials, fetcher: Fetcher) -> Self {
        Self::of(Place::Fixed(endpoint), credentials, fetcher)
    }

    /// The endpoint that `issuer` names in its metadata, asked with these `credentials`.
    #[must_use]
    pub fn named_by(issuer: Discovery, credentials: ClientCredentials) -> Self {
        let fetcher = issuer.fetcher().clone();
        Self::of(Place::Named(issuer), credentials, fetcher)
    }

    fn of(place: Place, credentials: ClientCredentials, fetcher: Fetcher) -> Self {
        Self {
            place,
            fetcher,
            credentials: Arc::new(credentials),
            answers: Arc::new(Answers::new(LONGEST_MEMORY, MOST_QUESTIONS)),
            memory: LONGEST_MEMORY,
            most_questions: MOST_QUESTIONS,
        }
    }

    /// Keeps answers for at most `longest` (default and most: a minute). With zero every request is
    /// a question, and a withdrawn token is good no longer.
    #[must_use]
    pub fn with_memory(mut self, longest: Duration) -> Self {
        self.memory = longest.min(LONGEST_MEMORY);
        self.rebuilt()
    }

    /// Asks about at most `most` tokens at a time (default: 256). Tokens beyond that are answered
    /// with 503, so that a flood of made-up tokens reaches the other server only so wide.
    #[must_use]
    pub fn with_most_questions(mut self, most: usize) -> Self {
        self.most_questions = most.max(1);
        self.rebuilt()
    }

    fn rebuilt(mut self) -> Self {
        self.answers = Arc::new(Answers::new(self.memory, self.most_questions));
        self
    }

    /// What the server says about `token`.
    pub(super) async fn ask(
        &self,
        token: &str,
        clock: &Arc<dyn Clock>,
    ) -> Result<Answer, Unavailable> {
        let key = Answers::key(token);
        if let Some(answer) = self.answers.recent(&key, &**clock) {
            return Ok(answer);
        }
        let asking = self.clone().question(self.credentials.form(token));
        let outcome = match self.answers.join(key, clock, asking) {
            Step::Take(answer) => return Ok(answer),
            Step::Busy => return Err(Unavailable::new(1, None)),
            Step::Wait(flight) => flight.landed().await,
            Step::Stuck => None,
        };
        outcome
            .unwrap_or(Err(FetchError::Broken))
            .map(|answered| answered.answer)
            .map_err(|error| Unavailable::new(RETRY_AFTER, Some(error)))
    }

    async fn question(self, form: String) -> Outcome {
        let endpoint = match &self.place {
            Place::Fixed(endpoint) => endpoint.clone(),
            Place::Named(issuer) => {
                let metadata = issuer.metadata().await.map_err(|unavailable| {
                    unavailable.cause().cloned().unwrap_or(FetchError::Broken)
                })?;
                let named = metadata.introspection_endpoint().cloned();
                named.ok_or(Malformed::new("metadata_lacks_endpoint"))?
            }
        };
        let header = self.credentials.header();
        let body = self.fetcher.post_form(endpoint, form, header).await?;
        Ok(Answered {
            answer: Answer::parse(&body)?,
            size: body.len(),
        })
    }
}
