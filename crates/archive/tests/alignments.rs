//! Texts that get their times: due when both are there, stored with what people made of them, once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{Archive, Author, AuthorKind, Change, Claim, Error, Imported, Stage, State, Stated, Text};
use model::{HearingId, MediaTags, Millis, Origin, Timing, Transcript, Turn, Word};
use support::{LEASE, Place, begin, probe, result, window, word};

const ENGINE: &str = "align/1";

fn talk() -> Transcript {
    let untimed = |text| Word { timing: Timing::Estimated, ..word(text, 0, 0) };
    Transcript {
        words: "Good evening. We met the local new minister today.".split(' ').map(untimed).collect(),
        turns: vec![Turn { first: 0, speaker: Some("Ann Lee".into()) }, Turn { first: 2, speaker: None }],
        complete: true,
        ..Transcript::default()
    }
}

/// The same with times, as an alignment would make it.
fn timed(from: u64) -> Transcript {
    let mut text = talk();
    for (index, word) in (0..).zip(&mut text.words) {
        (word.start, word.end, word.timing) =
            (Millis(from + index * 100), Millis(from + index * 100 + 80), Timing::Measured);
    }
    text
}

fn import(transcript: &Transcript) -> Imported<'_> {
    Imported {
        origin: Origin::Imported,
        source: "talk.md",
        engine: "import/md/1",
        original: None,
        aligned_from: None,
        transcript,
        show: true,
    }
}

/// An episode with a text that somebody brought and a recording that was heard.
fn both(place: &Place) -> HearingId {
    let stated = Stated { show: Some("Talks".into()), title: Some("First".into()), ..Stated::default() };
    let text = place.archive.add_text(place.file("talk.md", b"x"), &stated, &import(&talk())).unwrap();
    place.add("talk.mp3", b"bytes of a talk", &stated);
    probe(&place.archive, &MediaTags::default());
    hear(&place.archive);
    text.hearing
}

fn hear(archive: &Archive) {
    let (claim, _, hearing) = begin(archive);
    archive
        .store_window(&claim, hearing, &window(0, "good evening we met the local new minister today"))
        .unwrap();
    archive.complete_hearing(&claim, hearing, &result()).unwrap();
}

fn claim(archive: &Archive) -> Option<Claim> {
    archive.claim(&[Stage::ALIGN], "tester", LEASE).unwrap()
}

fn shown(archive: &Archive, text: Text) -> Transcript {
    let episode = archive.episodes(None).unwrap().remove(0).episode.id;
    archive.reading(episode, text).unwrap().unwrap().transcript
}

fn said(transcript: &Transcript) -> String {
    transcript.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

fn person() -> Author {
    Author { kind: AuthorKind::Person, name: "Eve".into() }
}

#[test]
fn a_text_is_aligned_once_whichever_comes_first() {
    let place = Place::new();
    let text = both(&place);
    let claimed = claim(&place.archive).expect("due");
    let due = place.archive.alignment(claimed.episode()).unwrap().unwrap();
    assert_eq!((due.text.id, due.shown, due.heard.origin), (text, text, Origin::Heard));
    let stored = place.archive.store_alignment(&claimed, &due, &timed(0), ENGINE).unwrap();
    let hearing = place.archive.hearing(stored).unwrap();
    assert_eq!(
        (hearing.aligned_from, hearing.origin, hearing.source.as_str()),
        (Some(text), Origin::Imported, "talk.md")
    );
    assert!(hearing.engine.starts_with("align/1 "), "{}", hearing.engine);
    assert_eq!(place.archive.original(stored).unwrap(), place.archive.original(text).unwrap());
    assert_eq!(shown(&place.archive, Text::Revised).words, timed(0).words);
    assert_eq!(shown(&place.archive, Text::Revised).turns, talk().turns);
    assert!(claim(&place.archive).is_none(), "done");
    let late = place.archive.store_alignment(&claimed, &due, &timed(0), ENGINE);
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "{late:?}");
    place.sound();

    // Heard again: aligned again, from the text as it came.
    let recording = due.text.recording;
    assert!(place.archive.ask(claimed.episode(), &Stage::HEAR).unwrap());
    hear(&place.archive);
    let again = claim(&place.archive).expect("due again");
    let due = place.archive.alignment(again.episode()).unwrap().unwrap();
    assert_eq!((due.text.id, due.shown), (text, stored));
    place.archive.store_alignment(&again, &due, &timed(5_000), ENGINE).unwrap();
    assert_eq!(shown(&place.archive, Text::Revised).words, timed(5_000).words);
    assert_eq!(place.archive.hearings(recording).unwrap().len(), 5, "nothing is lost");
    place.sound();
}

#[test]
fn what_is_heard_first_waits_for_the_text() {
    let place = Place::new();
    let stated = Stated { show: Some("Talks".into()), title: Some("First".into()), ..Stated::default() };
    let episode = place.add("talk.mp3", b"bytes of a talk", &stated);
    probe(&place.archive, &MediaTags::default());
    hear(&place.archive);
    assert!(claim(&place.archive).is_none());
    // A text that came with the times of its words needs none.
    let complete = timed(0);
    place.archive.attach_text(episode, None, &Imported { source: "talk.ctm", ..import(&complete) }).unwrap();
    assert!(claim(&place.archive).is_none());
    place.archive.attach_text(episode, Some(&place.file("t", b"t")), &import(&talk())).unwrap();
    assert!(claim(&place.archive).is_some());
}

#[test]
fn another_text_or_another_choice_is_refused() {
    let place = Place::new();
    both(&place);
    let claimed = claim(&place.archive).unwrap();
    let due = place.archive.alignment(claimed.episode()).unwrap().unwrap();
    let mut other = timed(0);
    other.words[3].text = "meet".into();
    let refused = place.archive.store_alignment(&claimed, &due, &other, ENGINE);
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    // Somebody chose to see what was heard.
    place.archive.set_shown(due.text.recording, due.heard.id).unwrap();
    let refused = place.archive.store_alignment(&claimed, &due, &timed(0), ENGINE);
    assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
    assert_eq!(place.archive.alignment(claimed.episode()).unwrap(), None);
    assert_eq!(place.archive.hearings(due.text.recording).unwrap().len(), 2, "nothing was stored");
    place.sound();
}

#[test]
fn what_people_made_of_the_text_comes_along() {
    let place = Place::new();
    let text = both(&place);
    let live = place.archive.live_words(text).unwrap();
    let ids = |range: std::ops::Range<usize>| live[range].iter().map(|word| word.id).collect::<Vec<_>>();
    let revise = |author: Author, evidence: &str, consumes, produces: &[&str]| {
        let produces =
            produces.iter().map(|text| Word { timing: Timing::Estimated, ..word(text, 0, 0) }).collect();
        let change = Change { author, evidence: evidence.into(), consumes, produces };
        place.archive.revise(text, &change).unwrap()
    };
    let machine = Author { kind: AuthorKind::Machine, name: "names/1".into() };
    let repaired = revise(machine, "the list", ids(5..7), &["Lecornu"]);
    let struck = revise(person(), "", ids(0..2), &[]);
    place.archive.undo(struck.id, &person(), "it was said").unwrap();
    // A person corrects what the program had put in, and says more in place of one word.
    let now = place.archive.live_words(text).unwrap();
    let lecornu = now.iter().find(|word| word.word.text == "Lecornu").unwrap().id;
    revise(person(), "", vec![lecornu], &["Sébastien", "Lecornu"]);
    let before = shown(&place.archive, Text::Revised);
    assert_eq!(said(&before), "Good evening. We met the Sébastien Lecornu minister today.");

    let claimed = claim(&place.archive).unwrap();
    let due = place.archive.alignment(claimed.episode()).unwrap().unwrap();
    let stored = place.archive.store_alignment(&claimed, &due, &timed(1_000), ENGINE).unwrap();
    let after = shown(&place.archive, Text::Revised);
    assert_eq!(said(&after), said(&before));
    assert_eq!(after.turns, before.turns);
    let times: Vec<u64> = after.words.iter().map(|word| word.start.0).collect();
    assert_eq!(times, [1_000, 1_100, 1_200, 1_300, 1_400, 1_500, 1_601, 1_700, 1_800]);
    assert_eq!(said(&shown(&place.archive, Text::AsHeard)), said(&talk()));
    let (old, new) = (place.archive.revisions(text).unwrap(), place.archive.revisions(stored).unwrap());
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new) {
        assert_eq!((&old.author, &old.evidence, old.made), (&new.author, &new.evidence, new.made));
        assert_ne!(old.id, new.id);
    }
    assert_eq!(new[0].consumes.len(), repaired.consumes.len());
    assert_eq!(new[2].undoes, Some(new[1].id));
    place.sound();
    // The copies can be undone like the originals.
    place.archive.undo(new[3].id, &person(), "").unwrap();
    assert_eq!(
        said(&shown(&place.archive, Text::Revised)),
        "Good evening. We met the Lecornu minister today."
    );
    place.sound();
}

#[test]
fn a_refusal_says_why_until_something_changes() {
    let place = Place::new();
    both(&place);
    let claimed = claim(&place.archive).unwrap();
    place.archive.fail(&claimed, "it does not fit", archive::Retry::Never).unwrap();
    let state = |archive: &Archive| {
        let cells = archive.cells(claimed.episode()).unwrap();
        cells.into_iter().find(|cell| cell.stage == Stage::ALIGN).unwrap().state
    };
    assert_eq!(state(&place.archive), State::Failed);
    let problems = place.archive.status().unwrap().problems;
    assert!(
        problems.iter().any(|problem| problem.stage == Stage::ALIGN && problem.reason == "it does not fit")
    );
    assert!(place.archive.ask(claimed.episode(), &Stage::HEAR).unwrap());
    hear(&place.archive);
    assert_eq!(state(&place.archive), State::Waiting, "another hearing may find more");
}
