//! Names set right by what people say and know, in texts that are in the archive already: nothing is heard again.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use archive::{
    Archive, Author, AuthorKind, CheckOptions, Evidence, Imported, NameRule, Stage, State, Stated, Text,
    Verdict,
};
use model::{EpisodeId, HearingId, Millis, Origin, Timing, Transcript, Word};
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use work::{Ears, Event, Options, Summary, run};

struct Place {
    archive: Archive,
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { archive: Archive::create(folder.path().join("archive")).unwrap(), folder }
    }

    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// An episode with this text, a word a second.
    fn said(&self, title: &str, text: &str, stated: &Stated) -> (EpisodeId, HearingId) {
        let word = |(at, text): (u64, &str)| Word {
            text: text.into(),
            start: Millis(at * 1000),
            end: Millis(at * 1000 + 800),
            confidence: 0.75,
            joined: false,
            timing: Timing::Measured,
        };
        let transcript = Transcript {
            language: Some("en".into()),
            words: (0..).zip(text.split_whitespace()).map(word).collect(),
            complete: true,
            ..Transcript::default()
        };
        let imported = Imported {
            origin: Origin::Imported,
            source: title,
            engine: "import/test/1",
            original: None,
            aligned_from: None,
            transcript: &transcript,
            show: true,
        };
        let stated = Stated { title: Some(title.into()), show: Some("The Line".into()), ..stated.clone() };
        let added = self.archive.add_text(self.file(title, text), &stated, &imported).unwrap();
        (added.episode, added.hearing)
    }

    fn work(&self) -> (Summary, Vec<String>) {
        let told = Mutex::new(Vec::new());
        let stop = Arc::new(AtomicBool::new(false));
        // Hearing would fail for want of weights: nothing here may ask for it.
        let mut ears = Ears::of_model("no such model");
        let mut observer = |event: Event<'_>| told.lock().unwrap().push(format!("{event:?}"));
        let summary = run(&self.archive, &Options::default(), &mut ears, &stop, &mut observer).unwrap();
        (summary, told.into_inner().unwrap())
    }

    fn text(&self, hearing: HearingId, text: Text) -> String {
        let words = self.archive.transcript(hearing, text).unwrap().words;
        words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn rule(&self, heard: &str, right: Option<&str>) -> i64 {
        let right = right.map(str::to_owned);
        let rule = NameRule { id: 0, show: None, heard: NameRule::key(heard), right, author: "Eve".into() };
        self.archive.set_name_rule(&rule).unwrap()
    }

    fn sound(&self) {
        let findings = self.archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

fn person() -> Author {
    Author { kind: AuthorKind::Person, name: "Eve".into() }
}

#[test]
fn what_people_decide_of_heard_words_holds_in_every_episode() {
    let place = Place::new();
    let (one, hearing) =
        place.said("One", "the minister, Local New, spoke; local new's reply", &Stated::default());
    let (summary, _) = place.work();
    assert_eq!((summary.repaired, summary.failed, summary.left), (0, 0, 0));
    let before = place.text(hearing, Text::Revised);
    let rule = place.rule("local new", Some("Lecornu"));
    let (_, later) = place.said("Two", "and local newspapers met local new", &Stated::default());
    let (summary, told) = place.work();
    assert_eq!((summary.repaired, summary.left), (3, 0), "{told:?}");
    assert_eq!(place.text(hearing, Text::Revised), "the minister, Lecornu, spoke; Lecornu's reply");
    assert_eq!(place.text(later, Text::Revised), "and local newspapers met Lecornu");
    assert_eq!(place.text(hearing, Text::AsHeard), before, "what was heard stays");
    let words = place.archive.transcript(hearing, Text::Revised).unwrap().words;
    assert_eq!((words[2].start, words[2].end, words[2].confidence), (Millis(2000), Millis(3800), 0.75));
    let evidence = Evidence::read(&place.archive.revisions(hearing).unwrap()[0].evidence);
    assert_eq!((evidence.heard.as_str(), evidence.right.as_str()), ("Local New,", "Lecornu"));
    assert!(evidence.because.contains("Eve decided"), "{evidence:?}");

    // Nothing is due any more, and nothing changes when it is done again.
    assert_eq!(place.work().0, Summary::default());
    let revisions = place.archive.revisions(hearing).unwrap();
    place.archive.require_repair(one).unwrap();
    assert_eq!(place.work().0.repaired, 0);
    assert_eq!(place.archive.revisions(hearing).unwrap(), revisions);

    // A person puts one back: it stays, whatever is done again. Without the rule all is as it was.
    place.archive.judge(revisions[1].id, Verdict::PutBack, None, &person()).unwrap();
    place.archive.require_repair(one).unwrap();
    place.work();
    assert_eq!(place.text(hearing, Text::Revised), "the minister, Lecornu, spoke; local new's reply");
    place.archive.remove_name_rule(rule).unwrap();
    place.work();
    assert_eq!(place.text(hearing, Text::Revised), before);
    assert_eq!(place.text(later, Text::Revised), "and local newspapers met local new");
    place.sound();
}

#[test]
fn the_longest_rule_wins_and_never_is_kept() {
    let place = Place::new();
    place.rule("new york", None);
    place.rule("york", Some("Yorck"));
    place.rule("van der lion", Some("von der Leyen"));
    let (_, hearing) = place.said(
        "One",
        "York and New York met \u{201c}Van der Lion\u{201d} - van der Lions",
        &Stated::default(),
    );
    place.work();
    let expected = "Yorck and New York met \u{201c}von der Leyen\u{201d} - van der Lions";
    assert_eq!(place.text(hearing, Text::Revised), expected);
    place.sound();
}

#[test]
fn a_list_that_a_show_names_is_read_again_when_it_was_edited() {
    let place = Place::new();
    place.said("One", "nobody is named here", &Stated::default());
    let list = place.file("names.txt", "Sébastien Lecornu - Defence Minister\n");
    let show = place.archive.shows().unwrap()[0].show.id;
    let settings = archive::ShowSettings {
        glossary: Some(list.display().to_string()),
        ..archive::ShowSettings::default()
    };
    place.archive.set_show_settings(show, &settings).unwrap();
    place.work();
    let names =
        || -> Vec<u64> { place.archive.glossaries().unwrap().iter().map(|list| list.names).collect() };
    assert_eq!(names(), [1]);
    place.file("names.txt", "Sébastien Lecornu\nSergei Shoigu\n\n\n");
    place.work();
    assert_eq!(names(), [2]);
    std::fs::remove_file(list).unwrap();
    let (summary, told) = place.work();
    assert_eq!(summary.failed, 0);
    assert!(told.iter().any(|told| told.contains("ListFailed") && told.contains("names.txt")), "{told:?}");
    assert_eq!(names(), [2], "what was read before stays");
    place.sound();
}

#[test]
fn a_long_list_is_imported_once_and_its_complaints_are_told() {
    let place = Place::new();
    let mut lines: String = (0..100_000).map(|n| format!("Name{n} Family{}\n", n / 7)).collect();
    lines.push_str("\u{0}\u{1}\nName1 Family0\n");
    let list = place.file("long.txt", &lines);
    let mut seen = 0;
    let read = work::read_names(&place.archive, None, &list, &mut |names| seen = names).unwrap();
    assert!(read.new && read.names >= 100_000 && seen >= 100_000, "{} {seen}", read.names);
    let version = place.archive.names_version().unwrap();
    let again = work::read_names(&place.archive, None, &list, &mut |_| {}).unwrap();
    assert!(!again.new && again.names == read.names && place.archive.names_version().unwrap() == version);
    let missing = work::read_names(&place.archive, None, &place.folder.path().join("none"), &mut |_| {});
    assert!(missing.unwrap_err().to_string().contains("none"));
}

#[test]
fn an_episode_whose_text_went_away_is_left() {
    let place = Place::new();
    let (episode, _) = place.said("One", "a b c", &Stated::default());
    place.work();
    let cells = place.archive.cells(episode).unwrap();
    let repair = cells.iter().find(|cell| cell.stage == Stage::REPAIR).unwrap();
    assert_eq!((repair.state, repair.tool.as_deref()), (State::Done, Some("repair/1")));
}
