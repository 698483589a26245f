//! Every format of one small transcript, compared with the files in `tests/golden`.
//! `UPDATE_GOLDEN=1 cargo test` writes them anew.

use model::{Millis, Person, Stretch, StretchKind, Transcript, Word};
use std::path::Path;
use transcript::{About, Format, export, import_complete};

fn about() -> About {
    About {
        show: "Two Ministries".into(),
        title: "The call *nobody* made --> twice".into(),
        date: Some(jiff::civil::date(2024, 4, 6)),
        notes: Some("With <b>Ana</b> & Le Goff.\n\nhttps://example.org/call".into()),
        people: vec![Person { name: "Ana Šimić".into(), role: Some("host".into()) }],
        file: "two ministries 012.mp3".into(),
        audio: Some(model::BlobHash([0xab; 32])),
        engine: "whisper-base/int8/1".into(),
    }
}

/// Text with its words' times written out: `word@start-end`, `~` before a word that joins the one before.
fn words(text: &str) -> Vec<Word> {
    text.split_whitespace()
        .map(|item| {
            let (text, times) = item.rsplit_once('@').expect("word@start-end");
            let (start, end) = times.split_once('-').expect("start-end");
            let time = |text: &str| Millis(text.parse().expect("milliseconds"));
            Word {
                text: text.trim_start_matches('~').into(),
                start: time(start),
                end: time(end),
                confidence: 0.987_654_3 - start.len() as f32 / 10.0,
                joined: text.starts_with('~'),
                timing: model::Timing::Measured,
            }
        })
        .collect()
}

fn transcript() -> Transcript {
    let stretch = |start, end, kind, reason: &str| Stretch {
        start: Millis(start),
        end: Millis(end),
        kind,
        reason: reason.into(),
    };
    Transcript {
        language: Some("en".into()),
        duration: Millis(3_725_500),
        words: words(
            "Good@12000-12240 evening.@12240-12800 The@13100-13200 French@13200-13520 readout@13520-14010 \
             says,@14010-14400 and@14420-14500 I@14500-14560 quote,@14560-15000 \"R&D@15100-15600 \
             <is>@15600-15800 1984*_#_[fine]\\\"@15800-17000 while@17010-17200 the@17200-17280 Russian@17280-17700 \
             readout@17700-18200 says@18200-18500 nothing@18500-18900 of@18900-19000 the@19000-19080 \
             sort.@19080-19700 Was@21000-21200 there@21200-21400 a@21400-21440 call?@21440-22000 \
             我@3722000-3722200 ~们@3722200-3722400 ~听。@3722400-3722400 End.@3722400-3722400",
        ),
        stretches: vec![
            stretch(0, 11_900, StretchKind::Music, ""),
            stretch(22_000, 30_250, StretchKind::Gap, "loop"),
            stretch(30_250, 3_722_000, StretchKind::Silence, ""),
        ],
        speech: Millis(20_000),
        recognised: Millis(11_750),
        complete: false,
        partial: Some("the file ends at 1:02:05".into()),
        ..Transcript::default()
    }
}

#[test]
fn every_format_is_as_agreed() {
    for format in Format::ALL {
        let text = export(format, &about(), &transcript());
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("transcript.{format}"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).expect("golden file is writable");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(text, golden, "{} differs", path.display());
    }
}

#[test]
fn an_empty_transcript_exports_in_every_format() {
    let empty = Transcript { complete: true, ..Transcript::default() };
    let expected = [
        (Format::Txt, "\n"),
        (Format::Md, "\n"),
        (Format::Srt, ""),
        (Format::Vtt, "WEBVTT\n\n"),
        (Format::Json, "{\n\"version\": \"1.0.0\",\n\"segments\": [\n]\n}\n"),
        (Format::Ctm, ""),
    ];
    for (format, text) in expected {
        assert_eq!(export(format, &About::default(), &empty), text, "{format}");
    }
    let readout = export(Format::Readout, &About::default(), &empty);
    assert_eq!(import_complete(&readout).expect("imports"), (About::default(), empty));
}

#[test]
fn format_names() {
    for format in Format::ALL {
        assert_eq!(format.to_string().to_uppercase().parse(), Ok(format));
    }
    let error = "docx".parse::<Format>().expect_err("not a format").to_string();
    assert_eq!(error, "unknown format 'docx': choose one of txt, md, srt, vtt, json, ctm, readout");
}

#[test]
fn import_refuses_what_is_no_whole_transcript() {
    let good = export(Format::Readout, &about(), &transcript());
    for (from, to, complaint) in [
        ("readout-transcript/1", "readout-transcript/2", "reads 'readout-transcript/1'"),
        ("\"language\"", "\"colour\"", "unknown field `colour`"),
        ("\"start\":12240", "\"start\":11000", "begins before the one before it"),
        ("\"start\":12240", "\"start\":13240", "ends before it begins"),
        ("\"text\":\"Good\"", "\"text\":\"Go od\"", "holds white space"),
        ("\"text\":\"Good\"", "\"text\":\"\"", "is empty"),
        ("\"confidence\":0.4876543", "\"confidence\":1.5", "confidence outside 0 to 1"),
        ("\"start\":30250", "\"start\":20", "stretch 2 is out of order"),
        ("]}\n", "", "EOF"),
    ] {
        assert!(good.contains(from), "{from}");
        let error = import_complete(&good.replacen(from, to, 1)).expect_err(complaint).to_string();
        assert!(error.contains(complaint), "{complaint}: {error}");
    }
    assert!(import_complete("WEBVTT").is_err());
}
