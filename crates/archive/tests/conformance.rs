//! What every store must do, told as stories. Each takes the constructor of an archive: another store joins by one
//! more line at the end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{
    Author, AuthorKind, Change, Error, LiveWord, Priority, Retry, Stage, State, Stated, Subject, Text,
    WordId, WordSource,
};
use model::{HearingId, MediaTags, Millis, Person, RevisionId};
use std::io::Read;
use std::time::Duration;
use support::*;

type New = fn() -> Place;

fn in_show(show: &str) -> Stated {
    Stated { show: Some(show.into()), ..Stated::default() }
}

fn titled(title: &str) -> Stated {
    Stated { title: Some(title.into()), ..Stated::default() }
}

fn adding_the_same_bytes_again_gives_the_same_episode(new: New) {
    let place = new();
    let first = place.archive.add_file(place.file("a.mp3", b"bytes"), &in_show("News")).unwrap();
    assert!(first.new);
    let again = place.archive.add_file(place.file("renamed.mp3", b"bytes"), &in_show("NEWS")).unwrap();
    assert_eq!((again.episode, again.recording, again.new), (first.episode, first.recording, false));
    let unstated = place.archive.add_file(place.file("c.mp3", b"bytes"), &Stated::default()).unwrap();
    assert_eq!(unstated.episode, first.episode);
    let other_show = place.archive.add_file(place.file("a.mp3", b"bytes"), &in_show("Talks")).unwrap();
    assert!(other_show.new);
    assert_ne!(other_show.episode, first.episode);
    let other_bytes = place.archive.add_file(place.file("d.mp3", b"bytes!"), &in_show("News")).unwrap();
    assert!(other_bytes.new);
    let shows = place.archive.shows().unwrap();
    let shows: Vec<_> = shows.iter().map(|entry| (entry.show.title.as_str(), entry.episodes)).collect();
    assert_eq!(shows, [("News", 2), ("Talks", 1)]);
    place.sound();
}

fn a_show_stated_later_is_taken_over(new: New) {
    let place = new();
    let first = place.add("a.mp3", b"bytes", &Stated::default());
    assert_eq!(place.archive.episode(first).unwrap().show.title, "Recordings");
    let again = place.archive.add_file(place.file("a.mp3", b"bytes"), &in_show("News")).unwrap();
    assert_eq!((again.episode, again.new), (first, false));
    assert_eq!(place.archive.episode(first).unwrap().show.title, "News");
    assert_eq!(place.archive.shows().unwrap().len(), 1, "the show that nobody named is gone");
    place.sound();
}

fn a_blob_reads_back_and_knows_its_name(new: New) {
    let place = new();
    let content: Vec<u8> = (0..1_000_000u32).map(|n| (n % 251) as u8).collect();
    let episode = place.add("a.mp3", &content, &Stated::default());
    let blob = place.archive.episode(episode).unwrap().recording.unwrap().blob.unwrap();
    assert_eq!(blob.0, *blake3::hash(&content).as_bytes());
    let mut read = Vec::new();
    place.archive.open_blob(&blob).unwrap().read_to_end(&mut read).unwrap();
    assert_eq!(read, content);
    let unknown = model::BlobHash([7; 32]);
    assert!(matches!(place.archive.open_blob(&unknown), Err(Error::NotFound { .. })));
}

fn what_cannot_be_added_says_why(new: New) {
    let place = new();
    let said = |path| place.archive.add_file(path, &Stated::default()).unwrap_err().to_string();
    let missing = place.folder.path().join("missing.mp3");
    assert!(said(missing).ends_with("missing.mp3: there is no such file"));
    assert!(said(place.file("empty.mp3", b"")).ends_with("empty.mp3: the file is empty"));
    assert!(said(place.folder.path().into()).ends_with("it is not a file"));
    assert_eq!(place.archive.status().unwrap().episodes, 0);
    place.sound();
}

fn tags_fill_what_nobody_stated(new: New) {
    let place = new();
    let tags = MediaTags {
        title: Some("Tagged title ".into()),
        show: Some("Tagged show".into()),
        artist: Some("A. Host".into()),
        date: Some(jiff::civil::date(2024, 4, 6)),
        notes: Some("Tagged notes".into()),
    };
    let plain = place.add("file name.part 1.mp3", b"one", &Stated::default());
    assert_eq!(place.archive.episode(plain).unwrap().episode.title, "file name.part 1");
    assert_eq!(probe(&place.archive, &tags), plain);
    let entry = place.archive.episode(plain).unwrap();
    assert_eq!((entry.episode.title.as_str(), entry.show.title.as_str()), ("Tagged title", "Tagged show"));
    assert_eq!(entry.episode.broadcast, tags.date);
    assert_eq!(entry.episode.notes, tags.notes);
    assert_eq!(entry.episode.people, [Person { name: "A. Host".into(), role: None }]);

    let stated = Stated {
        show: Some("Said show".into()),
        title: Some("Said title".into()),
        broadcast: Some(jiff::civil::date(2020, 1, 1)),
        notes: Some("Said notes".into()),
        people: vec![Person { name: "B. Guest".into(), role: Some("guest".into()) }],
        language: Some("de".into()),
    };
    let said = place.add("b.mp3", b"two", &stated);
    assert_eq!(probe(&place.archive, &tags), said);
    let entry = place.archive.episode(said).unwrap();
    assert_eq!((entry.episode.title.as_str(), entry.show.title.as_str()), ("Said title", "Said show"));
    assert_eq!(entry.episode.broadcast, stated.broadcast);
    assert_eq!(entry.episode.notes, stated.notes);
    assert_eq!(entry.episode.people, stated.people);
    assert_eq!(entry.episode.language, stated.language);

    // A show takes the same recording once.
    let copy = place.add("c.mp3", b"two", &in_show("Elsewhere"));
    let moved = place.archive.say(copy, &in_show("Said show"));
    assert!(moved.unwrap_err().to_string().contains("has the same recording"));
    assert_eq!(place.archive.episode(copy).unwrap().show.title, "Elsewhere");
    place.sound();
}

fn episodes_are_found_by_id_title_and_show(new: New) {
    let place = new();
    let stated = |show: &str, title: &str| Stated { title: Some(title.into()), ..in_show(show) };
    let one = place.add("1.mp3", b"1", &stated("News", "Élection Night"));
    let two = place.add("2.mp3", b"2", &stated("Talks", "Monday"));
    let three = place.add("3.mp3", b"3", &stated("News", "Monday"));
    let four = place.add("4.mp3", b"4", &stated("News", "AC/DC live"));
    let find = |wanted: &str| place.archive.find_episode(wanted).map(|entry| entry.episode.id);
    assert_eq!(find("éLECTION night").unwrap(), one);
    assert_eq!(find("talks/monday").unwrap(), two);
    assert_eq!(find("News/Monday").unwrap(), three);
    assert_eq!(find("ac/dc live").unwrap(), four);
    assert_eq!(find("news/ac/dc live").unwrap(), four);
    for id in [one, two, three, four] {
        assert_eq!(find(&id.to_string()).unwrap(), id);
        assert_eq!(find(&id.to_string().to_uppercase()[..35]).unwrap(), id);
    }
    match find("monday") {
        Err(Error::Ambiguous { candidates, .. }) => {
            assert_eq!(candidates, [format!("{two} (Talks/Monday)"), format!("{three} (News/Monday)")]);
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(find(&one.to_string()[..4]), Err(Error::Ambiguous { .. })));
    for nothing in ["", "Tuesday", "news/", "/", "../archive.sqlite", "0", "%", "ffff"] {
        assert!(matches!(find(nothing), Err(Error::NotFound { .. })), "{nothing:?}");
    }
    assert_eq!(place.archive.find_show("NEWS").unwrap(), place.archive.episode(one).unwrap().show.id);
    assert!(matches!(place.archive.find_show("Nobody"), Err(Error::NotFound { .. })));
}

fn removing_an_episode_erases_it_wholly(new: New) {
    let place = new();
    let (_, hearing) = place.heard();
    let kept = place.add("other.mp3", b"other bytes", &Stated::default());
    let entry = place.archive.find_episode("talk").unwrap();
    let blob = entry.recording.unwrap().blob.unwrap();
    let removed = place.archive.remove_episode(entry.episode.id).unwrap();
    assert_eq!((removed.title.as_str(), removed.bytes), ("talk", 15));
    assert!(matches!(place.archive.episode(entry.episode.id), Err(Error::NotFound { .. })));
    assert!(matches!(place.archive.hearing(hearing), Err(Error::NotFound { .. })));
    assert!(matches!(place.archive.open_blob(&blob), Err(Error::NotFound { .. })));
    assert!(place.archive.cells(entry.episode.id).unwrap().is_empty());
    assert_eq!(place.archive.episode(kept).unwrap().episode.id, kept);
    for name in ["archive.sqlite", "archive.sqlite-wal"] {
        let bytes = std::fs::read(place.archive.dir().join(name)).unwrap_or_default();
        assert!(!bytes.windows(8).any(|found| found == b"minister"), "a word is left in {name}");
    }
    place.sound();
    // The same bytes may come again.
    assert!(
        place.archive.add_file(place.file("talk.mp3", b"bytes of a talk"), &Stated::default()).unwrap().new
    );
    place.sound();
}

fn a_recording_that_two_episodes_share_goes_with_the_second(new: New) {
    let place = new();
    let (one, two) =
        (place.add("a.mp3", b"bytes", &in_show("A")), place.add("a.mp3", b"bytes", &in_show("B")));
    let blob = place.archive.episode(one).unwrap().recording.unwrap().blob.unwrap();
    assert_eq!(place.archive.remove_episode(one).unwrap().bytes, 0);
    assert!(place.archive.open_blob(&blob).is_ok());
    assert_eq!(place.archive.remove_episode(two).unwrap().bytes, 5);
    assert!(place.archive.open_blob(&blob).is_err());
    place.sound();
}

fn a_worker_whose_episode_was_removed_is_told(new: New) {
    let place = new();
    let (claim, _, hearing) = place.hearing();
    place.archive.remove_episode(claim.episode()).unwrap();
    let stored = place.archive.store_window(&claim, hearing, &window(0, "too late"));
    assert!(matches!(stored, Err(Error::LeaseLost { .. })));
    place.sound();
}

fn windows_are_read_as_they_are_heard(new: New) {
    let place = new();
    let (claim, recording, hearing) = place.hearing();
    let episode = claim.episode();
    let reading = || place.archive.reading(episode, Text::Revised).unwrap().unwrap();
    assert!(reading().transcript.words.is_empty());
    place.archive.set_hearing_language(&claim, hearing, "en").unwrap();
    let version = reading().version;
    // The second window is ready first.
    place.archive.store_window(&claim, hearing, &window(1, "new minister today")).unwrap();
    let partly = reading();
    assert!(partly.version > version);
    assert_eq!(text(&partly.transcript.words), "new minister today");
    assert!(!partly.transcript.complete);
    let missing = place.archive.complete_hearing(&claim, hearing, &result());
    assert!(missing.unwrap_err().to_string().contains("a window is missing"));
    place.archive.store_window(&claim, hearing, &window(0, "we met the local")).unwrap();
    // The same again changes nothing; another content is refused.
    place.archive.store_window(&claim, hearing, &window(0, "we met the local")).unwrap();
    assert!(matches!(place.archive.store_window(&claim, hearing, &window(0, "x")), Err(Error::Invalid(_))));
    place.archive.complete_hearing(&claim, hearing, &result()).unwrap();
    let whole = reading();
    assert_eq!(text(&whole.transcript.words), "we met the local new minister today");
    assert!(whole.transcript.complete);
    assert_eq!(whole.transcript.language.as_deref(), Some("en"));
    assert_eq!((whole.transcript.speech, whole.transcript.recognised), (Millis(16_000), Millis(14_000)));
    assert_eq!(whole.transcript.stretches.len(), 3);
    assert_eq!(whole.transcript.gaps().count(), 2);
    assert_eq!(whole.transcript.duration, Millis(30_000));
    let coverage = place.archive.episode(episode).unwrap().coverage.unwrap();
    assert_eq!((coverage.duration, coverage.heard), (Millis(30_000), Millis(20_000)));
    assert_eq!((coverage.gaps, coverage.share()), (2, whole.transcript.coverage()));
    assert_eq!(place.archive.windows(hearing, 1).unwrap(), [window(1, "new minister today")]);
    let late = place.archive.store_window(&claim, hearing, &window(2, "more"));
    assert!(matches!(late, Err(Error::LeaseLost { .. })), "a complete hearing does not grow");
    assert_eq!(place.archive.hearings(recording).unwrap().len(), 1);
    place.sound();
}

fn a_hearing_that_was_broken_off_goes_on(new: New) {
    let place = new();
    let (claim, recording, hearing) = place.hearing();
    place.archive.set_hearing_language(&claim, hearing, "fr").unwrap();
    place.archive.store_window(&claim, hearing, &window(0, "kept")).unwrap();
    place.archive.release(&claim).unwrap();
    let claim = place.archive.claim(&[Stage::HEAR], "other", LEASE).unwrap().unwrap();
    let begun = place.archive.begin_hearing(&claim, recording, &request()).unwrap();
    assert_eq!((begun.hearing.id, begun.hearing.language.as_deref()), (hearing, Some("fr")));
    assert_eq!(begun.windows, [window(0, "kept")]);
    // Another engine, quality or language is another hearing.
    let mut other = request();
    other.engine = "test/2".into();
    let begun = place.archive.begin_hearing(&claim, recording, &other).unwrap();
    assert_ne!(begun.hearing.id, hearing);
    assert!(begun.windows.is_empty());
    place.sound();
}

fn unsound_windows_are_refused(new: New) {
    let place = new();
    let (claim, _, hearing) = place.hearing();
    let mut windows =
        vec![window(0, "a b"), window(0, "a b"), window(0, "a b"), window(0, "a b"), window(0, "a b")];
    windows[0].words[0].end = Millis(1500);
    windows[1].words[1].text = "two words".into();
    windows[2].words[1].confidence = f32::NAN;
    windows[3].mean_log_probability = f32::NEG_INFINITY;
    windows[4].end = Millis(0);
    windows[4].start = Millis(1);
    for window in windows {
        let refused = place.archive.store_window(&claim, hearing, &window);
        assert!(matches!(refused, Err(Error::Invalid(_))), "{window:?}");
    }
    assert!(place.archive.windows(hearing, 0).unwrap().is_empty());
}

fn several_hearings_and_one_is_shown(new: New) {
    let place = new();
    let (recording, first) = place.heard();
    let episode = place.archive.find_episode("talk").unwrap().episode.id;
    assert!(place.archive.ask(episode, &Stage::HEAR).unwrap());
    let claim = place.archive.claim(&[Stage::HEAR], "w", LEASE).unwrap().unwrap();
    let second = place.archive.begin_hearing(&claim, recording, &request()).unwrap().hearing.id;
    assert_ne!(second, first, "a complete hearing is never gone on with");
    place.archive.store_window(&claim, second, &window(0, "better")).unwrap();
    let shown = || place.archive.reading(episode, Text::Revised).unwrap().unwrap().hearing.id;
    assert_eq!(shown(), first, "the old text stays until the new one is complete");
    assert!(matches!(place.archive.set_shown(recording, second), Err(Error::Invalid(_))));
    place.archive.complete_hearing(&claim, second, &result()).unwrap();
    assert_eq!(shown(), second);
    place.archive.set_shown(recording, first).unwrap();
    assert_eq!(shown(), first);
    place.sound();
}

fn author(kind: AuthorKind) -> Author {
    Author { kind, name: "somebody".into() }
}

fn change(words: &[LiveWord], texts: &[&str]) -> Change {
    let (start, end) = match (words.first(), words.last()) {
        (Some(first), Some(last)) => (first.word.start.0, last.word.end.0),
        _ => (10_850, 10_950),
    };
    let each = (end - start) / texts.len().max(1) as u64;
    let produces =
        texts.iter().zip(0..).map(|(text, n)| word(text, start + n * each, start + (n + 1) * each));
    Change {
        author: author(AuthorKind::Person),
        evidence: "heard it".into(),
        consumes: words.iter().map(|word| word.id).collect(),
        produces: produces.collect(),
    }
}

fn revisions_change_what_is_read_and_keep_what_was_heard(new: New) {
    let place = new();
    let (_, hearing) = place.heard();
    let live = || place.archive.live_words(hearing).unwrap();
    let read = |state| text(&place.archive.transcript(hearing, state).unwrap().words);
    let heard = "we met the local new minister today";

    let named = place.archive.revise(hearing, &change(&live()[3..5], &["Lecornu,"])).unwrap();
    assert_eq!(read(Text::Revised), "we met the Lecornu, minister today");
    assert_eq!(read(Text::AsHeard), heard);
    // A revision over words of a revision and of the hearing.
    let all = place.archive.revise(hearing, &change(&live()[2..5], &["Minister", "Le", "Cornu"])).unwrap();
    assert_eq!(read(Text::Revised), "we met Minister Le Cornu today");
    let struck = place.archive.revise(hearing, &change(&live()[0..2], &[])).unwrap();
    assert_eq!(read(Text::Revised), "Minister Le Cornu today");
    // `named` cannot be taken back while its word is revised.
    let undo = |id| place.archive.undo(id, &author(AuthorKind::Person), "changed my mind");
    assert!(matches!(undo(named.id), Err(Error::Conflict)));
    let undone = undo(all.id).unwrap();
    assert_eq!(undone.undoes, Some(all.id));
    assert_eq!(read(Text::Revised), "the Lecornu, minister today");
    assert!(matches!(undo(all.id), Err(Error::Conflict)), "taken back once");
    let unstruck = undo(struck.id).unwrap();
    assert_eq!(read(Text::Revised), "we met the Lecornu, minister today");
    undo(unstruck.id).unwrap();
    assert_eq!(read(Text::Revised), "the Lecornu, minister today");
    // A word where none was heard, put in by its time.
    place.archive.revise(hearing, &change(&[], &["[applause]"])).unwrap();
    assert_eq!(read(Text::Revised), "the Lecornu, [applause] minister today");
    assert_eq!(read(Text::AsHeard), heard);
    let revisions = place.archive.revisions(hearing).unwrap();
    assert_eq!(revisions.len(), 7);
    assert_eq!(revisions[0], named);
    assert_eq!(revisions[1].consumes, all.consumes);
    place.sound();
}

fn the_later_of_two_authors_is_told(new: New) {
    let place = new();
    let (_, hearing) = place.heard();
    let seen = place.archive.live_words(hearing).unwrap();
    place.archive.revise(hearing, &change(&seen[3..5], &["Lecornu"])).unwrap();
    let late = place.archive.revise(hearing, &change(&seen[4..6], &["newest", "minister"]));
    assert!(matches!(late, Err(Error::Conflict)));
    assert_eq!(place.archive.revisions(hearing).unwrap().len(), 1);
    // Beside it there is no conflict.
    place.archive.revise(hearing, &change(&seen[6..7], &["yesterday"])).unwrap();
    let never = WordId { source: WordSource::Hearing(HearingId(seen_uuid(&seen))), ordinal: 99 };
    let mut unknown = change(&seen[0..1], &["x"]);
    unknown.consumes = vec![never];
    assert!(matches!(place.archive.revise(hearing, &unknown), Err(Error::Conflict)));
    place.sound();
}

fn seen_uuid(words: &[LiveWord]) -> uuid::Uuid {
    match words[0].id.source {
        WordSource::Hearing(HearingId(id)) | WordSource::Revision(RevisionId(id)) => id,
    }
}

fn changes_that_make_no_sense_are_refused(new: New) {
    let place = new();
    let (_, hearing) = place.heard();
    let live = place.archive.live_words(hearing).unwrap();
    let apart = vec![live[0].clone(), live[2].clone()];
    let mut backwards = change(&live[0..2], &["x"]);
    backwards.consumes.reverse();
    let mut twice = change(&live[0..2], &["x"]);
    twice.consumes[1] = twice.consumes[0];
    let mut outside = change(&live[0..1], &["x"]);
    outside.produces[0].end = Millis(1_500);
    let mut unfounded = change(&live[0..1], &["x"]);
    unfounded.author.kind = AuthorKind::Machine;
    unfounded.evidence = " ".into();
    for wrong in [
        change(&apart, &["x"]),
        backwards,
        twice,
        outside,
        unfounded,
        change(&[], &[]),
        change(&live[0..1], &["two words"]),
        change(&live[0..1], &[""]),
    ] {
        assert!(matches!(place.archive.revise(hearing, &wrong), Err(Error::Invalid(_))), "{wrong:?}");
    }
    let unknown = RevisionId(uuid::Uuid::nil());
    let undone = place.archive.undo(unknown, &author(AuthorKind::Person), "");
    assert!(matches!(undone, Err(Error::NotFound { .. })));
    assert!(place.archive.revisions(hearing).unwrap().is_empty());
}

fn an_unfinished_hearing_is_not_revised(new: New) {
    let place = new();
    let (claim, _, hearing) = place.hearing();
    place.archive.store_window(&claim, hearing, &window(1, "later words")).unwrap();
    let live = place.archive.live_words(hearing).unwrap();
    let refused = place.archive.revise(hearing, &change(&live[0..1], &["x"]));
    assert!(refused.unwrap_err().to_string().contains("still being heard"));
}

fn work_comes_in_the_order_of_who_waits(new: New) {
    let place = new();
    let dated = |day| Stated { broadcast: Some(jiff::civil::date(2024, 1, day)), ..Stated::default() };
    let old = place.add("old", b"1", &dated(1));
    let undated_first = place.add("undated 1", b"2", &Stated::default());
    let undated_second = place.add("undated 2", b"3", &Stated::default());
    let newest = place.add("new", b"4", &dated(9));
    let asked = place.add("asked", b"5", &dated(2));
    assert!(place.archive.ask(asked, &Stage::PROBE).unwrap());
    assert!(!place.archive.ask(asked, &Stage::HEAR).unwrap(), "there is no such cell yet");
    let order: Vec<_> = std::iter::from_fn(|| place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap())
        .map(|claim| claim.episode())
        .collect();
    assert_eq!(order, [asked, newest, old, undated_first, undated_second]);
    assert_eq!(place.archive.claim(&[Stage::PROBE, Stage::HEAR], "w", LEASE).unwrap(), None);
}

fn old_tokens_are_refused(new: New) {
    let place = new();
    let (claim, recording, hearing) = place.hearing();
    place.archive.store_window(&claim, hearing, &window(0, "before")).unwrap();
    let database = place.database();
    database.execute("UPDATE cells SET lease_until = lease_until - 3600", []).unwrap();
    let other = place.archive.claim(&[Stage::HEAR], "other", LEASE).unwrap().unwrap();
    assert_eq!(other.subject, claim.subject);
    let lost =
        |result: archive::Result<()>| assert!(matches!(result, Err(Error::LeaseLost { .. })), "{result:?}");
    lost(place.archive.heartbeat(&claim, LEASE));
    lost(place.archive.store_window(&claim, hearing, &window(1, "late")));
    lost(place.archive.set_hearing_language(&claim, hearing, "en"));
    lost(place.archive.complete_hearing(&claim, hearing, &result()));
    lost(place.archive.begin_hearing(&claim, recording, &request()).map(|_| ()));
    lost(place.archive.fail(&claim, "x", Retry::Never).map(|_| ()));
    lost(place.archive.release(&claim));
    lost(place.archive.finish(&claim, "x"));
    assert!(!place.archive.hearing(hearing).unwrap().complete, "nothing of the refused result is kept");
    // The other one goes on where the first was.
    let begun = place.archive.begin_hearing(&other, recording, &request()).unwrap();
    assert_eq!(begun.windows, [window(0, "before")]);
    place.archive.complete_hearing(&other, hearing, &result()).unwrap();
    place.sound();
}

fn poison_is_quarantined_with_the_reason(new: New) {
    let place = new();
    let episode = place.add("poison.mp3", b"poison", &Stated::default());
    let claim = || place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap();
    for attempt in 1..=2 {
        let claim = claim().unwrap();
        assert_eq!(claim.attempt, attempt);
        let state = place.archive.fail(&claim, "it broke", Retry::After(Duration::ZERO)).unwrap();
        assert_eq!(state, State::Waiting);
    }
    // The third attempt ends in the death of the worker.
    claim().unwrap();
    place.database().execute("UPDATE cells SET lease_until = 1", []).unwrap();
    assert_eq!(claim(), None);
    let problems = place.archive.status().unwrap().problems;
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].state, problems[0].episode), (State::Quarantined, Some(episode)));
    assert_eq!(problems[0].reason, "it broke; the program ended 3 times while at it");
    // A person may ask for it all the same.
    assert!(place.archive.ask(episode, &Stage::PROBE).unwrap());
    assert_eq!(claim().unwrap().attempt, 1);
    place.sound();
}

fn progress_is_not_poison(new: New) {
    let place = new();
    let (claim, _, hearing) = place.hearing();
    place.archive.store_window(&claim, hearing, &window(0, "0")).unwrap();
    for n in 1..6 {
        place.database().execute("UPDATE cells SET lease_until = 1 WHERE state = 'leased'", []).unwrap();
        let claim = place.archive.claim(&[Stage::HEAR], "w", LEASE).unwrap().expect("never quarantined");
        place.archive.store_window(&claim, hearing, &window(n, "word")).unwrap();
    }
    place.sound();
}

fn what_fails_for_good_is_not_tried_again(new: New) {
    let place = new();
    place.add("text.mp3", b"no media", &Stated::default());
    let claim = place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().unwrap();
    assert_eq!(place.archive.fail(&claim, "it is a text", Retry::Never).unwrap(), State::Failed);
    assert_eq!(place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap(), None);
    assert_eq!(place.archive.status().unwrap().problems[0].reason, "it is a text");
    place.sound();
}

fn a_pause_before_the_next_attempt_is_kept(new: New) {
    let place = new();
    place.add("a.mp3", b"1", &Stated::default());
    let claim = place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().unwrap();
    place.archive.fail(&claim, "not now", Retry::After(Duration::from_secs(600))).unwrap();
    assert_eq!(place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap(), None);
    place.database().execute("UPDATE cells SET not_before = not_before - 601", []).unwrap();
    assert!(place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().is_some());
}

fn a_clock_set_back_does_not_freeze_the_work(new: New) {
    let place = new();
    place.add("a.mp3", b"1", &Stated::default());
    place.add("b.mp3", b"2", &Stated::default());
    let claim = place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().unwrap();
    place.archive.fail(&claim, "not now", Retry::After(LEASE)).unwrap();
    place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().unwrap();
    // Written by a clock that was a year ahead.
    let ahead = "UPDATE cells SET lease_until = lease_until + 31536000, not_before = not_before + 31536000";
    place.database().execute(ahead, []).unwrap();
    assert!(place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().is_some());
    assert!(place.archive.claim(&[Stage::PROBE], "w", LEASE).unwrap().is_some());
}

fn other_input_is_other_work_and_another_tool_is_stale(new: New) {
    let place = new();
    let subject = Subject::from(place.add("a.mp3", b"1", &Stated::default()));
    let stage = Stage::named("names");
    let cell = || place.archive.cells(subject).unwrap().into_iter().find(|cell| cell.stage == stage).unwrap();
    let require = |input| place.archive.require(subject, &stage, input, Priority::BackCatalogue).unwrap();
    let work = |tool| {
        let claim = place.archive.claim(std::slice::from_ref(&stage), "w", LEASE).unwrap().unwrap();
        place.archive.finish(&claim, tool).unwrap();
    };
    require("glossary 1");
    work("names/1");
    require("glossary 1");
    assert_eq!(cell().state, State::Done, "nothing has changed");
    require("glossary 2");
    assert_eq!((cell().state, cell().input.as_str()), (State::Waiting, "glossary 2"));
    // A worker that is at it loses it: it works from what is no more.
    let claim = place.archive.claim(std::slice::from_ref(&stage), "w", LEASE).unwrap().unwrap();
    require("glossary 3");
    assert!(matches!(place.archive.finish(&claim, "names/1"), Err(Error::LeaseLost { .. })));
    work("names/1");
    assert_eq!(place.archive.mark_stale(&stage, "names/1").unwrap(), 0);
    assert_eq!(place.archive.mark_stale(&stage, "names/2").unwrap(), 1);
    assert_eq!(cell().state, State::Stale);
    assert_eq!(
        place.archive.claim(std::slice::from_ref(&stage), "w", LEASE).unwrap(),
        None,
        "only when asked"
    );
    assert!(place.archive.ask(subject, &stage).unwrap());
    work("names/2");
    assert_eq!(cell().tool.as_deref(), Some("names/2"));
    place.sound();
}

fn another_language_is_heard_again(new: New) {
    let place = new();
    place.heard();
    let episode = place.archive.find_episode("talk").unwrap().episode.id;
    place.archive.say(episode, &titled("New title")).unwrap();
    assert_eq!(place.archive.claim(&[Stage::HEAR], "w", LEASE).unwrap(), None);
    let german = Stated { language: Some("de".into()), ..Stated::default() };
    place.archive.say(episode, &german).unwrap();
    assert!(place.archive.claim(&[Stage::HEAR], "w", LEASE).unwrap().is_some());
}

fn status_says_what_is_done_and_what_waits(new: New) {
    let place = new();
    let empty = place.archive.status().unwrap();
    assert_eq!((empty.episodes, empty.speed, empty.remaining()), (0, None, None));
    place.heard();
    place.add("new.mp3", b"not probed", &Stated::default());
    place.add("next.mp3", b"to be heard", &Stated::default());
    probe(&place.archive, &MediaTags::default());
    let (claim, _, hearing) = begin(&place.archive);
    place.archive.store_window(&claim, hearing, &window(0, "ten seconds")).unwrap();
    let status = place.archive.status().unwrap();
    assert_eq!((status.shows, status.episodes), (1, 3));
    assert_eq!(status.audio, Millis(120_000));
    assert_eq!((status.speech, status.recognised, status.gaps), (Millis(24_000), Millis(21_000), 3));
    assert_eq!((status.waiting, status.waiting_unknown), (Millis(50_000), 1));
    assert_eq!(status.speed, Some(10.0));
    assert_eq!(status.remaining(), Some(Duration::from_secs(5)));
    let count =
        |stage, state| status.counts.iter().find(|c| c.stage == stage && c.state == state).map(|c| c.cells);
    assert_eq!(count(Stage::PROBE, State::Done), Some(2));
    assert_eq!(count(Stage::PROBE, State::Waiting), Some(1));
    assert_eq!(count(Stage::HEAR, State::Leased), Some(1));
}

fn leftovers_are_found_and_swept(new: New) {
    let place = new();
    place.add("a.mp3", b"kept", &Stated::default());
    let dir = place.archive.dir().to_path_buf();
    let orphan = model::BlobHash(*blake3::hash(b"orphan").as_bytes());
    let path = place.archive.blob_path(&orphan);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, b"orphan").unwrap();
    std::fs::write(dir.join("tmp/blob-half"), b"half").unwrap();
    place.sound();
    let now = archive::CheckOptions { grace: Duration::ZERO, ..Default::default() };
    let numbers = || {
        let findings = place.archive.check(&now).unwrap();
        findings.iter().map(|finding| finding.invariant.number).collect::<Vec<_>>()
    };
    assert_eq!(numbers(), ["P9.1", "P9.2"]);
    assert_eq!(place.archive.sweep(None).unwrap(), 0, "they are young");
    assert_eq!(place.archive.sweep(Some(Duration::ZERO)).unwrap(), 2);
    assert!(numbers().is_empty());
    place.sound();
}

macro_rules! stories {
    ($new:expr, $($story:ident)*) => { $(#[test] fn $story() { super::$story($new) })* };
}

mod sqlite {
    stories! { super::Place::new,
        adding_the_same_bytes_again_gives_the_same_episode
        a_show_stated_later_is_taken_over
        a_blob_reads_back_and_knows_its_name
        what_cannot_be_added_says_why
        tags_fill_what_nobody_stated
        episodes_are_found_by_id_title_and_show
        removing_an_episode_erases_it_wholly
        a_recording_that_two_episodes_share_goes_with_the_second
        a_worker_whose_episode_was_removed_is_told
        windows_are_read_as_they_are_heard
        a_hearing_that_was_broken_off_goes_on
        unsound_windows_are_refused
        several_hearings_and_one_is_shown
        revisions_change_what_is_read_and_keep_what_was_heard
        the_later_of_two_authors_is_told
        changes_that_make_no_sense_are_refused
        an_unfinished_hearing_is_not_revised
        work_comes_in_the_order_of_who_waits
        old_tokens_are_refused
        poison_is_quarantined_with_the_reason
        progress_is_not_poison
        what_fails_for_good_is_not_tried_again
        a_pause_before_the_next_attempt_is_kept
        a_clock_set_back_does_not_freeze_the_work
        other_input_is_other_work_and_another_tool_is_stale
        another_language_is_heard_again
        status_says_what_is_done_and_what_waits
        leftovers_are_found_and_swept
    }
}
