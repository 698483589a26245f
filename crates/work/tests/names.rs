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
        let show = stated.show.clone().or(Some("The Line".into()));
        let stated = Stated { title: Some(title.into()), show, ..stated.clone() };
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
    assert!(
        evidence.because.contains("a person decided") && evidence.source.ends_with("by Eve"),
        "{evidence:?}"
    );

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
        "York and New York met \u{201c}Van der Lion\u{201d} - and lions",
        &Stated::default(),
    );
    place.work();
    let expected = "Yorck and New York met \u{201c}von der Leyen\u{201d} - and lions";
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
    assert_eq!((repair.state, repair.tool.as_deref()), (State::Done, Some("repair/2")));
}

/// Words around a guest, as recognisers write them who do not know the name.
const GARBLED: &str = "Good morning everyone. Our next question comes from the line of Maren Kelgard with Norrland Bank. Please go ahead.";

fn with_notes(notes: &str) -> Stated {
    Stated { notes: Some(notes.into()), ..Stated::default() }
}

const NOTES: &str = "In this episode\n- Maren Kjeldgaard, chief economist at Norrland Bank\n- Tadeusz Wolniewicz, head of research";

fn machine_made(place: &Place, hearing: HearingId) -> Vec<Evidence> {
    let revisions = place.archive.revisions(hearing).unwrap();
    let made = revisions.iter().filter(|made| made.author.kind == AuthorKind::Machine);
    made.map(|made| Evidence::read(&made.evidence)).collect()
}

#[test]
fn what_the_notes_name_is_set_right_with_its_evidence_and_the_second_time_nothing_changes() {
    let place = Place::new();
    let (episode, hearing) = place.said("One", GARBLED, &with_notes(NOTES));
    let (summary, _) = place.work();
    assert_eq!((summary.repaired, summary.failed, summary.left), (1, 0, 0));
    assert_eq!(place.text(hearing, Text::Revised), GARBLED.replace("Kelgard", "Kjeldgaard"));
    assert_eq!(place.text(hearing, Text::AsHeard), GARBLED, "what was heard stays");
    let evidence = machine_made(&place, hearing).remove(0);
    assert_eq!((evidence.heard.as_str(), evidence.right.as_str()), ("Kelgard", "Kjeldgaard"));
    assert_eq!(evidence.name.as_deref(), Some("Maren Kjeldgaard"));
    assert!(evidence.source.contains("notes, line 2"), "{evidence:?}");
    assert!(evidence.score.is_some_and(|score| score > 0.5 && score <= 1.0), "{evidence:?}");
    assert!(evidence.because.contains("sounds like") && !evidence.reasons.is_empty(), "{evidence:?}");
    let made = place.archive.revisions(hearing).unwrap().remove(0);
    assert_eq!(made.author.name, "repair/2", "the version is on record");
    let word = place.archive.transcript(hearing, Text::Revised).unwrap().words[12].clone();
    assert_eq!((word.start, word.end, word.timing), (Millis(12_000), Millis(12_800), Timing::Measured));

    place.archive.require_repair(episode).unwrap();
    assert_eq!(place.work().0.repaired, 0);
    assert_eq!(place.archive.revisions(hearing).unwrap(), [made], "the same revision stands");
    place.sound();
}

#[test]
fn a_text_of_which_no_name_is_known_stays_as_it_is_and_so_do_words_that_are_names_too() {
    let place = Place::new();
    let (_, unknown) = place.said("One", GARBLED, &Stated::default());
    let common = "I will mark the date. By the grace of God, will you mark my words? They say grace, and Mark will \
                  hope that Grace may rise in May. Bill paid the bill. A rose will bloom, and will frank speech do?";
    let notes = "With\n- Will Frank, host\n- Mark Rose, guest\n- Grace Hope, guest\n- May Bloom, guest\n- Bill Bright, guest";
    let (_, ordinary) = place.said("Two", common, &with_notes(notes));
    let (summary, _) = place.work();
    assert_eq!((summary.repaired, summary.failed), (0, 0));
    for (hearing, text) in [(unknown, GARBLED), (ordinary, common)] {
        assert_eq!(
            place.archive.transcript(hearing, Text::Revised).unwrap(),
            place.archive.transcript(hearing, Text::AsHeard).unwrap(),
            "{text}"
        );
    }
    place.sound();
}

#[test]
fn a_new_list_makes_the_texts_it_concerns_due_and_nothing_is_heard_again() {
    let place = Place::new();
    let (episode, hearing) = place.said("One", GARBLED, &Stated::default());
    let other = Stated { show: Some("Elsewhere".into()), ..Stated::default() };
    let (elsewhere, text_elsewhere) = place.said("Two", GARBLED, &other);
    place.work();
    assert_eq!(place.text(hearing, Text::Revised), GARBLED);
    let list = place.file("guests.txt", "Maren Kjeldgaard - Norrland Bank\n");
    let show = place.archive.episode(episode).unwrap().show;
    work::read_names(&place.archive, Some(show.id), &list, &mut |_| {}).unwrap();
    let waiting = |episode| {
        let cells = place.archive.cells(episode).unwrap();
        cells.iter().any(|cell| cell.stage == Stage::REPAIR && cell.state == State::Waiting)
    };
    assert!(waiting(episode) && !waiting(elsewhere));
    let (summary, told) = place.work();
    // The weights of these tests do not exist: hearing would have failed.
    assert_eq!((summary.repaired, summary.heard, summary.failed), (1, 0, 0), "{told:?}");
    assert_eq!(place.text(text_elsewhere, Text::Revised), GARBLED);
    assert_eq!(place.text(hearing, Text::Revised), GARBLED.replace("Kelgard", "Kjeldgaard"));
    let evidence = machine_made(&place, hearing).remove(0);
    assert!(evidence.source.contains("guests.txt, line 1"), "{evidence:?}");
    // Without the list the text is as it was.
    let list = place.archive.glossaries().unwrap()[0].id;
    place.archive.remove_glossary(list).unwrap();
    place.work();
    assert_eq!(place.text(hearing, Text::Revised), GARBLED);
    place.sound();
}

#[test]
fn what_people_say_of_a_repair_outranks_the_next_ones() {
    let place = Place::new();
    let twice = format!("{GARBLED} Thank you. That was Maren Kelgard with Norrland Bank.");
    let (episode, hearing) = place.said("One", &twice, &with_notes(NOTES));
    place.work();
    let right = twice.replace("Kelgard", "Kjeldgaard");
    assert_eq!(place.text(hearing, Text::Revised), right);
    let revisions = place.archive.revisions(hearing).unwrap();
    let again = || {
        place.archive.require_repair(episode).unwrap();
        place.work();
    };

    // Kept: it stands when the notes do not name anybody any more. Put back: it stays so while they do.
    place.archive.judge(revisions[0].id, Verdict::Keep, None, &person()).unwrap();
    place.archive.judge(revisions[1].id, Verdict::PutBack, None, &person()).unwrap();
    let mixed = twice.replacen("Kelgard", "Kjeldgaard", 1);
    assert_eq!(place.text(hearing, Text::Revised), mixed);
    again();
    assert_eq!(place.text(hearing, Text::Revised), mixed);

    // Never: a rule for the show. It holds in the next episode, and in this one for what no person decided.
    let never = NameRule {
        id: 0,
        show: Some(place.archive.shows().unwrap()[0].show.id),
        heard: NameRule::key("Kelgard"),
        right: None,
        author: "Eve".into(),
    };
    place.archive.set_name_rule(&never).unwrap();
    let (_, next) = place.said("Two", GARBLED, &with_notes(NOTES));
    place.work();
    assert_eq!(place.text(next, Text::Revised), GARBLED);
    assert_eq!(place.text(hearing, Text::Revised), mixed, "what a person kept is kept");

    // Always, in its place.
    place.archive.set_name_rule(&NameRule { right: Some("Kjeldgård".into()), ..never }).unwrap();
    place.work();
    assert_eq!(place.text(next, Text::Revised), GARBLED.replace("Kelgard", "Kjeldgård"));
    assert_eq!(place.text(hearing, Text::Revised), mixed);
    place.sound();
}

#[test]
fn a_guest_that_people_confirmed_is_known_in_the_episodes_near() {
    let place = Place::new();
    let (_, first) = place.said("One", GARBLED, &with_notes(NOTES));
    place.work();
    let repair = place.archive.revisions(first).unwrap().remove(0);
    let (_, second) = place.said("Two", GARBLED, &Stated::default());
    place.work();
    assert_eq!(
        place.text(second, Text::Revised),
        GARBLED,
        "what a machine inferred elsewhere is no evidence"
    );
    place.archive.judge(repair.id, Verdict::Keep, None, &person()).unwrap();
    place.archive.require_repair(place.archive.find_episode("Two").unwrap().episode.id).unwrap();
    place.work();
    // Weaker evidence than the episode's own notes: it is enough to be shown, and may be enough to be done.
    let offers = place.archive.offers(second).unwrap();
    let offered = offers.iter().map(|offer| Evidence::read(&offer.evidence));
    let found: Vec<Evidence> = machine_made(&place, second).into_iter().chain(offered).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].right.as_str(), found[0].source.as_str()), ("Kjeldgaard", "confirmed in “One”"));
    place.sound();
}

#[test]
fn hostile_notes_and_lists_do_no_harm_and_work_goes_on() {
    let place = Place::new();
    let mut stuffed: String = (0..10_000).map(|n| format!("- Kel{n} Gard{}, guest\n", n * 7)).collect();
    stuffed.push_str("\u{0}\u{202e}\u{feff}\n,,,,\n- \u{200b}\n");
    let (_, hearing) = place.said("One", GARBLED, &with_notes(&stuffed));
    let (_, other) = place.said("Two", "...", &with_notes(NOTES));
    let names = "شويغو - وزير\n\u{5e9}\u{5dc}\u{5d5}\u{5dd}\n山田太郎\nWill\nthe\nof the\nKelgard, Kelgard, Kelgard\n";
    let show = place.archive.shows().unwrap()[0].show.id;
    let list = place.file("odd.txt", names);
    work::read_names(&place.archive, Some(show), &list, &mut |_| {}).unwrap();
    let (summary, told) = place.work();
    assert_eq!((summary.failed, summary.left), (0, 0), "{told:?}");
    assert_eq!(place.text(hearing, Text::Revised), GARBLED);
    assert_eq!(place.text(other, Text::Revised), "...");
    place.sound();
}
