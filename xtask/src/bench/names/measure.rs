//! Figures of one repaired transcript against its reference.

use names::{Heard, Outcome, Repair};

use super::alignment::align;
use super::earnings::{Call, Said};
use super::plain;

/// Counts, to be added up.
#[derive(Clone, Copy, Debug, Default)]
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
        self.offers += other.offers;
        self.offers_right += other.offers_right;
        self.heard += other.heard;
    }

    pub fn line(&self) -> String {
        let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
        format!(
            "PERSON {:.1} -> {:.1} % | WER {:.2} -> {:.2} | repairs {} exact {:.1} % | harm {}/{} = {:.1} % | fixed {} | offers {:.2}/1000, {:.0} % right",
            share(self.wrong_before, self.named),
            share(self.wrong_after, self.named),
            share(self.errors_before, self.said),
            share(self.errors_after, self.said),
            self.repairs,
            share(self.exact, self.repairs),
            self.harmed,
            self.changed,
            share(self.harmed, self.changed),
            self.fixed,
            10.0 * share(self.offers, self.heard),
            share(self.offers_right, self.offers),
        )
    }
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
            let run = (at - 3..at + 3).all(|other| aligned[other] == (own + other).checked_sub(at) && plain[other].len() == 1);
            if run {
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
    /// For each repair, whether all its words are right.
    exact: Vec<bool>,
}

/// Aligns heard words `from..to`, with `repairs` made, with the reference.
fn align_piece(pieces: &Pieces, said: &[Said], (from, to): (usize, usize), repairs: &[&Repair]) -> Piece {
    let mut out: Vec<&str> = Vec::new();
    let new: Vec<Vec<String>> = repairs.iter().map(|repair| repair.text.iter().flat_map(|word| plain(word)).collect()).collect();
    let mut places = Vec::new();
    let mut at = from;
    for (repair, new) in repairs.iter().zip(&new) {
        out.extend(pieces.plain[at..repair.words.start].iter().flatten().map(String::as_str));
        places.push(out.len()..out.len() + new.len());
        out.extend(new.iter().map(String::as_str));
        at = repair.words.end;
    }
    out.extend(pieces.plain[at..to].iter().flatten().map(String::as_str));
    let texts: Vec<&str> = said.iter().map(|said| said.plain.as_str()).collect();
    let found = align(&texts, &out);
    let exact = places
        .into_iter()
        .map(|place| {
            let found: Option<Vec<usize>> = found.back[place].iter().copied().collect();
            found.is_some_and(|found| !found.is_empty() && found.windows(2).all(|pair| pair[1] == pair[0] + 1))
        })
        .collect();
    Piece { right: found.forward.iter().map(Option::is_some).collect(), errors: found.errors, exact }
}

/// Counts what the outcome makes of a transcript.
pub fn measure(call: &Call, words: &[Heard], pieces: &Pieces, outcome: &Outcome, show: bool) -> Figures {
    let mut figures = Figures { heard: words.len(), said: call.said.len(), ..Figures::default() };
    let mut repairs = outcome.repairs.iter().peekable();
    let mut offers = outcome.offers.iter().peekable();
    let mut at = 0;
    while at + 1 < pieces.cuts.len() {
        let (from, said_from) = pieces.cuts[at];
        // A repair across a cut joins the pieces.
        let mut own: Vec<&Repair> = Vec::new();
        let mut suggested: Vec<&Repair> = Vec::new();
        loop {
            at += 1;
            let (to, _) = pieces.cuts[at];
            while let Some(repair) = repairs.next_if(|repair| repair.words.start < to) {
                own.push(repair);
            }
            while let Some(offer) = offers.next_if(|offer| offer.words.start < to) {
                suggested.push(offer);
            }
            if own.iter().chain(&suggested).all(|repair| repair.words.end <= to) || at + 1 == pieces.cuts.len() {
                break;
            }
        }
        let (to, said_to) = pieces.cuts[at];
        let said = &call.said[said_from..said_to];
        let before = align_piece(pieces, said, (from, to), &[]);
        let after = if own.is_empty() { None } else { Some(align_piece(pieces, said, (from, to), &own)) };
        let after = after.as_ref().unwrap_or(&before);
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
        figures.changed += own.iter().map(|repair| repair.words.len().max(repair.text.len())).sum::<usize>();
        figures.offers += suggested.len();
        for offer in &suggested {
            figures.offers_right += usize::from(align_piece(pieces, said, (from, to), &[offer]).exact == [true]);
        }
        if show {
            show_piece(call, words, said, (from, to), (&own, after), &suggested);
        }
    }
    figures
}

fn show_piece(call: &Call, words: &[Heard], said: &[Said], (from, to): (usize, usize), (own, after): (&[&Repair], &Piece), offers: &[&Repair]) {
    let text = |range: std::ops::Range<usize>| words[range].iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
    let around = |range: &std::ops::Range<usize>| {
        format!("{} [{}] {}", text(range.start.saturating_sub(4)..range.start), text(range.clone()), text(range.end..(range.end + 4).min(words.len())))
    };
    for (repair, right) in own.iter().zip(&after.exact) {
        println!("{} {} {:.2} {} => {}", if *right { "RIGHT" } else { "WRONG" }, call.id, repair.score, around(&repair.words), repair.text.join(" "));
    }
    for offer in offers {
        println!("OFFER {} {:.2} {} => {}", call.id, offer.score, around(&offer.words), offer.text.join(" "));
    }
    let missed = said.iter().zip(&after.right).any(|(said, right)| said.person.is_some() && !right);
    if missed {
        let said: Vec<String> = said
            .iter()
            .zip(&after.right)
            .map(|(said, right)| format!("{}{}", said.plain, if said.person.is_some() && !right { "*" } else { "" }))
            .collect();
        println!("MISS {} {} | {}", call.id, said.join(" "), text(from..to));
    }
}
