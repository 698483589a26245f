//! JSON of Podcasting 2.0 and of the Whisper family: segments with times, sometimes with words.

use super::build::Draft;
use super::{Limits, NotATranscript, Trouble, header, times};
use model::Millis;
use serde::Deserialize;
use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Words that are put after each other overlap by no more than this; what overlaps by more is said at once.
pub(crate) const SLIGHT: Millis = Millis(100);

/// A segment, or a word of one.
#[derive(Debug, Default)]
struct Segment {
    speaker: Option<String>,
    /// Milliseconds; negative and absurd ones are told later.
    start: Option<f64>,
    end: Option<f64>,
    body: Option<String>,
    confidence: Option<f64>,
    words: Vec<Segment>,
}

/// All that is of use in a file.
#[derive(Debug, Default)]
struct Found {
    segments: Vec<Segment>,
    /// Words that stand beside the segments.
    words: Vec<Segment>,
    text: Option<String>,
    language: Option<String>,
    duration: Option<f64>,
    /// There is more than the limits allow.
    too_much: bool,
}

/// True when a text that begins with `[` is a list of objects.
pub(super) fn is_array(text: &str) -> bool {
    text.get(1..).is_some_and(|rest| rest.trim_start().starts_with('{'))
}

pub(super) fn json(text: &str, draft: &mut Draft<'_>) -> Result<(), NotATranscript> {
    let text = text.trim();
    let mut found = Found::default();
    if let Err(error) = File::read(text, &mut found, draft.limits) {
        draft.complain(Trouble::BreaksOff, u32::try_from(error.line()).unwrap_or(0));
        found = Found::default();
        for text in closed(text) {
            if File::read(&text, &mut found, draft.limits).is_ok() {
                break;
            }
        }
    }
    if found.too_much {
        draft.complain(Trouble::TooMuch, 0);
    }
    draft.language = found.language.as_deref().and_then(header::language);
    if let Some(duration) = found.duration.filter(|duration| (0.0..1e12).contains(duration)) {
        draft.duration = draft.sane((duration * 1000.0).round() as u64, 0).unwrap_or_default();
    }
    let segments =
        match found.segments.iter().any(|segment| !segment.words.is_empty()) || found.words.is_empty() {
            true => found.segments,
            false => with_words(found.segments, found.words),
        };
    if segments.is_empty() {
        let Some(text) = found.text else { return Err(NotATranscript::ForeignJson) };
        draft.text(&text, 0);
        return Ok(());
    }
    put(segments, draft);
    if !draft.has_words() {
        return Err(NotATranscript::Empty);
    }
    Ok(())
}

/// Gives words that stand by themselves to the segments they fall into.
fn with_words(mut segments: Vec<Segment>, words: Vec<Segment>) -> Vec<Segment> {
    let fits = |segments: &[Segment]| {
        let letters = |segments: &[Segment]| -> usize {
            let bodies = segments.iter().filter_map(|segment| segment.body.as_ref());
            bodies.map(|body| body.chars().filter(|c| c.is_alphanumeric()).count()).sum()
        };
        // Words that are not those of the segments would change the text.
        letters(segments).abs_diff(letters(&words)) * 50 <= letters(segments)
    };
    if segments.is_empty() || !fits(&segments) {
        return if segments.is_empty() { words } else { segments };
    }
    let mut words = words.into_iter().peekable();
    let count = segments.len();
    for index in 0..count {
        let next = segments.get(index + 1).and_then(|segment| segment.start).unwrap_or(f64::INFINITY);
        let Some(segment) = segments.get_mut(index) else { continue };
        let inside = |word: &Segment| word.start.is_none_or(|start| start < next);
        while let Some(word) = words.next_if(inside) {
            segment.words.push(word);
        }
    }
    segments
}

/// A time of the file in milliseconds, if it can be true.
fn time(millis: Option<f64>, draft: &mut Draft<'_>) -> Option<u64> {
    let millis = millis?;
    match (0.0..9e15).contains(&millis) {
        true => draft.sane(millis.round() as u64, 0),
        false => {
            draft.complain(Trouble::BadTime, 0);
            None
        }
    }
}

fn put(segments: Vec<Segment>, draft: &mut Draft<'_>) {
    let mut timed: Vec<(u64, Option<u64>, Segment)> = Vec::with_capacity(segments.len());
    let mut now = 0;
    for segment in segments {
        let start = time(segment.start, draft);
        if start.is_some_and(|start| start < now) {
            draft.complain(Trouble::OutOfOrder, 0);
        }
        now = start.unwrap_or(now);
        timed.push((now, start, segment));
    }
    timed.sort_by_key(|(at, ..)| *at);
    let words = is_word_list(timed.iter().map(|(_, _, segment)| segment))
        && timed.windows(2).all(|pair| {
            pair.iter().any(|(_, start, _)| start.is_none())
                || pair[0].2.end.is_none_or(|end| end <= pair[1].0 as f64 + SLIGHT.0 as f64)
        });
    let named = timed.iter().any(|(_, _, segment)| segment.speaker.is_some());
    let nexts: Vec<u64> = timed.iter().skip(1).map(|(at, ..)| *at).collect();
    for (index, (_, start, segment)) in timed.into_iter().enumerate() {
        let end = time(segment.end, draft);
        let body = segment.body.unwrap_or_default();
        if named && !(body.trim().is_empty() && segment.words.is_empty()) {
            let inside = segment.words.iter().find_map(|word| word.speaker.as_deref());
            draft.voice(segment.speaker.as_deref().or(inside), 0);
        }
        if words {
            let confidence = segment.confidence.unwrap_or(1.0) as f32;
            draft.word(&body, start, end, confidence, 0);
            continue;
        }
        if end.zip(start).is_some_and(|(end, start)| end < start) {
            draft.complain(Trouble::EndsBeforeBegin, 0);
        }
        let end = end.filter(|end| start.is_none_or(|start| *end >= start));
        if let Some(start) = start {
            let end = end.or(nexts.get(index).copied()).unwrap_or(start).max(start);
            draft.cue(start, end, 0);
        }
        if segment.words.is_empty() {
            if let Some(start) = start {
                draft.begins(start, 0);
            }
            draft.text(&body, 0);
            draft.nothing_begins();
        }
        let mut speaker = segment.speaker;
        let written = written(&body, &segment.words);
        for (at, word) in segment.words.into_iter().enumerate() {
            if named && word.speaker.is_some() && word.speaker != speaker && at > 0 {
                draft.voice(word.speaker.as_deref(), 0);
                speaker = word.speaker;
            }
            let (begin, end) = (time(word.start, draft), time(word.end, draft));
            let confidence = word.confidence.unwrap_or(1.0) as f32;
            let text = written.get(at).copied().or(word.body.as_deref()).unwrap_or_default();
            draft.word(text, begin, end, confidence, 0);
        }
        if let Some(end) = end {
            draft.ended(end);
        }
    }
}

/// The words as the segment's text writes them, with their punctuation, when they are the same words.
fn written<'b>(body: &'b str, words: &[Segment]) -> Vec<&'b str> {
    let letters = |text: &str| {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>()
    };
    let written: Vec<&str> = body.split_whitespace().collect();
    let pairs = || written.iter().zip(words);
    let same =
        pairs().all(|(written, word)| letters(written) == letters(word.body.as_deref().unwrap_or_default()));
    if same && written.len() == words.len() { written } else { Vec::new() }
}

/// True when each segment is one word, and not a sentence in a script without spaces.
fn is_word_list<'s>(segments: impl Iterator<Item = &'s Segment>) -> bool {
    let (mut count, mut letters) = (0, 0);
    for segment in segments {
        let body = segment.body.as_deref().unwrap_or_default().trim();
        if !segment.words.is_empty() || body.contains(char::is_whitespace) {
            return false;
        }
        count += 1;
        letters += body.chars().filter(|c| crate::spacing::is_wide(*c)).count();
    }
    letters <= count * 5
}

/// The members of a file that are of use. What they hold is looked at later, one by one, so that a file costs memory
/// only for what it says.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct File<'a> {
    segments: Raw<'a>,
    transcription: Raw<'a>,
    utterances: Raw<'a>,
    words: Raw<'a>,
    text: Raw<'a>,
    language: Raw<'a>,
    duration: Raw<'a>,
    results: Raw<'a>,
    result: Raw<'a>,
    transcript: Raw<'a>,
}

/// The members of a segment or word that are of use, under all the names they go by.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Fields<'a> {
    speaker: Raw<'a>,
    speaker_id: Raw<'a>,
    start: Raw<'a>,
    #[serde(rename = "startTime")]
    start_time: Raw<'a>,
    end: Raw<'a>,
    #[serde(rename = "endTime")]
    end_time: Raw<'a>,
    offsets: Raw<'a>,
    body: Raw<'a>,
    text: Raw<'a>,
    punctuated_word: Raw<'a>,
    word: Raw<'a>,
    probability: Raw<'a>,
    score: Raw<'a>,
    confidence: Raw<'a>,
    words: Raw<'a>,
}

/// Begin and end in milliseconds, as whisper.cpp writes them.
#[derive(Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
struct Offsets<'a> {
    from: Raw<'a>,
    to: Raw<'a>,
}

type Raw<'a> = Option<&'a RawValue>;

fn parsed<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// A string; a number as it is written.
fn text(raw: Raw<'_>) -> Option<String> {
    let raw = raw?;
    let number =
        || raw.get().starts_with(|c: char| c.is_ascii_digit() || c == '-').then(|| raw.get().to_owned());
    parsed(raw).or_else(number)
}

/// A number, also as a string.
fn number(raw: Raw<'_>) -> Option<f64> {
    let raw = raw?;
    parsed(raw)
        .or_else(|| parsed::<String>(raw)?.trim().parse().ok())
        .filter(|number: &f64| number.is_finite())
}

/// Seconds, also as a string, or a clock time; in milliseconds.
fn millis(raw: Raw<'_>) -> Option<f64> {
    let clock = || {
        let text = text(raw)?;
        times::clock(text.trim()).filter(|(_, rest)| rest.is_empty()).map(|(millis, _)| millis as f64)
    };
    number(raw).map(|seconds| seconds * 1000.0).or_else(clock)
}

impl<'a> File<'a> {
    fn read(text: &'a str, found: &mut Found, limits: &Limits) -> serde_json::Result<()> {
        if text.starts_with('[') {
            return list(text, &mut found.segments, &mut found.too_much, limits, 0);
        }
        serde_json::from_str::<Self>(text)?.take(found, limits, 0);
        Ok(())
    }

    fn take(self, found: &mut Found, limits: &Limits, depth: u8) {
        let Found { segments, words, too_much, .. } = found;
        for raw in [self.segments, self.transcription, self.utterances].into_iter().flatten() {
            if segments.is_empty() {
                let _ = list(raw.get(), segments, too_much, limits, 0);
            }
        }
        if let Some(raw) = self.words {
            let _ = list(raw.get(), words, too_much, limits, 1);
        }
        let whole = text(self.text).or_else(|| text(self.transcript));
        found.text = found.text.take().or(whole);
        found.language = found.language.take().or(text(self.language));
        found.duration = found.duration.or(number(self.duration));
        for inner in [self.results, self.result, self.transcript].into_iter().flatten().filter(|_| depth == 0)
        {
            if let Some(inner) = parsed::<File<'_>>(inner) {
                inner.take(found, limits, 1);
            }
        }
    }
}

/// Reads a list of segments, each by itself; what is no segment is passed over.
fn list(
    text: &str,
    into: &mut Vec<Segment>,
    too_much: &mut bool,
    limits: &Limits,
    depth: u8,
) -> serde_json::Result<()> {
    let each = Each(|raw: &RawValue| {
        if into.len() >= limits.words {
            *too_much = true;
        } else if let Some(fields) = parsed::<Fields<'_>>(raw) {
            into.push(segment(fields, too_much, limits, depth));
        } else if let Some(body) = parsed::<String>(raw) {
            into.push(Segment { body: Some(body), ..Segment::default() });
        }
    });
    let mut deserializer = serde_json::Deserializer::from_str(text);
    deserializer.deserialize_seq(each)
}

fn segment(fields: Fields<'_>, too_much: &mut bool, limits: &Limits, depth: u8) -> Segment {
    let offsets: Offsets<'_> = fields.offsets.and_then(parsed).unwrap_or_default();
    let mut words = Vec::new();
    if let Some(raw) = fields.words.filter(|_| depth == 0) {
        let _ = list(raw.get(), &mut words, too_much, limits, 1);
    }
    let first = |raws: &[Raw<'_>]| raws.iter().find_map(|raw| text(*raw));
    Segment {
        speaker: first(&[fields.speaker, fields.speaker_id]),
        start: millis(fields.start_time).or(millis(fields.start)).or(number(offsets.from)),
        end: millis(fields.end_time).or(millis(fields.end)).or(number(offsets.to)),
        body: first(&[fields.body, fields.text, fields.punctuated_word, fields.word]),
        confidence: number(fields.probability).or(number(fields.score)).or(number(fields.confidence)),
        words,
    }
}

/// Hands the elements of a list on, one by one.
struct Each<F>(F);

impl<'de, F: FnMut(&'de RawValue)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of segments")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while let Some(raw) = seq.next_element()? {
            (self.0)(raw);
        }
        Ok(())
    }
}

/// A file that breaks off, up to its last whole object and closed.
fn closed(text: &str) -> impl Iterator<Item = String> {
    let whole = text.rfind('}').map_or("", |at| &text[..=at]);
    ["]}", "]}]}", "]", "]}]"]
        .into_iter()
        .filter(|_| !whole.is_empty())
        .map(move |end| format!("{whole}{end}"))
}
