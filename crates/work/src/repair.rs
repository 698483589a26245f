//! The stage `repair`: sets the names right in the text of an episode, from all that is known of names.

use crate::hearing::Ended;
use crate::known::Shelf;
use crate::witness::{self, Found};
use archive::{
    Archive, Author, AuthorKind, Claim, EpisodeEntry, Error, Evidence, NameRule, Repairable, Repaired,
    in_place_of,
};
use model::{Origin, Word};
use names::{Context, Heard, Model, Outcome, Repair, Rule, Ruling, Speech};

/// Version of the stage: counts up when the same text and names would give other repairs.
pub(crate) const TOOL: &str = "repair/2";

/// How often the text is read when people change it meanwhile.
pub(crate) const READS: u32 = 5;

/// What repairs need, made ready when first needed and kept while work goes on.
#[derive(Default)]
pub(crate) struct Mender {
    tools: Option<(Speech, Model)>,
    shelf: Shelf,
}

impl Mender {
    /// Repairs the text that is shown of an episode and finishes the stage.
    pub fn repair(
        &mut self,
        archive: &Archive,
        claim: &Claim,
        episode: &EpisodeEntry,
    ) -> Result<Repaired, Ended> {
        let Some(hearing) = episode.hearing.as_ref().filter(|hearing| hearing.complete) else {
            // The text went away since the work became due.
            archive.finish(claim, TOOL)?;
            return Ok(Repaired::default());
        };
        let (speech, model) = match &mut self.tools {
            Some(tools) => tools,
            none => {
                let model = Model::built_in().map_err(|error| failed(error.to_string()))?;
                none.insert((Speech::new(), model))
            }
        };
        let rules = archive.name_rules(Some(episode.show.id))?;
        let known = self.shelf.known(archive, episode, &rules, speech)?;
        let context = Context { rules: in_force(rules), language: hearing.language.clone() };
        for _ in 0..READS {
            let words = archive.repairable(hearing.id)?;
            let said = witness::said_before(archive, hearing.id, &words)?;
            let heard: Vec<Heard> = words.iter().map(|word| ready(word, hearing.origin)).collect();
            let texts: Vec<Word> = words.iter().map(|word| word.live.word.clone()).collect();
            let outcome = names::repair(&heard, &known, &context, speech, model);
            let mut found = found(&outcome, &texts, model);
            for found in &mut found {
                let key = witness::key(&found.words, &found.evidence.right);
                if let Some(sound) = said.get(&key) {
                    found.take(&texts, sound.clone());
                }
            }
            let (repairs, offers) = witness::stored(found, &words);
            match archive.store_repairs(claim, hearing.id, TOOL, &repairs, &offers) {
                // A person was faster.
                Err(Error::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(done) => {
                    witness::require(archive, episode)?;
                    return Ok(done);
                }
            }
        }
        Err(Ended::Failed { reason: "its words are being changed all the time".into(), again: true })
    }
}

/// Who makes repairs.
pub(crate) fn author() -> Author {
    Author { kind: AuthorKind::Machine, name: TOOL.into() }
}

/// All that was found in a text, by its place.
pub(crate) fn found(outcome: &Outcome, words: &[Word], model: &Model) -> Vec<Found> {
    let repairs = outcome.repairs.iter().map(|repair| (true, repair));
    let all = repairs.chain(outcome.offers.iter().map(|offer| (false, offer)));
    let mut found: Vec<Found> = all
        .filter_map(|(done, repair)| {
            let (produces, evidence) = written(repair, words.get(repair.words.clone())?)?;
            let held = !done && repair.score >= model.settings.repair_at;
            let evidence = Evidence { done, held, ..evidence };
            Some(Found { words: repair.words.clone(), produces, evidence })
        })
        .collect();
    found.sort_by_key(|found| (found.words.start, found.words.end));
    found
}

fn failed(reason: String) -> Ended {
    Ended::Failed { reason, again: false }
}

fn ready(word: &Repairable, origin: Origin) -> Heard {
    let own = &word.live.word;
    Heard {
        text: own.text.clone(),
        start: Some(own.start),
        end: Some(own.end),
        // A text from elsewhere says nothing of how sure its words are.
        confidence: (origin == Origin::Heard).then_some(own.confidence),
        settled: word.by_person,
    }
}

/// Rules as the repair knows them; those of the show, which come first, outrank those of the archive for the same words.
fn in_force(rules: Vec<NameRule>) -> Vec<Rule> {
    let mut kept: Vec<Rule> = Vec::with_capacity(rules.len());
    let mut seen = std::collections::HashSet::new();
    for rule in rules {
        if seen.insert(rule.heard.clone()) {
            let cite = format!("rule {} by {}", rule.id, rule.author);
            let what = rule.right.map_or(Ruling::Never(None), Ruling::Always);
            kept.push(Rule { heard: rule.heard, what, cite });
        }
    }
    kept
}

/// The words of a repair in the place of the heard ones, and why.
fn written(repair: &Repair, heard: &[Word]) -> Option<(Vec<Word>, Evidence)> {
    let produces = in_place_of(heard, &repair.text);
    if produces.is_empty() {
        return None;
    }
    let mut reasons = repair.evidence.reasons.clone();
    let more = reasons.split_off(reasons.len().min(2));
    let evidence = Evidence {
        heard: repair.evidence.heard.clone(),
        right: bare(&repair.text, heard),
        name: Some(repair.evidence.name.clone()),
        source: repair.evidence.source.cite.clone(),
        score: Some(repair.score),
        because: reasons.join("; "),
        reasons: more,
        ..Evidence::default()
    };
    Some((produces, evidence))
}

/// The new words without what they have of the heard ones: punctuation, and a possessive ending.
fn bare(text: &[String], heard: &[Word]) -> String {
    let text = text.join(" ");
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let ends =
        |word: &str, ending: &str| word.trim_end_matches(|c: char| !c.is_alphanumeric()).ends_with(ending);
    let possessive = ["'s", "\u{2019}s"]
        .into_iter()
        .find(|ending| text.ends_with(ending) && heard.last().is_some_and(|word| ends(&word.text, ending)));
    possessive.and_then(|ending| text.strip_suffix(ending)).unwrap_or(text).to_owned()
}
