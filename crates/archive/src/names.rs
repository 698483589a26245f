//! What is known of names, and the repairs and offers made from it.
//!
//! Repairs are a generation: those of a new one take the place of the machine's earlier ones, unless a person built on
//! them or took them back. What people did outranks every repair.

use crate::sqlite::{ledger, names as sql, verdicts};
use crate::{Archive, Author, Change, Claim, LiveWord, Result, Revision, WordId};
use jiff::Timestamp;
use model::{EpisodeId, HearingId, OfferId, Person, RevisionId, ShowId, Word};
use serde::{Deserialize, Serialize};

/// A list of names.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Glossary {
    /// Its number.
    pub id: i64,
    /// The show it is of; `None`: the whole archive.
    pub show: Option<ShowId>,
    /// The file it came from, or who keeps it.
    pub title: String,
    /// Hash of what it was read from.
    #[serde(skip)]
    pub content: String,
    /// Names in it.
    pub names: u64,
}

/// A name in a glossary, with all that is known of it as the reader of names keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GlossaryName {
    /// The right spelling.
    pub spelling: String,
    /// The name with all that is known of it, as JSON.
    pub entry: String,
}

/// What a person decided of heard words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameRule {
    /// Its number; 0 before it is stored.
    pub id: i64,
    /// Where it holds; `None`: in the whole archive.
    pub show: Option<ShowId>,
    /// The heard words, in lower case, without punctuation.
    pub heard: String,
    /// What is to be read instead; `None`: they are never repaired.
    pub right: Option<String>,
    /// Who decided it.
    pub author: String,
}

impl NameRule {
    /// Heard words as rules have them: in lower case, without punctuation and possessive endings, single spaces between.
    pub fn key(heard: &str) -> String {
        let bare = |word: &str| -> String {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            let word =
                ["'s", "\u{2019}s"].iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word);
            word.to_lowercase()
        };
        let words = heard.split_whitespace().map(bare).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    }
}

/// What a person thinks of a repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is right: no later generation takes it away.
    Keep,
    /// It is wrong: what was heard stands again, for good.
    PutBack,
}

/// A name that people or feeds confirmed in another episode of the show. What the program inferred is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    /// The name, with the part its bearer has where the feed says one.
    pub person: Person,
    /// Title of the episode.
    pub title: String,
}

/// What taking a fix back did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// Places where what stood before stands again.
    pub taken_back: u64,
    /// Places that somebody changed since, which were left.
    pub left: u64,
}

/// A word as a repair may take it.
#[derive(Clone, Debug, PartialEq)]
pub struct Repairable {
    /// The word, with its identity.
    pub live: LiveWord,
    /// True when a person wrote it, or put it back: no repair may touch it.
    pub by_person: bool,
}

/// A suggestion that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// Its identity.
    pub id: OfferId,
    /// The hearing it is about.
    pub hearing: HearingId,
    /// Words that would go.
    pub consumes: Vec<WordId>,
    /// Words that would come.
    pub produces: Vec<Word>,
    /// Why.
    pub evidence: String,
    /// Probability that it is right, as far as the tool can tell, 0 to 1.
    pub score: f32,
    /// What became of it.
    pub state: OfferState,
    /// Tool that made it.
    pub tool: String,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferState {
    /// Nobody decided yet.
    Open,
    /// A person took it.
    Taken,
    /// A person declined it; it is not made again.
    Declined,
}

/// An offer that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOffer {
    /// Words that would go, neighbours in reading order.
    pub consumes: Vec<WordId>,
    /// Words that would come.
    pub produces: Vec<Word>,
    /// Why.
    pub evidence: String,
    /// Probability that it is right, 0 to 1.
    pub score: f32,
}

/// What storing a generation of repairs did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// Repairs that are new.
    pub made: u64,
    /// Repairs that stayed as they were.
    pub kept: u64,
    /// Repairs of the generation before that are no longer made.
    pub retired: u64,
    /// Offers that are open.
    pub offers: u64,
}

/// A revision with what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PastRevision {
    /// The revision.
    #[serde(flatten)]
    pub revision: Revision,
    /// Since when another generation of repairs is in its place.
    pub retired: Option<Timestamp>,
}

impl Archive {
    /// Sets the content of a glossary, found by its show and title; makes the repairs of the episodes it concerns due. False
    /// when it had this content already.
    pub fn set_glossary(
        &self,
        show: Option<ShowId>,
        title: &str,
        content: &str,
        names: &[GlossaryName],
    ) -> Result<(i64, bool)> {
        self.store.write(|tx| sql::set_glossary(tx, show, title, content, names))
    }

    /// All glossaries, those of the archive first.
    pub fn glossaries(&self) -> Result<Vec<Glossary>> {
        self.store.read(sql::glossaries)
    }

    /// The names of a glossary, in their order.
    pub fn glossary_names(&self, glossary: i64) -> Result<Vec<GlossaryName>> {
        self.store.read(|tx| sql::glossary_names(tx, glossary))
    }

    /// Removes a glossary; makes the repairs of the episodes it concerned due.
    pub fn remove_glossary(&self, glossary: i64) -> Result<()> {
        self.store.write(|tx| sql::remove_glossary(tx, glossary))
    }

    /// Grows by every change of glossaries and rules: what was built from them at another number is old.
    pub fn names_version(&self) -> Result<u64> {
        self.store.read(sql::version)
    }

    /// Makes a rule, in place of one for the same words; makes the repairs of the episodes it concerns due.
    pub fn set_name_rule(&self, rule: &NameRule) -> Result<i64> {
        self.store.write(|tx| sql::set_rule(tx, rule))
    }

    /// Rules of a show and of the whole archive, those of the show first; all rules when no show is given.
    pub fn name_rules(&self, show: Option<ShowId>) -> Result<Vec<NameRule>> {
        self.store.read(|tx| sql::rules(tx, show))
    }

    /// Removes a rule; makes the repairs of the episodes it concerned due.
    pub fn remove_name_rule(&self, rule: i64) -> Result<()> {
        self.store.write(|tx| sql::remove_rule(tx, rule))
    }

    /// The text that repairs start from: heard words with what people made of them, without the machine's own repairs.
    pub fn repairable(&self, hearing: HearingId) -> Result<Vec<Repairable>> {
        self.store.read(|tx| sql::repairable(tx, hearing))
    }

    /// Stores a generation of repairs and offers over [`Archive::repairable`] and finishes the stage `repair`, at once.
    ///
    /// Repairs that are made again as they were keep their identity. Offers that people declined are not made again.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when a person changed one of the words meanwhile: the stage reads again.
    pub fn store_repairs(
        &self,
        claim: &Claim,
        hearing: HearingId,
        tool: &str,
        repairs: &[Change],
        offers: &[NewOffer],
    ) -> Result<Repaired> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            sql::store_repairs(tx, hearing, tool, repairs, offers)
        })
    }

    /// Makes the repairs of an episode due.
    pub fn require_repair(&self, episode: EpisodeId) -> Result<()> {
        self.store.write(|tx| sql::repair_due(tx, episode))
    }

    /// Offers over a hearing, in reading order.
    pub fn offers(&self, hearing: HearingId) -> Result<Vec<Offer>> {
        self.store.read(|tx| sql::offers(tx, hearing))
    }

    /// Takes an offer, which becomes the person's own revision, or declines it.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when it was decided before, or its words were changed since.
    pub fn decide_offer(&self, offer: OfferId, take: bool, author: &Author) -> Result<Option<Revision>> {
        self.store.write(|tx| sql::decide_offer(tx, offer, take, author))
    }

    /// Makes several changes at once, over one or more hearings: all of them or none.
    pub fn revise_all(&self, changes: &[(HearingId, Change)]) -> Result<Vec<Revision>> {
        self.store.write(|tx| sql::revise_all(tx, changes))
    }

    /// Makes a person's corrections in many places and the rule that later episodes learn from, at once: all or none. The
    /// evidence of each names the fix ([`crate::Evidence::fix`]).
    pub fn fix(&self, changes: &[(HearingId, Change)], rule: Option<&NameRule>) -> Result<Vec<Revision>> {
        self.store.write(|tx| verdicts::fix(tx, changes, rule))
    }

    /// The newest fix of which something stands.
    pub fn last_fix(&self) -> Result<Option<String>> {
        self.store.read(verdicts::last_fix)
    }

    /// Takes a fix back, with its rule, wherever nobody went on from it.
    pub fn undo_fix(&self, fix: &str, author: &Author) -> Result<Undone> {
        self.store.write(|tx| verdicts::undo_fix(tx, fix, author))
    }

    /// Stores what a person thinks of a repair, and the rule that follows from it, at once.
    ///
    /// # Errors
    /// [`crate::Error::Conflict`] when it was decided before or its words were changed since; [`crate::Error::NotFound`] when it
    /// is no longer made.
    pub fn judge(
        &self,
        revision: RevisionId,
        verdict: Verdict,
        rule: Option<&NameRule>,
        author: &Author,
    ) -> Result<Revision> {
        self.store.write(|tx| verdicts::judge(tx, revision, verdict, rule, author))
    }

    /// Names confirmed in the episodes of the same show that were broadcast nearest, `most` of them.
    pub fn confirmed_nearby(&self, episode: EpisodeId, most: u32) -> Result<Vec<Confirmed>> {
        self.store.read(|tx| verdicts::confirmed(tx, episode, most))
    }

    /// Every revision over a hearing, with those of generations past.
    pub fn history(&self, hearing: HearingId) -> Result<Vec<PastRevision>> {
        self.store.read(|tx| sql::history(tx, hearing))
    }
}
