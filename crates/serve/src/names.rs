//! Names that were set right in a text: marks on words, the reasons, and what a reader decides of them.

use crate::failure::Failure;
use crate::server::App;
use archive::{
    Archive, Author, AuthorKind, Error, Evidence, LiveWord, NameRule, OfferState, Revision, Verdict, WordId,
    WordSource,
};
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use model::{EpisodeId, HearingId, Millis, OfferId, RevisionId, Transcript, Word};
use serde::Deserialize;
use std::collections::HashMap;

/// Who decides on the page: it is served to this machine only.
const READER: &str = "a reader";

/// What is to be said of the names in a text.
#[derive(Default)]
pub(crate) struct Names {
    pub notes: Vec<Note>,
    /// For each word of the text the number of its note, as far as any word has one.
    marks: Vec<Option<u32>>,
}

/// One repair, correction or offer.
pub(crate) struct Note {
    pub what: What,
    /// Of the revision or the offer.
    pub id: String,
    pub heard: String,
    pub right: String,
    pub evidence: Evidence,
    pub start: Millis,
    /// It can be told what was heard, and so what is always or never to be done with it.
    pub rules: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// The program did it.
    Repaired,
    /// A person did or confirmed it.
    Confirmed,
    /// It waits for a person.
    Offered,
}

impl What {
    pub fn class(self) -> &'static str {
        match self {
            Self::Repaired => "repaired",
            Self::Confirmed => "confirmed",
            Self::Offered => "offered",
        }
    }
}

impl Note {
    /// The reason in one line, for where nothing else can be shown.
    pub fn line(&self) -> String {
        match self.what {
            What::Offered => format!("perhaps “{}”, because: {}", self.right, self.evidence.because),
            _ => format!("heard: “{}”, because: {}", self.heard, self.evidence.because),
        }
    }
}

impl Names {
    /// The names in a text that is shown; nothing when it changed while it was read.
    pub fn of(archive: &Archive, hearing: HearingId, transcript: &Transcript) -> archive::Result<Self> {
        let revisions = archive.revisions(hearing)?;
        let offers = archive.offers(hearing)?;
        let offers = offers.into_iter().filter(|offer| offer.state == OfferState::Open);
        let offers: Vec<_> = offers.collect();
        if revisions.is_empty() && offers.is_empty() {
            return Ok(Self::default());
        }
        let live = archive.live_words(hearing)?;
        let same = live.iter().map(|word| &word.word).eq(&transcript.words);
        if !same {
            return Ok(Self::default());
        }
        let mut names = Self { notes: Vec::new(), marks: vec![None; live.len()] };
        let at: HashMap<WordId, usize> = live.iter().zip(0..).map(|(word, at)| (word.id, at)).collect();
        let before = Before::new(archive, hearing, &revisions)?;
        for revision in &revisions {
            let evidence = Evidence::read(&revision.evidence);
            let what = match revision.author.kind {
                AuthorKind::Machine => What::Repaired,
                AuthorKind::Person if !evidence.right.is_empty() && revision.undoes.is_none() => {
                    What::Confirmed
                }
                AuthorKind::Person => continue,
            };
            let source = WordSource::Revision(revision.id);
            let ids = (0..revision.produces.len() as u32).map(|ordinal| WordId { source, ordinal });
            let heard = match evidence.heard.as_str() {
                "" => before.heard(revision),
                heard => heard.to_owned(),
            };
            names.add(&live, &at, ids, what, revision.id.to_string(), heard, &revision.produces, evidence);
        }
        for offer in offers {
            let evidence = Evidence::read(&offer.evidence);
            let heard = offer.consumes.iter().filter_map(|id| live.get(*at.get(id)?));
            let heard = text(heard.map(|word| &word.word));
            let ids = offer.consumes.iter().copied();
            names.add(&live, &at, ids, What::Offered, offer.id.to_string(), heard, &offer.produces, evidence);
        }
        names.sort();
        Ok(names)
    }

    #[expect(clippy::too_many_arguments, reason = "what a note is made of")]
    fn add(
        &mut self,
        live: &[LiveWord],
        at: &HashMap<WordId, usize>,
        ids: impl Iterator<Item = WordId>,
        what: What,
        id: String,
        heard: String,
        produces: &[Word],
        evidence: Evidence,
    ) {
        let places: Vec<usize> = ids.filter_map(|id| at.get(&id).copied()).collect();
        let Some(first) = places.first().and_then(|first| live.get(*first)) else { return };
        let number = self.notes.len() as u32;
        for place in &places {
            if let Some(mark) = self.marks.get_mut(*place) {
                *mark = Some(number);
            }
        }
        let rules = !NameRule::key(&heard).is_empty();
        let start = first.word.start;
        self.notes.push(Note { what, id, heard, right: text(produces.iter()), evidence, start, rules });
    }

    /// Puts the notes into the order of the text.
    fn sort(&mut self) {
        let mut order: Vec<u32> = (0..self.notes.len() as u32).collect();
        let start = |number: &u32| self.notes.get(*number as usize).map(|note| note.start);
        order.sort_by_key(start);
        let mut place = vec![0; order.len()];
        for (at, number) in (0..).zip(&order) {
            if let Some(place) = place.get_mut(*number as usize) {
                *place = at;
            }
        }
        for mark in self.marks.iter_mut().flatten() {
            *mark = place.get(*mark as usize).copied().unwrap_or_default();
        }
        self.notes.sort_by_key(|note| note.start);
    }

    /// What is to be said of the word with this number in the text.
    pub fn note(&self, word: usize) -> Option<&Note> {
        let number = (*self.marks.get(word)?)?;
        self.notes.get(number as usize)
    }

    /// `3 names were set right, 1 waits for you to decide`.
    pub fn summary(&self) -> String {
        let open = self.notes.iter().filter(|note| note.what == What::Offered).count();
        let done = self.notes.len() - open;
        let names = |number| if number == 1 { "1 name".to_owned() } else { format!("{number} names") };
        let were = if done == 1 { "was" } else { "were" };
        match (done, open) {
            (done, 0) => format!("{} {were} set right", names(done)),
            (0, open) => format!("{} to decide", names(open)),
            (done, open) => format!("{} {were} set right, {open} to decide", names(done)),
        }
    }
}

fn text<'w>(words: impl Iterator<Item = &'w Word>) -> String {
    words.map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// What stood before revisions, for those whose evidence does not say it.
struct Before<'a> {
    heard: Vec<Word>,
    revisions: HashMap<RevisionId, &'a Revision>,
}

impl<'a> Before<'a> {
    fn new(archive: &Archive, hearing: HearingId, revisions: &'a [Revision]) -> archive::Result<Self> {
        let windows = archive.windows(hearing, 0)?;
        let heard = windows.into_iter().flat_map(|window| window.words).collect();
        Ok(Self { heard, revisions: revisions.iter().map(|revision| (revision.id, revision)).collect() })
    }

    fn heard(&self, revision: &Revision) -> String {
        text(revision.consumes.iter().filter_map(|word| {
            let ordinal = word.ordinal as usize;
            match word.source {
                WordSource::Hearing(_) => self.heard.get(ordinal),
                WordSource::Revision(id) => self.revisions.get(&id)?.produces.get(ordinal),
            }
        }))
    }
}

/// What a form of the page sends.
#[derive(Deserialize)]
pub(crate) struct Decision {
    verdict: String,
}

fn author() -> Author {
    Author { kind: AuthorKind::Person, name: READER.into() }
}

/// A reader decides on a repair: `keep`, `back`, `always` (keep, and so in all episodes of the show) or `never`.
pub(crate) async fn judge(
    State(app): State<App>,
    Path((episode, revision)): Path<(String, String)>,
    Form(decision): Form<Decision>,
) -> Result<Response, Failure> {
    let (episode, revision) = (parsed::<EpisodeId>(&episode)?, parsed::<RevisionId>(&revision)?);
    let (verdict, ruled) = match decision.verdict.as_str() {
        "keep" => (Verdict::Keep, false),
        "always" => (Verdict::Keep, true),
        "back" => (Verdict::PutBack, false),
        "never" => (Verdict::PutBack, true),
        _ => return Err(Failure::wrong("choose keep, back, always or never")),
    };
    let work = move |archive: &Archive| {
        let entry = archive.episode(episode)?;
        let hearing = entry.hearing.ok_or_else(|| missing(revision))?;
        let revisions = archive.revisions(hearing.id)?;
        let made = revisions.iter().find(|made| made.id == revision).ok_or_else(|| missing(revision))?;
        let evidence = Evidence::read(&made.evidence);
        let heard = match evidence.heard.as_str() {
            "" => Before::new(archive, hearing.id, &revisions)?.heard(made),
            heard => heard.to_owned(),
        };
        let right = if evidence.right.is_empty() { text(made.produces.iter()) } else { evidence.right };
        let rule = NameRule {
            id: 0,
            show: Some(entry.show.id),
            heard: NameRule::key(&heard),
            right: (verdict == Verdict::Keep).then_some(right),
            author: READER.into(),
        };
        let rule = Some(rule).filter(|rule| ruled && !rule.heard.is_empty());
        // What is confirmed already needs no second word, only the rule.
        if let (AuthorKind::Person, Verdict::Keep, Some(rule)) = (made.author.kind, verdict, &rule) {
            return archive.set_name_rule(rule).map(drop);
        }
        archive.judge(revision, verdict, rule.as_ref(), &author()).map(drop)
    };
    app.read(work).await?;
    Ok(back_to(episode))
}

/// A reader takes (`take`) or declines (`decline`) an offer.
pub(crate) async fn decide(
    State(app): State<App>,
    Path((episode, offer)): Path<(String, String)>,
    Form(decision): Form<Decision>,
) -> Result<Response, Failure> {
    let (episode, offer) = (parsed::<EpisodeId>(&episode)?, parsed::<OfferId>(&offer)?);
    let take = match decision.verdict.as_str() {
        "take" => true,
        "decline" => false,
        _ => return Err(Failure::wrong("choose take or decline")),
    };
    app.read(move |archive| archive.decide_offer(offer, take, &author())).await?;
    Ok(back_to(episode))
}

fn missing(revision: RevisionId) -> Error {
    Error::NotFound { what: "revision", wanted: revision.to_string() }
}

fn parsed<T: std::str::FromStr>(id: &str) -> Result<T, Failure> {
    id.parse().map_err(|_| Failure::not_found("there is no such repair"))
}

fn back_to(episode: EpisodeId) -> Response {
    Redirect::to(&format!("/episode/{episode}#names")).into_response()
}
