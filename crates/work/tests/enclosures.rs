//! What feeds lead to that is no sound, and texts that are none: each leaves the other episodes alone, and the ledger says what
//! is wrong (items 13, 14 and 15 of what a feed may do to its reader).

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../fingerprint/tests/sound/mod.rs"]
mod sound;

use archive::{Archive, CheckOptions, Stage, State, Subscribe, Text, Wanted};
use fetch::Fetcher;
use fetch::hostile::{Act, Hostile, Seen, quick_limits, reply};
use media::{Block, MediaError};
use model::{HeardWindow, Millis, Origin};
use speech::{Heard, Request};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use work::{Ears, Hearer, Options, Summary, run};

/// Hears no word, to the end.
struct Patient;

impl Hearer for Patient {
    fn engine(&self) -> String {
        "patient/1".into()
    }

    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        _: &Request,
        _: Option<&str>,
        _: &[HeardWindow],
        _: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError> {
        let mut samples = 0;
        for block in blocks {
            samples += block?.samples.len() as u64;
        }
        Ok(Heard { duration: Millis(samples / 16), language: Some("en".into()), ..Heard::default() })
    }
}

/// Five seconds, each episode its own.
fn wav(seed: u64) -> Vec<u8> {
    let samples = sound::talk(5.0, seed);
    let bytes = samples.len() as u32 * 2;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + bytes).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(16_000u32.to_le_bytes());
    wav.extend(32_000u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(bytes.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| ((sample * 32767.0) as i16).to_le_bytes()));
    wav
}

struct Place {
    archive: Archive,
    _folder: TempDir,
}

impl Place {
    /// Follows a feed with these items to the end of all work.
    fn followed(
        items: String,
        answer: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> (Self, Summary) {
        let feed = format!(
            "<rss version=\"2.0\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\"><channel>\
             <title>Harbour</title>{items}</channel></rss>"
        );
        let server = Hostile::start(move |seen| match seen.path.as_str() {
            "/feed" => reply(200, &[], feed.as_bytes()),
            _ => answer(seen),
        });
        let folder = TempDir::new().unwrap();
        let archive = Archive::create(folder.path().join("archive")).unwrap();
        let wish = Subscribe { address: server.url("/feed"), wanted: Wanted::All, ..Subscribe::default() };
        archive.subscribe(&wish).unwrap();
        let fetcher = Arc::new(Fetcher::new(server.policy(), quick_limits()));
        let options = Options { workers: 1, fetcher: Some(fetcher), ..Options::default() };
        let hearer: Arc<dyn Hearer> = Arc::new(Patient);
        let summary = run(&archive, &options, &mut Ears::ready(hearer), &Arc::default(), &mut |_| {});
        // What was erased or never finished leaves nothing behind.
        let findings =
            archive.check(&CheckOptions { grace: Duration::ZERO, ..CheckOptions::default() }).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        (Self { archive, _folder: folder }, summary.unwrap())
    }

    fn state(&self, title: &str, stage: &Stage) -> Option<State> {
        let cells = self.archive.find_episode(title).unwrap().cells;
        cells.into_iter().find(|cell| cell.stage == *stage).map(|cell| cell.state)
    }
}

fn item(title: &str, sound: &str, more: &str) -> String {
    format!(
        "<item><title>{title}</title><guid>{title}</guid>{more}\
         <enclosure url=\"/{sound}\" type=\"audio/mpeg\" length=\"10\"/></item>"
    )
}

#[test]
fn what_is_no_sound_is_told_and_leaves_the_others_alone_14() {
    // A picture of 100,000 by 100,000 points, as its head says: nobody looks further.
    let mut picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    picture.extend([0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0, 8, 2, 0, 0, 0]);
    let bad: Vec<(&str, Vec<u8>)> = vec![
        ("page", b"<!doctype html><html><body>Please log in</body></html>".to_vec()),
        ("nothing", Vec::new()),
        ("picture", picture),
        ("playlist", b"#EXTM3U\n#EXTINF:-1,Radio\nhttp://10.0.0.5/live\n".to_vec()),
        ("stream", b"#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:6,\n0.ts\n".to_vec()),
        ("noise", (0..50_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect()),
        ("head", b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec()),
        ("drawing", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec()),
    ];
    let names: Vec<&str> = bad.iter().map(|(name, _)| *name).collect();
    let items = names.iter().map(|name| item(name, name, "")).collect::<String>()
        + &item("good", "good", "")
        + &item("mislabelled", "mislabelled", "");
    let answers = bad.clone();
    let (place, summary) = Place::followed(items, move |seen| {
        let name = seen.path.trim_start_matches('/');
        match answers.iter().find(|(known, _)| *known == name) {
            Some((_, bytes)) => reply(200, &[("content-type", "audio/mpeg")], bytes),
            None if name == "good" => reply(200, &[], &wav(1)),
            // Sound under a false name is sound.
            None => reply(200, &[("content-type", "text/html")], &wav(2)),
        }
    });
    assert_eq!((summary.found, summary.heard), (10, 2));
    for name in ["good", "mislabelled"] {
        assert_eq!(place.state(name, &Stage::HEAR), Some(State::Done), "{name}");
    }
    let problems = place.archive.status().unwrap().problems;
    for name in names {
        let own: Vec<_> = problems.iter().filter(|problem| problem.title == name).collect();
        assert_eq!(own.len(), 1, "{name}: {own:?}");
        // One sentence that names the thing, not the place in the archive.
        let reason = &own[0].reason;
        assert!(
            reason.len() > 15 && !reason.contains("blobs/") && !reason.contains('\n'),
            "{name}: {reason}"
        );
        assert!(matches!(own[0].state, State::Failed | State::Quarantined), "{name}: {:?}", own[0].state);
    }
}

#[test]
fn texts_that_are_none_keep_no_episode_from_being_heard_15() {
    let huge = "WEBVTT\n\n".to_owned() + &"00:01.000 --> 00:02.000\nword\n\n".repeat(1_500_000);
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("huge", huge.into_bytes()),
        ("page", b"<!doctype html><html><body>Please log in to read on</body></html>".to_vec()),
        ("empty", Vec::new()),
        ("backwards", b"WEBVTT\n\n00:09.000 --> 00:01.000\none\n\n-00:05.000 --> 99:99.999\ntwo\n".to_vec()),
        ("binary", (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect()),
        ("json", b"{\"segments\":[{\"startTime\":\"NaN\",\"body\":{}}]}".to_vec()),
    ];
    // One that is good although its marks are hostile and its lines end as they like.
    let words = "the ferry was late as it always is in March ".repeat(4);
    let voices = format!(
        "\u{feff}WEBVTT\r\n\r\n00:00.000 --> 00:05.000\r\n<v Ann><c.javascript>{words}</c><script>alert(1)</script>\r\n"
    );
    let names: Vec<&str> = texts.iter().map(|(name, _)| *name).collect();
    let link = |name: &str| format!("<podcast:transcript url=\"/{name}.vtt\" type=\"text/vtt\"/>");
    let items = names.iter().map(|name| item(name, &format!("{name}.wav"), &link(name))).collect::<String>()
        + &item("good", "good.wav", &link("good"));
    let answers = texts.clone();
    let (place, _) = Place::followed(items, move |seen| {
        let (name, ending) = seen.path.trim_start_matches('/').split_once('.').unwrap();
        let number = answers.iter().position(|(known, _)| *known == name);
        match (ending, number) {
            ("wav", number) => reply(200, &[], &wav(100 + number.map_or(99, |number| number as u64))),
            (_, Some(number)) => reply(200, &[("content-type", "text/vtt")], &answers[number].1),
            _ => reply(200, &[("content-type", "text/vtt")], voices.as_bytes()),
        }
    });
    for name in names {
        let cells = place.archive.find_episode(name).unwrap().cells;
        assert_eq!(place.state(name, &Stage::HEAR), Some(State::Done), "{name}: {cells:#?}");
    }
    assert_eq!(place.state("good", &Stage::HEAR), None, "its text will do");
    let reading =
        place.archive.reading(place.archive.find_episode("good").unwrap().episode.id, Text::Revised);
    let reading = reading.unwrap().unwrap();
    assert_eq!(reading.hearing.origin, Origin::Publisher);
    assert!(reading.transcript.words.iter().all(|word| !word.text.contains('<')));
}

#[test]
fn titles_are_one_line_without_tricks_13() {
    let long = "a".repeat(1 << 20);
    let titles = [
        ("&#x202e;gpj.exe&#x2066;", "gpj.exe"),
        ("zero&#x200b;width", "zerowidth"),
        ("two\r\nlines&#13;&#10;Set-Cookie: x", "two lines Set-Cookie: x"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("CON", "CON"),
        ("ends with dots...", "ends with dots..."),
        ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
        ("caf\u{e9} \u{1f40c}", "caf\u{e9} \u{1f40c}"),
        (&long, &long[..500]),
    ];
    let items: String = (0..)
        .zip(&titles)
        .map(|(number, (title, _))| {
            format!(
                "<item><title>{title}</title><guid>{number}</guid><link>javascript:alert(1)</link></item>"
            )
        })
        .collect();
    let (place, summary) = Place::followed(items, |_| reply(404, &[], b""));
    assert_eq!(summary.found, titles.len() as u64);
    let found = place.archive.episodes(None).unwrap();
    for (_, expected) in titles {
        let own = found.iter().find(|entry| entry.episode.title == expected);
        let own = own.unwrap_or_else(|| {
            panic!(
                "{expected:?} is not among {:?}",
                found
                    .iter()
                    .map(|entry| entry.episode.title.chars().take(40).collect::<String>())
                    .collect::<Vec<_>>()
            )
        });
        assert_eq!(own.episode.facts.link, None, "{expected}");
    }
}
