//! The names in one line of notes.

use crate::cues::{
    by, is_done_by_people, is_no_name, is_role, label, leads_to_outlet, leads_to_person, leads_to_place,
    qualifies_role,
};
use crate::kinds::{is_known_place, is_ordinary, likely_kind};
use crate::known::Kind;
use crate::runs::{Run, person_certainty, run_at, several_certainty, single_certainty, text, trimmed};
use crate::tokens::{Shape, Token};
use crate::words::{capital_share, commonness, fold, is_given_name};
use crate::works::{LONGEST_TITLE, is_before_author, quoted, with_small_words, work_after_cue};

/// How a line is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Manner<'a> {
    /// A title: every word may have a capital.
    pub titled: bool,
    /// The notes are not in English: capitals of single words tell nothing.
    pub foreign: bool,
    /// The role of people who are listed under a heading such as `Guests:`, until an empty line.
    pub section: Option<&'a str>,
}

/// A line with its words.
pub struct Line<'a, 'm> {
    /// The line.
    pub text: &'a str,
    /// Its words.
    pub tokens: &'a [Token<'a>],
    /// How to read it.
    pub manner: Manner<'m>,
}

/// What may be a name.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub text: String,
    pub kind: Option<Kind>,
    pub role: Option<String>,
    pub aliases: Vec<String>,
    pub certainty: f32,
}

/// Words that a role may have after a name.
const LONGEST_ROLE: usize = 14;

/// The names in a line, and the role of people that the lines below list.
pub fn read_line<'m>(line: &Line<'_, 'm>) -> (Vec<Candidate>, Option<&'m str>) {
    let tokens = line.tokens;
    let mut reading = Reading {
        line,
        titled: line.manner.titled && !is_sentence(line.text, tokens) || is_titled(line.text, tokens),
        people: line.manner.section,
        found: Vec::new(),
        last: None,
    };
    let mut at = 0;
    let mut section = line.manner.section;
    if let Some((role, next)) = heading(line) {
        reading.people = Some(role);
        if next == tokens.len() {
            section = Some(role);
        }
        at = next;
    } else if line.text.trim_end().ends_with(':') {
        section = None;
    }
    while at < tokens.len() {
        at = reading.step(at);
    }
    (reading.found.into_iter().map(|(_, candidate)| candidate).collect(), section)
}

/// A label at the beginning of the line after which people are listed: its role, and the first word after it.
fn heading(line: &Line) -> Option<(&'static str, usize)> {
    let tokens = line.tokens;
    let end = (1..=3.min(tokens.len())).find(|at| {
        let gap = tokens.get(*at).map_or(&line.text[tokens[*at - 1].end..], |token| token.gap);
        gap.trim_start().starts_with([':', '–', '—', '|', '-']) && !gap.starts_with('-')
            || *at == 1 && tokens.len() == 1
    })?;
    let colon = tokens.get(end).map_or(&line.text[tokens[end - 1].end..], |token| token.gap).contains(':');
    if end == tokens.len() && !colon && tokens.len() > 1 {
        return None;
    }
    let role = tokens[..end].iter().find_map(|token| label(token.text))?;
    Some((role, end))
}

/// Every second ordinary word has a capital though nothing begins there.
fn is_titled(line: &str, tokens: &[Token]) -> bool {
    let (capitals, all) = ordinary_inside(line, tokens);
    all >= 2 && capitals * 2 > all
}

/// Ordinary words are small, as in a sentence.
fn is_sentence(line: &str, tokens: &[Token]) -> bool {
    let (capitals, all) = ordinary_inside(line, tokens);
    all >= 2 && capitals * 3 < all
}

/// Ordinary words of four letters or more that begin no sentence and are no part of a name: how many have a capital, and how many
/// there are.
fn ordinary_inside(line: &str, tokens: &[Token]) -> (usize, usize) {
    let (mut capitals, mut all, mut named) = (0, 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        if token.is_capital() && at >= named {
            let run = run_at(tokens, at);
            if run.end - run.begin > 1 && likely_kind(text(line, tokens, run)).is_some() {
                named = run.end;
            }
        }
        let word = token.text;
        let ordinary = !token.initial && word.len() > 3 && is_ordinary(word);
        if ordinary && at >= named && !is_role(word) && !is_no_name(word) && !is_given_name(word) {
            all += 1;
            capitals += usize::from(token.is_capital());
        }
    }
    (capitals, all)
}

struct Reading<'a, 'l, 'm> {
    line: &'l Line<'a, 'm>,
    titled: bool,
    /// The role of the people who are listed in this line.
    people: Option<&'m str>,
    found: Vec<(Run, Candidate)>,
    /// The last name that was found: where it ends, and whether it is a person.
    last: Option<(usize, bool)>,
}

impl Reading<'_, '_, '_> {
    /// Looks at the word, keeps the name that begins there, and says where to go on.
    fn step(&mut self, at: usize) -> usize {
        let tokens = self.line.tokens;
        if let Some(run) = quoted(self.line, at) {
            let certainty = if run.end - run.begin > 1 { 0.7 } else { 0.5 };
            self.keep(run, Some(Kind::Work), None, certainty);
            return run.end;
        }
        if !tokens[at].is_capital() {
            return at + 1;
        }
        if let Some(run) = work_after_cue(self.line, at, self.titled, self.last_work()) {
            self.keep(run, Some(Kind::Work), None, 0.8);
            return run.end;
        }
        let whole = run_at(tokens, at);
        if at == 0 && self.people.is_none() {
            let title = with_small_words(tokens, whole);
            if is_before_author(self.line, title) {
                self.keep(title, Some(Kind::Work), None, 0.6);
                return title.end;
            }
        }
        let (run, role_in_front) = trimmed(self.line.text, tokens, whole);
        // What stands in front of a role is a name of its own: "NASA Administrator Bill Nelson".
        let front = (at..run.begin)
            .take_while(|at| !is_role(tokens[*at].text) && !qualifies_role(tokens[*at].text))
            .count();
        if role_in_front && front > 0 && !is_no_name(tokens[at].text) {
            self.judge(Run { begin: at, end: at + front }, whole, false);
        }
        if !self.judge(run, whole, role_in_front) && run.begin > whole.begin {
            return run.begin.max(at + 1);
        }
        run.end.max(at + 1)
    }

    /// Where the name that was found last stands, when it is a work.
    fn last_work(&self) -> Option<Run> {
        self.found.last().filter(|(_, found)| found.kind == Some(Kind::Work)).map(|(run, _)| *run)
    }

    /// Decides whether a run is a name, and of what.
    fn judge(&mut self, run: Run, whole: Run, role_in_front: bool) -> bool {
        let (line, tokens) = (self.line.text, self.line.tokens);
        let words: Vec<&str> = tokens[run.begin..run.end].iter().map(|token| token.text).collect();
        let spelling = text(line, tokens, run);
        let role_before = self.role_before(whole.begin);
        let cue = self.person_cue(whole.begin);
        let inline = self.inline_label(whole.begin);
        let listed = inline.is_some() || self.people.is_some() && self.begins_item(whole.begin);
        let said = tokens.get(run.end).is_some_and(|token| token.gap == " " && is_done_by_people(token.text));
        let person = person_certainty(&words);
        let one = words.len() == 1;
        let nameless = words.iter().all(|word| is_no_name(word) || is_role(word) || qualifies_role(word));
        let backed = role_in_front || role_before.is_some() || cue.is_some() || listed || said;

        if person > 0.0 && !nameless {
            let role = self
                .role_after(run)
                .or(self.role_in(whole, run))
                .or(role_before)
                .or(cue.flatten())
                .or(inline.map(str::to_owned))
                .or_else(|| self.listed_role(listed))
                .filter(|role| !role.is_empty());
            let backed = backed || role.is_some();
            let certainty = if backed { person.max(0.65) + (1.0 - person.max(0.65)) * 0.5 } else { person };
            let plain = !self.titled && !self.line.manner.foreign;
            if (plain || backed || person >= 0.85) && certainty >= 0.5 {
                self.work_before_by(run);
                self.keep(run, Some(Kind::Person), role, certainty);
                return true;
            }
            return false;
        }
        if nameless {
            return false;
        }
        let kind = likely_kind(spelling).filter(|kind| *kind != Kind::Person);
        if one {
            return self.judge_one(
                run,
                role_in_front || role_before.is_some(),
                listed || cue.is_some(),
                role_before,
            );
        }
        let unusual = words.iter().filter(|word| !is_ordinary(word) && !is_no_name(word)).count();
        if kind.is_none()
            && words.len() <= 4
            && unusual > 0
            && (listed || cue.is_some_and(|role| role.is_some()) || role_before.is_some())
        {
            let role = self
                .role_after(run)
                .or(role_before)
                .or(inline.map(str::to_owned))
                .or_else(|| self.listed_role(listed))
                .filter(|role| !role.is_empty());
            self.keep(run, Some(Kind::Person), role, 0.7);
            return true;
        }
        if self.line.manner.foreign {
            return false;
        }
        let certainty = several_certainty(&tokens[run.begin..run.end], kind, self.titled);
        let kind = kind.or_else(|| self.kind_by_surroundings(run));
        if certainty > 0.0 {
            self.keep(run, kind, None, certainty);
        }
        certainty > 0.0
    }

    /// One word with a capital.
    fn judge_one(&mut self, run: Run, office: bool, listed: bool, role: Option<String>) -> bool {
        let token = &self.line.tokens[run.begin];
        let mut certainty = single_certainty(token);
        let unusual =
            commonness(token.text) < 3.3 || capital_share(token.text).is_some_and(|share| share >= 0.8);
        let given = is_given_name(token.text);
        if office && unusual && !is_no_name(token.text) {
            self.keep(run, Some(Kind::Person), role, 0.8);
            return true;
        }
        let place = is_known_place(token.text);
        if self.titled || self.line.manner.foreign {
            let known = place || capital_share(token.text).is_some_and(|share| share >= 0.8);
            certainty = if known && !self.line.manner.foreign { certainty.min(0.5) } else { 0.0 };
        }
        if certainty < 0.3 {
            return false;
        }
        let mut run = run;
        let kind = match self.kind_by_surroundings(run) {
            _ if self.is_numbered(run) => {
                run.end += 1;
                None
            }
            _ if place => Some(Kind::Place),
            Some(Kind::Place) | None
                if given && unusual && token.shape == Shape::Capital && !self.is_inside(run) =>
            {
                Some(Kind::Person)
            }
            None if given && listed => Some(Kind::Person),
            kind => kind,
        };
        self.keep(run, kind, role, certainty);
        true
    }

    /// `Apollo 11`: a number that goes with the word before.
    fn is_numbered(&self, run: Run) -> bool {
        let tokens = self.line.tokens;
        let number = tokens.get(run.end).filter(|token| token.gap == " " && token.text.len() <= 3);
        !tokens[run.begin].initial
            && number.is_some_and(|token| token.text.bytes().all(|b| b.is_ascii_digit()))
    }

    /// `in Kherson`: the words before that only places have.
    fn is_inside(&self, run: Run) -> bool {
        let before = run.begin.checked_sub(1).map(|before| self.line.tokens[before].text);
        self.line.tokens[run.begin].gap == " "
            && before.is_some_and(|before| matches!(before, "in" | "near" | "outside"))
    }

    fn keep(&mut self, run: Run, kind: Option<Kind>, role: Option<String>, certainty: f32) {
        let tokens = self.line.tokens;
        let spelling = text(self.line.text, tokens, run);
        let mut aliases = Vec::new();
        if let Some(inside) = tokens.get(run.end)
            && inside.gap.trim() == "("
            && inside.shape == Shape::Shouted
            && abbreviates(inside.text, spelling)
        {
            aliases.push(inside.text.to_owned());
        }
        self.last = Some((run.end, kind == Some(Kind::Person)));
        let candidate = Candidate { text: spelling.to_owned(), kind, role, aliases, certainty };
        self.found.push((run, candidate));
    }

    /// `Beloved by Toni Morrison`: what stands before `by` and a person is a work.
    fn work_before_by(&mut self, person: Run) {
        let tokens = self.line.tokens;
        let Some(at) =
            person.begin.checked_sub(2).filter(|at| tokens[at + 1].text == "by" && tokens[at + 1].gap == " ")
        else {
            return;
        };
        if by(tokens[at].text).is_some()
            || !tokens[at].is_capital()
            || self.titled
            || is_role(tokens[at].text)
        {
            return;
        }
        let mut begin = at;
        while begin > 0 && tokens[begin].gap == " " && at - begin < LONGEST_TITLE {
            let before = &tokens[begin - 1];
            let small = before.shape == Shape::Lower
                && begin >= 2
                && tokens[begin - 2].is_capital()
                && before.text.len() <= 4
                && before.gap == " ";
            begin -= match (before.is_capital(), small) {
                (true, _) => 1,
                (_, true) => 2,
                _ => break,
            };
        }
        let run = Run { begin, end: at + 1 };
        if by(tokens[begin].text).is_some() {
            return;
        }
        self.found.retain(|(found, _)| found.end <= run.begin || found.begin >= run.end);
        self.keep(run, Some(Kind::Work), None, 0.7);
    }

    /// Whether an item of a list begins here: the line, or after a comma or `and`.
    fn begins_item(&self, at: usize) -> bool {
        let tokens = self.line.tokens;
        let gap = tokens[at].gap.trim();
        let first = at == 0 || self.last.is_none() && tokens[at].initial;
        first
            || gap.starts_with([',', ';', '&', '/', '|'])
            || matches!(tokens[at - 1].text, "and" | "und" | "et" | "y" | "with")
            || gap.ends_with(':')
            || at > 0 && label(tokens[at - 1].text).is_some()
    }

    /// `… Producer: Jane Doe` in the middle of a line: the role.
    fn inline_label(&self, at: usize) -> Option<&'static str> {
        let before = at.checked_sub(1)?;
        label(self.line.tokens[before].text).filter(|_| self.line.tokens[at].gap.trim() == ":")
    }

    fn listed_role(&self, listed: bool) -> Option<String> {
        self.people.filter(|role| listed && !role.is_empty()).map(str::to_owned)
    }

    /// Words before a name that make it a person's; the inner value is the role they give.
    fn person_cue(&self, at: usize) -> Option<Option<String>> {
        let tokens = self.line.tokens;
        let before = at.checked_sub(1).map(|before| &tokens[before])?;
        let gap = tokens[at].gap.trim();
        if matches!(fold(before.text).as_str(), "by" | "par" | "von" | "por") && gap.is_empty() {
            let role = at.checked_sub(2).and_then(|verb| by(tokens[verb].text));
            return (role.is_some() || at == 1)
                .then(|| role.filter(|role| !role.is_empty()).map(str::to_owned));
        }
        if matches!(gap, "" | "/" | ":") && leads_to_person(before.text) {
            return Some(None);
        }
        // The next of several people: "with Jane Doe, Peter Roe and Ann Poe".
        let chained = self.last.is_some_and(|(end, person)| {
            person
                && (end == at && matches!(gap, "," | "&" | ";")
                    || end + 1 == at && matches!(before.text, "and" | "und" | "et" | "y"))
        });
        chained.then_some(None)
    }

    /// `our correspondent Jane Doe`, `the defence minister, Jane Doe`: the role in front.
    fn role_before(&self, at: usize) -> Option<String> {
        let tokens = self.line.tokens;
        let before = at.checked_sub(1)?;
        if !matches!(tokens[at].gap.trim(), "" | ",")
            || !is_role(tokens[before].text)
            || tokens[before].text.len() < 3
        {
            return None;
        }
        let mut begin = before;
        while begin > 0
            && before - begin < 3
            && tokens[begin].gap == " "
            && (qualifies_role(tokens[begin - 1].text)
                || is_no_name(tokens[begin - 1].text)
                || is_role(tokens[begin - 1].text))
        {
            begin -= 1;
        }
        Some(text(self.line.text, tokens, Run { begin, end: at }).to_owned())
    }

    /// The role that `trimmed` left off in front.
    fn role_in(&self, whole: Run, run: Run) -> Option<String> {
        let role = Run { begin: whole.begin, end: run.begin };
        let tokens = &self.line.tokens[role.begin..role.end];
        (tokens.iter().any(|token| is_role(token.text)))
            .then(|| text(self.line.text, self.line.tokens, role).to_owned())
    }

    /// `Jane Doe, professor of physics`, `Jane Doe - CFO`, `Jane Doe is the founder of Acme`: the role behind.
    fn role_after(&self, run: Run) -> Option<String> {
        let (line, tokens) = (self.line.text, self.line.tokens);
        let first = tokens.get(run.end)?;
        let gap = first.gap.trim();
        let dash = matches!(gap, "-" | "–" | "—" | ":") && run.begin == 0;
        let is = first.gap == " " && matches!(first.text, "is" | "was");
        if !(gap == "," || gap == "(" || dash || is) {
            return None;
        }
        let mut begin = run.end + usize::from(is);
        if matches!(tokens.get(begin)?.text, "the" | "a" | "an") {
            begin += 1;
        }
        let end =
            (begin + 1..=tokens.len().min(begin + LONGEST_ROLE)).find(|end| match tokens.get(*end) {
                None => true,
                Some(token) if dash => token.gap.contains(['.', ';', '|']),
                Some(token) => {
                    token.gap.contains([',', '.', ';', ')', '(', ':', '–', '—', '!', '?'])
                        || matches!(token.text, "and" | "who" | "joins")
                            && tokens.get(*end + 1).is_none_or(|next| !is_role(next.text))
                }
            })?;
        let words = &tokens[begin..end];
        let near = words.iter().take(4).any(|token| is_role(token.text));
        near.then(|| text(line, tokens, Run { begin, end }).to_owned())
    }

    /// What the words around a run say of its kind.
    fn kind_by_surroundings(&self, run: Run) -> Option<Kind> {
        let tokens = self.line.tokens;
        let before = run.begin.checked_sub(1).map(|before| &tokens[before])?;
        let gap = tokens[run.begin].gap.trim();
        let before_that = run.begin.checked_sub(2).map(|at| &tokens[at]);
        let (_, after_person) = self.last.filter(|(end, _)| run.begin - end <= 2).unwrap_or_default();
        if gap == "(" && after_person {
            return Some(Kind::Organisation);
        }
        if !gap.is_empty() {
            return None;
        }
        let article = before.text == "the";
        let word = if article { before_that.map_or("", |token| token.text) } else { before.text };
        match () {
            () if leads_to_outlet(word) => Some(Kind::Outlet),
            () if after_person && matches!(word, "of" | "at" | "from") => Some(Kind::Organisation),
            () if matches!(word, "city" | "town" | "village") => Some(Kind::Place),
            () if !article
                && leads_to_place(word, before_that.map_or("", |token| token.text))
                && tokens[run.begin].shape == Shape::Capital =>
            {
                Some(Kind::Place)
            }
            () => None,
        }
    }
}

/// Whether letters are the first letters of the words: `ECB` of `European Central Bank`.
fn abbreviates(letters: &str, words: &str) -> bool {
    let firsts: String =
        words.split([' ', '-']).filter_map(|word| word.chars().next()).filter(|c| c.is_uppercase()).collect();
    firsts == letters
}
