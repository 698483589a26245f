//! Figures of one repaired transcript against its reference.

use std::ops::Range;

use names::{Heard, Outcome};

use super::alignment::align;
use super::lessons::{Call, Said};
use super::plain;

/// Counts, to be added up.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Figures {
    /// Words of the reference that name a person.
    pub named: usize,
    /// Of these not right before, and after.
    pub wrong_before: usize,
    pub wrong_after: usize,
    /// Words of the reference, and word errors before and after.
    pub said: usize,
    pub errors_before: usize,
    pub errors_after: usize,
    /// Words of the reference that were right before and wrong after; the other way.
    pub harmed: usize,
    pub fixed: usize,
    /// Words that repairs took out or put in, the larger of both.
    pub changed: usize,
    /// Repairs, and those of which every word is right.
    pub repairs: usize,
    pub exact: usize,
    /// Those that are right when the list is the authority for how its people are spelt; whoever knows the list counts them.
    pub listed: usize,
    /// Offers, and those of which every word would be right.
    pub offers: usize,
    pub offers_right: usize,
    /// Words heard.
    pub heard: usize,
}

impl Figures {
    pub fn add(&mut self, other: &Self) {
        self.named += other.named;
        self.wrong_before += other.wrong_before;
        self.wrong_after += other.wrong_after;
        self.said += other.said;
        self.errors_before += other.errors_before;
        self.errors_after += other.errors_after;
        self.harmed += other.harmed;
        self.fixed += other.fixed;
        self.changed += other.changed;
        self.repairs += other.repairs;
        self.exact += other.exact;
        self.listed += other.listed;
        self.offers += other.offers;
        self.offers_right += other.offers_right;
        self.heard += other.heard;
    }

    /// The cells of a row: names wrong before and after, words wrong before and after, repairs, exact, fixed, harmed, offers.
    pub fn cells(&self) -> String {
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            "{:.1} | {:.1} | {:.2} | {:.2} | {} | {:.1} | {:.1} | {} | {} = {:.1} | {:.2} | {:.0}",
            share(self.wrong_before, self.named),
            share(self.wrong_after, self.named),
            share(self.errors_before, self.said),
            share(self.errors_after, self.said),
            self.repairs,
            share(self.exact, self.repairs),
            share(self.listed, self.repairs),
            self.fixed,
            self.harmed,
            share(self.harmed, self.changed),
            10.0 * share(self.offers, self.heard),
            share(self.offers_right, self.offers),
        )
    }
}

/// A place that changes and what takes its place.
#[derive(Clone)]
pub struct Change {
    pub words: Range<usize>,
    pub text: Vec<String>,
    pub score: f32,
}

/// What the outcome changes, and what it only offers.
pub fn changes(outcome: &Outcome) -> [Vec<Change>; 2] {
    [&outcome.repairs, &outcome.offers].map(|repairs| {
        let change = |repair: &names::Repair| Change {
            words: repair.words.clone(),
            text: repair.text.clone(),
            score: repair.score,
        };
        repairs.iter().map(change).collect()
    })
}

/// A transcript cut where six words in a row are right, so that each piece is aligned by itself and a repair in one changes nothing in
/// another.
pub struct Pieces {
    /// The plain words of each heard word.
    plain: Vec<Vec<String>>,
    /// Begins of pieces: heard word, word of the reference.
    cuts: Vec<(usize, usize)>,
}

impl Pieces {
    /// Cuts a transcript; `aligned` says which word of the reference each heard word is.
    pub fn new(words: &[Heard], said: usize, aligned: &[Option<usize>]) -> Self {
        let plain: Vec<Vec<String>> = words.iter().map(|word| plain(&word.text)).collect();
        let mut cuts = vec![(0, 0)];
        for at in 3..words.len().saturating_sub(3) {
            let Some(own) = aligned[at] else { continue };
            let follows =
                |other: usize| aligned[other] == (own + other).checked_sub(at) && plain[other].len() == 1;
            if (at - 3..at + 3).all(follows) {
                cuts.push((at, own));
            }
        }
        cuts.push((words.len(), said));
        Self { plain, cuts }
    }
}

/// What became of one piece.
struct Piece {
    /// For each word of the reference, whether it is right.
    right: Vec<bool>,
    errors: usize,
    /// For each change, whether all its words are right.
    exact: Vec<bool>,
}

/// Aligns heard words `from..to`, with `changes` made, with the reference.
fn align_piece(pieces: &Pieces, said: &[Said], (from, to): (usize, usize), changes: &[&Change]) -> Piece {
    let new: Vec<Vec<String>> =
        changes.iter().map(|change| change.text.iter().flat_map(|word| plain(word)).collect()).collect();
    let mut out: Vec<&str> = Vec::new();
    let mut places = Vec::new();
    let mut at = from;
    for (change, new) in changes.iter().zip(&new) {
        out.extend(pieces.plain[at..change.words.start].iter().flatten().map(String::as_str));
        places.push(out.len()..out.len() + new.len());
        out.extend(new.iter().map(String::as_str));
        at = change.words.end;
    }
    out.extend(pieces.plain[at..to].iter().flatten().map(String::as_str));
    let texts: Vec<&str> = said.iter().map(|said| said.plain.as_str()).collect();
    let found = align(&texts, &out);
    let exact = places
        .into_iter()
        .map(|place| {
            let found: Option<Vec<usize>> = found.back[place].iter().copied().collect();
            found
                .is_some_and(|found| !found.is_empty() && found.windows(2).all(|pair| pair[1] == pair[0] + 1))
        })
        .collect();
    Piece { right: found.forward.iter().map(Option::is_some).collect(), errors: found.errors, exact }
}

/// Counts what changes and offers make of a transcript; `tell` hears of each change and offer whether it is right, and of each piece in
/// which a person's name stays wrong.
pub fn measure(
    call: &Call,
    words: &[Heard],
    pieces: &Pieces,
    [changes, offers]: &[Vec<Change>; 2],
    tell: &mut dyn FnMut(String),
) -> Figures {
    let mut figures = Figures { heard: words.len(), said: call.said.len(), ..Figures::default() };
    let mut changes = changes.iter().peekable();
    let mut offers = offers.iter().peekable();
    let mut at = 0;
    while at + 1 < pieces.cuts.len() {
        let (from, said_from) = pieces.cuts[at];
        // A change across a cut joins the pieces.
        let mut own: Vec<&Change> = Vec::new();
        let mut suggested: Vec<&Change> = Vec::new();
        loop {
            at += 1;
            let (to, _) = pieces.cuts[at];
            own.extend(std::iter::from_fn(|| changes.next_if(|change| change.words.start < to)));
            suggested.extend(std::iter::from_fn(|| offers.next_if(|offer| offer.words.start < to)));
            let inside = own.iter().chain(&suggested).all(|change| change.words.end <= to);
            if inside || at + 1 == pieces.cuts.len() {
                break;
            }
        }
        let (to, said_to) = pieces.cuts[at];
        let said = &call.said[said_from..said_to];
        let before = align_piece(pieces, said, (from, to), &[]);
        let after = align_piece(pieces, said, (from, to), &own);
        for (place, said) in said.iter().enumerate() {
            let named = usize::from(said.person.is_some());
            figures.named += named;
            figures.wrong_before += named * usize::from(!before.right[place]);
            figures.wrong_after += named * usize::from(!after.right[place]);
            figures.harmed += usize::from(before.right[place] && !after.right[place]);
            figures.fixed += usize::from(!before.right[place] && after.right[place]);
        }
        figures.errors_before += before.errors;
        figures.errors_after += after.errors;
        figures.repairs += own.len();
        figures.exact += after.exact.iter().filter(|exact| **exact).count();
        figures.changed += own.iter().map(|change| change.words.len().max(change.text.len())).sum::<usize>();
        figures.offers += suggested.len();
        for (change, right) in own.iter().zip(&after.exact) {
            tell(format!("{} {}", if *right { "RIGHT" } else { "WRONG" }, shown(&call.id, words, change)));
        }
        for offer in &suggested {
            let right = align_piece(pieces, said, (from, to), &[offer]).exact == [true];
            figures.offers_right += usize::from(right);
            let verdict = if right { "OFFER right" } else { "OFFER wrong" };
            tell(format!("{verdict} {}", shown(&call.id, words, offer)));
        }
        if said.iter().zip(&after.right).any(|(said, right)| said.person.is_some() && !right) {
            let mark = |(said, right): (&Said, &bool)| {
                format!("{}{}", said.plain, if said.person.is_some() && !right { "*" } else { "" })
            };
            let said: Vec<String> = said.iter().zip(&after.right).map(mark).collect();
            tell(format!("LEFT {} {} | {}", call.id, said.join(" "), written(words, from..to)));
        }
    }
    figures
}

/// The heard words between the nearest right words on both sides of word `place` of the reference, as nothing was changed.
fn gap(pieces: &Pieces, said: &[Said], heard: Range<usize>, place: usize) -> Range<usize> {
    let (mut texts, mut whose) = (Vec::new(), Vec::new());
    for at in heard.clone() {
        for text in &pieces.plain[at] {
            texts.push(text.as_str());
            whose.push(at);
        }
    }
    let reference: Vec<&str> = said.iter().map(|said| said.plain.as_str()).collect();
    let found = align(&reference, &texts).forward;
    let before = found[..place].iter().rev().find_map(|at| *at).map_or(heard.start, |at| whose[at] + 1);
    let after = found[place..].iter().find_map(|at| *at).map_or(heard.end, |at| whose[at]);
    before..after.max(before)
}

/// Tells of each word of a person's name that is wrong when the changes are made: where it is in the reference, the heard words of its
/// piece, and between which of them it should stand.
pub fn wrong(
    call: &Call,
    pieces: &Pieces,
    changes: &[Change],
    tell: &mut dyn FnMut(usize, Range<usize>, Range<usize>),
) {
    let mut changes = changes.iter().peekable();
    let mut at = 0;
    while at + 1 < pieces.cuts.len() {
        let (from, said_from) = pieces.cuts[at];
        let mut own: Vec<&Change> = Vec::new();
        loop {
            at += 1;
            let (to, _) = pieces.cuts[at];
            own.extend(std::iter::from_fn(|| changes.next_if(|change| change.words.start < to)));
            if own.iter().all(|change| change.words.end <= to) || at + 1 == pieces.cuts.len() {
                break;
            }
        }
        let (to, said_to) = pieces.cuts[at];
        let said = &call.said[said_from..said_to];
        let after = align_piece(pieces, said, (from, to), &own);
        for (place, word) in said.iter().enumerate() {
            if word.person.is_some() && !after.right[place] {
                tell(said_from + place, from..to, gap(pieces, said, from..to, place));
            }
        }
    }
}

/// A change with the words around it.
pub fn shown(whose: &str, words: &[Heard], change: &Change) -> String {
    let Range { start, end } = change.words;
    let before = written(words, start.saturating_sub(4)..start);
    let after = written(words, end..(end + 4).min(words.len()));
    let (heard, text) = (written(words, start..end), change.text.join(" "));
    format!("{:.2} {whose}: {before} [{heard}] {after} => {text}", change.score)
}

fn written(words: &[Heard], range: Range<usize>) -> String {
    words[range].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}
