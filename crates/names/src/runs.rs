//! Words with capitals that stand together in a line of notes, and what they are by themselves.

use crate::cues::{is_no_name, is_role, qualifies_role};
use crate::kinds::{is_body, is_ordinary, likely_kind};
use crate::known::Kind;
use crate::parts::{is_title, plain};
use crate::tokens::{Shape, Token};
use crate::words::{capital_share, commonness, is_given_name, is_surname};

/// Words of a line from `begin` up to `end` that may be one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The first word.
    pub begin: usize,
    /// The word after the last.
    pub end: usize,
}

/// Words beyond which capitals in a row are no name.
const LONGEST: usize = 8;

/// The longest run that begins at a word with a capital.
pub fn run_at(tokens: &[Token], begin: usize) -> Run {
    let mut end = begin + 1;
    while end < tokens.len() && end - begin < LONGEST {
        let capital = |at: usize| tokens.get(at).is_some_and(|token| token.is_capital() && joined(token));
        let small = |at: usize, words: &[&str]| {
            tokens.get(at).is_some_and(|token| {
                token.shape == Shape::Lower && joined(token) && words.contains(&token.text)
            })
        };
        if capital(end) && !is_pronoun(tokens, end) || is_possessed_body(tokens, end) {
            end += 1;
        } else if small(end, PARTICLES) && capital(end + 1) {
            end += 2;
        } else if small(end, PARTICLES) && small(end + 1, PARTICLES) && capital(end + 2) {
            end += 3;
        } else if small(end, &["of", "for", "on"]) && is_body_before_of(tokens[end - 1].text) {
            end += match (capital(end + 1), small(end + 1, &["the"]) && capital(end + 2)) {
                (true, _) => 2,
                (_, true) => 3,
                _ => break,
            };
        } else if is_nickname(tokens, end) {
            end += 2;
        } else {
            break;
        }
    }
    Run { begin, end }
}

/// Small words inside the names of people.
const PARTICLES: &[&str] = &[
    "af", "al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "ibn", "la", "le", "van",
    "von", "y", "zu", "zum",
];

/// `I` before a verb: "in Ruby I think", but "Elizabeth I".
fn is_pronoun(tokens: &[Token], at: usize) -> bool {
    tokens[at].text == "I"
        && tokens.get(at + 1).is_some_and(|next| next.shape == Shape::Lower && joined(next))
}

/// `Hospital` in `Guy's Hospital`: the only sort of name that goes on after `'s`.
fn is_possessed_body(tokens: &[Token], at: usize) -> bool {
    let token = tokens.get(at).filter(|token| token.is_capital() && matches!(token.gap, "'s " | "’s "));
    token.is_some_and(|token| is_body(token.text))
}

/// Nothing but a space before it.
fn joined(token: &Token) -> bool {
    !token.gap.is_empty() && token.gap.chars().all(|c| c == ' ' || c == '\u{a0}')
}

/// `Dana "Moth" Leclerc`: a word in quotation marks between two with capitals.
fn is_nickname(tokens: &[Token], at: usize) -> bool {
    let (Some(inner), Some(after)) = (tokens.get(at), tokens.get(at + 1)) else { return false };
    let opens = matches!(inner.gap.trim(), "\"" | "“" | "(");
    let closes = matches!(after.gap.trim(), "\"" | "”" | ")") && after.gap.ends_with(' ');
    opens
        && closes
        && after.is_capital()
        && inner.is_capital()
        && is_given_name(tokens[at - 1].text)
        && !is_ordinary(after.text)
}

/// Words after which `of` goes on with the name: `University of`, `Bay of`, `Bank of`.
fn is_body_before_of(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "academy",
        "association",
        "bank",
        "bay",
        "board",
        "bureau",
        "cape",
        "center",
        "centre",
        "chamber",
        "city",
        "college",
        "commission",
        "committee",
        "confederation",
        "congress",
        "coast",
        "council",
        "court",
        "department",
        "duchy",
        "faculty",
        "federation",
        "gulf",
        "house",
        "houses",
        "institute",
        "institution",
        "isle",
        "kingdom",
        "league",
        "library",
        "ministry",
        "museum",
        "national",
        "office",
        "order",
        "organisation",
        "organization",
        "republic",
        "school",
        "sea",
        "society",
        "state",
        "straits",
        "strait",
        "united",
        "university",
    ];
    WORDS.contains(&plain(word).as_str())
}

/// The text of a run as it is written.
pub fn text<'a>(line: &'a str, tokens: &[Token], run: Run) -> &'a str {
    line.get(tokens[run.begin].begin..tokens[run.end - 1].end).unwrap_or_default()
}

/// A run without the roles, titles and peoples in front of a person (`Russian Defence Minister Sergei Shoigu`), and without a first
/// word that is large only because a sentence begins.
///
/// The second value is true when a role was left off: what remains is a person then.
pub fn trimmed(line: &str, tokens: &[Token], mut run: Run) -> (Run, bool) {
    while run.end - run.begin > 1 && is_suffix_of_list(&tokens[run.end - 1]) {
        run.end -= 1;
    }
    // A role in the middle: "NASA Administrator Bill Nelson".
    let inner = (run.begin + 1..run.end).rev().find(|at| {
        let words: Vec<&str> = tokens[*at..run.end].iter().map(|token| token.text).collect();
        is_role(tokens[*at - 1].text) && !is_role(words[0]) && person_certainty(&words) >= 0.8
    });
    if let Some(begin) = inner {
        return (Run { begin, ..run }, true);
    }
    if !matches!(likely_kind(text(line, tokens, run)), None | Some(Kind::Person))
        && !opens_a_sentence(&tokens[run.begin])
    {
        return (run, false);
    }
    let role = |token: &Token| is_role(token.text) || is_title(token.text);
    let front = (run.begin..run.end).take_while(|at| {
        let token = &tokens[*at];
        role(token) || qualifies_role(token.text) || is_no_name(token.text) || opens_a_sentence(token)
    });
    let front = front.count();
    for skip in (1..=front.min(run.end - run.begin - 1)).rev() {
        let rest = Run { begin: run.begin + skip, end: run.end };
        let left_off = &tokens[run.begin..rest.begin];
        let has_role = left_off.iter().any(role);
        let whole_person = left_off.len() == 1 && is_given_name(left_off[0].text) && run.end - run.begin == 2;
        let alone = rest.end - rest.begin == 1;
        let person = likely_kind(text(line, tokens, rest)) == Some(Kind::Person);
        let surname = alone && !is_ordinary(tokens[rest.begin].text) && !is_no_name(tokens[rest.begin].text);
        if has_role && (person || surname) && !whole_person {
            return (rest, true);
        }
        if person && !whole_person && !has_role {
            return (rest, false);
        }
    }
    if opens_a_sentence(&tokens[run.begin]) && run.end - run.begin > 1 {
        return (Run { begin: run.begin + 1, ..run }, false);
    }
    (run, false)
}

/// A common word that is large because it stands first: `The`, `With`, `Thanks`.
fn opens_a_sentence(token: &Token) -> bool {
    let common = commonness(token.text) >= 5.3 && !is_given_name(token.text);
    token.initial && (common || commonness(token.text) >= 6.3 || is_no_name(token.text))
}

fn is_suffix_of_list(token: &Token) -> bool {
    token.shape == Shape::Shouted && is_no_name(token.text)
        || matches!(token.text, "PhD" | "Ph.D" | "Q1" | "Q2" | "Q3" | "Q4")
}

/// How sure it is that words are a person's name, 0 to 1, by the words alone.
pub fn person_certainty(words: &[&str]) -> f32 {
    let kept: Vec<&str> = words.iter().copied().filter(|word| !is_title(word)).collect();
    let titled = kept.len() < words.len();
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return 0.0 };
    if likely_kind(&words.join(" ")) != Some(Kind::Person) {
        return 0.0;
    }
    // A last word that is written small as a rule, and that nobody bears, is no surname.
    let surname = is_surname(last) || capital_share(last).is_none_or(|share| share >= 0.6);
    match () {
        () if titled => 0.9,
        () if kept.len() < 2 => 0.0,
        () if is_given_name(first) && surname && !is_ordinary(first) => {
            0.9 - 0.05 * f32::from(u8::from(is_ordinary(last)))
        }
        () if is_given_name(first) && is_surname(last) && !is_ordinary(last) => 0.85,
        () if is_given_name(first) && is_surname(last) && commonness(first) + commonness(last) < 9.5 => 0.65,
        () if is_given_name(first) && surname => 0.55,
        () if is_given_name(first) => 0.3,
        () if is_surname(last) => 0.75,
        () => 0.65,
    }
}

/// How sure it is that one word with a capital is a name, 0 to 1.
pub fn single_certainty(token: &Token) -> f32 {
    let word = token.text;
    let (common, share) = (commonness(word), capital_share(word));
    let mostly_capital = share.is_some_and(|share| share >= 0.8);
    if is_no_name(word) || is_role(word) || is_title(word) || word.chars().count() < 2 {
        return 0.0;
    }
    // "Python-based" is no name, "Weston-super-Mare" is.
    let compound = word
        .rsplit_once('-')
        .is_some_and(|(_, tail)| tail.starts_with(char::is_lowercase) && is_ordinary(tail));
    match () {
        () if compound => 0.0,
        () if token.shape == Shape::Shouted && (common >= 3.5 && word.len() > 3 || word.len() > 7) => 0.0,
        () if token.shape == Shape::Shouted => 0.6,
        () if word.chars().skip(1).any(char::is_uppercase) && common < 3.5 => 0.8,
        () if mostly_capital => 0.75,
        () if share.is_none() && !(token.initial && is_inflected_word(word)) => 0.75,
        () if token.initial => 0.0,
        () if common < 3.3 => 0.7,
        () if share.is_some_and(|share| share >= 0.4) => 0.5,
        () if common < 4.3 => 0.4,
        () => 0.0,
    }
}

/// Whether a word is an ending away from an ordinary one, or a compound of ordinary ones.
fn is_inflected_word(word: &str) -> bool {
    let endings = ["s", "es", "ed", "d", "ing", "ly", "er", "ers", "ness", "less", "y", "ish"];
    let base = |base: &str| commonness(base) >= 3.0 || commonness(&format!("{base}e")) >= 3.0;
    let parts: Vec<&str> = word.split('-').collect();
    endings.iter().any(|ending| word.strip_suffix(ending).is_some_and(|rest| rest.len() > 2 && base(rest)))
        || (3..word.len().saturating_sub(2)).any(|at| {
            word.split_at_checked(at).is_some_and(|(front, back)| is_ordinary(front) && is_ordinary(back))
        })
        || parts.len() > 1 && parts.iter().all(|part| commonness(part) >= 3.0 && !is_given_name(part))
        || ["re", "un", "non", "pre", "over", "mis"].iter().any(|front| {
            word.to_lowercase()
                .strip_prefix(front)
                .is_some_and(|rest| rest.len() > 3 && commonness(rest) >= 3.0)
        })
}

/// How sure it is that several words with capitals that are no person's are a name, 0 to 1. In a line where every word has a capital
/// (`titled`) ordinary words tell nothing.
pub fn several_certainty(tokens: &[Token], kind: Option<Kind>, titled: bool) -> f32 {
    let plain_words = tokens.iter().filter(|token| is_ordinary(token.text) || is_no_name(token.text)).count();
    let special = tokens.iter().filter(|token| token.is_capital()).count() > plain_words;
    let roles = tokens.iter().all(|token| {
        is_role(token.text) || qualifies_role(token.text) || is_no_name(token.text) || !token.is_capital()
    });
    match kind {
        _ if roles => 0.0,
        Some(_) if titled && !special => 0.0,
        Some(_) => 0.8,
        None if titled => 0.0,
        None if special => 0.7,
        None if tokens[0].initial => 0.0,
        None => 0.5,
    }
}
