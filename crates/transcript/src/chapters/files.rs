//! Chapter files: Podcasting 2.0 JSON both ways; WebVTT and FFmpeg metadata out.

use crate::About;
use crate::wording::one_line;
use model::{Chapter, ChapterSource, Millis};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Version of the JSON that is written (`podcast:chapters`, version 1.2.0).
const VERSION: &str = "1.2.0";
/// Most chapters that are read: a list that people read has hundreds at most.
const MOST: usize = 5_000;
/// Longest title that is read, in characters; the rest is cut off.
const LONGEST_TITLE: usize = 500;
/// Longest address that is read, in bytes: what browsers take.
const LONGEST_ADDRESS: usize = 2_000;
/// Most complaints that are told.
const MOST_COMPLAINTS: usize = 20;
/// Latest begin that is believed, in seconds: no recording lasts a year.
const LATEST: f64 = 366.0 * 86_400.0;

/// Writes chapters as Podcasting 2.0 JSON (`application/json+chapters`). Chapters that Readout found say so.
pub fn export_json(about: &About, source: ChapterSource, chapters: &[Chapter]) -> String {
    let mut file = Map::new();
    file.insert("version".into(), VERSION.into());
    for (key, value) in [("title", &about.title), ("podcastName", &about.show), ("fileName", &about.file)] {
        if !value.is_empty() {
            file.insert(key.into(), one_line(value).into());
        }
    }
    if source == ChapterSource::Found {
        file.insert("description".into(), "Chapters found in the text by Readout".into());
    }
    let chapters: Vec<Value> = chapters.iter().map(chapter_json).collect();
    file.insert("chapters".into(), chapters.into());
    format!("{:#}\n", Value::Object(file))
}

fn chapter_json(chapter: &Chapter) -> Value {
    let mut value = Map::new();
    value.insert("startTime".into(), seconds(chapter.start));
    if let Some(end) = chapter.end {
        value.insert("endTime".into(), seconds(end));
    }
    value.insert("title".into(), one_line(&chapter.title).into());
    for (key, address) in [("img", &chapter.image), ("url", &chapter.link)] {
        if let Some(address) = address {
            value.insert(key.into(), address.as_str().into());
        }
    }
    if chapter.unlisted {
        value.insert("toc".into(), false.into());
    }
    Value::Object(value)
}

/// Seconds as a JSON number, without a fraction where there is none.
fn seconds(time: Millis) -> Value {
    if time.0.is_multiple_of(1000) { json!(time.0 / 1000) } else { json!(time.0 as f64 / 1000.0) }
}

/// What a file of chapters holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadChapters {
    /// The chapters, in order of time.
    pub chapters: Vec<Chapter>,
    /// What could not be taken as it was written.
    pub complaints: Vec<String>,
}

impl ReadChapters {
    fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }
}

/// Reads chapters from Podcasting 2.0 JSON. Anything that is not one is a complaint; the others are read.
///
/// Taken as well: a bare list, times as text (`"12.5"`, `"1:02:03"`), chapters out of order.
pub fn import_json(bytes: &[u8]) -> ReadChapters {
    let mut read = ReadChapters::default();
    let text = String::from_utf8_lossy(bytes);
    let value: Value = match serde_json::from_str(text.trim_start_matches('\u{feff}')) {
        Ok(value) => value,
        Err(error) => {
            read.complain(format!("this is no JSON: {error}"));
            return read;
        }
    };
    let list = value.as_array().or_else(|| value.get("chapters").and_then(Value::as_array));
    let Some(list) = list else {
        read.complain("there is no list of chapters".into());
        return read;
    };
    if list.len() > MOST {
        read.complain(format!("{} chapters: only the first {MOST} are read", list.len()));
    }
    for (number, value) in (1..).zip(list.iter().take(MOST)) {
        match chapter(value) {
            Ok(chapter) => read.chapters.push(chapter),
            Err(complaint) => read.complain(format!("chapter {number} {complaint}")),
        }
    }
    read.chapters.sort_by_key(|chapter| chapter.start);
    read
}

fn chapter(value: &Value) -> Result<Chapter, &'static str> {
    let fields = value.as_object().ok_or("is no object")?;
    let start = fields.get("startTime").ok_or("has no startTime")?;
    let start = time(start).ok_or("has a startTime that is no time")?;
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(one_line);
    let address = |key: &str| {
        let address = text(key)?;
        let scheme = address.get(..8)?.to_ascii_lowercase();
        let web = scheme.starts_with("https://") || scheme.starts_with("http://");
        (web && address.len() <= LONGEST_ADDRESS).then_some(address)
    };
    Ok(Chapter {
        start,
        end: fields.get("endTime").and_then(time).filter(|end| *end > start),
        title: text("title").unwrap_or_default().chars().take(LONGEST_TITLE).collect(),
        link: address("url"),
        image: address("img"),
        unlisted: fields.get("toc").and_then(Value::as_bool) == Some(false),
    })
}

/// A time in seconds, or as a clock shows it.
fn time(value: &Value) -> Option<Millis> {
    let seconds = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => {
            let parts: Vec<&str> = text.trim().split(':').collect();
            if parts.len() > 3 {
                return None;
            }
            let part = |part: &&str| part.parse::<f64>().ok().filter(|part| *part >= 0.0);
            parts.iter().try_fold(0.0, |sum, text| Some(sum * 60.0 + part(text)?))?
        }
        _ => return None,
    };
    (0.0..=LATEST).contains(&seconds).then(|| Millis((seconds * 1000.0).round() as u64))
}

/// Writes chapters as WebVTT (`kind="chapters"`), which browsers' players take. `duration` ends the last one.
pub fn export_vtt(chapters: &[Chapter], duration: Millis) -> String {
    let mut text = String::from("WEBVTT\n\n");
    for (index, (chapter, end)) in with_ends(chapters, duration).enumerate() {
        let title = one_line(&chapter.title).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let title = if title.is_empty() { format!("Chapter {}", index + 1) } else { title };
        let stamp = |time: Millis| {
            let (seconds, millis) = (time.0 / 1000, time.0 % 1000);
            format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
        };
        let _ = write!(text, "{}\n{} --> {}\n{title}\n\n", index + 1, stamp(chapter.start), stamp(end));
    }
    text
}

/// Writes chapters as FFmpeg metadata, from which `ffmpeg` writes them into a media file.
pub fn export_ffmetadata(about: &About, chapters: &[Chapter], duration: Millis) -> String {
    let escaped = |text: &str| {
        let mut escaped = String::new();
        for c in one_line(text).chars() {
            if matches!(c, '=' | ';' | '#' | '\\') {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        escaped
    };
    let mut text = String::from(";FFMETADATA1\n");
    for (key, value) in [("title", &about.title), ("album", &about.show)] {
        if !value.is_empty() {
            let _ = writeln!(text, "{key}={}", escaped(value));
        }
    }
    for (chapter, end) in with_ends(chapters, duration) {
        let (start, end, title) = (chapter.start.0, end.0, escaped(&chapter.title));
        let _ = write!(text, "[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n");
    }
    text
}

/// Chapters with the instant at which each ends: stated, where the next begins, or with the recording; never before
/// it begins.
fn with_ends(chapters: &[Chapter], duration: Millis) -> impl Iterator<Item = (&Chapter, Millis)> {
    let next = chapters.iter().skip(1).map(|chapter| chapter.start).chain([duration]);
    chapters.iter().zip(next).map(|(chapter, next)| {
        let end = chapter.end.map_or(next, |end| end.min(next.max(chapter.start)));
        (chapter, end.max(Millis(chapter.start.0.saturating_add(1))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chapter(start: u64, title: &str) -> Chapter {
        Chapter {
            start: Millis(start),
            end: None,
            title: title.into(),
            link: None,
            image: None,
            unlisted: false,
        }
    }

    #[test]
    fn the_json_says_what_it_is_of_and_who_found_it() {
        let about = About { title: "First".into(), show: "Talks".into(), ..About::default() };
        let chapters = [
            chapter(0, "Begin"),
            Chapter {
                end: Some(Millis(90_000)),
                link: Some("https://example.org/".into()),
                unlisted: true,
                ..chapter(61_500, "The \"bridge\"")
            },
        ];
        let file = export_json(&about, ChapterSource::Found, &chapters);
        let value: Value = serde_json::from_str(&file).unwrap();
        let expected = json!({
            "version": "1.2.0", "title": "First", "podcastName": "Talks",
            "description": "Chapters found in the text by Readout",
            "chapters": [
                { "startTime": 0, "title": "Begin" },
                { "startTime": 61.5, "endTime": 90, "title": "The \"bridge\"", "url": "https://example.org/", "toc": false },
            ],
        });
        assert_eq!(value, expected);
        assert_eq!(
            import_json(file.as_bytes()),
            ReadChapters { chapters: chapters.into(), complaints: Vec::new() }
        );
        assert!(!export_json(&about, ChapterSource::Person, &[]).contains("Readout"));
    }

    #[test]
    fn what_is_wrong_is_told_and_the_rest_is_read() {
        let file = br#"{"version": 1, "chapters": [
            {"startTime": "1:02:03.5", "title": "late\nand long", "img": "javascript:alert(1)", "toc": "no"},
            {"startTime": -1, "title": "before"}, {"title": "never"}, 7, {"startTime": 1e300}, {"startTime": "x"},
            {"startTime": 12.3456, "endTime": 3, "url": "HTTPS://Example.org/a"}]}"#;
        let read = import_json(file);
        assert_eq!(read.complaints.len(), 5, "{:?}", read.complaints);
        assert_eq!(read.chapters.len(), 2);
        assert_eq!((read.chapters[0].start, read.chapters[0].end), (Millis(12_346), None));
        assert_eq!(read.chapters[0].link.as_deref(), Some("HTTPS://Example.org/a"));
        assert_eq!(read.chapters[1], chapter(3_723_500, "late and long"));
        for hostile in ["", "{}", "[", "null", "{\"chapters\": {}}", &"[".repeat(100_000)] {
            let read = import_json(hostile.as_bytes());
            assert!(read.chapters.is_empty() && read.complaints.len() == 1, "{hostile:.20}");
        }
        assert_eq!(import_json(b"\xef\xbb\xbf[{\"startTime\": 0}]").chapters, [chapter(0, "")]);
    }

    #[test]
    fn captions_and_metadata_end_where_the_next_begins() {
        let chapters = [chapter(0, "a < b"), chapter(5_000, ""), chapter(9_000, "c = d; #1")];
        let vtt = export_vtt(&chapters, Millis(8_000));
        assert!(vtt.starts_with("WEBVTT\n\n1\n00:00:00.000 --> 00:00:05.000\na &lt; b\n\n2\n"), "{vtt}");
        assert!(vtt.ends_with("00:00:09.000 --> 00:00:09.001\nc = d; #1\n\n"), "{vtt}");
        let about = About { title: "x=y".into(), ..About::default() };
        let file = export_ffmetadata(&about, &chapters, Millis(10_000));
        assert!(file.starts_with(";FFMETADATA1\ntitle=x\\=y\n[CHAPTER]\n"), "{file}");
        assert!(file.ends_with("START=9000\nEND=10000\ntitle=c \\= d\\; \\#1\n"), "{file}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        #[test]
        fn what_is_exported_is_imported(parts in prop::collection::vec(
            (0u64..90_000_000, "\\PC{0,12}", prop::option::of(1u64..9_000), any::<bool>()), 0..20)) {
            let mut chapters: Vec<Chapter> = parts.into_iter().map(|(start, title, length, unlisted)| Chapter {
                end: length.map(|length| Millis(start + length)),
                unlisted,
                ..chapter(start, &one_line(&title))
            }).collect();
            chapters.sort_by_key(|chapter| chapter.start);
            let file = export_json(&About::default(), ChapterSource::Person, &chapters);
            let read = import_json(file.as_bytes());
            prop_assert_eq!(&read.chapters, &chapters);
            prop_assert_eq!(export_json(&About::default(), ChapterSource::Person, &read.chapters), file);
        }

        #[test]
        fn anything_is_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), text in "[\\[\\]{}\",:a-z0-9.-]{0,200}") {
            import_json(&bytes);
            import_json(text.as_bytes());
        }
    }
}
