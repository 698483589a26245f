//! The sound as a witness: what it says decides what is in doubt, and is asked once. The recogniser is made up.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use archive::{Archive, CheckOptions, Evidence, OfferState, Priority, Stage, State, Stated, Text};
use media::{Block, MediaError};
use model::{EpisodeId, HeardWindow, HearingId, Millis, Timing, Word};
use speech::{Heard, Question, Request, Testimony, Witness};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use work::{Ears, Event, Hearer, Options, Summary, run};

const HEARD: &str = "Good morning everyone. Our next question comes from the line of Maren Kelgard with Norrland Bank. Please go ahead.";
const NOTES: &str = "In this episode\n- Maren Kjeldgaard, chief economist at Norrland Bank";

/// Hears [`HEARD`], a word a second, and says of the guest's name that it is so many nats a token likelier. Whatever else is
/// suggested it does not hear at all.
struct Fake {
    margin: Option<f32>,
    asked: AtomicBool,
    questions: Mutex<Vec<(usize, Question)>>,
}

struct FakeWitness<'a>(&'a Fake, f32);

impl Witness for FakeWitness<'_> {
    fn weigh(&mut self, samples: &[f32], language: &str, questions: &[Question]) -> Vec<Vec<Testimony>> {
        assert_eq!(language, "en");
        self.0.asked.store(true, Ordering::Relaxed);
        let asked = questions.iter().map(|question| (samples.len(), question.clone()));
        self.0.questions.lock().unwrap().extend(asked);
        let say = |(at, wording): (usize, &String)| {
            let margin = match (at, wording.as_str()) {
                (0, _) => 0.0,
                (_, "Kjeldgaard") => self.1,
                _ => -50.0,
            };
            Testimony { tokens: 2, sound: 2.0 * margin, ..Testimony::default() }
        };
        questions.iter().map(|question| question.wordings.iter().enumerate().map(say).collect()).collect()
    }
}

impl Hearer for Fake {
    fn engine(&self) -> String {
        "fake/1".into()
    }

    fn hear(
        &self,
        blocks: &mut (dyn Iterator<Item = Result<Block, MediaError>> + Send),
        _: &Request,
        _: Option<&str>,
        _: &[HeardWindow],
        observer: &mut dyn FnMut(speech::Event<'_>) -> ControlFlow<()>,
    ) -> Result<Heard, MediaError> {
        let samples: u64 = blocks.map(|block| block.map_or(0, |block| block.samples.len() as u64)).sum();
        let word = |(at, text): (u64, &str)| Word {
            text: text.into(),
            start: Millis(at * 1000),
            end: Millis(at * 1000 + 800),
            confidence: 0.6,
            joined: false,
            timing: Timing::Measured,
        };
        let window = HeardWindow {
            index: 0,
            start: Millis(0),
            end: Millis(samples / 16),
            speech: Millis(samples / 16),
            language: "en".into(),
            words: (0..).zip(HEARD.split(' ')).map(word).collect(),
            gaps: Vec::new(),
            mean_log_probability: -0.3,
            temperature: 0.0,
        };
        let _ = observer(speech::Event::Language("en"));
        let _ = observer(speech::Event::Window(&window));
        Ok(Heard {
            language: Some("en".into()),
            duration: Millis(samples / 16),
            speech: Millis(samples / 16),
            ..Heard::default()
        })
    }

    fn witness(&self) -> Option<Box<dyn Witness + '_>> {
        Some(Box::new(FakeWitness(self, self.margin?)))
    }
}

struct Place {
    archive: Archive,
    episode: EpisodeId,
    fake: Arc<Fake>,
    _folder: TempDir,
}

impl Place {
    fn new(margin: Option<f32>) -> Self {
        let folder = TempDir::new().unwrap();
        let archive = Archive::create(folder.path().join("archive")).unwrap();
        let path = folder.path().join("talk.wav");
        std::fs::write(&path, wav(25)).unwrap();
        let stated = Stated { notes: Some(NOTES.into()), ..Stated::default() };
        let episode = archive.add_file(&path, &stated).unwrap().episode;
        let fake = Fake { margin, asked: AtomicBool::new(false), questions: Mutex::new(Vec::new()) };
        Self { archive, episode, fake: Arc::new(fake), _folder: folder }
    }

    fn work(&self, ears: &mut Ears) -> (Summary, Vec<String>) {
        let told = Mutex::new(Vec::new());
        let stop = Arc::new(AtomicBool::new(false));
        let mut observer = |event: Event<'_>| told.lock().unwrap().push(format!("{event:?}"));
        let summary = run(&self.archive, &Options::default(), ears, &stop, &mut observer).unwrap();
        (summary, told.into_inner().unwrap())
    }

    fn hear(&self) -> Summary {
        let (summary, told) = self.work(&mut Ears::ready(self.fake.clone()));
        assert_eq!((summary.failed, summary.left), (0, 0), "{told:?}");
        let findings = self.archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
        summary
    }

    fn hearing(&self) -> HearingId {
        self.archive.episode(self.episode).unwrap().hearing.unwrap().id
    }

    /// Why the guest's name is offered.
    fn offered(&self) -> Evidence {
        let offers = self.archive.offers(self.hearing()).unwrap().into_iter();
        let open = offers.filter(|offer| offer.state == OfferState::Open);
        let mut evidence = open.map(|offer| Evidence::read(&offer.evidence));
        evidence.find(|evidence| evidence.right == "Kjeldgaard").unwrap()
    }

    fn text(&self) -> String {
        let words = self.archive.transcript(self.hearing(), Text::Revised).unwrap().words;
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// A WAV file (mono, 16 bit, 16 kHz) of a quiet ramp.
fn wav(seconds: u32) -> Vec<u8> {
    let samples = seconds * 16_000;
    let mut bytes = Vec::new();
    bytes.extend(b"RIFF");
    bytes.extend((36 + samples * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend([1_u16, 1].into_iter().flat_map(u16::to_le_bytes));
    bytes.extend([16_000_u32, 32_000].into_iter().flat_map(u32::to_le_bytes));
    bytes.extend([2_u16, 16].into_iter().flat_map(u16::to_le_bytes));
    bytes.extend(b"data");
    bytes.extend((samples * 2).to_le_bytes());
    bytes.extend((0..samples).flat_map(|n| ((n % 100) as i16).to_le_bytes()));
    bytes
}

#[test]
fn what_the_sound_contradicts_is_only_offered_and_it_is_asked_once() {
    let place = Place::new(Some(-9.0));
    place.hear();
    assert_eq!(place.text(), HEARD);
    let evidence = place.offered();
    let sound = evidence.sound.clone().unwrap();
    assert_eq!((sound.by.as_str(), evidence.right.as_str(), evidence.done), ("fake/1", "Kjeldgaard", true));
    assert!((sound.margin + 9.0).abs() < 1e-4, "{sound:?}");
    let questions = place.fake.questions.lock().unwrap().clone();
    let of_the_name = |(_, question): &&(usize, Question)| question.wordings.contains(&"Kjeldgaard".into());
    assert_eq!(questions.iter().filter(of_the_name).count(), 1);
    let (samples, question) = questions.iter().find(of_the_name).unwrap();
    assert!(*samples <= 30 * 16_000 && *samples >= 5 * 16_000, "{samples}");
    assert_eq!(question.wordings, ["Kelgard", "Kjeldgaard"]);
    assert!(question.before.ends_with("the line of Maren") && question.after.starts_with("with Norrland"));

    // The next generation knows what it said.
    place.archive.require_repair(place.episode).unwrap();
    place.hear();
    assert_eq!(place.text(), HEARD);
    assert_eq!(place.fake.questions.lock().unwrap().len(), questions.len());
    assert_eq!(place.offered(), evidence);
}

#[test]
fn what_the_sound_supports_stands_with_what_it_said() {
    let place = Place::new(Some(3.0));
    place.hear();
    let right = HEARD.replace("Kelgard", "Kjeldgaard");
    assert_eq!(place.text(), right);
    let revisions = place.archive.revisions(place.hearing()).unwrap();
    let evidence = Evidence::read(&revisions[0].evidence);
    assert!(evidence.sound.is_some_and(|sound| sound.to_string().starts_with("the sound speaks for it")));
    let asked = place.fake.questions.lock().unwrap().len();
    place.archive.require_repair(place.episode).unwrap();
    place.hear();
    assert_eq!(place.archive.revisions(place.hearing()).unwrap(), revisions, "the same revision stands");
    assert_eq!(place.fake.questions.lock().unwrap().len(), asked);
}

#[test]
fn without_a_witness_the_text_decides_alone_and_what_keeps_it_away_is_said() {
    let place = Place::new(None);
    place.hear();
    let right = HEARD.replace("Kelgard", "Kjeldgaard");
    assert_eq!(place.text(), right);
    assert!(!place.fake.asked.load(Ordering::Relaxed));

    place.archive.require(place.episode, &Stage::WITNESS, "again", Priority::Asked).unwrap();
    let (summary, told) = place.work(&mut Ears::of_model("no such model"));
    assert_eq!(summary.failed, 1);
    assert!(told.iter().any(|told| told.contains("were not asked of the sound")), "{told:?}");
    assert_eq!(place.text(), right);
    let cells = place.archive.cells(place.episode).unwrap();
    let witness = cells.iter().find(|cell| cell.stage == Stage::WITNESS).unwrap();
    assert_eq!(witness.state, State::Failed);
}
