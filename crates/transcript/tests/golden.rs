//! Every format of one small transcript, compared with the files in `tests/golden`.
//! `UPDATE_GOLDEN=1 cargo test` writes them anew.

use model::{Cue, Millis, Person, Stretch, StretchKind, Timing, Transcript, Turn, Word};
use std::path::Path;
use transcript::{About, ExportError, Format, export, import_complete};

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
                timing: Timing::Measured,
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

/// A talk of two that came in captions, of which one has no time: only the first word of each has one.
fn talk() -> Transcript {
    let said = [
        (Some("Ann Šimić"), Some((0, 2_500)), "Good evening, and welcome. With me is R&D's <Bob>."),
        (None, Some((2_600, 4_000)), "Good to be here."),
        (
            Some("Bob: the guest"),
            Some((4_000, 9_000)),
            "Thank you. The Russian readout says nothing of the sort, as you will have read by now.",
        ),
        (Some("Bob: the guest"), None, "Note: it was short."),
        (Some("Ann Šimić"), Some((8_500, 12_000)), "我们 ~听 ~过。"),
    ];
    let mut talk = Transcript {
        language: Some("en".into()),
        complete: true,
        duration: Millis(12_000),
        ..Transcript::default()
    };
    let mut speaker = Some("nobody yet");
    for (who, times, text) in said {
        let first = talk.words.len() as u32;
        if who != speaker {
            talk.turns.push(Turn { first, speaker: who.map(str::to_owned) });
            talk.paragraphs.push(first);
            speaker = who;
        }
        talk.cues.extend(times.map(|(start, end)| Cue { first, start: Millis(start), end: Millis(end) }));
        for (at, text) in text.split(' ').enumerate() {
            let timing = if at == 0 && times.is_some() { Timing::Begin } else { Timing::Estimated };
            let start = Millis(times.map_or(8_000, |(start, _)| start));
            let (joined, text) = (text.starts_with('~'), text.trim_start_matches('~').to_owned());
            talk.words.push(Word { text, start, end: start, confidence: 1.0, joined, timing });
        }
    }
    talk
}

/// A document without the container around it.
fn document(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP file");
    let file = archive.by_name("word/document.xml").expect("a document");
    std::io::read_to_string(file).expect("XML").replace("<w:p ", "\n<w:p ")
}

#[test]
fn every_format_is_as_agreed() {
    for (name, transcript) in [("transcript", transcript()), ("talk", talk())] {
        for format in Format::ALL {
            let bytes = match export(format, &about(), &transcript) {
                Ok(bytes) => bytes,
                Err(error) => error.to_string().into_bytes(),
            };
            let text = if format == Format::Docx {
                document(&bytes)
            } else {
                String::from_utf8(bytes).expect("text")
            };
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.{format}"));
            let path = if format == Format::Docx { path.with_extension("docx.xml") } else { path };
            if std::env::var_os("UPDATE_GOLDEN").is_some() {
                std::fs::write(&path, &text).expect("golden file is writable");
            }
            let golden = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(text, golden, "{} differs", path.display());
        }
    }
}

#[test]
fn documents_do_not_depend_on_the_day() {
    let bytes = export(Format::Docx, &about(), &talk()).expect("a document");
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).expect("a ZIP file");
    for index in 0..archive.len() {
        let file = archive.by_index(index).expect("a file");
        assert_eq!(file.last_modified().map(|day| day.year()), Some(1980));
        let name = file.name().expect("a name").into_owned();
        let text = std::io::read_to_string(file).expect("XML");
        assert!(!name.contains("core") || text.contains("1970-01-01T00:00:00Z"), "{text}");
    }
}

#[test]
fn an_empty_transcript_exports_in_every_format() {
    let empty = Transcript { complete: true, ..Transcript::default() };
    let expected = [
        (Format::Txt, "\n"),
        (Format::Md, "\n"),
        (Format::Srt, ""),
        (Format::Vtt, "WEBVTT\n\nNOTE Readout\n\n"),
        (Format::Json, "{\n\"version\": \"1.0.0\",\n\"segments\": [\n]\n}\n"),
        (Format::Ctm, ""),
        (Format::Rttm, ""),
    ];
    for (format, text) in expected {
        assert_eq!(export(format, &About::default(), &empty), Ok(text.as_bytes().to_vec()), "{format}");
    }
    assert!(export(Format::Html, &About::default(), &empty).is_ok());
    assert!(export(Format::Docx, &About::default(), &empty).is_ok());
    let readout = complete(&About::default(), &empty);
    assert_eq!(import_complete(&readout).expect("imports"), (About::default(), empty));
}

#[test]
fn a_text_without_times_is_not_given_any() {
    let mut untimed = talk();
    untimed.cues.clear();
    untimed.words.iter_mut().for_each(|word| word.timing = Timing::Estimated);
    for format in [Format::Srt, Format::Vtt, Format::Json, Format::Ctm, Format::Rttm] {
        assert_eq!(export(format, &about(), &untimed), Err(ExportError::Untimed(format)));
    }
    for format in [Format::Txt, Format::Md, Format::Html] {
        let text = String::from_utf8(export(format, &about(), &untimed).expect("it suits")).expect("text");
        assert!(!text.contains("0:0") && !text.contains("<time"), "{text}");
    }
}

#[test]
fn format_names() {
    for format in Format::ALL {
        assert_eq!(format.to_string().to_uppercase().parse(), Ok(format));
    }
    let error = "odt".parse::<Format>().expect_err("not a format").to_string();
    assert_eq!(
        error,
        "unknown format 'odt': choose one of txt, md, html, docx, srt, vtt, json, ctm, rttm, readout"
    );
}

fn complete(about: &About, transcript: &Transcript) -> String {
    String::from_utf8(export(Format::Readout, about, transcript).expect("it suits")).expect("text")
}

#[test]
fn import_refuses_what_is_no_whole_transcript() {
    let (heard, said) = (complete(&about(), &transcript()), complete(&about(), &talk()));
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
        ("{\"first\":9,\"speaker\":null}", "{\"first\":900,\"speaker\":null}", "turn 1 is out of order"),
        ("{\"first\":9,\"start\":2600", "{\"first\":0,\"start\":2600", "caption 1 is out of order"),
        ("\"paragraphs\":[0,9", "\"paragraphs\":[0,0", "paragraph 1 is out of order"),
    ] {
        let good = if heard.contains(from) { &heard } else { &said };
        assert!(good.contains(from), "{from}");
        let error = import_complete(&good.replacen(from, to, 1)).expect_err(complaint).to_string();
        assert!(error.contains(complaint), "{complaint}: {error}");
    }
    assert!(import_complete("WEBVTT").is_err());
}
