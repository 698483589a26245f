//! The words that come in the place of others: their times, and the punctuation that stays.

use model::{Millis, Timing, Word};

/// These texts as words in the place of `heard`: as many words keep their times; more or fewer share the time of all by their
/// letters. The confidence is that of the least certain word; where the first stood without a space before it, so does the new one.
pub fn in_place_of(heard: &[Word], texts: &[String]) -> Vec<Word> {
    let (Some(first), Some(last)) = (heard.first(), heard.last()) else { return Vec::new() };
    let confidence = heard.iter().map(|word| word.confidence).fold(1.0, f32::min);
    if heard.len() == texts.len() {
        let word = |(word, text): (&Word, &String)| Word { text: text.clone(), confidence, ..word.clone() };
        return heard.iter().zip(texts).map(word).collect();
    }
    let letters = |text: &String| text.chars().count().max(1) as u64;
    let all: u64 = texts.iter().map(letters).sum();
    let length = last.end.since(first.start).0;
    let mut before = 0;
    let begins = |before: u64| Millis(first.start.0 + length * before / all.max(1));
    texts
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let start = begins(before);
            before += letters(text);
            Word {
                text: text.clone(),
                start,
                end: begins(before),
                confidence,
                joined: at == 0 && first.joined,
                timing: match (at, first.timing) {
                    (0, Timing::Measured) if texts.len() == 1 && last.timing.is_measured() => {
                        Timing::Measured
                    }
                    (0, Timing::Measured | Timing::Begin) => Timing::Begin,
                    _ => Timing::Estimated,
                },
            }
        })
        .collect()
}

/// `right` in the place of `heard`, with the punctuation around the heard words and a possessive ending that was heard.
pub fn respelled(heard: &[Word], right: &str) -> Vec<Word> {
    let (Some(first), Some(last)) = (heard.first(), heard.last()) else { return Vec::new() };
    let mut texts: Vec<String> = right.split_whitespace().map(str::to_owned).collect();
    let lead: String = first.text.chars().take_while(|c| !c.is_alphanumeric()).collect();
    let tail_from = last.text.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
    let (body, tail) = last.text.split_at(tail_from);
    if lead.len() < first.text.len()
        && let Some(text) = texts.first_mut()
        && !text.starts_with(lead.as_str())
    {
        text.insert_str(0, &lead);
    }
    if let Some(text) = texts.last_mut() {
        let possessive = ["'s", "\u{2019}s"].into_iter().find(|ending| body.ends_with(ending));
        if let Some(ending) = possessive.filter(|_| !text.ends_with("'s") && !text.ends_with("\u{2019}s")) {
            text.push_str(ending);
        }
        if !text.ends_with(tail) {
            text.push_str(tail);
        }
    }
    in_place_of(heard, &texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        let word = |(at, text): (u64, &str)| Word {
            text: text.into(),
            start: Millis(at * 1000),
            end: Millis(at * 1000 + 800),
            confidence: 0.9 - at as f32 / 10.0,
            joined: at == 0,
            timing: Timing::Measured,
        };
        (0..).zip(text.split(' ')).map(word).collect()
    }

    #[test]
    fn punctuation_and_possessives_stay() {
        for (heard, right, expected) in [
            ("local new,", "Lecornu", "Lecornu,"),
            ("(local new's", "Lecornu", "(Lecornu's"),
            ("Leufkornu\u{2019}s.\"", "Sébastien Lecornu", "Sébastien Lecornu\u{2019}s.\""),
            ("st", "St.", "St."),
            ("...", "Kyiv", "Kyiv..."),
            ("Yahoo", "Yahoo!", "Yahoo!"),
        ] {
            let text = respelled(&words(heard), right);
            let text: Vec<&str> = text.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(text.join(" "), expected, "{heard}");
        }
        assert!(respelled(&[], "Kyiv").is_empty() && respelled(&words("a"), " ").is_empty());
    }

    #[test]
    fn times_are_kept_or_shared() {
        let same = respelled(&words("van der Lion"), "von der Leyen");
        assert_eq!(same.iter().map(|word| word.start.0).collect::<Vec<_>>(), [0, 1000, 2000]);
        let fewer = respelled(&words("local new"), "Lecornu");
        assert_eq!((fewer[0].start, fewer[0].end, fewer[0].joined), (Millis(0), Millis(1800), true));
        assert!((fewer[0].confidence - 0.8).abs() < 1e-6);
        let more = respelled(&words("local new"), "Abc Defghi Jkl");
        assert_eq!(
            more.iter().map(|word| (word.start.0, word.end.0)).collect::<Vec<_>>(),
            [(0, 450), (450, 1350), (1350, 1800)]
        );
        let timing = |words: &[Word]| words.iter().map(|word| word.timing).collect::<Vec<_>>();
        assert_eq!(timing(&more), [Timing::Begin, Timing::Estimated, Timing::Estimated]);
        assert_eq!((timing(&fewer), timing(&same)[2]), (vec![Timing::Measured], Timing::Measured));
    }
}
