//! Searching everything: a page for people, and the same as JSON for programs.

use crate::failure::{Failure, render};
use crate::places::Places;
use crate::results::{Found, Picture, found};
use crate::server::App;
use ::search::{Answer, EpisodeHits, Hit, Index, Options};
use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::SystemTime;

/// Episodes on a page, and of an answer in JSON, where nothing is said; and the most of them.
const EPISODES: usize = 10;
const EPISODES_JSON: usize = 20;
const MOST_EPISODES: usize = 100;
/// Passages of an episode: on the page the first are seen and the others unfold.
const PASSAGES: usize = 10;
const PASSAGES_JSON: usize = 3;
/// Episodes that can be passed over: whoever is there needs another query.
const FARTHEST: usize = 10_000;
/// Longest query that links and the field repeat, in bytes: that is what is searched.
const LONGEST: usize = 2_000;

/// What the search page searches.
#[derive(Clone)]
pub enum Searched {
    /// An index, which somebody else keeps up to date.
    By(Arc<Index>),
    /// Nothing, for this reason.
    Not(String),
}

impl Default for Searched {
    fn default() -> Self {
        Self::Not("this server was started without an index".into())
    }
}

impl fmt::Debug for Searched {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::By(_) => out.write_str("By(index)"),
            Self::Not(reason) => write!(out, "Not({reason:?})"),
        }
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    /// Most episodes.
    limit: Option<usize>,
    /// Episodes to pass over.
    skip: usize,
    /// Episodes that came into the archive later are left out, so that pages stay as they are while it grows; milliseconds
    /// since 1970.
    until: Option<u64>,
}

impl Asked {
    /// What was asked for, or a sentence that says what is wrong with it.
    fn of(asked: Result<Query<Self>, QueryRejection>) -> Result<Self, Failure> {
        let Query(mut asked) = asked.map_err(|_| {
            Failure::wrong("limit, skip and until are whole numbers, and each part is said once")
        })?;
        if asked.skip > FARTHEST {
            return Err(Failure::wrong(format!(
                "skip is at most {FARTHEST}: make the query narrower, with date: or show:"
            )));
        }
        if asked.limit.is_some_and(|limit| !(1..=MOST_EPISODES).contains(&limit)) {
            return Err(Failure::wrong(format!("limit is a number from 1 to {MOST_EPISODES}")));
        }
        asked.q = asked.q.replace(char::is_control, " ");
        Ok(asked)
    }

    /// The query as far as it is searched.
    fn query(&self) -> &str {
        let query = self.q.trim();
        let end = (0..=LONGEST.min(query.len())).rev().find(|end| query.is_char_boundary(*end));
        &query[..end.unwrap_or(0)]
    }

    /// The address of a page of the same answer.
    fn address(&self, path: &str, skip: usize) -> String {
        let mut address = format!("{path}?q={}", encoded(self.query()));
        if let Some(limit) = self.limit {
            let _ = write!(address, "&limit={limit}");
        }
        if skip > 0 {
            let _ = write!(address, "&skip={skip}&until={}", self.until.unwrap_or_else(now));
        }
        address
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A text as a value in an address (RFC 3986, section 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Searches away from the threads that serve.
async fn answered(app: &App, query: String, options: Options) -> Result<(Answer, bool), Failure> {
    let index = match &app.options.searched {
        Searched::By(index) => index.clone(),
        Searched::Not(reason) => {
            return Err(Failure::unusable(format!("nothing can be searched: {reason}")));
        }
    };
    let searched = tokio::task::spawn_blocking(move || {
        let answer = index.search(&query, &options)?;
        Ok::<_, ::search::Error>((answer, index.passages() == 0))
    });
    match searched.await {
        Ok(answer) => answer.map_err(|error| Failure::internal(error.to_string())),
        Err(_) => Err(Failure::internal("the search failed: see the program's log")),
    }
}

#[derive(Template)]
#[template(path = "search.html")]
struct Page<'a> {
    places: Places,
    query: &'a str,
    limit: Option<usize>,
    /// What was found, in words.
    count: String,
    episodes: Vec<Found>,
    notes: Vec<String>,
    months: Option<Picture>,
    before: Option<String>,
    after: Option<String>,
    /// Why nothing can be searched.
    unusable: Option<String>,
    /// Nothing can be found yet.
    empty: bool,
}

pub(crate) async fn page(
    State(app): State<App>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Failure> {
    let asked = Asked::of(asked)?;
    let places = Places::served();
    let mut page = Page {
        query: asked.query(),
        limit: asked.limit,
        count: String::new(),
        episodes: Vec::new(),
        notes: Vec::new(),
        months: None,
        before: None,
        after: None,
        unusable: None,
        empty: false,
        places,
    };
    if let Searched::Not(reason) = &app.options.searched {
        page.unusable = Some(reason.clone());
        return Ok((StatusCode::SERVICE_UNAVAILABLE, render(&page)).into_response());
    }
    if page.query.is_empty() {
        return Ok(render(&page));
    }
    let episodes = asked.limit.unwrap_or(EPISODES);
    let options =
        Options { episodes, passages: PASSAGES, skip: asked.skip, until: asked.until, ..Options::default() };
    let (answer, empty) = answered(&app, asked.q.clone(), options).await?;
    page.empty = empty;
    page.count = count(&answer, asked.skip);
    page.months = Picture::of(&answer.months);
    let address = |skip| asked.address(&page.places.search(), skip);
    page.before = (asked.skip > 0).then(|| address(asked.skip.saturating_sub(episodes)));
    page.after = answer.more.then(|| address(asked.skip + episodes));
    page.episodes = answer.episodes.iter().map(|episode| found(episode, &page.places)).collect();
    page.notes = answer.notes;
    Ok(render(&page))
}

/// What was found, in words.
fn count(answer: &Answer, skip: usize) -> String {
    let s = |count: u64| if count == 1 { "" } else { "s" };
    let episodes = u64::try_from(answer.found).unwrap_or(u64::MAX);
    let found = match (answer.passages, answer.episodes.len()) {
        (0, 0) if skip > 0 => return "Nothing more was found".to_owned(),
        (0, 0) => return "Nothing was found".to_owned(),
        (0, _) if answer.episodes.iter().all(|episode| episode.hits.is_empty()) => {
            "In no text, but in what is known of episodes".to_owned()
        }
        (0, _) => "Not found as written; this comes near".to_owned(),
        (passages, _) => {
            format!("{passages} passage{} in {episodes} episode{}", s(passages), s(episodes))
        }
    };
    if skip == 0 { found } else { format!("{found}, from number {} on", skip + 1) }
}

/// The answer as JSON: a row for each passage, as `readout search --json` prints them.
pub(crate) async fn json(State(app): State<App>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let mut response = match rows(&app, asked).await {
        Ok(value) => axum::Json(value).into_response(),
        Err(failure) => failure.json(),
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

async fn rows(app: &App, asked: Result<Query<Asked>, QueryRejection>) -> Result<Value, Failure> {
    let asked = Asked::of(asked)?;
    if asked.query().is_empty() {
        return Err(Failure::wrong("say what to search for: /search.json?q=peace"));
    }
    let episodes = asked.limit.unwrap_or(EPISODES_JSON);
    let options = Options {
        episodes,
        passages: PASSAGES_JSON,
        skip: asked.skip,
        until: asked.until,
        ..Options::default()
    };
    let (answer, _) = answered(app, asked.q.clone(), options).await?;
    let next = answer.more.then(|| asked.address("/search.json", asked.skip + episodes));
    let hits = answer.episodes.iter().flat_map(|found| found.hits.iter().map(move |hit| row(found, hit)));
    Ok(json!({
        "hits": hits.collect::<Vec<_>>(), "passages": answer.passages, "episodes": answer.found,
        "months": answer.months, "notes": answer.notes, "next": next,
    }))
}

fn row(episode: &EpisodeHits, hit: &Hit) -> Value {
    let words: Vec<&str> = hit.words.iter().map(|word| word.0.as_str()).collect();
    let best = hit.spans.iter().find(|span| span.reason == hit.reason);
    json!({
        "episode": episode.about.episode, "show": episode.about.show, "title": episode.about.title,
        "date": episode.about.date, "speaker": hit.speaker, "start": hit.start, "end": hit.end,
        "text": words.join(" "), "heard": best.and_then(|span| span.heard.as_ref()),
        "reason": hit.reason, "score": hit.score, "spans": hit.spans,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_stand_in_addresses_and_are_bounded() {
        let asked = Asked { q: " “a&b” c=d ".into(), until: Some(7), ..Asked::default() };
        assert_eq!(asked.address("/search", 0), "/search?q=%E2%80%9Ca%26b%E2%80%9D%20c%3Dd");
        let asked = Asked { limit: Some(3), ..asked };
        assert_eq!(asked.address("/s", 3), "/s?q=%E2%80%9Ca%26b%E2%80%9D%20c%3Dd&limit=3&skip=3&until=7");
        let long = Asked { q: "é".repeat(5_000), ..Asked::default() };
        assert_eq!(long.query().len(), LONGEST);
        let long = Asked { q: format!("a{}", "é".repeat(5_000)), ..Asked::default() };
        assert_eq!(long.query().len(), LONGEST - 1);
    }

    #[test]
    fn the_count_says_what_kind_of_answer_it_is() {
        let answer = Answer { passages: 1, found: 1, ..Answer::default() };
        assert_eq!(count(&answer, 0), "1 passage in 1 episode");
        let answer = Answer { passages: 30, found: 12, ..Answer::default() };
        assert_eq!(count(&answer, 10), "30 passages in 12 episodes, from number 11 on");
        assert_eq!(count(&Answer::default(), 0), "Nothing was found");
        assert_eq!(count(&Answer::default(), 5), "Nothing more was found");
    }
}
