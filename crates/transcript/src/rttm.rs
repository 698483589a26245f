//! NIST RTTM: who speaks when, without words.
//! `SPEAKER file channel begin duration <NA> <NA> name <NA> <NA>`, seconds.

use crate::{Complaint, Limits, NotATranscript, Trouble, wording};
use model::{Millis, Timing, Transcript};
use std::fmt::Write as _;

/// A stretch of time in which one speaker is heard. Those of several speakers may overlap.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpeakerStretch {
    /// Begin.
    pub start: Millis,
    /// End.
    pub end: Millis,
    /// Who it is: a name, or a label such as `SPEAKER_01`, as the source writes it.
    pub speaker: String,
}

/// What is written for a speaker whom nobody names.
const NOBODY: &str = "unknown";

/// Writes stretches as RTTM, `file` being the name of the recording. White space in names becomes `_`.
pub fn export_rttm(file: &str, stretches: &[SpeakerStretch]) -> String {
    let file = wording::field(file, "recording");
    let mut text = String::new();
    for stretch in stretches {
        let (begin, length) = (stretch.start.seconds(), stretch.end.since(stretch.start).seconds());
        let name = wording::field(&stretch.speaker, NOBODY);
        let _ = writeln!(text, "SPEAKER {file} 1 {begin:.3} {length:.3} <NA> <NA> {name} <NA> <NA>");
    }
    text
}

/// The turns of a transcript in time. A turn of which no time is stated is left out.
pub fn speaker_stretches(transcript: &Transcript) -> Vec<SpeakerStretch> {
    let turns = &transcript.turns;
    let ends = turns.iter().skip(1).map(|turn| turn.first as usize).chain([transcript.words.len()]);
    let stretch = |(turn, end): (&model::Turn, usize)| {
        let words = transcript.words.get(turn.first as usize..end)?;
        let start = words.iter().find(|word| word.timing != Timing::Estimated)?.start;
        // The end is stated by its last word, else by a caption, else by what comes next.
        let last = words.last()?;
        let cue = || {
            let cues = &transcript.cues;
            let at = cues.partition_point(|cue| (cue.first as usize) < end).checked_sub(1)?;
            let whole = cues.get(at + 1).is_none_or(|next| next.first as usize >= end);
            cues.get(at).filter(|_| whole).map(|cue| cue.end)
        };
        let next = || {
            transcript.words.get(end).filter(|word| word.timing != Timing::Estimated).map(|word| word.start)
        };
        let end = match last.timing {
            Timing::Measured => last.end,
            _ => cue().or_else(next).unwrap_or(last.end),
        };
        let speaker = turn.speaker.clone().unwrap_or_else(|| NOBODY.to_owned());
        Some(SpeakerStretch { start, end: end.max(start), speaker })
    };
    turns.iter().zip(ends).filter_map(stretch).collect()
}

/// True for a line that says who speaks when.
pub(crate) fn is_line(line: &str) -> bool {
    let mut fields = line.split_whitespace();
    fields.next() == Some("SPEAKER")
        && fields.clone().count() >= 7
        && fields.nth(2).is_some_and(|begin| begin.parse::<f64>().is_ok())
}

/// Reads RTTM. Lines of other types (`SPKR-INFO`, `LEXEME` …) are passed over; of several recordings the first is taken.
///
/// # Errors
/// [`NotATranscript`] when the file is too large, or no line says who speaks.
pub fn import_rttm(
    bytes: &[u8],
    limits: &Limits,
) -> Result<(Vec<SpeakerStretch>, Vec<Complaint>), NotATranscript> {
    if bytes.len() > limits.bytes {
        return Err(NotATranscript::TooLarge(limits.bytes));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut complaints: Vec<Complaint> = Vec::new();
    let mut complain =
        |trouble: Trouble, line: u32| match complaints.iter_mut().find(|known| known.trouble == trouble) {
            Some(known) => known.times = known.times.saturating_add(1),
            None => complaints.push(Complaint { trouble, line, times: 1 }),
        };
    let mut stretches: Vec<SpeakerStretch> = Vec::new();
    let mut recording: Option<String> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let fields: Vec<&str> = line.split_whitespace().take(11).collect();
        if fields.first() != Some(&"SPEAKER") {
            continue;
        }
        let &[_, file, _, begin, length, _, _, name, ..] = fields.as_slice() else {
            complain(Trouble::Stray, number);
            continue;
        };
        let seconds = |field: &str| field.parse::<f64>().ok().filter(|value| (0.0..1e13).contains(value));
        let Some((begin, length)) = seconds(begin).zip(seconds(length)) else {
            complain(Trouble::BadTime, number);
            continue;
        };
        let (start, end) = (Millis::from_seconds(begin), Millis::from_seconds(begin + length));
        if end > limits.latest {
            complain(Trouble::BadTime, number);
        } else if recording.get_or_insert_with(|| file.to_owned()) != file {
            complain(Trouble::Other, number);
        } else if stretches.len() >= limits.breaks {
            complain(Trouble::TooMuch, number);
        } else {
            let speaker: String = name.chars().take(limits.name).collect();
            stretches.push(SpeakerStretch { start, end, speaker });
        }
    }
    if stretches.is_empty() {
        return Err(NotATranscript::Empty);
    }
    if !stretches.is_sorted() {
        stretches.sort();
    }
    Ok((stretches, complaints))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let stretch = |start, end, speaker: &str| SpeakerStretch {
            start: Millis(start),
            end: Millis(end),
            speaker: speaker.into(),
        };
        let stretches =
            [stretch(0, 1_234, "Ann Lee"), stretch(1_000, 2_000, "SPEAKER_01"), stretch(3_000, 3_000, " ")];
        let text = export_rttm("a talk.mp3", &stretches);
        assert!(text.starts_with("SPEAKER a_talk 1 0.000 1.234 <NA> <NA> Ann_Lee <NA> <NA>\n"), "{text}");
        let (read, complaints) = import_rttm(text.as_bytes(), &Limits::default()).expect("RTTM");
        assert!(complaints.is_empty());
        assert_eq!(read[0].speaker, "Ann_Lee");
        assert_eq!(export_rttm("a talk", &read), text);
    }

    #[test]
    fn faults_are_complaints() {
        let text = "SPKR-INFO a 1 <NA> <NA> <NA> unknown x <NA>\nSPEAKER a 1 5 1 <NA> <NA> x <NA> <NA>\nSPEAKER a 1 2.5 1.25 <NA> <NA> y\n\
                    SPEAKER a 1 -1 2 <NA> <NA> y <NA>\nSPEAKER b 1 0 1 <NA> <NA> z <NA>\nSPEAKER a 1 1e12 1 <NA> <NA> z <NA>\nSPEAKER a\n\u{0}";
        let (read, complaints) = import_rttm(text.as_bytes(), &Limits::default()).expect("RTTM");
        let shown: Vec<_> = read.iter().map(|s| (s.start.0, s.end.0, s.speaker.as_str())).collect();
        assert_eq!(shown, [(2_500, 3_750, "y"), (5_000, 6_000, "x")]);
        let troubles: Vec<_> = complaints.iter().map(|c| (c.trouble.clone(), c.line, c.times)).collect();
        assert_eq!(troubles, [(Trouble::BadTime, 4, 2), (Trouble::Other, 5, 1), (Trouble::Stray, 7, 1)]);
        assert!(import_rttm(b"WEBVTT", &Limits::default()).is_err());
    }
}
