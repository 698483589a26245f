use model::{Millis, Stretch, Timing, Transcript, Word};

/// A piece of a transcript in the order of time: words to read, or a stretch that has none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Paragraph<'a> {
    /// Words that are read as one paragraph.
    Spoken(Spoken<'a>),
    /// A gap, music or a long silence.
    Unspoken(&'a Stretch),
}

/// Words of one speaker that are read as one paragraph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spoken<'a> {
    /// Index of the first word in the transcript.
    pub first: usize,
    /// The words; at least one.
    pub words: &'a [Word],
    /// Who speaks, when the text says so.
    pub speaker: Option<&'a str>,
    /// True where the speaker changes: here the name is to be written, or that it is not known.
    pub begins_turn: bool,
}

impl Spoken<'_> {
    /// When it begins, if a source states that. An estimate is not to be shown.
    pub fn start(&self) -> Option<Millis> {
        self.words.first().filter(|word| word.timing != Timing::Estimated).map(|word| word.start)
    }
}

/// Fewest words a paragraph has, unless a stretch or a long pause cuts it short.
const SHORT: usize = 40;
/// Most words of a paragraph.
const LONG: usize = 110;
/// Words left over at the end of a run that are better kept with the paragraph before.
const CRUMB: usize = 20;
/// A pause, in milliseconds, that ends a paragraph together with a sentence, however short it is.
const LONG_PAUSE: u64 = 2_500;
/// Words before a long pause that make a paragraph of their own.
const ENOUGH: usize = 12;
/// A source's own paragraph of more words than this is no help to a reader, and is cut like running text.
const WALL: usize = 250;

/// Cuts a transcript into paragraphs for reading.
///
/// A paragraph ends at a stretch without words, where the speaker changes, and where the source has one end. Where the
/// source has none, it ends at a long pause after a sentence, or where, between 40 and 110 words, a sentence ends with
/// the longest pause. That cut depends only on the words since the last cut and at most some hundred after it, so that
/// the paragraphs of a recording that is still being heard stay as they are while more is added.
pub fn paragraphs(transcript: &Transcript) -> Vec<Paragraph<'_>> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for stretch in &transcript.stretches {
        let to = from + transcript.words[from..].partition_point(|word| word.start < stretch.start);
        run(transcript, from, to, &mut pieces);
        pieces.push(Paragraph::Unspoken(stretch));
        from = to;
    }
    run(transcript, from, transcript.words.len(), &mut pieces);
    pieces
}

/// Cuts words without a stretch between them: at turns, at the source's paragraphs, else for reading.
fn run<'a>(transcript: &'a Transcript, from: usize, to: usize, pieces: &mut Vec<Paragraph<'a>>) {
    let Transcript { turns, paragraphs, .. } = transcript;
    let mut turn = turns.partition_point(|turn| turn.first as usize <= from);
    let mut paragraph = paragraphs.partition_point(|first| *first as usize <= from);
    let mut at = from;
    while at < to {
        while turns.get(turn).is_some_and(|turn| turn.first as usize <= at) {
            turn += 1;
        }
        while paragraphs.get(paragraph).is_some_and(|first| *first as usize <= at) {
            paragraph += 1;
        }
        let next_turn = turns.get(turn).map_or(to, |turn| turn.first as usize);
        let next_paragraph = paragraphs.get(paragraph).map_or(to, |first| *first as usize);
        let end = to.min(next_turn).min(next_paragraph);
        let current = turn.checked_sub(1).and_then(|turn| turns.get(turn));
        let mut rest = &transcript.words[at..end];
        while !rest.is_empty() {
            let whole = !paragraphs.is_empty() && rest.len() <= WALL;
            let (words, after) = rest.split_at(if whole { rest.len() } else { first_paragraph(rest) });
            let first = end - rest.len();
            pieces.push(Paragraph::Spoken(Spoken {
                first,
                words,
                speaker: current.and_then(|turn| turn.speaker.as_deref()),
                begins_turn: current.is_some_and(|turn| turn.first as usize == first),
            }));
            rest = after;
        }
        at = end;
    }
}

/// Number of words of the first paragraph of a run; at least 1 and at most the length of the run.
fn first_paragraph(run: &[Word]) -> usize {
    let breaks = run.windows(2).take(LONG).enumerate().map(|(index, pair)| {
        let pause = pair[1].start.since(pair[0].end).0;
        (index + 1, ends_sentence(&pair[0].text, Some(&pair[1].text)), pause)
    });
    if let Some((count, ..)) =
        breaks.clone().find(|(count, sentence, pause)| *count >= ENOUGH && *sentence && *pause >= LONG_PAUSE)
    {
        return count;
    }
    if run.len() <= LONG {
        return run.len();
    }
    breaks
        .filter(|(count, ..)| *count >= SHORT && run.len() - count >= CRUMB)
        .max_by_key(|(count, sentence, pause)| {
            let closeness = 70 - count.abs_diff(70) as u64;
            (u64::from(*sentence) * 1_500 + (*pause).min(2_000) + closeness * 8, *count)
        })
        .map_or(LONG.min(run.len()), |(count, ..)| count)
}

/// Titles and short forms whose full stop ends no sentence.
const SHORT_FORMS: [&str; 16] = [
    "mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "gen.", "col.", "lt.", "sen.", "rep.", "gov.", "vs.",
    "etc.", "no.", "mt.",
];

/// True when a word ends a sentence: final punctuation, possibly within quotation marks or brackets, that belongs to no
/// short form or initial, and no lower-case word after it.
pub fn ends_sentence(word: &str, next: Option<&str>) -> bool {
    let bare = word.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '」', '』']);
    let Some(last) = bare.chars().next_back() else { return false };
    if !matches!(last, '.' | '?' | '!' | '…' | '。' | '？' | '！' | '।' | '؟' | '۔') {
        return false;
    }
    if next.and_then(|next| next.chars().find(|c| c.is_alphanumeric())).is_some_and(char::is_lowercase) {
        return false;
    }
    let initial = last == '.' && bare.chars().count() == 2 && bare.starts_with(char::is_uppercase);
    !initial && !SHORT_FORMS.contains(&bare.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{StretchKind, Turn};

    /// Words of 200 ms with 100 ms between them; `|` adds a pause of three seconds.
    fn words(text: &str) -> Vec<Word> {
        let mut now = 0;
        let mut words = Vec::new();
        for text in text.split_whitespace() {
            if text == "|" {
                now += 3_000;
                continue;
            }
            let (start, end) = (Millis(now), Millis(now + 200));
            words.push(Word {
                text: text.to_owned(),
                start,
                end,
                confidence: 0.9,
                joined: false,
                timing: Timing::Measured,
            });
            now += 300;
        }
        words
    }

    fn lengths(transcript: &Transcript) -> Vec<String> {
        paragraphs(transcript)
            .iter()
            .map(|piece| match piece {
                Paragraph::Spoken(spoken) => spoken.words.len().to_string(),
                Paragraph::Unspoken(stretch) => format!("{:?}", stretch.kind),
            })
            .collect()
    }

    #[test]
    fn cuts_at_sentences_between_forty_and_a_hundred_and_ten_words() {
        let text = "One two three four five six seven eight nine ten. ".repeat(40);
        let transcript = Transcript { words: words(&text), ..Transcript::default() };
        let lengths = lengths(&transcript);
        assert_eq!(lengths, ["70", "70", "70", "70", "70", "50"]);
    }

    #[test]
    fn cuts_where_nothing_ends_a_sentence() {
        let transcript = Transcript { words: words(&"word ".repeat(400)), ..Transcript::default() };
        let lengths: Vec<usize> = lengths(&transcript).iter().map(|n| n.parse().expect("words")).collect();
        assert_eq!(lengths.iter().sum::<usize>(), 400);
        assert!(lengths.iter().all(|length| (CRUMB..=LONG).contains(length)), "{lengths:?}");
    }

    #[test]
    fn a_long_pause_after_a_sentence_cuts_and_one_within_does_not() {
        let text = "This is the first of the things that were said on that day. | And this is the second \
                    one that goes on | after a pause.";
        let transcript = Transcript { words: words(text), ..Transcript::default() };
        assert_eq!(lengths(&transcript), ["13", "12"]);
    }

    #[test]
    fn never_reaches_across_a_stretch() {
        let stretch = |start, end, kind| Stretch {
            start: Millis(start),
            end: Millis(end),
            kind,
            reason: String::new(),
        };
        let transcript = Transcript {
            words: words("one two | three four"),
            stretches: vec![
                stretch(500, 3_500, StretchKind::Gap),
                stretch(90_000, 99_000, StretchKind::Music),
            ],
            ..Transcript::default()
        };
        assert_eq!(lengths(&transcript), ["2", "Gap", "2", "Music"]);
    }

    #[test]
    fn speakers_and_the_paragraphs_of_a_source_cut() {
        let turn = |first, speaker: Option<&str>| Turn { first, speaker: speaker.map(str::to_owned) };
        let mut transcript = Transcript {
            words: words(&"One two three four five. ".repeat(100)),
            turns: vec![turn(5, Some("Ann")), turn(7, None), turn(7, Some("Bob")), turn(400, Some("Ann"))],
            ..Transcript::default()
        };
        let shown = |transcript: &Transcript| -> String {
            let pieces = paragraphs(transcript).into_iter().map(|piece| match piece {
                Paragraph::Spoken(Spoken { first, words, speaker, begins_turn }) => {
                    assert_eq!(words[0], transcript.words[first]);
                    assert_eq!(speaker, transcript.speaker_at(first));
                    let mark = if begins_turn { "*" } else { "" };
                    format!("{}{mark}{}", words.len(), speaker.unwrap_or("-"))
                }
                Paragraph::Unspoken(_) => "|".to_owned(),
            });
            pieces.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(shown(&transcript), "5- 2*Ann 68*Bob 70Bob 70Bob 70Bob 70Bob 45Bob 100*Ann");
        transcript.paragraphs = vec![0, 5, 400, 450];
        transcript.turns.pop();
        assert_eq!(shown(&transcript), "5- 2*Ann 68*Bob 70Bob 70Bob 185Bob 50Bob 50Bob");
        transcript.words.iter_mut().for_each(|word| word.timing = Timing::Estimated);
        let starts =
            |piece: &Paragraph<'_>| matches!(piece, Paragraph::Spoken(said) if said.start().is_some());
        assert!(!paragraphs(&transcript).iter().any(starts));
        transcript.turns.push(turn(9_000, None));
        transcript.paragraphs.push(9_000);
        assert!(!paragraphs(&transcript).is_empty());
    }

    #[test]
    fn sentence_ends() {
        for (word, next, expected) in [
            ("said.", Some("He"), true),
            ("said.", Some("he"), false),
            ("said.”", None, true),
            ("Mr.", Some("Smith"), false),
            ("J.", Some("Smith"), false),
            ("what?", Some("Yes"), true),
            ("です。", Some("は"), true),
            ("well,", Some("He"), false),
            ("", None, false),
        ] {
            assert_eq!(ends_sentence(word, next), expected, "{word} {next:?}");
        }
    }
}
