//! Work on real media files and a real archive; only the recogniser is made up: it hears one word a second.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use archive::{
    Archive, Author, AuthorKind, Change, CheckOptions, Imported, Keep, ShowSettings, Stage, State, Stated,
    Text,
};
use media::{Block, MediaError};
use model::{
    Chapter, ChapterSource, EpisodeId, HeardWindow, Millis, Origin, Stretch, StretchKind, Timing, Transcript,
    Turn, Word,
};
use speech::{Heard, Request};
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use work::{Ears, Event, Hearer, Options, Summary, run};

/// Called with the number of each window before it is told.
type Hook = Box<dyn Fn(u32) + Send + Sync>;

/// Hears the word `w7` in the window of the seventh second, and music after the end.
struct Fake {
    engine: &'static str,
    hook: Hook,
    heard: Mutex<Vec<u32>>,
}

impl Fake {
    fn new(hook: impl Fn(u32) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { engine: "fake/1", hook: Box::new(hook), heard: Mutex::new(Vec::new()) })
    }

    fn heard(&self) -> Vec<u32> {
        self.heard.lock().unwrap().clone()
    }
}

fn fake_window(index: u32) -> HeardWindow {
    let start = u64::from(index) * 1000;
    let word = Word {
        text: format!("w{index}"),
        start: Millis(start),
        end: Millis(start + 500),
        confidence: 0.5,
        joined: false,
        timing: Timing::Measured,
    };
    HeardWindow {
        index,
        start: Millis(start),
        end: Millis(start + 1000),
        speech: Millis(1000),
        language: "en".into(),
        words: vec![word],
        gaps: Vec::new(),
        mean_log_probability: -0.5,
        temperature: 0.0,
    }
}

impl Hearer for Fake {
    fn engine(&self) -> String {
        self.engine.into()
    }

    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        _: &Request,
        language: Option<&str>,
        already: &[HeardWindow],
        observer: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError> {
        let (mut samples, mut next) = (0, 0);
        let mut heard = Heard { language: Some("en".into()), ..Heard::default() };
        let mut flow = ControlFlow::Continue(());
        if language.is_none() {
            flow = observer(speech::Event::Language("en"));
        }
        for block in blocks {
            samples += block?.samples.len() as u64;
            let decoded = Millis(samples / 16);
            while u64::from(next) * 1000 + 1000 <= decoded.0 {
                if flow.is_break() {
                    heard.stopped = true;
                    return Ok(heard);
                }
                if already.iter().all(|window| window.index != next) {
                    (self.hook)(next);
                    self.heard.lock().unwrap().push(next);
                    flow = observer(speech::Event::Window(&fake_window(next)));
                }
                next += 1;
                if flow.is_continue() {
                    flow =
                        observer(speech::Event::Progress { decoded, heard: Millis(u64::from(next) * 1000) });
                }
            }
        }
        heard.duration = Millis(samples / 16);
        heard.speech = Millis(u64::from(next) * 1000);
        heard.stretches = vec![Stretch {
            start: heard.speech,
            end: heard.duration,
            kind: StretchKind::Music,
            reason: String::new(),
        }];
        Ok(heard)
    }
}

struct Place {
    archive: Archive,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { archive: Archive::create(folder.path().join("archive")).unwrap(), folder }
    }

    fn add(&self, name: &str, content: &[u8]) -> EpisodeId {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        self.archive.add_file(path, &Stated::default()).unwrap().episode
    }

    fn text(&self, episode: EpisodeId) -> String {
        let reading = self.archive.reading(episode, Text::Revised).unwrap();
        let words = reading.map(|reading| reading.transcript.words).unwrap_or_default();
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn state(&self, episode: EpisodeId, stage: &Stage) -> Option<State> {
        let cells = self.archive.cells(episode).unwrap();
        cells.into_iter().find(|cell| cell.stage == *stage).map(|cell| cell.state)
    }

    fn sound(&self) {
        let findings = self.archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

/// A WAV file (mono, 16 bit, 16 kHz) of a quiet ramp; `seed` makes its bytes its own.
fn wav(seconds: f64, seed: u8) -> Vec<u8> {
    let samples = (seconds * 16_000.0) as u32;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for field in [1u16, 1] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend(32_000u32.to_le_bytes());
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend((samples * 2).to_le_bytes());
    bytes.extend((0..samples).flat_map(|n| ((n % 100) as i16 + i16::from(seed)).to_le_bytes()));
    bytes
}

fn work(place: &Place, hearer: &Arc<Fake>) -> (Summary, Vec<String>) {
    let mut told = Vec::new();
    let hearer: Arc<dyn Hearer> = hearer.clone();
    let options = Options { workers: 1, ..Options::default() };
    let stop = Arc::new(AtomicBool::new(false));
    let summary = run(&place.archive, &options, &mut Ears::ready(hearer), &stop, &mut |event| match event {
        Event::Failed { reason, .. } => told.push(reason.to_owned()),
        Event::Heard { episode, .. } => told.push(format!("heard {}", episode.episode.title)),
        _ => {}
    });
    (summary.unwrap(), told)
}

#[test]
fn what_is_due_is_done_and_what_fails_stops_nothing() {
    let place = Place::new();
    let text = place.add("notes.mp3", b"These are my notes, and no sound at all. These are my notes.");
    let one = place.add("one.wav", &wav(3.5, 1));
    let two = place.add("two.wav", &wav(2.0, 2));
    let (summary, told) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.probed, summary.heard, summary.failed, summary.left), (2, 2, 1, 0));
    assert_eq!(summary.audio, Millis(5500));
    assert_eq!(place.text(one), "w0 w1 w2");
    assert_eq!(place.text(two), "w0 w1");
    let reading = place.archive.reading(one, Text::Revised).unwrap().unwrap();
    assert!(reading.transcript.complete);
    assert_eq!(reading.transcript.duration, Millis(3500));
    assert_eq!(reading.transcript.stretches.len(), 1);
    assert_eq!(place.state(text, &Stage::PROBE), Some(State::Failed));
    assert!(told[0].contains("notes.mp3") && !told[0].contains("blobs"), "{told:?}");
    assert_eq!(told[1..], ["heard one", "heard two"]);
    assert!(place.archive.status().unwrap().speed.is_some());
    place.sound();
    // Nothing is left to do.
    let again = Fake::new(|_| panic!("heard again"));
    assert_eq!(work(&place, &again).0, Summary::default());
}

#[test]
fn sound_that_is_not_kept_goes_once_it_was_heard() {
    let place = Place::new();
    let episode = place.add("one.wav", &wav(3.5, 1));
    let broken = place.add("two.mp3", b"These are my notes, and no sound at all. These are my notes.");
    let show = place.archive.episode(episode).unwrap().show.id;
    let settings = ShowSettings { keep: Keep::Nothing, ..ShowSettings::default() };
    place.archive.set_show_settings(show, &settings).unwrap();
    let (summary, _) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.heard, summary.failed), (1, 1));
    let blob = |episode| place.archive.episode(episode).unwrap().recording.unwrap().blob;
    assert!(blob(episode).is_none(), "heard, and gone");
    assert!(blob(broken).is_some(), "what could not be heard may still be of use");
    assert_eq!(place.text(episode), "w0 w1 w2");
    place.sound();
    assert_eq!(work(&place, &Fake::new(|_| panic!("heard again"))).0, Summary::default());
}

#[test]
fn a_stop_keeps_what_was_heard_and_the_next_run_goes_on() {
    let place = Place::new();
    let episode = place.add("long.wav", &wav(20.0, 0));
    let stop = Arc::new(AtomicBool::new(false));
    let flag = stop.clone();
    let fake = Fake::new(move |window| flag.store(window == 7, Ordering::Relaxed));
    let hearer: Arc<dyn Hearer> = fake.clone();
    let options = Options::default();
    let summary = run(&place.archive, &options, &mut Ears::ready(hearer), &stop, &mut |_| {}).unwrap();
    assert!(summary.stopped);
    assert_eq!((summary.heard, summary.failed, summary.left), (0, 0, 1));
    assert_eq!(place.text(episode), "w0 w1 w2 w3 w4 w5 w6 w7");
    assert_eq!(place.state(episode, &Stage::HEAR), Some(State::Waiting));
    place.sound();
    let (summary, _) = work(&place, &fake);
    assert_eq!(summary.heard, 1);
    assert_eq!(fake.heard(), (0..20).collect::<Vec<_>>(), "every window once");
    place.sound();
}

#[test]
fn a_recogniser_that_crashes_on_one_recording_hears_the_others() {
    let place = Place::new();
    let poison = place.add("poison.wav", &wav(2.0, 1));
    let good = place.add("good.wav", &wav(3.0, 2));
    // Only the third second of the good recording comes later than the crash of the other's first.
    let crashed = AtomicBool::new(false);
    let fake = Fake::new(move |_| assert!(crashed.swap(true, Ordering::Relaxed), "a bug in window 0"));
    let (summary, told) = work(&place, &fake);
    assert_eq!((summary.heard, summary.failed, summary.left), (1, 1, 1));
    assert_eq!(told, ["the program failed at it: a bug in window 0", "heard good"]);
    assert_eq!(place.text(good), "w0 w1 w2");
    assert_eq!(place.state(poison, &Stage::HEAR), Some(State::Waiting), "to be tried again");
    place.sound();
}

#[test]
fn an_episode_that_is_removed_while_it_is_heard_disturbs_nobody() {
    let place = Place::new();
    let removed = place.add("removed.wav", &wav(5.0, 1));
    let kept = place.add("kept.wav", &wav(2.0, 2));
    let archive = place.archive.clone();
    let fake = Fake::new(move |window| {
        if window == 2 {
            archive.remove_episode(removed).expect("removing");
        }
    });
    let (summary, _) = work(&place, &fake);
    assert_eq!((summary.heard, summary.failed, summary.left), (1, 0, 0));
    assert_eq!(place.text(kept), "w0 w1");
    place.sound();
}

#[test]
fn a_recording_that_breaks_off_is_heard_in_part() {
    let place = Place::new();
    let mut bytes = wav(4.0, 0);
    bytes.truncate(44 + 80_000);
    let episode = place.add("cut.wav", &bytes);
    let (summary, _) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.heard, summary.partial), (1, 1));
    assert_eq!(place.text(episode), "w0 w1");
    let transcript = place.archive.reading(episode, Text::Revised).unwrap().unwrap().transcript;
    assert!(transcript.partial.is_some());
    place.sound();
}

#[test]
fn watching_takes_up_what_comes_and_ends_when_told() {
    let place = Place::new();
    let stop = Arc::new(AtomicBool::new(false));
    let hearer: Arc<dyn Hearer> = Fake::new(|_| {});
    let options = Options { watch: true, ..Options::default() };
    let mut idle = 0;
    let summary = run(&place.archive, &options, &mut Ears::ready(hearer), &stop, &mut |event| match event {
        Event::Idle => {
            idle += 1;
            place.add("late.wav", &wav(1.0, 0));
        }
        Event::Heard { .. } => stop.store(true, Ordering::Relaxed),
        _ => {}
    });
    assert_eq!((summary.unwrap().heard, idle), (1, 1));
}

#[test]
fn progress_is_told_with_an_estimate() {
    let place = Place::new();
    place.add("one.wav", &wav(10.0, 1));
    place.add("two.wav", &wav(30.0, 2));
    let hearer: Arc<dyn Hearer> = Fake::new(|_| {});
    let mut paces = Vec::new();
    let stop = Arc::new(AtomicBool::new(false));
    run(&place.archive, &Options::default(), &mut Ears::ready(hearer), &stop, &mut |event| {
        if let Event::Hearing { pace, .. } = event {
            paces.push(pace);
        }
    })
    .unwrap();
    assert_eq!(paces.len(), 40);
    let fifth = paces[4];
    assert_eq!((fifth.heard, fifth.total, fifth.words), (Millis(5000), Some(Millis(10_000)), 5));
    let (left, all) = (fifth.left.unwrap(), fifth.left_in_all.unwrap());
    // 5 s of this recording and 35 s in all are left, at the same speed.
    assert!((all.as_secs_f64() / left.as_secs_f64() - 7.0).abs() < 0.01, "{left:?} {all:?}");
    assert_eq!(paces[9].left, Some(std::time::Duration::ZERO));
}

/// A text that somebody wrote for a recording; its words have no times.
fn written(place: &Place, episode: EpisodeId, text: &str) {
    let word = |text: &str| Word {
        text: text.into(),
        start: Millis(0),
        end: Millis(0),
        confidence: 1.0,
        joined: false,
        timing: Timing::Estimated,
    };
    let transcript = Transcript {
        words: text.split(' ').map(word).collect(),
        turns: vec![Turn { first: 0, speaker: Some("Ann".into()) }],
        complete: true,
        ..Transcript::default()
    };
    let imported = Imported {
        origin: Origin::Imported,
        source: "talk.txt",
        engine: "import/txt/1",
        original: None,
        aligned_from: None,
        transcript: &transcript,
        show: true,
    };
    place.archive.attach_text(episode, None, &imported).unwrap();
}

#[test]
fn a_text_from_elsewhere_gets_the_times_that_were_heard() {
    let place = Place::new();
    let episode = place.add("talk.wav", &wav(12.0, 0));
    written(&place, episode, "Heading! W0, w1 w2 -- w3. W4 w5 w6, w7 w8 and w10 w11");
    let (summary, _) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.heard, summary.aligned, summary.failed, summary.left), (1, 1, 0, 0));
    let reading = place.archive.reading(episode, Text::Revised).unwrap().unwrap();
    assert_eq!(reading.hearing.origin, Origin::Imported);
    assert!(reading.hearing.engine.starts_with("align/1 fake/1"), "{}", reading.hearing.engine);
    let words = &reading.transcript.words;
    let of = |text: &str| words.iter().find(|word| word.text == text).unwrap();
    assert_eq!(
        (of("W4").start, of("W4").end, of("W4").timing),
        (Millis(4000), Millis(4500), Timing::Measured)
    );
    assert_eq!(
        (of("and").start, of("and").timing),
        (Millis(9000), Timing::Estimated),
        "heard as something else"
    );
    assert_eq!((of("Heading!").start, of("Heading!").end), (Millis(0), Millis(0)), "nobody says it");
    assert_eq!(reading.transcript.speaker_at(3), Some("Ann"));
    assert_eq!(reading.transcript.duration, Millis(12_000));
    place.sound();
    // Nothing is left to do, and asking again changes no word.
    assert_eq!(work(&place, &Fake::new(|_| {})).0, Summary::default());
    assert!(place.archive.ask(episode, &Stage::ALIGN).unwrap());
    assert_eq!(work(&place, &Fake::new(|_| {})).0.aligned, 1);
    assert_eq!(&place.archive.reading(episode, Text::Revised).unwrap().unwrap().transcript.words, words);
    place.sound();
}

#[test]
fn a_text_of_another_recording_is_refused_with_the_reason() {
    let place = Place::new();
    let episode = place.add("talk.wav", &wav(12.0, 0));
    written(
        &place,
        episode,
        "It was the year of the comet and nobody in the village had seen a stranger, w3 or w4",
    );
    let (summary, told) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.heard, summary.aligned, summary.failed, summary.left), (1, 0, 1, 0));
    let told = told.iter().find(|told| told.contains("does not seem")).unwrap();
    assert!(told.contains("of this recording: only"), "{told}");
    assert_eq!(place.state(episode, &Stage::ALIGN), Some(State::Failed));
    assert!(place.text(episode).starts_with("It was the year"), "the text stays as it came");
    place.sound();
}

/// Half an hour about the sea, then as much about bread, every word with its time.
fn talk_of_two_things() -> Transcript {
    let sea =
        ["cable", "harbour", "vessel", "anchor", "island", "crew", "lighthouse", "storm", "pilot", "tide"];
    let bread = ["dough", "oven", "flour", "bakery", "loaf", "yeast", "crust", "butter", "sugar", "recipe"];
    let word = |index: usize| {
        let things = if index < 1_000 { sea } else { bread };
        match index % 5 {
            0 => "and",
            2 => "the",
            4 => "then.",
            _ => things[(index / 2 + index / 7) % things.len()],
        }
    };
    let words = (0..2_000).map(|index| Word {
        text: word(index).into(),
        start: Millis(index as u64 * 1_000),
        end: Millis(index as u64 * 1_000 + 900),
        confidence: 1.0,
        joined: false,
        timing: Timing::Measured,
    });
    Transcript {
        language: Some("en".into()),
        words: words.collect(),
        complete: true,
        ..Transcript::default()
    }
}

#[test]
fn chapters_are_found_where_nobody_gave_any_and_again_when_the_text_changes() {
    let place = Place::new();
    let episode = place.add("talk.wav", &wav(2.0, 0));
    let transcript = talk_of_two_things();
    let text = Imported {
        origin: Origin::Imported,
        source: "talk.ctm",
        engine: "import/ctm/1",
        original: None,
        aligned_from: None,
        transcript: &transcript,
        show: true,
    };
    let hearing = place.archive.attach_text(episode, None, &text).unwrap().hearing;
    let (summary, _) = work(&place, &Fake::new(|_| {}));
    assert_eq!((summary.heard, summary.chaptered, summary.left), (1, 1, 0));
    let (source, chapters) = place.archive.chapters(episode).unwrap().unwrap();
    assert_eq!((source, chapters.len()), (ChapterSource::Found, 2), "{chapters:?}");
    assert!(chapters[1].start.0.abs_diff(1_000_000) < 20_000, "{chapters:?}");
    // A correction may change what the chapters are called.
    let live = place.archive.live_words(hearing).unwrap();
    let change = Change {
        author: Author { kind: AuthorKind::Person, name: "Eve".into() },
        evidence: String::new(),
        consumes: vec![live[1].id],
        produces: vec![Word { text: "Ystrey".into(), ..live[1].word.clone() }],
    };
    place.archive.revise(hearing, &change).unwrap();
    assert_eq!(place.state(episode, &Stage::CHAPTERS), Some(State::Waiting));
    assert_eq!(work(&place, &Fake::new(|_| {})).0.chaptered, 1);
    // Where the publisher gives some, none are looked for.
    let theirs = Chapter { title: "Theirs".into(), ..chapters[0].clone() };
    place.archive.set_chapters(episode, ChapterSource::Publisher, &[theirs]).unwrap();
    assert!(place.archive.ask(episode, &Stage::CHAPTERS).unwrap());
    work(&place, &Fake::new(|_| {}));
    assert_eq!(place.archive.chapters_of(episode, ChapterSource::Found).unwrap(), []);
    assert_eq!(place.archive.chapters(episode).unwrap().unwrap().1[0].title, "Theirs");
    place.sound();
}

#[test]
fn another_engine_makes_old_hearings_stale_and_hears_them_when_asked() {
    let place = Place::new();
    let old = place.add("old.wav", &wav(1.0, 1));
    work(&place, &Fake::new(|_| {}));
    place.add("new.wav", &wav(1.0, 2));
    let better = Arc::new(Fake { engine: "fake/2", hook: Box::new(|_| {}), heard: Mutex::new(Vec::new()) });
    assert_eq!(work(&place, &better).0.heard, 1);
    assert_eq!(place.state(old, &Stage::HEAR), Some(State::Stale));
    assert!(place.archive.ask(old, &Stage::HEAR).unwrap());
    assert_eq!(work(&place, &better).0.heard, 1);
    let recording = place.archive.episode(old).unwrap().recording.unwrap();
    assert_eq!(place.archive.hearings(recording.id).unwrap().len(), 2, "what was heard before stays");
    assert_eq!(place.archive.episode(old).unwrap().hearing.unwrap().engine, "fake/2");
    place.sound();
}

#[cfg(target_os = "linux")]
#[test]
fn gentle_work_steps_back() {
    let place = Place::new();
    place.add("one.wav", &wav(1.0, 1));
    let nice = Arc::new(Mutex::new(0));
    let seen = nice.clone();
    // On Linux this is the priority of the thread that asks.
    let fake: Arc<dyn Hearer> = Fake::new(move |_| {
        *seen.lock().unwrap() = rustix::process::getpriority_process(None).unwrap();
    });
    let before = rustix::process::getpriority_process(None).unwrap();
    let options = Options { gentle: true, ..Options::default() };
    run(&place.archive, &options, &mut Ears::ready(fake), &Arc::default(), &mut |_| {}).unwrap();
    assert_eq!(*nice.lock().unwrap(), (before + 10).min(19));
}

/// Not a test: the program that is killed.
#[test]
#[ignore = "run by a_killed_run_costs_the_window_in_flight"]
fn child_that_hears() {
    let Some(folder) = std::env::var_os("FOLDER").map(PathBuf::from) else { return };
    let archive = Archive::open(folder).unwrap();
    let fake: Arc<dyn Hearer> = Fake::new(|window| {
        let mut out = std::io::stdout();
        writeln!(out, "\nbegun {window}").unwrap();
        out.flush().unwrap();
    });
    run(&archive, &Options::default(), &mut Ears::ready(fake), &Arc::default(), &mut |_| {}).unwrap();
}

fn child(folder: &Path) -> std::process::Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_hears", "--ignored", "--nocapture", "--test-threads=1"])
        .env("FOLDER", folder)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn a_killed_run_costs_the_window_in_flight() {
    let place = Place::new();
    let episode = place.add("long.wav", &wav(60.0, 0));
    let mut begun = 0;
    for kill_at in [3, 17, 18, 40] {
        let mut child = child(place.archive.dir());
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for line in lines.map_while(Result::ok) {
            if let Some(window) = line.strip_prefix("begun ") {
                begun = begun.max(window.parse::<usize>().unwrap());
                if begun >= kill_at {
                    child.kill().unwrap();
                }
            }
        }
        child.wait().unwrap();
        // All windows before the one in flight are there.
        let kept = place.text(episode).split(' ').filter(|word| !word.is_empty()).count();
        assert!(kept >= begun, "{kept} of {begun}");
        place.sound();
    }
    // The next run goes on at once: no lease of the dead is waited for.
    let fake = Fake::new(|_| {});
    let (summary, _) = work(&place, &fake);
    assert_eq!(summary.heard, 1);
    assert!(fake.heard().first().is_none_or(|first| *first as usize >= begun), "{:?}", fake.heard());
    assert_eq!(place.text(episode).split(' ').count(), 60);
    place.sound();
}

#[test]
fn a_file_is_transcribed_without_an_archive() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("talk.wav");
    std::fs::write(&path, wav(2.5, 0)).unwrap();
    let fake = Fake::new(|_| {});
    let how = work::Transcribing::default();
    let mut words = 0;
    let made = work::transcribe(&path, &how, fake.as_ref(), &Arc::default(), &mut |pace| words = pace.words);
    let transcript = made.unwrap().transcript;
    assert_eq!((transcript.words.len(), words), (2, 2));
    assert!(transcript.complete && transcript.partial.is_none());
    assert_eq!((transcript.speech, transcript.recognised), (Millis(2000), Millis(2000)));
    let stopped =
        work::transcribe(&path, &how, fake.as_ref(), &AtomicBool::new(true), &mut |_| {}).unwrap().transcript;
    assert!(!stopped.complete);
    let missing =
        work::transcribe(Path::new("nowhere.wav"), &how, fake.as_ref(), &Arc::default(), &mut |_| {});
    assert!(missing.unwrap_err().to_string().contains("nowhere.wav"));
}
