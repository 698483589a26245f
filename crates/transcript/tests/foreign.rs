//! Files as other programs and people write them, compared with what was understood of them (`*.expected`).
//! `UPDATE_GOLDEN=1 cargo test` writes it anew.

mod support;

use model::Timing;
use std::fmt::Write as _;
use std::path::Path;
use support::{is_sound, read, text};
use transcript::{Import, Limits, NotATranscript, Trouble, import};

/// Everything of an import in lines that can be read: a line for each turn, paragraph and caption.
fn shown(import: &Import) -> String {
    let Import { format, about, transcript, chapters, complaints } = import;
    let mut out = format!("{format}, {:?}, {}\n", transcript.language, transcript.duration.0);
    for (key, value) in [("show", &about.show), ("title", &about.title), ("file", &about.file)] {
        if !value.is_empty() {
            let _ = writeln!(out, "{key}: {value}");
        }
    }
    if let Some(date) = about.date {
        let _ = writeln!(out, "date: {date}");
    }
    for chapter in chapters {
        let _ = writeln!(out, "chapter {} {}", chapter.start.0, chapter.title);
    }
    for complaint in complaints {
        let _ = writeln!(out, "! {complaint}");
    }
    for (at, word) in transcript.words.iter().enumerate() {
        let index = at as u32;
        if let Ok(turn) = transcript.turns.binary_search_by_key(&index, |turn| turn.first) {
            let _ = write!(out, "\n@{}", transcript.turns[turn].speaker.as_deref().unwrap_or("?"));
        }
        if transcript.paragraphs.contains(&index) {
            out.push_str("\n¶");
        }
        if let Some(cue) = transcript.cues.iter().find(|cue| cue.first == index) {
            let _ = write!(out, "\n{}-{}:", cue.start.0, cue.end.0);
        }
        out.push_str(if word.joined { "~" } else { " " });
        match word.timing {
            Timing::Measured => write!(out, "{}<{}-{}>", word.text, word.start.0, word.end.0),
            Timing::Begin => write!(out, "{}<{}>", word.text, word.start.0),
            Timing::Estimated => write!(out, "{}", word.text),
        }
        .expect("a string takes all");
        if word.confidence < 1.0 {
            let _ = write!(out, "{:.2}", word.confidence);
        }
    }
    for stretch in &transcript.stretches {
        let _ = write!(out, "\n{:?} {}-{}", stretch.kind, stretch.start.0, stretch.end.0);
    }
    out.push('\n');
    out
}

#[test]
fn foreign_files_are_understood() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
    let mut count = 0;
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(&folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "expected") {
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).expect("a file");
        let imported = read(&bytes, &name);
        is_sound(&imported.transcript);
        // What came in goes out, and in again, the same.
        let format = imported.format;
        if format.suits(&imported.transcript).is_ok() {
            let first = text(format, &imported.about, &imported.transcript);
            let again = read(first.as_bytes(), &format!("again.{format}"));
            assert_eq!(text(format, &again.about, &again.transcript), first, "{name}");
        }
        let found = shown(&imported);
        let expected = folder.join(format!("{name}.expected"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&expected, &found).expect("it can be written");
        }
        if std::fs::read_to_string(&expected).unwrap_or_default() != found {
            wrong.push(format!("{name} is read otherwise:\n{found}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 15);
}

#[test]
fn what_is_no_transcript_is_refused() {
    let refused = |bytes: &[u8], name: &str| import(bytes, name, &Limits::default()).expect_err(name);
    assert!(matches!(refused(b"", "a.txt"), NotATranscript::Empty));
    assert!(matches!(refused(b"\xef\xbb\xbf \n\n", "a.txt"), NotATranscript::Empty));
    assert!(matches!(refused(b"WEBVTT\n\n", "a.vtt"), NotATranscript::Empty));
    assert!(matches!(refused(b"PK\x03\x04\x14\0\0\0", "a.docx"), NotATranscript::Binary(_)));
    assert!(matches!(refused(b"ID3\x04\0\0\0\0\0\0", "a.mp3"), NotATranscript::Binary(_)));
    assert!(matches!(refused(&[7, 0, 0, 0, 1, 0, 0, 0, 0, 0], "a.bin"), NotATranscript::Binary(_)));
    assert!(matches!(refused(b"{\"a\": [1, 2]}", "a.json"), NotATranscript::ForeignJson));
    assert!(matches!(
        refused(b"SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>", "a.rttm"),
        NotATranscript::SpeakersOnly
    ));
    assert!(matches!(
        refused(b"{\"format\":\"readout-transcript/9\"}", "a.readout"),
        NotATranscript::Complete(_)
    ));
    let limits = Limits { bytes: 3, ..Limits::default() };
    assert!(matches!(import(b"long", "a.txt", &limits), Err(NotATranscript::TooLarge(3))));
}

#[test]
fn limits_bound_what_is_kept_and_the_rest_is_told() {
    let limits = Limits { words: 10, breaks: 3, word: 5, name: 4, ..Limits::default() };
    let mut captions = String::from("WEBVTT\n\n");
    for second in 0..20 {
        let _ = write!(
            captions,
            "00:{second:02}.000 --> 00:{:02}.000\n<v Somebody {second}>Abcdefghijkl x\n\n",
            second + 1
        );
    }
    let read = import(captions.as_bytes(), "a.vtt", &limits).expect("words");
    assert_eq!(read.transcript.words.len(), 10);
    assert_eq!(read.transcript.words[1].text, "fghij");
    assert!(read.transcript.words[1].joined);
    assert!(read.transcript.cues.len() <= 3 && read.transcript.turns.len() <= 3);
    assert!(
        read.transcript.turns.iter().all(|turn| turn.speaker.as_ref().is_none_or(|name| name.len() <= 4))
    );
    let troubles: Vec<&Trouble> = read.complaints.iter().map(|complaint| &complaint.trouble).collect();
    assert!(troubles.contains(&&Trouble::TooMuch) && troubles.contains(&&Trouble::TooLong), "{troubles:?}");
    is_sound(&read.transcript);
}

/// A million captions, and other things of which there are too many: no more time than the bytes are worth.
#[test]
fn large_and_nested_files_are_bounded() {
    let mut captions = String::from("WEBVTT\n\n");
    for at in 0..1_000_000u32 {
        let _ = write!(
            captions,
            "{:02}:{:02}:{:02}.000 --> {:02}:{:02}:{:02}.500\nx\n\n",
            at / 3600,
            at / 60 % 60,
            at % 60,
            at / 3600,
            at / 60 % 60,
            at % 60
        );
    }
    let huge = read(captions.as_bytes(), "a.vtt");
    assert_eq!(huge.transcript.words.len(), 1_000_000);
    assert_eq!(huge.transcript.cues.len(), Limits::default().breaks);
    let repeated = |text: &str| text.repeat(200_000);
    for (name, text) in [
        ("tags.vtt", format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}x", repeated("<i>"))),
        ("open.vtt", format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}x", repeated("<"))),
        ("amps.vtt", format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}x", repeated("&"))),
        ("voices.vtt", format!("WEBVTT\n\n00:00.000 --> 00:01.000\n{}x", repeated("<v a>b"))),
        ("arrows.vtt", format!("WEBVTT\n\n{}", repeated("-->\n"))),
        ("braces.srt", format!("1\n00:00:00,000 --> 00:00:01,000\n{}x", repeated("{\\"))),
        ("tags.srt", format!("1\n00:00:00,000 --> 00:00:01,000\n{}x", repeated("<a"))),
        ("deep.html", format!("<html>{}x", repeated("<div>"))),
        ("attributes.html", format!("<html><p {}>x", repeated("a=b "))),
        ("deep.json", format!("{{\"segments\":[{{\"body\":\"x\"}}],\"a\":{}", repeated("["))),
        ("many.json", format!("{{\"segments\":[{}{{\"body\":\"x\"}}]}}", repeated("1,"))),
        ("links.md", format!("**Ann:** {} x", repeated("[a"))),
        ("stars.md", format!("{} x", repeated("*"))),
        ("escapes.md", format!("{} x", repeated("\\"))),
        ("ticks.md", format!("# x\n\n{}", repeated("[!["))),
        ("brackets.txt", format!("x {}", repeated("[1:"))),
        ("colons.txt", format!("x {}", repeated("A: "))),
        ("colons-lines.txt", format!("x\n{}", repeated("A:\n"))),
        ("letters.txt", repeated("x")),
        ("wide.txt", repeated("字")),
        ("lines.txt", format!("x{}", repeated("\r\n"))),
        ("spaces.ctm", format!("a 1 0 0 x\n{}", repeated("a 1 0 0 x "))),
    ] {
        let read = import(text.as_bytes(), name, &Limits::default());
        if let Ok(read) = read {
            is_sound(&read.transcript);
        }
    }
}
