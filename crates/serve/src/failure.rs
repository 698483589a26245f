//! Answers to requests that cannot be met: a page with one sentence, escaped like any other.

use crate::places::Places;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// Why a request is not met.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    sentence: String,
}

impl Failure {
    fn new(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self { status, sentence: sentence.into() }
    }

    pub fn not_found(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, sentence)
    }

    pub fn internal(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, sentence)
    }

    pub fn wrong(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, sentence)
    }

    pub fn foreign() -> Self {
        let sentence =
            "only the pages of this server may change something here: open the page again and try there";
        Self::new(StatusCode::FORBIDDEN, sentence)
    }

    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "that page is only read")
    }

    pub fn unusable(sentence: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, sentence)
    }

    /// The same for a program: JSON with the sentence as `error`.
    pub fn json(self) -> Response {
        (self.status, axum::Json(serde_json::json!({ "error": self.sentence }))).into_response()
    }

    pub fn host() -> Self {
        let sentence = "this server is not known by that name: use localhost or its address";
        Self::new(StatusCode::MISDIRECTED_REQUEST, sentence)
    }
}

impl From<archive::Error> for Failure {
    fn from(error: archive::Error) -> Self {
        let status = match &error {
            archive::Error::NotFound { .. } => StatusCode::NOT_FOUND,
            archive::Error::Conflict => StatusCode::CONFLICT,
            archive::Error::Invalid(_) => StatusCode::BAD_REQUEST,
            archive::Error::Paused { .. } => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::new(status, error.to_string())
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct Page<'a> {
    places: Places,
    title: &'a str,
    sentence: String,
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Not possible");
        let page = Page { places: Places::served(), title, sentence: capitalised(&self.sentence) };
        (self.status, render(&page)).into_response()
    }
}

/// A sentence for a page from an error's words.
fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// A template as an answer.
pub(crate) fn render(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            (StatusCode::INTERNAL_SERVER_ERROR, format!("page not made: {error}\n")).into_response()
        }
    }
}
