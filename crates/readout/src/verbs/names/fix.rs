//! Correcting heard words in all places at once.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};

use anyhow::Result;
use archive::{Archive, Change, EpisodeEntry, Evidence, LiveWord, NameRule, respelled};
use model::{HearingId, ShowId, Word};
use names::{Name, Rank, Source, commonness, fold};
use serde_json::json;

use super::super::{json_line, line};
use super::author;
use crate::arguments::{Everywhere, Fix};
use crate::console::clock;
use crate::failure::{Outcome, hinted, wrong_use};
use crate::place;

/// Words of the text that are shown on either side of a place.
const AROUND: usize = 5;

/// Words more common than this on the Zipf scale (once in ten thousand words is 5) are ordinary: a person who corrects one does not
/// mean every later one.
const ORDINARY: f32 = 3.4;

/// A place where the heard words stand.
struct Found {
    hearing: HearingId,
    change: Change,
    /// As it is shown: `… met the [local new] minister …`.
    context: String,
    at: u64,
}

pub fn fix(everywhere: &Everywhere, fix: &Fix) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let show = fix.show.as_deref().map(|show| archive.find_show(show)).transpose()?;
    let heard = NameRule::key(&fix.heard);
    let right = fix.right.split_whitespace().collect::<Vec<_>>().join(" ");
    if heard.is_empty() || right.is_empty() {
        return Err(wrong_use(
            "both the heard words and the right ones are needed",
            "see `readout help names fix`",
        ));
    }
    let id = archive::Fix { id: format!("fix-{}", fix_number()), show, replaced: None };
    let evidence = Evidence {
        heard: fix.heard.trim().to_owned(),
        right: right.clone(),
        name: Some(right.clone()),
        because: format!("{} corrected it everywhere", author().name),
        fix: Some(id.clone()),
        ..Evidence::default()
    };
    let mut found = Vec::new();
    let mut episodes = BTreeSet::new();
    for entry in archive.episodes(show)? {
        let Some(hearing) = entry.hearing.as_ref().filter(|hearing| hearing.complete) else { continue };
        for place in places_in(&archive, hearing.id, &heard, &right, &evidence)? {
            print(everywhere, &entry, &place, &right)?;
            episodes.insert(entry.episode.id);
            found.push(place);
        }
    }
    let rule = rule(fix, show, &heard, &right);
    if fix.dry_run {
        if !everywhere.json {
            line(format_args!(
                "{} in {}; nothing was changed",
                places(found.len()),
                episodes_(episodes.len())
            ))?;
        }
        return Ok(Outcome::Done);
    }
    if !found.is_empty()
        && !fix.yes
        && !everywhere.json
        && std::io::stdin().is_terminal()
        && !agreed(found.len())?
    {
        line("nothing was changed")?;
        return Ok(Outcome::Failed);
    }
    let changes: Vec<(HearingId, Change)> =
        found.into_iter().map(|place| (place.hearing, place.change)).collect();
    let made = archive.fix(&changes, rule.as_ref()).map_err(|error| match error {
        archive::Error::Conflict => hinted(
            "the text was changed at this moment, and nothing was corrected",
            "run the same command again",
        ),
        error => error.into(),
    })?;
    if rule.is_none() {
        let rank = Rank::Correction;
        let cite = format!("corrected by {}", author().name);
        work::add_name(&archive, show, &Name::new(right.clone(), Source { rank, cite, date: None }))?;
    }
    if everywhere.json {
        json_line(&json!({
            "type": "fixed", "fix": id.id, "places": made.len(), "episodes": episodes.len(), "rule": rule,
        }))?;
        return Ok(Outcome::Done);
    }
    line(format_args!("corrected in {} in {}", places(made.len()), episodes_(episodes.len())))?;
    match rule {
        Some(_) => line(format_args!("later episodes learn from it: “{heard}” is read “{right}”"))?,
        None => line(format_args!(
            "“{heard}” is an ordinary word: it stays as it is in later episodes, where {right} is known now (--always \
             corrects it there too)"
        ))?,
    }
    if !made.is_empty() {
        line("`readout names undo` takes it back")?;
    }
    Ok(Outcome::Done)
}

/// Tells this fix from others of this archive: when it was made, in nanoseconds.
fn fix_number() -> i128 {
    jiff::Timestamp::now().as_nanosecond()
}

pub fn places(number: usize) -> String {
    format!("{number} {}", if number == 1 { "place" } else { "places" })
}

fn episodes_(number: usize) -> String {
    format!("{number} {}", if number == 1 { "episode" } else { "episodes" })
}

fn agreed(number: usize) -> Result<bool> {
    print!(
        "Correct {}? [y/N] ",
        if number == 1 { "this place".into() } else { format!("these {number} places") }
    );
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// The rule that later episodes learn from; none for one ordinary word, unless it was asked for.
fn rule(fix: &Fix, show: Option<ShowId>, heard: &str, right: &str) -> Option<NameRule> {
    let ordinary = !heard.contains(' ') && commonness(&fold(heard)) > ORDINARY;
    let right = Some(right.to_owned());
    (fix.always || !ordinary).then(|| NameRule {
        id: 0,
        show,
        heard: heard.into(),
        right,
        author: author().name,
    })
}

/// The places in one text where the heard words stand and are not right already.
fn places_in(
    archive: &Archive,
    hearing: HearingId,
    heard: &str,
    right: &str,
    evidence: &Evidence,
) -> Result<Vec<Found>> {
    let live = archive.live_words(hearing)?;
    let keys: Vec<String> = live.iter().map(|word| NameRule::key(&word.word.text)).collect();
    let wanted: Vec<&str> = heard.split(' ').collect();
    let mut found = Vec::new();
    let mut next = 0;
    for (at, window) in keys.windows(wanted.len()).enumerate() {
        if at < next || window != wanted {
            continue;
        }
        next = at + wanted.len();
        let Some(span) = live.get(at..next) else { continue };
        let words: Vec<Word> = span.iter().map(|word| word.word.clone()).collect();
        let produces = respelled(&words, right);
        if produces.is_empty()
            || produces.iter().map(|word| &word.text).eq(words.iter().map(|word| &word.text))
        {
            continue;
        }
        let evidence = Evidence { heard: text(span), ..evidence.clone() };
        let before = text(live.get(at.saturating_sub(AROUND)..at).unwrap_or_default());
        let after = text(live.get(next..(next + AROUND).min(live.len())).unwrap_or_default());
        found.push(Found {
            hearing,
            context: format!("… {before} [{}] {after} …", text(span)),
            at: words.first().map(|word| word.start.0).unwrap_or_default(),
            change: Change {
                author: author(),
                evidence: evidence.text(),
                consumes: span.iter().map(|word| word.id).collect(),
                produces,
            },
        });
    }
    Ok(found)
}

fn text(words: &[LiveWord]) -> String {
    let text = words.iter().map(|word| word.word.text.as_str()).collect::<Vec<_>>().join(" ");
    text.replace(char::is_control, "")
}

fn print(everywhere: &Everywhere, entry: &EpisodeEntry, found: &Found, right: &str) -> Result<()> {
    let title = entry.episode.title.replace(char::is_control, "");
    match everywhere.json {
        true => json_line(&json!({
            "type": "place", "episode": entry.episode.id, "title": title, "start": found.at as f64 / 1000.0,
            "context": found.context, "right": right,
        })),
        false => line(format_args!("{title}  {}  {}", clock(found.at), found.context)),
    }
}
