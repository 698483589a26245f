//! What is known of names, and what people decide of them.

mod explain;
mod fix;

use std::path::Path;

use anyhow::Result;
use archive::{Archive, Author, AuthorKind, Verdict};
use model::{RevisionId, ShowId};
use names::{Name, Rank, Source};
use serde_json::json;

use super::{json_line, line};
use crate::arguments::{AddName, Everywhere, Names, NamesVerb};
use crate::failure::{Outcome, hinted};
use crate::place;

/// Complaints about a list that are printed; the others are counted.
const TOLD: usize = 20;

/// Names that a search prints.
const MOST: usize = 200;

pub fn names(everywhere: &Everywhere, names: &Names) -> Result<Outcome> {
    match &names.verb {
        NamesVerb::List { text } => list(everywhere, text.as_deref()),
        NamesVerb::Add(name) => add(everywhere, name),
        NamesVerb::Import { file, show } => {
            let archive = place::create(everywhere)?;
            let show = show.as_deref().map(|show| archive.find_show(show)).transpose()?;
            import(everywhere, &archive, show, file)
        }
        NamesVerb::Explain { episode } => explain::explain(everywhere, episode),
        NamesVerb::Fix(fix) => fix::fix(everywhere, fix),
        NamesVerb::Undo { id } => undo(everywhere, id.as_deref()),
        NamesVerb::Rules { remove } => rules(everywhere, *remove),
    }
}

/// Who decides on the command line.
fn author() -> Author {
    let name = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "command line".into());
    Author { kind: AuthorKind::Person, name }
}

/// Title of a show, for people.
fn titles(archive: &Archive) -> Result<impl Fn(Option<ShowId>) -> String + use<>> {
    let shows = archive.shows()?;
    Ok(move |show: Option<ShowId>| match show {
        None => "all shows".to_owned(),
        Some(id) => {
            let title = shows.iter().find(|entry| entry.show.id == id).map(|entry| entry.show.title.clone());
            title.unwrap_or_else(|| id.to_string())
        }
    })
}

fn list(everywhere: &Everywhere, text: Option<&str>) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let title = titles(&archive)?;
    let lists = archive.glossaries()?;
    let wanted = text.map(str::to_lowercase);
    let mut printed = 0;
    for list in &lists {
        let Some(wanted) = &wanted else {
            match everywhere.json {
                true => json_line(list)?,
                false => {
                    let shown = place::shown(Path::new(&list.title));
                    line(format_args!("{:>9}  {shown} ({})", list.names, title(list.show)))?;
                }
            }
            continue;
        };
        for name in work::names_of(&archive, list.id)? {
            let spellings = || std::iter::once(&name.spelling).chain(&name.aliases);
            if !spellings().any(|spelling| spelling.to_lowercase().contains(wanted)) {
                continue;
            }
            printed += 1;
            if printed > MOST && !everywhere.json {
                eprintln!("note: only the first {MOST} are shown; say more of the name, or --json for all");
                return Ok(Outcome::Done);
            }
            match everywhere.json {
                true => json_line(&json!({ "show": list.show, "list": list.title, "name": name }))?,
                false => line(format_args!("{} ({})", described(&name), title(list.show)))?,
            }
        }
    }
    if !everywhere.json && (lists.is_empty() || (wanted.is_some() && printed == 0)) {
        line(
            "no such names are known; `readout names import FILE` reads a list, `readout names add NAME` adds one",
        )?;
    }
    Ok(Outcome::Done)
}

/// `Sébastien Lecornu, person, Defence Minister: guests.txt, line 3`.
fn described(name: &Name) -> String {
    let kind = name.kind.and_then(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned));
    let also = (!name.aliases.is_empty()).then(|| format!("also {}", name.aliases.join(", ")));
    let parts = [Some(name.spelling.clone()), kind, name.role.clone(), also];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    // What stands in lists and notes may hold anything.
    format!("{}: {}", parts.join(", "), name.source.cite).replace(char::is_control, "")
}

fn add(everywhere: &Everywhere, add: &AddName) -> Result<Outcome> {
    let archive = place::create(everywhere)?;
    let show = add.show.as_deref().map(|show| archive.find_show(show)).transpose()?;
    let rank = if show.is_some() { Rank::ShowGlossary } else { Rank::ArchiveGlossary };
    let cite = format!("added by {}", author().name);
    let spelling = add.name.split_whitespace().collect::<Vec<_>>().join(" ");
    if !spelling.contains(char::is_alphanumeric) {
        return Err(hinted(
            format!("\"{}\" is no name", add.name),
            "say it as it is written, with letters or digits",
        ));
    }
    let mut name = Name::new(spelling, Source { rank, cite, date: None });
    (name.kind, name.role) = (add.kind, add.role.clone());
    name.aliases.clone_from(&add.alias);
    let new = work::add_name(&archive, show, &name)?;
    match everywhere.json {
        true => json_line(&json!({ "show": show, "name": name, "new": new }))?,
        false => line(format_args!(
            "{} {}; `readout run` goes through the texts that are there",
            name.spelling,
            if new { "is known now" } else { "was known so already" },
        ))?,
    }
    Ok(Outcome::Done)
}

/// Reads a list and says what came of it.
pub fn import(
    everywhere: &Everywhere,
    archive: &Archive,
    show: Option<ShowId>,
    file: &Path,
) -> Result<Outcome> {
    let shown = file.display();
    let read = work::read_names(archive, show, file, &mut |names| {
        if names % 100_000 == 0 {
            eprintln!("{shown}: {names} names");
        }
    })?;
    for complaint in read.complaints.iter().take(TOLD) {
        let at = if complaint.line > 0 { format!("line {}: ", complaint.line) } else { String::new() };
        eprintln!("note: {shown}, {at}{}", complaint.reason.replace(char::is_control, " "));
    }
    if read.complaints.len() > TOLD {
        eprintln!("note: {shown}: {} more complaints", read.complaints.len() - TOLD);
    }
    let (names, new) = (read.names, read.new);
    match everywhere.json {
        true => json_line(&json!({
            "file": file, "show": show, "names": names, "new": new, "complaints": read.complaints.len(),
        }))?,
        false if new => line(format_args!("{shown}: {names} names are known now"))?,
        false => line(format_args!("{shown}: its {names} names were known already"))?,
    }
    Ok(if names == 0 { Outcome::Failed } else { Outcome::Done })
}

fn rules(everywhere: &Everywhere, remove: Option<i64>) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    if let Some(rule) = remove {
        archive.remove_name_rule(rule)?;
        if !everywhere.json {
            line(format_args!("rule {rule} is forgotten; `readout run` goes through the texts again"))?;
        }
        return Ok(Outcome::Done);
    }
    let title = titles(&archive)?;
    let rules = archive.name_rules(None)?;
    for rule in &rules {
        match (everywhere.json, &rule.right) {
            (true, _) => json_line(rule)?,
            (false, Some(right)) => line(format_args!(
                "{:>4}  “{}” is always “{right}” ({}, {})",
                rule.id,
                rule.heard,
                title(rule.show),
                rule.author
            ))?,
            (false, None) => line(format_args!(
                "{:>4}  “{}” is never changed ({}, {})",
                rule.id,
                rule.heard,
                title(rule.show),
                rule.author
            ))?,
        }
    }
    if rules.is_empty() && !everywhere.json {
        line("nothing was decided of heard words; `readout names fix` and the pages do")?;
    }
    Ok(Outcome::Done)
}

fn undo(everywhere: &Everywhere, id: Option<&str>) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let fix = match id {
        Some(id) => id.to_owned(),
        None => archive.last_fix()?.ok_or_else(|| {
            hinted(
                "there is no fix to take back",
                "`readout names explain EPISODE` shows revisions and their ids",
            )
        })?,
    };
    let done = match archive.undo_fix(&fix, &author()) {
        Err(archive::Error::NotFound { .. }) => {
            let revision: RevisionId = fix.parse().map_err(|_| {
                hinted(
                    format!("\"{fix}\" is no id of a fix or a revision"),
                    "`readout names explain EPISODE` shows them",
                )
            })?;
            archive.judge(revision, Verdict::PutBack, None, &author())?;
            archive::Undone { taken_back: 1, left: 0 }
        }
        done => done?,
    };
    match everywhere.json {
        true => json_line(&json!({ "fix": fix, "taken_back": done.taken_back, "left": done.left }))?,
        false => {
            line(format_args!("taken back in {}", fix::places(done.taken_back as usize)))?;
            if done.left > 0 {
                line(format_args!("{} changed since and left", fix::places(done.left as usize)))?;
            }
        }
    }
    Ok(if done.taken_back == 0 { Outcome::Failed } else { Outcome::Done })
}
