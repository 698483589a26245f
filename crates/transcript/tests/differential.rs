//! What is written, read by other people's parsers: the same captions at the same times as we read them ourselves.

mod support;

use model::Millis;
use proptest::prelude::*;
use subtp::vtt::VttBlock;
use support::{read, rich_transcript, text};
use transcript::{About, Format};

/// Begin and end in milliseconds, and the text with single spaces.
type Caption = (u64, u64, String);

/// Hours beyond what other parsers' numbers hold are ours alone.
const THEIRS: Millis = Millis(90 * 3_600_000);

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Captions of a file in the plainest way there is: blocks, a line with times, text.
fn ours(file: &str) -> Vec<Caption> {
    let millis = |stamp: &str| {
        let (clock, millis) = stamp.split_at(8);
        let parts: Vec<u64> = clock.split(':').map(|part| part.parse().expect("a number")).collect();
        ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000 + millis[1..].parse::<u64>().expect("a number")
    };
    let caption = |block: &str| {
        let (_, rest) = block.split_at(block.find(" --> ")? - 12);
        let (times, text) = rest.split_once('\n')?;
        let (start, end) = times.split_once(" --> ")?;
        Some((millis(start), millis(end), one_line(text)))
    };
    file.split("\n\n").filter_map(caption).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn subrip_is_read_by_others(transcript in rich_transcript()) {
        if Format::Srt.suits(&transcript).is_err() || transcript.words.is_empty() || transcript.duration > THEIRS {
            return Ok(());
        }
        let srt = text(Format::Srt, &About::default(), &transcript);
        let expected = ours(&srt);
        let millis = |time: srtparse::Time| {
            ((time.hours * 60 + time.minutes) * 60 + time.seconds) * 1000 + time.milliseconds
        };
        let one: Vec<Caption> = srtparse::from_str(&srt)
            .expect("SubRip")
            .into_iter()
            .map(|item| (millis(item.start_time), millis(item.end_time), one_line(&item.text)))
            .collect();
        prop_assert_eq!(&one, &expected);
        let other = subtp::srt::SubRip::parse(&srt).expect("SubRip").subtitles;
        let millis = |time: subtp::srt::SrtTimestamp| {
            ((u64::from(time.hours) * 60 + u64::from(time.minutes)) * 60 + u64::from(time.seconds)) * 1000 + u64::from(time.milliseconds)
        };
        let other: Vec<Caption> =
            other.into_iter().map(|item| (millis(item.start), millis(item.end), one_line(&item.text.join(" ")))).collect();
        prop_assert_eq!(&other, &expected);
        // And as an import: the same times, but for what is no speech.
        let import = read(srt.as_bytes(), "a.srt").transcript;
        let times: Vec<(u64, u64)> = expected.iter().map(|(start, end, _)| (*start, *end)).collect();
        for cue in &import.cues {
            prop_assert!(times.contains(&(cue.start.0, cue.end.0)));
        }
        prop_assert_eq!(import.cues.len() + import.stretches.len(), expected.len());
    }

    #[test]
    fn webvtt_is_read_by_others(transcript in rich_transcript(), title in "[!-~ ]{0,12}") {
        if Format::Vtt.suits(&transcript).is_err() || transcript.words.is_empty() || transcript.duration > THEIRS {
            return Ok(());
        }
        let about = About { title, ..About::default() };
        let vtt = text(Format::Vtt, &about, &transcript);
        let expected = ours(&vtt);
        let parsed = subtp::vtt::WebVtt::parse(&vtt).expect("WebVTT");
        let millis = |time: subtp::vtt::VttTimestamp| {
            ((u64::from(time.hours) * 60 + u64::from(time.minutes)) * 60 + u64::from(time.seconds)) * 1000 + u64::from(time.milliseconds)
        };
        let cues: Vec<Caption> = parsed.blocks.into_iter().filter_map(|block| match block {
            VttBlock::Que(cue) => {
                let (start, end) = (millis(cue.timings.start), millis(cue.timings.end));
                Some((start, end, one_line(&cue.payload.join(" "))))
            }
            _ => None,
        }).collect();
        prop_assert_eq!(&cues, &expected);
        let import = read(vtt.as_bytes(), "a.vtt").transcript;
        prop_assert_eq!(import.cues.len() + import.stretches.len(), expected.len());
    }
}
