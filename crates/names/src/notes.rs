//! Names that people wrote into an episode's title and notes, found by capitals, cues and lists, without a model.

use std::collections::BTreeMap;

use model::Person;

use crate::known::{Kind, Name, Rank, Source};
use crate::lines_of_notes::{Candidate, Line, Manner, read_line};
use crate::parts::parts;
use crate::spelling::{clean, is_invisible, mixes_scripts};
use crate::tokens::{Shape, tokens};
use crate::words::{commonness, fold};

/// What is written about an episode.
#[derive(Clone, Copy, Debug)]
pub struct EpisodeText<'a> {
    /// Title of the show; empty when unknown.
    pub show_title: &'a str,
    /// Title of the episode.
    pub title: &'a str,
    /// The notes as plain text, with their line breaks.
    pub notes: &'a str,
    /// People whom the feed or a user names.
    pub people: &'a [Person],
}

/// What reading notes may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotesLimits {
    /// Bytes of notes that are read: a transcript of two hours that somebody pasted in, or sixty pages.
    pub bytes: usize,
    /// Bytes of one line that are read together; longer ones are cut.
    pub line: usize,
    /// Names that are kept, the surest first: nobody speaks of more in one episode.
    pub names: usize,
}

impl Default for NotesLimits {
    fn default() -> Self {
        Self { bytes: 256 << 10, line: 8 << 10, names: 500 }
    }
}

/// A name that was found in what is written about an episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The name, citing the line.
    pub name: Name,
    /// How sure it is that this is a name and spelt in full, 0 to 1: 1 for people whom the feed names, 0.9 for a first name and a
    /// surname in running text, 0.4 for an ordinary word with a capital in the middle of a sentence. A judgement, no probability.
    pub certainty: f32,
}

/// The names in an episode's people, titles and notes, in the order in which they are written, each once.
///
/// A surname or first name alone is left out when the full name is found as well. Of notes without capitals only what cues point at
/// is found; of a line that is all capitals or has a capital on every word, only what is shaped like a name.
pub fn names_in(episode: &EpisodeText, limits: &NotesLimits) -> Vec<Found> {
    let mut gathered = Gathered::default();
    for person in episode.people.iter().take(limits.names) {
        let role = person.role.as_deref().map(clean).filter(|role| !role.is_empty());
        let person = Candidate {
            text: clean(&person.name),
            kind: Some(Kind::Person),
            role,
            aliases: Vec::new(),
            certainty: 1.0,
        };
        gathered.add(person, "podcast:person");
    }
    let show = visible(episode.show_title, limits.line);
    if show.split_whitespace().count() > 1 {
        let show = Candidate {
            text: clean(&show),
            kind: Some(Kind::Outlet),
            role: None,
            aliases: Vec::new(),
            certainty: 0.9,
        };
        gathered.add(show, "title of the show");
    }
    let title = visible(episode.title, limits.line);
    let notes = visible(episode.notes, limits.bytes);
    let foreign = is_foreign(&notes);
    let mut manner = Manner { titled: true, foreign, section: None };
    read(&title, &mut manner, "title", &mut gathered);
    for (number, line) in (1..).zip(notes.lines()) {
        manner.titled = false;
        let cite = format!("notes, line {number}");
        if line.trim().is_empty() {
            manner.section = None;
        }
        for piece in pieces(line, limits.line) {
            read(piece, &mut manner, &cite, &mut gathered);
        }
    }
    gathered.found(limits.names)
}

/// Reads one line and keeps what it finds.
fn read<'a>(text: &str, manner: &mut Manner<'a>, cite: &str, gathered: &mut Gathered) {
    let tokens_found = tokens(text);
    let shouted =
        tokens_found.iter().filter(|token| token.shape == Shape::Shouted && token.text.len() > 2).count();
    if tokens_found.len() >= 3 && shouted * 10 >= tokens_found.len() * 6 {
        // Everything is in capitals: they tell nothing. Read as if every word had one, and believe it less.
        let lowered: String = text.split_inclusive(char::is_whitespace).map(crate::parts::recased).collect();
        let shouting = Manner { titled: true, ..*manner };
        let line = Line { text: &lowered, tokens: &tokens(&lowered), manner: shouting };
        for mut candidate in read_line(&line).0 {
            candidate.certainty *= 0.6;
            gathered.add(candidate, cite);
        }
        return;
    }
    let line = Line { text, tokens: &tokens_found, manner: *manner };
    let (candidates, section) = read_line(&line);
    manner.section = section;
    for candidate in candidates {
        gathered.add(candidate, cite);
    }
}

/// The beginning of a text without characters that cannot be seen; line breaks stay.
fn visible(text: &str, most: usize) -> String {
    let text = &text[..text.floor_char_boundary(most)];
    text.chars()
        .filter(|c| *c == '\n' || *c == '\t' || !is_invisible(*c))
        .map(|c| if c == '\t' { ' ' } else { c })
        .collect()
}

/// A line in pieces that are not longer than `most` bytes, cut at spaces where there are any.
fn pieces(mut line: &str, most: usize) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if line.is_empty() {
            return None;
        }
        let whole = line.floor_char_boundary(most.max(4));
        let end = if whole == line.len() {
            whole
        } else {
            line[..whole].rfind(' ').filter(|at| *at > 0).unwrap_or(whole)
        };
        let (piece, rest) = line.split_at(end);
        line = rest;
        Some(piece)
    })
}

/// Whether the notes are in another language than English: of their small words fewer than half are frequent English ones.
fn is_foreign(notes: &str) -> bool {
    let small = notes.split_whitespace().take(2000).filter(|word| {
        word.len() > 1
            && word.chars().all(|c| c.is_lowercase() || !c.is_alphanumeric())
            && word.chars().any(char::is_alphabetic)
    });
    let (mut all, mut english) = (0, 0);
    for word in small {
        all += 1;
        english += usize::from(commonness(word) >= 4.7);
    }
    all >= 3 && english * 2 < all
}

/// What was found so far, by folded spelling.
#[derive(Default)]
struct Gathered {
    found: Vec<Found>,
    places: BTreeMap<String, usize>,
}

impl Gathered {
    fn add(&mut self, candidate: Candidate, cite: &str) {
        let text = candidate.text.trim();
        if !text.chars().any(char::is_alphabetic) || text.len() > 200 || mixes_scripts(text) {
            return;
        }
        if let Some(at) = self.places.get(&fold(text)) {
            let known = &mut self.found[*at];
            if candidate.certainty > known.certainty && known.certainty < 1.0 {
                known.name.kind = candidate.kind.or(known.name.kind);
            }
            known.name.kind = known.name.kind.or(candidate.kind);
            known.name.role = known.name.role.take().or(candidate.role);
            for alias in candidate.aliases {
                if !known.name.aliases.contains(&alias) {
                    known.name.aliases.push(alias);
                }
            }
            // Written twice in the same way is a little surer.
            known.certainty =
                known.certainty.max((known.certainty.max(candidate.certainty) + 0.05).min(0.95));
            return;
        }
        self.places.insert(fold(text), self.found.len());
        let source = Source { rank: Rank::Episode, cite: cite.to_owned(), date: None };
        let mut name = Name::new(text, source);
        (name.kind, name.role, name.aliases) = (candidate.kind, candidate.role, candidate.aliases);
        self.found.push(Found { name, certainty: candidate.certainty });
    }

    /// All names without those that are a part of a longer one, the surest `most` of them.
    fn found(mut self, most: usize) -> Vec<Found> {
        let mut partial: BTreeMap<String, ()> = BTreeMap::new();
        for found in &self.found {
            let whole = &found.name.spelling;
            let words: Vec<&str> = whole.split_whitespace().collect();
            if words.len() < 2 {
                continue;
            }
            if found.name.kind == Some(Kind::Person) {
                let parts = parts(whole).unwrap_or_default();
                let [given, surname] = [&parts.given, &parts.surname].map(|part| fold(&part.join(" ")));
                partial.extend([(given, ()), (surname, ())]);
                partial.extend(words.iter().map(|word| (fold(word), ())));
                if words.len() > 2 {
                    partial.insert(fold(&format!("{} {}", words[0], words[words.len() - 1])), ());
                }
            }
            partial.extend(found.name.aliases.iter().map(|alias| (fold(alias), ())));
        }
        self.found
            .retain(|found| found.certainty == 1.0 || !partial.contains_key(&fold(&found.name.spelling)));
        if self.found.len() > most {
            let mut order: Vec<usize> = (0..self.found.len()).collect();
            order.sort_by(|a, b| self.found[*b].certainty.total_cmp(&self.found[*a].certainty));
            order.truncate(most);
            order.sort_unstable();
            let mut kept = order.into_iter().peekable();
            let mut at = 0;
            self.found.retain(|_| {
                let keep = kept.next_if_eq(&at).is_some();
                at += 1;
                keep
            });
        }
        self.found
    }
}
