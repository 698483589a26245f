//! Words as they are compared: without case, punctuation, accents and ways of writing.

use super::numbers::{each_digit, spoken};
use model::Word;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A spoken part of a word: most words have one, `7.7` has three, a dash none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Its form, as a number in the [`Lexicon`].
    pub form: u32,
    /// Index of its word.
    pub word: u32,
    /// Letters of the word's forms before this one, this one's, and all of them: its share of the word's time.
    pub before: u16,
    pub letters: u16,
    pub of: u16,
}

/// Forms and their numbers; two texts that are compared share one.
#[derive(Default)]
pub(super) struct Lexicon {
    numbers: HashMap<String, u32>,
    forms: Vec<Vec<char>>,
}

/// Longest form that is compared letter by letter; what is beyond counts only when all is equal.
const LONGEST: usize = 32;

impl Lexicon {
    /// The tokens of a text.
    pub fn tokens(&mut self, words: &[Word]) -> Vec<Token> {
        let mut tokens = Vec::with_capacity(words.len());
        let mut forms = Vec::new();
        for (word, text) in (0..).zip(words) {
            forms.clear();
            normalise(&text.text, &mut forms);
            let counts = forms.iter().map(|form| u16::try_from(form.chars().count()).unwrap_or(u16::MAX));
            let counts: Vec<u16> = counts.collect();
            let of = counts.iter().fold(0u16, |sum, count| sum.saturating_add(*count)).max(1);
            let mut before = 0u16;
            for (form, letters) in forms.drain(..).zip(counts) {
                tokens.push(Token { form: self.number(form), word, before, letters, of });
                before = before.saturating_add(letters);
            }
        }
        tokens
    }

    fn number(&mut self, form: String) -> u32 {
        let next = self.forms.len() as u32;
        let letters = form.chars().take(LONGEST).collect();
        let number = *self.numbers.entry(form).or_insert(next);
        if number == next {
            self.forms.push(letters);
        }
        number
    }

    /// The letters of a form, up to [`LONGEST`].
    pub fn letters(&self, form: u32) -> &[char] {
        self.forms.get(form as usize).map_or(&[], Vec::as_slice)
    }

    /// Number of letters of a form, up to [`LONGEST`].
    pub fn length(&self, form: u32) -> usize {
        self.letters(form).len()
    }

    /// How alike two forms are, 0 to 1: one less the share of letters to be changed (Levenshtein).
    pub fn likeness(&self, a: u32, b: u32) -> f32 {
        if a == b {
            return 1.0;
        }
        let (a, b) = (self.letters(a), self.letters(b));
        let longest = a.len().max(b.len());
        // Less than half of the letters can be the same.
        if a.len().abs_diff(b.len()) * 2 > longest {
            return 0.0;
        }
        1.0 - distance(a, b) as f32 / longest.max(1) as f32
    }
}

fn distance(a: &[char], b: &[char]) -> usize {
    let mut row = [0usize; LONGEST + 1];
    for (index, cell) in row.iter_mut().enumerate() {
        *cell = index;
    }
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// See [`super::spoken_forms`].
pub(super) fn spoken_forms(word: &str) -> Vec<String> {
    let mut forms = Vec::new();
    normalise(word, &mut forms);
    forms
}

fn normalise(word: &str, forms: &mut Vec<String>) {
    let folded: String =
        word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect();
    let folded = folded.replace(['’', 'ʼ', '`', '´'], "'");
    let begun = forms.len();
    let mut rest = folded.chars().peekable();
    let mut form = String::new();
    let mut amount = None;
    while let Some(c) = rest.next() {
        if c.is_ascii_digit() {
            flush(&mut form, forms);
            number(c, &mut rest, forms);
            continue;
        }
        match c {
            '$' | '€' | '£' => amount = Some(c),
            '%' => {
                flush(&mut form, forms);
                forms.push("percent".into());
            }
            '&' => {
                flush(&mut form, forms);
                forms.push("and".into());
            }
            // Full stops inside abbreviations and apostrophes join: U.S. is us, rock'n'roll one word.
            '.' | '\'' => form.extend((c == '\'' && !form.is_empty()).then_some(c)),
            c if is_unspaced(c) => {
                flush(&mut form, forms);
                forms.push(c.into());
            }
            c if c.is_alphanumeric() => form.push(c),
            _ => flush(&mut form, forms),
        }
    }
    flush(&mut form, forms);
    if let (Some(sign), true) = (amount, forms.len() > begun) {
        let name = match sign {
            '$' => "dollars",
            '€' => "euros",
            _ => "pounds",
        };
        forms.push(name.into());
    }
}

/// Reads a numeral that begins with `first`: `1,000`, `7.7`, `21st`, `90s`.
fn number(first: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>, forms: &mut Vec<String>) {
    let mut digits = String::from(first);
    let mut fraction = None;
    while let Some(c) = rest.peek().copied() {
        let mut ahead = rest.clone();
        ahead.next();
        let digit_follows = ahead.peek().is_some_and(char::is_ascii_digit);
        match c {
            '0'..='9' => fraction.as_mut().unwrap_or(&mut digits).push(c),
            ',' if digit_follows && fraction.is_none() => {}
            '.' if digit_follows && fraction.is_none() => fraction = Some(String::new()),
            _ => break,
        }
        rest.next();
    }
    spoken(&digits, forms);
    if let Some(fraction) = fraction {
        forms.push("point".into());
        each_digit(&fraction, forms);
    }
    // What makes an ordinal or a plural of it is close enough to the number itself.
    let suffix: String = rest.clone().take_while(|c| c.is_alphabetic()).collect();
    if matches!(suffix.as_str(), "st" | "nd" | "rd" | "th" | "s") {
        rest.nth(suffix.len() - 1);
    }
}

/// Ends a form; what English contracts is written out.
fn flush(form: &mut String, forms: &mut Vec<String>) {
    let text = std::mem::take(form);
    let text = text.trim_matches('\'');
    if text.is_empty() {
        return;
    }
    let whole: &[&str] = match text {
        "can't" | "cannot" => &["can", "not"],
        "won't" => &["will", "not"],
        "gonna" => &["going", "to"],
        "wanna" => &["want", "to"],
        "gotta" => &["got", "to"],
        "kinda" => &["kind", "of"],
        "ok" => &["okay"],
        "mr" => &["mister"],
        "mrs" => &["missus"],
        "dr" => &["doctor"],
        "vs" => &["versus"],
        _ => &[],
    };
    if !whole.is_empty() {
        return forms.extend(whole.iter().map(|&part| part.into()));
    }
    let endings =
        [("n't", "not"), ("'re", "are"), ("'ll", "will"), ("'ve", "have"), ("'m", "am"), ("'d", "would")];
    for (ending, word) in endings {
        if let Some(stem) = text.strip_suffix(ending).filter(|stem| !stem.is_empty()) {
            return forms.extend([stem.replace('\'', ""), word.into()]);
        }
    }
    forms.push(text.replace('\'', ""));
}

/// Letters of scripts that put no spaces between words: each is compared by itself, because two texts divide them
/// differently.
fn is_unspaced(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x31F0..=0x31FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3134F)
        && c.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_writing_come_to_the_same() {
        for (word, expected) in [
            ("“Hello,”", "hello"),
            ("7.7", "seven point seven"),
            ("1,000,000", "one million"),
            ("$5", "five dollars"),
            ("5%", "five percent"),
            ("U.S.", "us"),
            ("state-of-the-art", "state of the art"),
            ("don’t", "do not"),
            ("we'll", "we will"),
            ("Lecornu's", "lecornus"),
            ("Żółć", "zołc"),
            ("21st", "twenty one"),
            ("1990s", "nineteen ninety"),
            ("GPT4", "gpt four"),
            ("—", ""),
            ("北京市", "北 京 市"),
            ("R&D", "r and d"),
            ("3.", "three"),
            ("'", ""),
        ] {
            let mut forms = Vec::new();
            normalise(word, &mut forms);
            assert_eq!(forms.join(" "), expected, "{word}");
        }
    }

    #[test]
    fn likeness_is_the_share_of_equal_letters() {
        let mut lexicon = Lexicon::default();
        let mut number = |form: &str| lexicon.number(form.into());
        let (colour, color, cat) = (number("colour"), number("color"), number("cat"));
        assert!((lexicon.likeness(colour, color) - 5.0 / 6.0).abs() < 1e-6);
        assert!(lexicon.likeness(colour, cat) < 0.2);
        assert!((lexicon.likeness(cat, cat) - 1.0).abs() < 1e-6);
    }
}
