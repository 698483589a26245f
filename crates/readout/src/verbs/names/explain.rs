//! What is known of names in an episode, and what was made of it.

use anyhow::Result;
use archive::{Archive, AuthorKind, EpisodeEntry, Evidence, LiveWord, OfferState, WordId};
use model::HearingId;
use names::{EpisodeText, NotesLimits, names_in};
use serde_json::json;

use super::super::{json_line, line};
use super::described;
use crate::arguments::Everywhere;
use crate::console::clock;
use crate::failure::Outcome;
use crate::place;

pub fn explain(everywhere: &Everywhere, wanted: &str) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let entry = archive.find_episode(wanted)?;
    known(everywhere, &archive, &entry)?;
    match entry.hearing.as_ref().filter(|hearing| hearing.complete) {
        Some(hearing) => made(everywhere, &archive, hearing.id)?,
        None if everywhere.json => {}
        None => line("it has no text yet; `readout run` hears what is waiting")?,
    }
    Ok(Outcome::Done)
}

/// What the episode's own words name, and how much lists add.
fn known(everywhere: &Everywhere, archive: &Archive, entry: &EpisodeEntry) -> Result<()> {
    let episode = &entry.episode;
    let text = EpisodeText {
        show_title: &entry.show.title,
        title: &episode.title,
        notes: episode.notes.as_deref().unwrap_or_default(),
        people: &episode.people,
    };
    let found = names_in(&text, &NotesLimits::default());
    let lists = archive.glossaries()?;
    let lists = lists.into_iter().filter(|list| list.show.is_none_or(|show| show == entry.show.id));
    let (of_show, of_archive): (Vec<_>, Vec<_>) = lists.partition(|list| list.show.is_some());
    let sum = |lists: &[archive::Glossary]| lists.iter().map(|list| list.names).sum::<u64>();
    let rules = archive.name_rules(Some(entry.show.id))?.len();
    if everywhere.json {
        for found in &found {
            json_line(&json!({ "type": "known", "name": found.name, "certainty": found.certainty }))?;
        }
        return json_line(&json!({
            "type": "lists", "show": sum(&of_show), "archive": sum(&of_archive), "rules": rules,
        }));
    }
    line(format_args!("{} ({})", episode.title, entry.show.title))?;
    line(format_args!(
        "known: {} from its people, title and notes, {} from lists of the show, {} from lists of the archive, {rules} rules",
        found.len(),
        sum(&of_show),
        sum(&of_archive),
    ))?;
    for found in &found {
        line(format_args!("  {}", described(&found.name)))?;
    }
    Ok(())
}

/// What was changed, and what waits.
fn made(everywhere: &Everywhere, archive: &Archive, hearing: HearingId) -> Result<()> {
    let live = archive.live_words(hearing)?;
    let start = |ids: &[WordId]| {
        let first = live.iter().find(|word| ids.contains(&word.id));
        first.map(|word: &LiveWord| word.word.start.0)
    };
    for revision in archive.revisions(hearing)? {
        let source = archive::WordSource::Revision(revision.id);
        let ids: Vec<WordId> =
            (0..revision.produces.len() as u32).map(|ordinal| WordId { source, ordinal }).collect();
        // What was taken back or went under another revision no longer stands.
        let Some(start) = start(&ids) else { continue };
        let evidence = Evidence::read(&revision.evidence);
        let right = revision.produces.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let by = match revision.author.kind {
            AuthorKind::Machine => "set right",
            AuthorKind::Person => "by a person",
        };
        print(everywhere, by, &revision.id.to_string(), start, &right, &evidence, &revision.author.name)?;
    }
    for offer in archive.offers(hearing)?.iter().filter(|offer| offer.state == OfferState::Open) {
        let evidence = Evidence::read(&offer.evidence);
        let right = offer.produces.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
        let start = start(&offer.consumes).unwrap_or_default();
        print(everywhere, "offered", &offer.id.to_string(), start, &right, &evidence, &offer.tool)?;
    }
    Ok(())
}

fn print(
    everywhere: &Everywhere,
    what: &str,
    id: &str,
    start: u64,
    right: &str,
    evidence: &Evidence,
    author: &str,
) -> Result<()> {
    if everywhere.json {
        return json_line(&json!({
            "type": what.replace(' ', "-"), "id": id, "start": start as f64 / 1000.0, "text": right, "by": author,
            "evidence": evidence,
        }));
    }
    let plain = |text: &str| text.replace(char::is_control, "");
    line(format_args!("{:>8}  {} ({what}, {})", clock(start), plain(right), plain(author)))?;
    if !evidence.heard.is_empty() {
        line(format_args!("          heard: “{}”", plain(&evidence.heard)))?;
    }
    if !evidence.because.is_empty() {
        let source =
            if evidence.source.is_empty() { String::new() } else { format!(" ({})", evidence.source) };
        line(format_args!("          because: {}{}", plain(&evidence.because), plain(&source)))?;
    }
    if let Some(sound) = &evidence.sound {
        line(format_args!("          sound: {}", plain(&sound.to_string())))?;
    }
    line(format_args!("          id: {id}"))
}
