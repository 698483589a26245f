//! Live playlists (RFC 8216) whose pieces ffmpeg made, recorded into episodes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use archive::{Archive, CheckOptions, FeedKind, Priority, Stage, Subscribe, Text};
use fetch::Fetcher;
use fetch::hostile::{Act, Hostile, Seen, quick_limits, reply};
use media::{Block, MediaError};
use model::{HeardWindow, Millis, StretchKind};
use speech::{Heard, Request};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;
use work::{Ears, Event, Hearer, Options, run};

/// Pieces of the programme, seconds of each, and the one that its server lost.
const PIECES: usize = 6;
const SECONDS: usize = 4;
const LOST: usize = 3;

/// Finds out how long a recording is.
struct Measures;

impl Hearer for Measures {
    fn engine(&self) -> String {
        "measures/1".into()
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

/// Makes the pieces, `0.mp3` and so on, with what they need before them as `init.mp4`.
fn pieces(folder: &Path, ending: &str) {
    let length = format!("sine=frequency=440:duration={}", PIECES * SECONDS);
    let seconds = SECONDS.to_string();
    let mut ffmpeg = Command::new("ffmpeg");
    ffmpeg
        .current_dir(folder)
        .args(["-v", "error", "-f", "lavfi", "-i", &length, "-ar", "44100", "-b:a", "64k"]);
    let names = format!("%d.{ending}");
    match ending {
        "mp3" => ffmpeg.args(["-c:a", "libmp3lame", "-f", "segment", "-segment_time", &seconds, &names]),
        "aac" => ffmpeg.args(["-c:a", "aac", "-f", "segment", "-segment_format", "adts"]).args([
            "-segment_time",
            &seconds,
            &names,
        ]),
        _ => ffmpeg
            .args(["-c:a", "aac", "-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", &seconds])
            .args(["-hls_list_size", "0", "-hls_fmp4_init_filename", "init.mp4"])
            .args(["-hls_segment_filename", &names, "all.m3u8"]),
    };
    assert!(ffmpeg.status().unwrap().success());
    assert!(folder.join(format!("{}.{ending}", PIECES - 1)).is_file());
}

fn station(folder: &Path, ending: &'static str) -> Hostile {
    let (folder, read) = (folder.to_path_buf(), AtomicUsize::new(0));
    Hostile::start(move |seen: &Seen| -> Vec<Act> {
        let name = seen.path.trim_start_matches('/');
        if name == "live.m3u8" {
            let first = read.fetch_add(1, Ordering::SeqCst);
            if first + 3 > PIECES {
                return reply(503, &[], b"");
            }
            let map = if ending == "m4s" { "#EXT-X-MAP:URI=\"init.mp4\"\n" } else { "" };
            let listed: String = (first..first + 3)
                .map(|number| format!("#EXTINF:{SECONDS}.0,\n{number}.{ending}\n"))
                .collect();
            let end = if first + 3 == PIECES { "#EXT-X-ENDLIST\n" } else { "" };
            let head = "#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXT-X-MEDIA-SEQUENCE:";
            return reply(200, &[], format!("{head}{first}\n{map}{listed}{end}").as_bytes());
        }
        match std::fs::read(folder.join(name)) {
            Ok(bytes) if name != format!("{LOST}.{ending}") => reply(200, &[], &bytes),
            _ => reply(404, &[], b""),
        }
    })
}

#[test]
fn a_live_playlist_is_recorded_and_a_drop_is_a_gap() {
    for ending in ["mp3", "aac", "m4s"] {
        let folder = TempDir::new().unwrap();
        pieces(folder.path(), ending);
        let server = station(folder.path(), ending);
        let fetcher = Fetcher::new(server.policy(), quick_limits());
        let archive = Archive::create(folder.path().join("archive")).unwrap();
        let wish = Subscribe {
            address: server.url("/live.m3u8"),
            kind: FeedKind::Stream,
            title: Some("Harbour FM".into()),
            ..Subscribe::default()
        };
        let feed = archive.subscribe(&wish).unwrap().0;
        let now = jiff::Timestamp::now();
        let input = format!("2026-03-06 {now} {}", now + Duration::from_millis(2900));
        archive.require(feed, &Stage::RECORD, &input, Priority::Asked).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let options =
            Options { workers: 1, watch: true, fetcher: Some(Arc::new(fetcher)), ..Options::default() };
        let hearer: Arc<dyn Hearer> = Arc::new(Measures);
        let mut heard = None;
        let summary = run(&archive, &options, &mut Ears::ready(hearer), &stop, &mut |event| match event {
            Event::Heard { episode, .. } => {
                heard = Some(episode.episode.id);
                stop.store(true, Ordering::Relaxed);
            }
            Event::Failed { stage, reason, .. } => {
                stop.store(true, Ordering::Relaxed);
                eprintln!("{ending}: {stage}: {reason}");
            }
            _ => {}
        });
        assert_eq!(summary.unwrap().recorded, 1, "{ending}");
        let episode = heard.expect("recorded and heard");
        let transcript = archive.reading(episode, Text::Revised).unwrap().unwrap().transcript;
        // A container that states times leaves the hole open; others close it.
        let (heard, all) = ((PIECES - 1) * SECONDS, PIECES * SECONDS);
        let length = transcript.duration.seconds();
        assert!((heard as f64 - 0.5..all as f64 + 0.5).contains(&length), "{ending}: {length}");
        let gaps: Vec<_> = transcript.stretches.iter().filter(|own| own.kind == StretchKind::Gap).collect();
        assert_eq!(gaps.len(), 1, "{ending}: {gaps:?}");
        assert_eq!(gaps[0].reason, "not received: 0 min 04 s are missing here", "{ending}");
        let lost = (LOST * SECONDS) as f64;
        assert!((gaps[0].start.seconds() - lost).abs() < 4.0, "{ending}: {gaps:?}");
        let findings = archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{ending}: {findings:#?}");
    }
}
