//! Texts from elsewhere: stored as they came, shown with their turns, carried through corrections; and archives of the
//! format before.

mod support;

use archive::{Archive, Author, AuthorKind, Change, Imported, Stage, Stated, Text};
use model::{Chapter, ChapterSource, Cue, MediaTags, Millis, Origin, Timing, Transcript, Turn, Word};
use support::{Place, assert_sound, begin, probe, result, window, word};

fn untimed(text: &str) -> Word {
    Word { confidence: 1.0, timing: Timing::Estimated, ..word(text, 0, 0) }
}

fn talk() -> Transcript {
    Transcript {
        language: Some("en".into()),
        words: "Good evening. Thank you, Ann. We met the local new minister."
            .split(' ')
            .map(untimed)
            .collect(),
        turns: vec![
            Turn { first: 0, speaker: Some("Ann Lee".into()) },
            Turn { first: 2, speaker: Some("Bob Ray".into()) },
            Turn { first: 5, speaker: None },
        ],
        paragraphs: vec![0, 2, 5],
        complete: true,
        ..Transcript::default()
    }
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

fn stated() -> Stated {
    Stated { show: Some("Talks".into()), title: Some("First".into()), ..Stated::default() }
}

fn person() -> Author {
    Author { kind: AuthorKind::Person, name: "Eve".into() }
}

#[test]
fn a_text_without_sound_is_an_episode_that_waits_for_it() {
    let place = Place::new();
    let file = place.file("talk.md", b"**Ann Lee:** Good evening.");
    let added = place.archive.add_text(&file, &stated(), &import(&talk())).unwrap();
    assert!(added.new);
    assert!(!place.archive.add_text(&file, &stated(), &import(&talk())).unwrap().new, "idempotent");

    let reading = place.archive.reading(added.episode, Text::Revised).unwrap().unwrap();
    assert_eq!(reading.transcript.turns, talk().turns);
    assert_eq!(reading.transcript.words, talk().words);
    assert!(!reading.transcript.is_timed());
    assert_eq!(reading.transcript.speaker_at(3), Some("Bob Ray"));
    let original = place.archive.original(added.hearing).unwrap().unwrap();
    assert_eq!(std::fs::read(place.archive.blob_path(&original)).unwrap(), b"**Ann Lee:** Good evening.");
    place.sound();

    // Its sound comes later: the same episode, heard as well, and the text that was brought stays in view.
    let episode = place.add("talk.mp3", b"bytes of a talk", &stated());
    assert_eq!(episode, added.episode);
    probe(&place.archive, &MediaTags::default());
    let (claim, recording, hearing) = begin(&place.archive);
    place.archive.store_window(&claim, hearing, &window(0, "good evening thank you")).unwrap();
    place.archive.complete_hearing(&claim, hearing, &result()).unwrap();
    assert_eq!(place.archive.hearings(recording).unwrap().len(), 2);
    let reading = place.archive.reading(episode, Text::Revised).unwrap().unwrap();
    assert_eq!(reading.hearing.origin, Origin::Imported);
    place.archive.set_shown(recording, hearing).unwrap();
    let reading = place.archive.reading(episode, Text::Revised).unwrap().unwrap();
    assert_eq!(reading.hearing.origin, Origin::Heard);
    place.sound();

    place.archive.remove_episode(episode).unwrap();
    assert!(!place.archive.blob_path(&original).exists(), "what it was read from goes with it");
    place.sound();
}

#[test]
fn a_text_needs_a_title_and_words_in_order() {
    let place = Place::new();
    let file = place.file("talk.md", b"x");
    let nameless = place.archive.add_text(&file, &Stated::default(), &import(&talk()));
    assert!(nameless.unwrap_err().to_string().contains("title"));
    let mut wrong = talk();
    wrong.words[0].end = Millis(9);
    assert!(place.archive.add_text(&file, &stated(), &import(&wrong)).is_err());
    assert!(place.archive.episodes(None).unwrap().is_empty(), "nothing is left of what failed");
    place.sound();
}

#[test]
fn turns_and_paragraphs_follow_corrections() {
    let place = Place::new();
    let file = place.file("talk.md", b"x");
    let added = place.archive.add_text(&file, &stated(), &import(&talk())).unwrap();
    let live = place.archive.live_words(added.hearing).unwrap();
    let ids = |range: std::ops::Range<usize>| live[range].iter().map(|word| word.id).collect::<Vec<_>>();
    let revise = |consumes, produces: &[&str]| {
        let produces = produces.iter().map(|text| untimed(text)).collect();
        let change = Change { author: person(), evidence: String::new(), consumes, produces };
        place.archive.revise(added.hearing, &change).unwrap()
    };
    // "Good evening." becomes one word, "Thank you, Ann." goes, "local new" becomes one word.
    revise(ids(0..2), &["Evening."]);
    let struck = revise(ids(2..5), &[]);
    revise(ids(8..10), &["Lecornu,"]);
    let transcript = place.archive.transcript(added.hearing, Text::Revised).unwrap();
    assert_eq!(
        transcript.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" "),
        "Evening. We met the Lecornu, minister."
    );
    let speakers: Vec<_> =
        transcript.turns.iter().map(|turn| (turn.first, turn.speaker.as_deref())).collect();
    assert_eq!(speakers, [(0, Some("Ann Lee")), (1, None)]);
    assert_eq!(transcript.paragraphs, [0, 1]);
    place.archive.undo(struck.id, &person(), "").unwrap();
    let transcript = place.archive.transcript(added.hearing, Text::Revised).unwrap();
    let speakers: Vec<_> =
        transcript.turns.iter().map(|turn| (turn.first, turn.speaker.as_deref())).collect();
    assert_eq!(speakers, [(0, Some("Ann Lee")), (1, Some("Bob Ray")), (4, None)]);
    assert_eq!(place.archive.transcript(added.hearing, Text::AsHeard).unwrap().turns, talk().turns);
    place.sound();
}

#[test]
fn chapters_of_people_outrank_those_of_others() {
    let place = Place::new();
    let episode = place.add("talk.mp3", b"bytes of a talk", &Stated::default());
    let chapter = |start, title: &str| Chapter {
        start: Millis(start),
        end: None,
        title: title.into(),
        link: None,
        image: None,
        unlisted: false,
    };
    assert_eq!(place.archive.chapters(episode).unwrap(), None);
    for (source, title) in [
        (ChapterSource::Found, "found"),
        (ChapterSource::Person, "hers"),
        (ChapterSource::Publisher, "theirs"),
    ] {
        place.archive.set_chapters(episode, source, &[chapter(0, "Begin"), chapter(9_000, title)]).unwrap();
    }
    let (source, chapters) = place.archive.chapters(episode).unwrap().unwrap();
    assert_eq!((source, chapters[1].title.as_str()), (ChapterSource::Person, "hers"));
    place.archive.set_chapters(episode, ChapterSource::Person, &[]).unwrap();
    assert_eq!(place.archive.chapters(episode).unwrap().unwrap().0, ChapterSource::Publisher);
    assert_eq!(place.archive.chapters_of(episode, ChapterSource::Found).unwrap().len(), 2);
    place.sound();
}

#[test]
fn cues_and_times_come_back_as_they_came() {
    let place = Place::new();
    let file = place.file("talk.srt", b"x");
    let mut text = talk();
    for (index, word) in text.words.iter_mut().enumerate() {
        let index = index as u64;
        (word.start, word.end) = (Millis(index * 500), Millis(index * 500 + 400));
        word.timing = if index.is_multiple_of(5) { Timing::Begin } else { Timing::Estimated };
    }
    text.cues = vec![
        Cue { first: 0, start: Millis(0), end: Millis(2_400) },
        Cue { first: 5, start: Millis(2_500), end: Millis(5_000) },
    ];
    text.duration = Millis(5_400);
    let added = place.archive.add_text(&file, &stated(), &import(&text)).unwrap();
    let stored = place.archive.transcript(added.hearing, Text::Revised).unwrap();
    assert_eq!((stored.words, stored.cues, stored.duration), (text.words, text.cues, text.duration));
    place.sound();
}

/// An archive of format 1, as the first version of the program made it, is brought to today's format with all it holds.
#[test]
fn an_archive_of_the_first_format_is_migrated() {
    let place = Place::new();
    let (recording, hearing) = place.heard();
    let episode = place.archive.episodes(None).unwrap().remove(0).episode.id;
    let new = place.archive.dir().join("archive.sqlite");
    let dir = place.folder.path().join("old");
    std::fs::create_dir(&dir).unwrap();
    let blobs =
        std::process::Command::new("cp").arg("-r").arg(place.archive.dir().join("blobs")).arg(&dir).status();
    assert!(blobs.unwrap().success());
    let old = rusqlite::Connection::open(dir.join("archive.sqlite")).unwrap();
    old.execute_batch(include_str!("../src/sqlite/0001.sql")).unwrap();
    old.execute("ATTACH ?1 AS new", [new.to_str().unwrap()]).unwrap();
    old.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    for table in [
        "shows",
        "episodes",
        "blobs",
        "recordings",
        "hearings",
        "windows",
        "stretches",
        "revisions",
        "consumed",
        "cells",
    ] {
        let columns: String = old
            .query_row("SELECT group_concat(name) FROM pragma_table_info(?1, 'main')", [table], |row| {
                row.get(0)
            })
            .unwrap();
        old.execute(&format!("INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"), [])
            .unwrap();
    }
    old.execute_batch("COMMIT; DETACH new; PRAGMA application_id = 0x52644f74; PRAGMA user_version = 1")
        .unwrap();
    drop(old);

    let migrated = Archive::open(&dir).unwrap();
    assert_sound(&migrated);
    assert_eq!(migrated.episode(episode).unwrap(), place.archive.episode(episode).unwrap());
    assert_eq!(
        migrated.transcript(hearing, Text::Revised).unwrap(),
        place.archive.transcript(hearing, Text::Revised).unwrap()
    );
    migrated.set_shown(recording, hearing).unwrap();
    assert!(migrated.claim(&[Stage::PROBE], "nobody", support::LEASE).unwrap().is_none());
    migrated.remove_episode(episode).unwrap();
    assert_sound(&migrated);
}
