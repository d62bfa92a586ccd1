//! What an API serves of itself.

use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

use super::audit::PAGE_POLICY;
use super::policy::Policy;
use super::router::Api;
use crate::problem::{Kind, Problem};

/// A document that is written when the API is finished, since it tells of the whole.
pub(super) struct Page {
    subject: Subject,
    text: Arc<OnceLock<Bytes>>,
}

/// What a page is about.
#[derive(Clone)]
pub(super) enum Subject {
    Audit,
    OpenApi { title: String, version: String },
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// Serves the audit of the whole finished application as a page at `path`. It tells an attacker
    /// where to look: choose a policy that lets few in.
    pub fn with_audit_at(self, path: &str, policy: impl Into<Policy>) -> Self {
        self.with_page(path, policy, Subject::Audit)
    }

    /// Serves the `OpenAPI` document of the whole finished application at `path`.
    pub fn with_openapi_at(
        self,
        path: &str,
        title: &str,
        version: &str,
        policy: impl Into<Policy>,
    ) -> Self {
        let (title, version) = (title.to_owned(), version.to_owned());
        self.with_page(path, policy, Subject::OpenApi { title, version })
    }

    fn with_page(mut self, path: &str, policy: impl Into<Policy>, subject: Subject) -> Self {
        let text = Arc::new(OnceLock::new());
        self.pages.push(Page {
            subject: subject.clone(),
            text: Arc::clone(&text),
        });
        self.get(path, async move || subject.answer(text.get()), policy)
    }

    /// Writes the pages.
    pub(super) fn fill_pages(&self) {
        for page in &self.pages {
            let text = match &page.subject {
                Subject::Audit => self.audit().to_html(),
                Subject::OpenApi { title, version } => self.openapi(title, version).to_string(),
            };
            // Of an API that was finished before there is no other: it is used up by that.
            let _ = page.text.set(text.into());
        }
    }
}

impl Subject {
    fn answer(&self, text: Option<&Bytes>) -> Response {
        let Some(text) = text else {
            return Problem::new(Kind::Misconfigured)
                .because("page_not_written")
                .into_response();
        };
        let mut response = Response::new(Body::from(text.clone()));
        let headers = response.headers_mut();
        let media_type = match self {
            Self::Audit => "text/html; charset=utf-8",
            Self::OpenApi { .. } => "application/json",
        };
        for (name, value) in [
            (CONTENT_TYPE, media_type),
            (CONTENT_SECURITY_POLICY, PAGE_POLICY),
            (CACHE_CONTROL, "no-store"),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
