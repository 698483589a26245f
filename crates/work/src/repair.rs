//! The stage `repair`: sets the names right in the text of an episode, from all that is known of names.

use crate::hearing::Ended;
use archive::{
    Archive, Author, AuthorKind, Change, Claim, EpisodeEntry, Error, Evidence, NameRule, Repairable,
    Repaired, respelled,
};
use model::Word;
use std::collections::HashMap;
use std::ops::Range;

/// Version of the stage: counts up when the same text and names would give other repairs.
pub(crate) const TOOL: &str = "repair/1";

/// How often the text is read when people change it meanwhile.
const READS: u32 = 5;

/// Repairs the text that is shown of an episode and finishes the stage.
pub(crate) fn repair(archive: &Archive, claim: &Claim, episode: &EpisodeEntry) -> Result<Repaired, Ended> {
    let Some(hearing) = episode.hearing.as_ref().filter(|hearing| hearing.complete) else {
        // The text went away since the work became due.
        archive.finish(claim, TOOL)?;
        return Ok(Repaired::default());
    };
    for _ in 0..READS {
        let words = archive.repairable(hearing.id)?;
        let rules = Rules::new(archive.name_rules(Some(episode.show.id))?);
        let ruled = rules.found(&words);
        let changes: Vec<Change> = ruled.iter().filter_map(|found| found.change(&words)).collect();
        match archive.store_repairs(claim, hearing.id, TOOL, &changes, &[]) {
            // A person was faster.
            Err(Error::Conflict) => {}
            done => return Ok(done?),
        }
    }
    Err(Ended::Failed { reason: "its words are being changed all the time".into(), again: true })
}

/// What people decided of heard words.
struct Rules {
    by_heard: HashMap<String, NameRule>,
    /// Words of the longest.
    longest: usize,
}

/// Words that a rule is for.
struct Ruled<'rules> {
    words: Range<usize>,
    rule: &'rules NameRule,
}

impl Rules {
    /// Rules of the show come before those of the archive, and outrank them.
    fn new(rules: Vec<NameRule>) -> Self {
        let longest = rules.iter().map(|rule| rule.heard.split(' ').count()).max().unwrap_or_default();
        let mut by_heard = HashMap::with_capacity(rules.len());
        for rule in rules {
            by_heard.entry(rule.heard.clone()).or_insert(rule);
        }
        Self { by_heard, longest }
    }

    /// Where rules hold: the longest first at each place, and never over words that a person wrote.
    fn found(&self, words: &[Repairable]) -> Vec<Ruled<'_>> {
        let mut found = Vec::new();
        if self.longest == 0 {
            return found;
        }
        let keys: Vec<String> = words.iter().map(|word| NameRule::key(&word.live.word.text)).collect();
        let mut at = 0;
        while at < words.len() {
            let free = words.iter().skip(at).take(self.longest).take_while(|word| !word.by_person).count();
            let longest = (1..=free).rev().find_map(|length| {
                let heard = keys.get(at..at + length)?;
                if heard.iter().any(String::is_empty) {
                    return None;
                }
                self.by_heard.get(&heard.join(" ")).map(|rule| Ruled { words: at..at + length, rule })
            });
            at = longest.as_ref().map_or(at + 1, |ruled| ruled.words.end);
            found.extend(longest);
        }
        found
    }
}

impl Ruled<'_> {
    /// The change that follows, when the words are not as they should be already.
    fn change(&self, words: &[Repairable]) -> Option<Change> {
        let right = self.rule.right.as_deref()?;
        let span = words.get(self.words.clone())?;
        let heard: Vec<Word> = span.iter().map(|word| word.live.word.clone()).collect();
        let produces = respelled(&heard, right);
        let same = produces.iter().map(|word| &word.text).eq(heard.iter().map(|word| &word.text));
        if same || produces.is_empty() {
            return None;
        }
        let heard = heard.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let author = &self.rule.author;
        let evidence = Evidence {
            because: format!("{author} decided that “{}” is to be read “{right}”", self.rule.heard),
            source: format!("rule {} by {author}", self.rule.id),
            heard,
            right: right.to_owned(),
            name: Some(right.to_owned()),
            ..Evidence::default()
        };
        Some(Change {
            author: Author { kind: AuthorKind::Machine, name: TOOL.into() },
            evidence: evidence.text(),
            consumes: span.iter().map(|word| word.live.id).collect(),
            produces,
        })
    }
}
