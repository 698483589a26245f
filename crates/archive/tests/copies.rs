//! One recording in several places is one episode, nothing of any place is lost, and a person's no holds.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{Error, FoundCopy, NewRepeat, Same, Stage, State, Stated, Text, TimeMap};
use model::{EpisodeId, MediaTags, Millis, Repeat, RepeatKind};
use support::{LEASE, Place, begin, media, probe, result, window};

fn add(place: &Place, show: &str, title: &str) -> EpisodeId {
    let stated = Stated {
        show: Some(show.into()),
        title: Some(title.into()),
        notes: Some(format!("notes of {show}")),
        ..Stated::default()
    };
    let id = place.add(&format!("{show} {title}.mp3"), format!("{show} {title}").as_bytes(), &stated);
    assert_eq!(probe(&place.archive, &MediaTags::default()), id);
    id
}

/// An advertisement of thirty seconds after a minute.
fn times() -> TimeMap {
    TimeMap([(0, 0, 60_000), (60_000, 90_000, 60_000)].map(Same::from).to_vec())
}

/// Does the stage `fingerprint` of this episode, which shares these keys with nobody else than those who have them.
fn look(place: &Place, episode: EpisodeId, keys: &[u32], map: &TimeMap) -> Option<EpisodeId> {
    let archive = &place.archive;
    let claim = archive.claim_one(episode, &Stage::FINGERPRINT, "ear", LEASE).unwrap().expect("due");
    let blob = archive.episode(episode).unwrap().recording.unwrap().blob.unwrap();
    archive.store_fingerprint(&claim, &blob, b"a fingerprint", keys).unwrap();
    let found = archive.alike(episode, keys, 3, 5).unwrap();
    let found: Vec<_> = found.into_iter().map(|episode| FoundCopy { episode, times: map.clone() }).collect();
    archive.finish_fingerprint(&claim, &found, "test/1").unwrap()
}

fn state(place: &Place, episode: EpisodeId, stage: &Stage) -> Option<State> {
    let cells = place.archive.cells(episode).unwrap();
    cells.into_iter().find(|cell| cell.stage == *stage).map(|cell| cell.state)
}

fn listed(place: &Place) -> Vec<EpisodeId> {
    place.archive.episodes(None).unwrap().into_iter().map(|entry| entry.episode.id).collect()
}

#[test]
fn two_places_of_one_recording_are_one_episode() {
    let place = Place::new();
    let (elder, younger) = (add(&place, "One", "Harbour"), add(&place, "Two", "Harbour"));
    let other = add(&place, "Two", "Another");
    assert_eq!(look(&place, elder, &[1, 2, 3, 4], &times()), None);
    assert_eq!(look(&place, other, &[3, 4, 5, 6], &times()), None, "two keys are no evidence");
    let back = times().reversed();
    assert_eq!(look(&place, younger, &[2, 3, 4, 9], &back), Some(elder));
    let archive = &place.archive;
    assert_eq!((archive.main_of(younger).unwrap(), archive.main_of(elder).unwrap()), (elder, elder));
    assert_eq!(listed(&place), [elder, other]);
    assert_eq!(archive.status().unwrap().episodes, 2);
    let two = archive.find_show("Two").unwrap();
    let of_two: Vec<_> =
        archive.episodes(Some(two)).unwrap().into_iter().map(|entry| entry.episode.id).collect();
    assert_eq!(of_two, [elder, other], "the show has the episode all the same");
    assert_eq!(archive.show(two).unwrap().episodes, 2);
    // Heard once.
    assert_eq!(state(&place, elder, &Stage::HEAR), Some(State::Waiting));
    assert_eq!(state(&place, younger, &Stage::HEAR), None);
    // Times lead both ways.
    let at = |from, to, time| archive.time_in(from, to, Millis(time)).unwrap().map(|time| time.0);
    assert_eq!(at(elder, younger, 59_000), Some(59_000));
    assert_eq!(at(elder, younger, 61_000), Some(91_000));
    assert_eq!((at(younger, elder, 91_000), at(younger, elder, 70_000)), (Some(61_000), None));
    assert_eq!((at(elder, elder, 7), at(elder, other, 7)), (Some(7), None));
    // Nothing of the copy is lost, and its name is found.
    let copies = archive.copies(elder).unwrap();
    assert_eq!((copies.len(), copies[0].episode, copies[0].main), (1, younger, false));
    assert_eq!((copies[0].show.as_str(), copies[0].title.as_str()), ("Two", "Harbour"));
    assert_eq!(archive.copies(younger).unwrap()[0].times, back);
    assert!(archive.copies(younger).unwrap()[0].main);
    assert_eq!(archive.find_episode("Harbour").unwrap().episode.id, elder);
    let copy = archive.find_episode("Two/Harbour").unwrap();
    assert_eq!((copy.episode.id, copy.episode.notes.as_deref()), (younger, Some("notes of Two")));
    place.sound();
}

#[test]
fn what_a_person_parted_stays_apart_and_is_heard() {
    let place = Place::new();
    let (elder, younger) = (add(&place, "One", "Harbour"), add(&place, "Two", "Harbour"));
    look(&place, elder, &[1, 2, 3], &times());
    assert_eq!(look(&place, younger, &[1, 2, 3], &times()), Some(elder));
    let archive = &place.archive;
    assert_eq!(archive.split(elder).unwrap(), [younger], "of two it does not matter which is named");
    assert!(matches!(archive.split(elder), Err(Error::Invalid(_))));
    assert_eq!(listed(&place), [elder, younger]);
    assert_eq!(state(&place, younger, &Stage::HEAR), Some(State::Waiting));
    assert_eq!(archive.copies(elder).unwrap(), []);
    // Looked at again, they stay apart; so they do when a third is found to be like both.
    for one in [elder, younger] {
        assert!(archive.ask(one, &Stage::FINGERPRINT).unwrap());
        assert_eq!(look(&place, one, &[1, 2, 3], &times()), None);
    }
    let third = add(&place, "Three", "Harbour");
    assert_eq!(look(&place, third, &[1, 2, 3], &times()), Some(elder));
    assert_eq!(archive.main_of(younger).unwrap(), younger);
    place.sound();
}

#[test]
fn what_was_heard_stays_main_and_copies_follow_it() {
    let place = Place::new();
    let first = add(&place, "One", "Harbour");
    let second = add(&place, "Two", "Harbour");
    look(&place, second, &[1, 2, 3], &times());
    // The second is heard before the first is looked at.
    let archive = &place.archive;
    let claim = archive.claim_one(second, &Stage::HEAR, "ear", LEASE).unwrap().unwrap();
    let recording = archive.episode(second).unwrap().recording.unwrap().id;
    let hearing = archive.begin_hearing(&claim, recording, &support::request()).unwrap().hearing.id;
    archive.store_window(&claim, hearing, &window(0, "we met the minister")).unwrap();
    archive.complete_hearing(&claim, hearing, &result()).unwrap();
    assert_eq!(look(&place, first, &[1, 2, 3], &times()), Some(second));
    assert_eq!(listed(&place), [second]);
    assert_eq!(archive.time_in(second, first, Millis(91_000)).unwrap(), Some(Millis(61_000)));
    // A third joins by the copy alone: its times go through the first.
    let third = add(&place, "Three", "Harbour");
    let shift = TimeMap(vec![Same::from((5_000, 0, 100_000))]);
    assert_eq!(look(&place, third, &[1, 2, 3], &shift), Some(second));
    assert_eq!(archive.copies(second).unwrap().len(), 2);
    assert!(matches!(archive.split(second), Err(Error::Invalid(_))), "which of the two?");
    assert_eq!(archive.split(first).unwrap(), [second, third]);
    assert_eq!(archive.main_of(third).unwrap(), second);
    assert!(archive.reading(second, Text::Revised).unwrap().is_some());
    place.sound();
}

#[test]
fn who_removes_an_episode_removes_its_copies_and_who_removes_a_show_leaves_other_shows() {
    let place = Place::new();
    let archive = &place.archive;
    let (elder, younger) = (add(&place, "One", "Harbour"), add(&place, "Two", "Harbour"));
    look(&place, elder, &[1, 2, 3], &times());
    look(&place, younger, &[1, 2, 3], &times());
    archive.remove_show(archive.find_show("One").unwrap()).unwrap();
    assert_eq!(listed(&place), [younger]);
    assert_eq!(state(&place, younger, &Stage::HEAR), Some(State::Waiting), "it is to be heard itself now");
    let third = add(&place, "Three", "Harbour");
    assert_eq!(look(&place, third, &[1, 2, 3], &times()), Some(younger));
    archive.remove_episode(younger).unwrap();
    assert_eq!(listed(&place), [] as [EpisodeId; 0]);
    assert!(matches!(archive.episode(third), Err(Error::NotFound { .. })));
    place.sound();
}

#[test]
fn what_comes_again_is_stored_for_each_episode_and_read_with_its_text() {
    let place = Place::new();
    let archive = &place.archive;
    let (one, two) = (add(&place, "Show", "One"), add(&place, "Show", "Two"));
    look(&place, one, &[1, 2, 3], &times());
    let show = archive.find_show("Show").unwrap();
    assert!(archive.cells(show).unwrap().is_empty(), "one episode repeats nothing");
    look(&place, two, &[7, 8, 9], &times());
    let claim = archive.claim(&[Stage::REPEATS], "desk", LEASE).unwrap().expect("due");
    assert_eq!(claim.subject, show.into());
    let prints = archive.fingerprints_of_show(show).unwrap();
    assert_eq!(prints.len(), 2);
    let jingle = |episode, start| (episode, Millis(start), Millis(start + 10_000));
    let found = NewRepeat {
        kind: RepeatKind::Jingle,
        places: vec![jingle(one, 50_000), jingle(one, 0), jingle(two, 3_000)],
    };
    archive.store_repeats(&claim, &[one, two], &[found], "test/1").unwrap();
    let repeat = |start| Repeat {
        start: Millis(start),
        end: Millis(start + 10_000),
        kind: RepeatKind::Jingle,
        episodes: 2,
    };
    assert_eq!(archive.repeats(one).unwrap(), [repeat(0), repeat(50_000)]);
    let (claim, _, hearing) = begin(archive);
    archive.store_window(&claim, hearing, &window(0, "we met the minister")).unwrap();
    let reading = archive.reading(claim.episode(), Text::Revised).unwrap().unwrap();
    assert_eq!(reading.transcript.repeats.len(), if claim.episode() == one { 2 } else { 1 });
    // Another episode makes it due again, and takes the place of what was found.
    let three = add(&place, "Show", "Three");
    look(&place, three, &[11, 12, 13], &times());
    let claim = archive.claim(&[Stage::REPEATS], "desk", LEASE).unwrap().expect("due again");
    archive.store_repeats(&claim, &[one, two, three], &[], "test/1").unwrap();
    assert_eq!(archive.repeats(one).unwrap(), []);
    place.sound();
}

#[test]
fn an_archive_of_before_has_its_recordings_looked_at() {
    let place = Place::new();
    let id = add(&place, "One", "Harbour");
    // As the format before this one left it.
    let database = place.database();
    database
        .execute_batch(
            "DROP TABLE repeats; DROP TABLE apart; DROP TABLE copies; DROP TABLE fingerprint_keys;
             DROP TABLE fingerprints; ALTER TABLE hearings DROP COLUMN repeats;
             DELETE FROM cells WHERE stage = 'fingerprint'; PRAGMA user_version = 4;",
        )
        .unwrap();
    drop(database);
    let archive = archive::Archive::open(place.archive.dir()).unwrap();
    let cell = archive.cells(id).unwrap().into_iter().find(|cell| cell.stage == Stage::FINGERPRINT).unwrap();
    assert_eq!((cell.state, cell.priority), (State::Waiting, archive::Priority::BackCatalogue));
    assert_eq!(media().duration, Some(Millis(60_000)));
    support::assert_sound(&archive);
}
