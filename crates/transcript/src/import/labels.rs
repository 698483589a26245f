//! Names that stand before what is said: `Ann Lee: Good evening.`

use super::times;
use std::collections::BTreeMap;

/// What stands where a name would, when the text says that the speaker changes and not who it is.
pub(crate) const UNKNOWN: &str = "Unknown speaker";

/// Longest name, in letters, and most words of one.
const LONGEST: usize = 60;
const MOST_WORDS: usize = 7;

/// Small words within names.
const PARTICLES: [&str; 31] = [
    "de", "der", "den", "van", "von", "zu", "la", "le", "les", "du", "des", "del", "della", "di", "da",
    "dos", "do", "al", "el", "bin", "ibn", "ben", "bat", "of", "the", "and", "und", "et", "y", "e", "from",
];

/// Words that stand before a colon and are nobody's name.
const NOBODY: [&str; 58] = [
    "note",
    "notes",
    "so",
    "and",
    "but",
    "or",
    "remember",
    "example",
    "examples",
    "update",
    "warning",
    "ps",
    "p.s",
    "nb",
    "tip",
    "tips",
    "fact",
    "facts",
    "source",
    "sources",
    "link",
    "links",
    "email",
    "e-mail",
    "tel",
    "phone",
    "website",
    "url",
    "figure",
    "table",
    "pros",
    "cons",
    "yes",
    "no",
    "well",
    "now",
    "first",
    "second",
    "third",
    "finally",
    "because",
    "step",
    "chapter",
    "part",
    "section",
    "re",
    "http",
    "https",
    "summary",
    "conclusion",
    "result",
    "date",
    "time",
    "today",
    "meaning",
    "namely",
    "plus",
    "also",
];

/// A name at the begin of a line with the colon after it, and the rest. Says nothing of whether the document means it as
/// a name: see [`meant`].
pub(crate) fn label(text: &str) -> Option<(&str, &str)> {
    let head = match text.char_indices().nth(LONGEST + 12) {
        Some((at, _)) => &text[..at],
        None => text,
    };
    let (at, colon) = head.char_indices().find(|(at, c)| match c {
        '：' => true,
        ':' => {
            let after = text[at + 1..].chars().next();
            after.is_none_or(char::is_whitespace)
        }
        _ => false,
    })?;
    let name = text[..at].trim();
    is_name(name).then(|| (name, text[at + colon.len_utf8()..].trim_start()))
}

/// True when a text can be somebody's name or role.
pub(super) fn is_name(name: &str) -> bool {
    let (bare, _) = split_time(name);
    if bare.eq_ignore_ascii_case(UNKNOWN) {
        return true;
    }
    if bare.is_empty() || bare.chars().count() > LONGEST || bare.split_whitespace().count() > MOST_WORDS {
        return false;
    }
    if !bare.chars().any(char::is_alphabetic)
        || bare.contains(['?', '!', ';', '"', '“', '”', '<', '>', '|', '=', '/', '\\'])
    {
        return false;
    }
    if NOBODY.contains(&bare.to_lowercase().trim_end_matches('.')) {
        return false;
    }
    let mut words = bare.split_whitespace();
    let good = |(at, word): (usize, &str)| {
        let core = word.trim_matches(|c: char| !c.is_alphanumeric());
        let first = core.chars().next();
        // A full stop ends a short form or an initial, not a sentence.
        let stop = word.trim_end_matches([',', ')']).ends_with('.') && core.chars().count() > 4;
        !stop
            && match first {
                Some(c) => {
                    !c.is_lowercase() || (at > 0 && (PARTICLES.contains(&core) || word.starts_with('(')))
                }
                None => matches!(word, "&" | "-" | "–" | "+"),
            }
    };
    let first = words.next().is_some_and(|word| good((0, word)));
    let mut in_brackets = false;
    first
        && (1..).zip(words).all(|(at, word)| {
            let inside = in_brackets || word.starts_with('(');
            in_brackets = inside && !word.ends_with(')');
            inside || good((at, word))
        })
}

/// True for a line that is a name and a time, and nothing else: `Speaker 1  0:12`.
pub(crate) fn is_head(line: &str) -> bool {
    label(line).is_none() && times::trailing(line).is_some_and(|(before, _)| is_name(before))
}

/// A name with a time after it: `Ann Lee (0:12)`.
pub(crate) fn split_time(name: &str) -> (&str, Option<u64>) {
    match times::trailing(name) {
        Some((name, time)) => (name.trim_end_matches(['-', '–', '—', '|', ',', ' ']), Some(time)),
        None => (name, None),
    }
}

/// Of the labels of a document, how often each occurs, those that are meant as names.
///
/// In running text a colon may follow anything. Labels are meant when they are a habit of the document: there are several,
/// in a fair share of the `places` where one can stand; or when there is hardly a place but theirs.
pub(super) fn meant(labels: &BTreeMap<String, usize>, places: usize) -> bool {
    let labelled: usize = labels.values().sum();
    labelled > 0 && (labelled > 1 || places <= 3) && labelled * 25 >= places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_before_colons() {
        for (text, expected) in [
            ("Ann Lee: Good evening.", Some(("Ann Lee", "Good evening."))),
            ("ANN: Good", Some(("ANN", "Good"))),
            ("Speaker 2: Good", Some(("Speaker 2", "Good"))),
            ("Dr. J. van der Berg, PhD: Good", Some(("Dr. J. van der Berg, PhD", "Good"))),
            ("Ann Lee (on the phone): Good", Some(("Ann Lee (on the phone)", "Good"))),
            ("Ann Lee (00:12): Good", Some(("Ann Lee (00:12)", "Good"))),
            ("记者：你好", Some(("记者", "你好"))),
            ("Ann:", Some(("Ann", ""))),
            ("ann: good", None),
            ("He said: no", None),
            ("At 12:30 we met", None),
            ("https://example.org", None),
            ("This is it. Ann: no", None),
            ("Note: this", None),
            ("Why? Ann: no", None),
            (": no", None),
            ("12: no", None),
            ("", None),
        ] {
            assert_eq!(label(text), expected, "{text}");
        }
        assert_eq!(split_time("Ann Lee (00:12)"), ("Ann Lee", Some(12_000)));
        assert_eq!(label(&"A".repeat(500)), None);
    }

    #[test]
    fn labels_are_a_habit() {
        let of = |counts: &[usize]| {
            counts.iter().enumerate().map(|(at, count)| (at.to_string(), *count)).collect()
        };
        assert!(meant(&of(&[5, 4]), 12));
        assert!(meant(&of(&[1]), 1));
        assert!(!meant(&of(&[1]), 40));
        assert!(!meant(&of(&[1, 1]), 400));
        assert!(!meant(&BTreeMap::new(), 0));
    }
}
