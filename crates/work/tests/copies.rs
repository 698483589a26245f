//! The same recording in several places, and what comes again in a show: real files, a real archive, a made-up recogniser.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../fingerprint/tests/sound/mod.rs"]
mod sound;

use archive::{Archive, CheckOptions, Stage, State, Stated};
use media::{Block, MediaError};
use model::{EpisodeId, HeardWindow, Millis, RepeatKind};
use sound::{copied, jingle, silence, talk, tone};
use speech::{Heard, Request};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;
use work::{Ears, Event, Hearer, Options, Summary, run};

/// Hears nothing, and counts how often.
#[derive(Default)]
struct Counts(AtomicUsize);

impl Hearer for Counts {
    fn engine(&self) -> String {
        "counts/1".into()
    }

    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        _: &Request,
        _: Option<&str>,
        _: &[HeardWindow],
        _: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let mut samples = 0;
        for block in blocks {
            samples += block?.samples.len() as u64;
        }
        Ok(Heard { duration: Millis(samples / 16), language: Some("en".into()), ..Heard::default() })
    }
}

struct Place {
    archive: Archive,
    folder: TempDir,
    ears: Arc<Counts>,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let archive = Archive::create(folder.path().join("archive")).unwrap();
        Self { archive, folder, ears: Arc::default() }
    }

    fn add(&self, show: &str, title: &str, samples: &[f32]) -> EpisodeId {
        let path = self.folder.path().join(format!("{show} {title}.wav"));
        std::fs::write(&path, wav(samples)).unwrap();
        let stated = Stated { show: Some(show.into()), title: Some(title.into()), ..Stated::default() };
        self.archive.add_file(path, &stated).unwrap().episode
    }

    fn run(&self) -> Summary {
        let options = Options { workers: 1, ..Options::default() };
        let hearer: Arc<dyn Hearer> = self.ears.clone();
        let summary = run(&self.archive, &options, &mut Ears::ready(hearer), &Arc::default(), &mut |event| {
            if let Event::Failed { stage, reason, .. } = event {
                panic!("{stage}: {reason}");
            }
        });
        let findings = self.archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        summary.unwrap()
    }

    fn heard(&self) -> usize {
        self.ears.0.load(Ordering::Relaxed)
    }

    fn main_ones(&self) -> usize {
        self.archive.episodes(None).unwrap().len()
    }
}

/// Mono, 16 bit, 16 kHz.
fn wav(samples: &[f32]) -> Vec<u8> {
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

#[test]
fn a_recording_with_an_advertisement_put_in_is_the_same_episode_and_is_heard_once() {
    let place = Place::new();
    let programme = talk(120.0, 1);
    let half = programme.len() / 2;
    let one = place.add("One", "Harbour", &programme);
    let inserted = [&programme[..half], &talk(30.0, 2), &programme[half..]].concat();
    let two = place.add("Two", "The harbour", &copied(&inserted, 0.5, 3));
    let summary = place.run();
    assert_eq!((summary.probed, summary.heard, summary.copies, place.heard()), (2, 1, 1, 1));
    assert_eq!(place.main_ones(), 1);
    let main = place.archive.main_of(one).unwrap();
    assert_eq!(place.archive.main_of(two).unwrap(), main);
    let (mut right, mut all) = (0, 0);
    for time in (0..120_000).step_by(100) {
        let expected = if time < 60_000 { time } else { time + 30_000 };
        let there = place.archive.time_in(one, two, Millis(time)).unwrap();
        right += usize::from(there.is_some_and(|there| there.0.abs_diff(expected) <= 500));
        all += 1;
    }
    assert!(right * 100 >= all * 99, "{right} of {all} times are within half a second");
    assert_eq!(place.archive.time_in(two, one, Millis(75_000)).unwrap(), None, "the advertisement");
    // A person says no: both are heard, and it stays so.
    place.archive.split(two).unwrap();
    let summary = place.run();
    assert_eq!((summary.heard, place.heard(), place.main_ones()), (1, 2, 2));
    place.archive.ask(two, &Stage::FINGERPRINT).unwrap();
    place.run();
    assert_eq!(place.main_ones(), 2);
}

#[test]
fn the_same_file_in_two_shows_is_decoded_and_heard_once() {
    let place = Place::new();
    let programme = talk(60.0, 4);
    let one = place.add("One", "Harbour", &programme);
    let two = place.add("Two", "Harbour", &programme);
    assert_eq!((place.run().heard, place.main_ones()), (1, 1));
    assert_eq!(place.archive.time_in(two, one, Millis(31_000)).unwrap(), Some(Millis(31_000)));
}

#[test]
fn what_is_not_the_same_recording_stays_apart() {
    let place = Place::new();
    let opening = jingle(12.0, 5);
    let mut added = 0;
    let mut add = |title: &str, samples: &[f32]| {
        place.add("Show", title, samples);
        added += 1;
    };
    // Identical beginnings; silence, a tone and a second of anything, twice in different lengths.
    for seed in 0..3 {
        add(&format!("talk {seed}"), &[&opening[..], &talk(40.0, 10 + seed)].concat());
    }
    for seconds in [60.0, 61.0] {
        add(&format!("silence {seconds}"), &silence(seconds));
        add(&format!("tone {seconds}"), &tone(seconds, 440.0));
    }
    add("one second", &talk(1.0, 20));
    add("the same second", &[&talk(1.0, 20)[..], &[0.0; 100]].concat());
    let summary = place.run();
    assert_eq!((summary.copies, place.main_ones()), (0, added));
    assert_eq!(place.heard(), added);
    assert_eq!(place.archive.status().unwrap().problems, []);
}

#[test]
fn a_jingle_is_found_in_every_episode_of_a_show() {
    let place = Place::new();
    let tune = jingle(10.0, 30);
    let starts = [0.0, 20.0, 33.3];
    let episodes: Vec<EpisodeId> = (0..)
        .zip(starts)
        .map(|(seed, start)| {
            let samples = [&talk(start, 40 + seed)[..], &tune, &talk(40.0, 50 + seed)].concat();
            place.add("Show", &format!("Part {seed}"), &copied(&samples, 0.5, seed))
        })
        .collect();
    place.run();
    let show = place.archive.find_show("Show").unwrap();
    let cells = place.archive.cells(show).unwrap();
    assert!(cells.iter().any(|cell| cell.stage == Stage::REPEATS && cell.state == State::Done), "{cells:?}");
    for (episode, start) in episodes.into_iter().zip(starts) {
        let repeats = place.archive.repeats(episode).unwrap();
        assert_eq!(repeats.len(), 1, "{repeats:?}");
        assert_eq!((repeats[0].kind, repeats[0].episodes), (RepeatKind::Jingle, 3));
        let near = |time: Millis, seconds: f64| (time.seconds() - seconds).abs() < 0.5;
        assert!(near(repeats[0].start, start) && near(repeats[0].end, start + 10.0), "{repeats:?} {start}");
    }
}

#[test]
fn other_recordings_share_no_keys() {
    // What is compared does not grow with the archive: nobody shares a key with somebody else's talk.
    let place = Place::new();
    for seed in 0..20 {
        place.add("Show", &format!("Part {seed}"), &talk(10.0, 100 + seed));
    }
    assert_eq!(place.run().copies, 0);
    let id = place.archive.episodes(None).unwrap()[0].episode.id;
    let bytes = place.archive.fingerprint(id).unwrap().unwrap();
    let print = fingerprint::Fingerprint::from_bytes(&bytes).unwrap();
    let keys: Vec<u32> = fingerprint::keys(&print).collect();
    assert_eq!(place.archive.alike(id, &keys, 1, 100).unwrap().len(), 0, "{} keys", keys.len());
}

#[test]
fn sound_is_kept_small_where_its_show_wants_it() {
    let place = Place::new();
    let programme = talk(60.0, 60);
    let id = place.add("Show", "Harbour", &programme);
    place.run();
    let show = place.archive.find_show("Show").unwrap();
    let settings = archive::ShowSettings { keep: archive::Keep::Opus, ..archive::ShowSettings::default() };
    place.archive.set_show_settings(show, &settings).unwrap();
    let before = place.archive.episode(id).unwrap().recording.unwrap();
    let original = place.archive.blob_path(&before.blob.unwrap());
    let bytes = std::fs::metadata(&original).unwrap().len();
    let summary = place.run();
    assert_eq!(summary.freed, bytes);
    assert!(!original.exists());
    let after = place.archive.episode(id).unwrap().recording.unwrap();
    assert_eq!(after.file_name, "Show Harbour.opus");
    let media = after.media.unwrap();
    assert_eq!((media.codec.as_str(), media.container.as_str()), ("Opus", "Ogg"));
    let off = media.duration.unwrap().0.abs_diff(before.media.unwrap().duration.unwrap().0);
    assert!(off <= 10, "{off} ms");
    let small = place.archive.blob_path(&after.blob.unwrap());
    assert!(std::fs::metadata(&small).unwrap().len() * 4 < bytes);
    // Each time holds: the small one is laid on the original.
    let mut printer = fingerprint::Fingerprinter::new();
    let mut reader = media::open(&small, &media::Limits::default()).unwrap().reader;
    while let Some(block) = reader.next_block().unwrap() {
        printer.push(&block.samples);
    }
    let found = fingerprint::align(&sound::print(&programme), &printer.finish()).unwrap();
    for time in (1_000..59_000).step_by(500) {
        let there = found.map(Millis(time)).unwrap();
        assert!(there.0.abs_diff(time) <= 10, "{time} became {there:?}");
    }
    // Nothing is heard or made small again.
    let summary = place.run();
    assert_eq!((summary.heard, summary.freed, summary.probed, place.heard()), (0, 0, 0, 1));
    // What is smaller already, or no sound at all, stays as it is.
    place.archive.ask(id, &Stage::SHRINK).unwrap();
    assert_eq!(place.run().freed, 0);
}
