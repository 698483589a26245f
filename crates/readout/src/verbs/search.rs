use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use archive::Archive;
use search::{Answer, EpisodeHits, Hit, Index, Options, Reason, Span};
use serde_json::{Value, json};

use super::{json_line, text};
use crate::arguments::{Everywhere, Search};
use crate::console::{Meter, Unit, clock};
use crate::failure::Outcome;
use crate::{place, stop};

/// Words shown before the first and after the last that was found.
const AROUND: usize = 14;

pub fn search(everywhere: &Everywhere, search: &Search) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let index = place::index(&archive)?;
    let stop = stop::on_interrupt("stopping; what is indexed stays, and the next time goes on from there")?;
    bring_up_to_date(&archive, &index, &stop)?;
    if stop.load(Ordering::SeqCst) {
        return Ok(Outcome::Partial);
    }
    let options = Options {
        episodes: search.limit.max(1),
        passages: search.passages.max(1),
        exact: search.exact,
        ..Options::default()
    };
    let queries: Vec<String> = match &search.queries {
        None => vec![search.query.join(" ")],
        Some(file) => {
            let read = std::fs::read_to_string(file)
                .with_context(|| format!("{} cannot be read", file.display()))?;
            read.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        }
    };
    let many = queries.len() > 1 || search.queries.is_some();
    for query in &queries {
        let answer = index.search(query, &options)?;
        if everywhere.json {
            for (episode, hit) in
                answer.episodes.iter().flat_map(|found| found.hits.iter().map(move |hit| (found, hit)))
            {
                json_line(&row(query, many, episode, hit))?;
            }
        } else {
            if many {
                text(&format!("# {query}\n\n"))?;
            }
            text(&page(&answer, query))?;
        }
        for note in &answer.notes {
            eprintln!("note: {note}");
        }
    }
    Ok(Outcome::Done)
}

/// Puts in what is new, with progress where that takes a while.
pub fn bring_up_to_date(archive: &Archive, index: &Index, stop: &AtomicBool) -> Result<()> {
    let mut meter = None;
    let done = work::make_searchable(archive, index, stop, &mut |done, all| {
        // Few episodes take no time worth a word.
        if all > 50 {
            let meter = meter.get_or_insert_with(|| Meter::new("indexing", Unit::Episodes, 0));
            meter.set(done as u64, all as u64, "");
        }
    })?;
    if done.busy {
        eprintln!("note: another process is bringing the index up to date: the newest texts may be missing");
    }
    Ok(())
}

fn row(query: &str, many: bool, episode: &EpisodeHits, hit: &Hit) -> Value {
    let words: Vec<&str> = hit.words.iter().map(|word| word.0.as_str()).collect();
    let best = hit.spans.iter().find(|span| span.reason == hit.reason);
    let mut row = json!({
        "episode": episode.about.episode, "show": episode.about.show, "title": episode.about.title,
        "date": episode.about.date, "speaker": hit.speaker, "start": hit.start, "end": hit.end,
        "text": words.join(" "), "heard": best.and_then(|span| span.heard.as_ref()),
        "reason": hit.reason, "score": hit.score, "spans": hit.spans,
    });
    if many && let Some(row) = row.as_object_mut() {
        row.insert("query".into(), query.into());
    }
    row
}

/// The hits as they are read: by episode, with the words around and the reason where there is one to be said.
fn page(answer: &Answer, query: &str) -> String {
    let (bold, dim, plain) = match std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        true => ("\u{1b}[1m", "\u{1b}[2m", "\u{1b}[0m"),
        false => ("", "", ""),
    };
    let mut page = String::new();
    for found in &answer.episodes {
        let about = &found.about;
        let date = about.date.map(|date| format!(", {date}")).unwrap_or_default();
        page.push_str(&format!(
            "{bold}{}{plain}  {dim}{}{date}{plain}\n",
            clean(&about.title),
            clean(&about.show)
        ));
        if found.hits.is_empty() && found.in_about {
            page.push_str(&format!("  {dim}in the title, the notes or among the people{plain}\n"));
        }
        for hit in &found.hits {
            let time = if hit.timed { clock(hit.start.0) } else { "–".into() };
            let speaker = hit.speaker.as_ref().map(|name| format!("{}: ", clean(name))).unwrap_or_default();
            page.push_str(&format!("  {time:>8}  {speaker}{}\n", excerpt(hit, bold, plain)));
            if let Some(reason) = reason(hit) {
                page.push_str(&format!("            {dim}{reason}{plain}\n"));
            }
        }
        let more = found.passages.saturating_sub(found.hits.len() as u64);
        if more > 0 {
            let s = if more == 1 { "" } else { "s" };
            page.push_str(&format!("            {dim}and {more} more passage{s}{plain}\n"));
        }
        page.push('\n');
    }
    match answer.episodes.len() {
        0 => page.push_str(&format!("nothing was found for {}\n", clean(query))),
        shown if shown < answer.found => {
            page.push_str(&format!(
                "{} passages in {} episodes; --limit shows more\n",
                answer.passages, answer.found
            ));
        }
        _ => {}
    }
    page
}

fn excerpt(hit: &Hit, bold: &str, plain: &str) -> String {
    let first = hit.spans.first().map_or(0, |span| span.first);
    let last = hit.spans.iter().map(|span| span.end).max().unwrap_or(hit.words.len());
    let from = first.saturating_sub(AROUND);
    let to = (last + AROUND).min(hit.words.len());
    let mut text = String::new();
    if from > 0 {
        text.push_str("… ");
    }
    for (index, (word, _)) in hit.words.iter().enumerate().take(to).skip(from) {
        if index > from {
            text.push(' ');
        }
        let found = hit.spans.iter().any(|span| (span.first..span.end).contains(&index));
        let (before, after) = if found { (bold, plain) } else { ("", "") };
        text.push_str(&format!("{before}{}{after}", clean(word)));
    }
    if to < hit.words.len() {
        text.push_str(" …");
    }
    text
}

fn reason(hit: &Hit) -> Option<String> {
    let said = |span: &Span| {
        let heard = span.heard.as_deref().map(clean).unwrap_or_default();
        match span.reason {
            Reason::Exact => None,
            Reason::Repaired => Some(format!("heard: “{heard}”, since set right")),
            Reason::Offered => {
                Some(format!("“{}” is offered here", span.offered.as_deref().map(clean).unwrap_or_default()))
            }
            Reason::SoundsLike => {
                Some(format!("sounds like it: heard “{heard}” ({:.0} %)", span.probability * 100.0))
            }
        }
    };
    let reasons: Vec<String> = hit.spans.iter().filter_map(said).collect();
    (!reasons.is_empty()).then(|| reasons.join("; "))
}

/// Control characters could move the cursor.
fn clean(text: &str) -> String {
    text.replace(char::is_control, " ")
}
