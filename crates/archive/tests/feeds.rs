//! Subscriptions: what a feed says is stored once, what a person removed does not come again, what is wanted becomes due.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{
    FeedEdit, FeedState, Incoming, Keep, Refresh, Refreshed, ShowSettings, Stage, State, Stated, Subscribe,
    Text, Validators, Wanted,
};
use jiff::civil::date;
use model::{EpisodeId, FeedId, ShowFacts};
use serde_json::json;
use std::time::Duration;
use support::{LEASE, Place};

const HOUR: Duration = Duration::from_secs(3600);

fn subscribe(place: &Place, address: &str) -> FeedId {
    let wish = Subscribe { address: address.into(), ..Subscribe::default() };
    place.archive.subscribe(&wish).unwrap().0
}

fn item(number: i8, outlet: Option<i64>) -> Incoming {
    Incoming {
        outlet,
        keys: json!({ "guid": format!("guid-{number}") }),
        address: Some(format!("https://example.org/{number}.mp3")),
        item: json!({ "title": format!("Part {number}") }),
        digest: format!("digest of {number}"),
        title: format!("Part {number}"),
        broadcast: Some(date(2026, 3, number)),
        notes: Some("with Ann Lee".into()),
        fetch: true,
        ..Incoming::default()
    }
}

fn refresh(place: &Place, feed: FeedId, items: Vec<Incoming>, missing: Vec<i64>) -> Refreshed {
    let claim = place.archive.claim(&[Stage::REFRESH], "reader", LEASE).unwrap().expect("a feed that is due");
    assert_eq!(claim.feed(), feed);
    let refresh = Refresh {
        validators: Validators { etag: Some("\"1\"".into()), ..Validators::default() },
        title: Some("The Open Line".into()),
        show: ShowFacts { author: Some("A station".into()), ..ShowFacts::default() },
        facts: json!({}),
        items,
        missing,
        again: Duration::ZERO,
        remark: None,
    };
    let done = place.archive.store_refresh(&claim, feed, &refresh, "test/1").unwrap();
    place.archive.call_feeds().unwrap();
    done
}

fn fetches(place: &Place) -> Vec<EpisodeId> {
    let all = place.archive.episodes(None).unwrap();
    let due = |state| matches!(state, State::Waiting);
    all.into_iter()
        .filter(|entry| entry.cells.iter().any(|cell| cell.stage == Stage::FETCH && due(cell.state)))
        .map(|entry| entry.episode.id)
        .collect()
}

#[test]
fn a_feed_gives_episodes_once() {
    let place = Place::new();
    let feed = subscribe(&place, "https://example.org/feed");
    assert_eq!(subscribe(&place, "https://example.org/feed"), feed, "twice is once");
    let first = refresh(&place, feed, vec![item(1, None), item(2, None)], vec![]);
    assert_eq!(first, Refreshed { new: 2, changed: 0, due: 2, missing: 0 });
    let entry = place.archive.feed(feed).unwrap();
    assert_eq!((entry.title.as_str(), entry.episodes), ("The Open Line", 2));
    let episodes = place.archive.episodes(Some(entry.show)).unwrap();
    assert_eq!(episodes[0].episode.title, "Part 2");
    assert_eq!(episodes[0].show.facts.author.as_deref(), Some("A station"));
    assert!(episodes[0].recording.as_ref().unwrap().blob.is_none());
    assert!(place.archive.reading(episodes[0].episode.id, Text::Revised).unwrap().is_none());
    assert_eq!(fetches(&place).len(), 2);

    let outlets = place.archive.outlets_of_feed(feed).unwrap();
    let mut again: Vec<_> =
        (1..).zip(&outlets).map(|(number, outlet)| item(number, Some(outlet.id))).collect();
    assert_eq!(refresh(&place, feed, again.clone(), vec![]), Refreshed::default());
    again[0].digest = "another".into();
    again[0].title = "Part one".into();
    let changed = refresh(&place, feed, vec![again[0].clone()], vec![outlets[1].id]);
    assert_eq!(changed, Refreshed { new: 0, changed: 1, due: 0, missing: 1 });
    assert!(place.archive.find_episode("Part one").is_ok());
    assert!(place.archive.outlets_of_feed(feed).unwrap()[1].missing_since.is_some());
    refresh(&place, feed, again, vec![]);
    assert!(place.archive.outlets_of_feed(feed).unwrap()[1].missing_since.is_none(), "it came back");
    place.sound();
}

#[test]
fn what_a_person_says_or_removes_stays_so() {
    let place = Place::new();
    let feed = subscribe(&place, "https://example.org/feed");
    refresh(&place, feed, vec![item(1, None), item(2, None)], vec![]);
    let outlets = place.archive.outlets_of_feed(feed).unwrap();
    let [first, second] = [0, 1].map(|index| outlets[index].episode.unwrap());
    place.archive.remove_episode(first).unwrap();
    place.archive.say(second, &Stated { title: Some("Her title".into()), ..Stated::default() }).unwrap();
    let mut changed = item(2, Some(outlets[1].id));
    changed.digest = "another".into();
    refresh(&place, feed, vec![item(1, Some(outlets[0].id)), changed], vec![]);
    let titles: Vec<_> =
        place.archive.episodes(None).unwrap().into_iter().map(|entry| entry.episode.title).collect();
    assert_eq!(titles, ["Her title"]);
    place.sound();
}

#[test]
fn wishes_make_sounds_due() {
    let place = Place::new();
    let feed = subscribe(&place, "https://example.org/feed");
    let items = (1..=9).map(|number| Incoming { fetch: false, ..item(number, None) }).collect();
    refresh(&place, feed, items, vec![]);
    assert_eq!(fetches(&place).len(), 0);
    let edit = |wanted| FeedEdit { wanted: Some(wanted), ..FeedEdit::default() };
    place.archive.edit_feed(feed, &edit(Wanted::Latest(2))).unwrap();
    assert_eq!(fetches(&place).len(), 2);
    place.archive.edit_feed(feed, &edit(Wanted::Since(date(2026, 3, 5)))).unwrap();
    assert_eq!(fetches(&place).len(), 5);
    place.archive.edit_feed(feed, &edit(Wanted::All)).unwrap();
    assert_eq!(fetches(&place).len(), 9);
    let claim = place.archive.claim(&[Stage::FETCH], "fetcher", LEASE).unwrap().unwrap();
    let entry = place.archive.episode(claim.episode()).unwrap();
    assert_eq!(entry.episode.title, "Part 9", "the newest first");
    let file = place.file("9.mp3", b"sound of nine");
    place.archive.attach_file(claim.episode(), file, "9.mp3").unwrap();
    place.archive.finish(&claim, "fetch/1").unwrap();
    assert!(!place.archive.want_sound(claim.episode()).unwrap(), "it is here");
    let blob = place.archive.episode(claim.episode()).unwrap().recording.unwrap().blob.unwrap();
    place.sound();
    assert_eq!(place.archive.drop_sound(claim.episode()).unwrap(), 13);
    assert!(!place.archive.blob_path(&blob).exists());
    assert!(place.archive.want_sound(claim.episode()).unwrap());
    place.sound();
}

#[test]
fn trouble_is_said_and_passes() {
    let place = Place::new();
    let feed = subscribe(&place, "https://example.org/feed");
    let claim = place.archive.claim(&[Stage::REFRESH], "reader", LEASE).unwrap().unwrap();
    place
        .archive
        .feed_failed(&claim, feed, "example.org does not answer: look at its site", HOUR, false, "t")
        .unwrap();
    let entry = place.archive.feed(feed).unwrap();
    assert_eq!((entry.failures, entry.state), (1, FeedState::Active));
    assert!(entry.trouble.unwrap().contains("does not answer"));
    assert!(entry.next_check > entry.checked.unwrap());
    assert_eq!(place.archive.call_feeds().unwrap(), 0, "not before its time");
    place
        .archive
        .edit_feed(feed, &FeedEdit { state: Some(FeedState::Active), ..FeedEdit::default() })
        .unwrap();
    let claim = place.archive.claim(&[Stage::REFRESH], "reader", LEASE).unwrap().unwrap();
    place.archive.feed_unchanged(&claim, feed, HOUR, "t").unwrap();
    assert_eq!(place.archive.feed(feed).unwrap().trouble, None);
    for (to, times) in [(Some("https://b"), 1), (Some("https://b"), 2), (Some("https://c"), 1), (None, 0)] {
        assert_eq!(place.archive.feed_moved(feed, to).unwrap(), times);
    }
    place
        .archive
        .edit_feed(feed, &FeedEdit { state: Some(FeedState::Paused), ..FeedEdit::default() })
        .unwrap();
    assert_eq!(place.archive.call_feeds().unwrap(), 0);
    place.sound();
}

#[test]
fn two_shows_of_one_title_stay_apart_and_one_is_removed_wholly() {
    let place = Place::new();
    let one = subscribe(&place, "https://one.example/feed");
    refresh(&place, one, vec![item(1, None)], vec![]);
    place
        .archive
        .edit_feed(one, &FeedEdit { state: Some(FeedState::Paused), ..FeedEdit::default() })
        .unwrap();
    while let Some(claim) = place.archive.claim(&[Stage::REFRESH], "reader", LEASE).unwrap() {
        place.archive.feed_unchanged(&claim, one, HOUR, "t").unwrap();
    }
    let two = subscribe(&place, "https://two.example/feed");
    refresh(&place, two, vec![item(1, None), item(2, None)], vec![]);
    let [one, two] = [one, two].map(|feed| place.archive.feed(feed).unwrap());
    assert_ne!(one.show, two.show);
    assert_eq!(two.title, "The Open Line (two.example)");
    let settings =
        ShowSettings { language: Some("de".into()), keep: Keep::Nothing, ..ShowSettings::default() };
    place.archive.set_show_settings(two.show, &settings).unwrap();
    assert_eq!(place.archive.show_settings(two.show).unwrap(), settings);
    assert_eq!(place.archive.show_size(two.show).unwrap(), (2, 0));
    assert_eq!(place.archive.remove_show(two.show).unwrap().title, two.title);
    assert_eq!(place.archive.feeds(None).unwrap().len(), 1);
    assert_eq!(place.archive.episodes(None).unwrap().len(), 1);
    place.sound();
}

#[test]
fn texts_that_bring_their_worker_down_keep_no_episode_from_being_heard() {
    let place = Place::new();
    let feed = subscribe(&place, "https://example.org/feed");
    let with_texts = Incoming { texts: Some("a transcript".into()), ..item(1, None) };
    refresh(&place, feed, vec![with_texts], vec![]);
    let archive = &place.archive;
    let id = archive.find_episode("Part 1").unwrap().episode.id;
    archive.attach_file(id, place.file("1.mp3", b"sound"), "1.mp3").unwrap();
    let heard = || archive.cells(id).unwrap().into_iter().any(|cell| cell.stage == Stage::HEAR);
    // Each worker that takes the texts dies.
    for attempt in 1..=3 {
        let claim = archive.claim(&[Stage::TEXTS], "doomed", Duration::ZERO).unwrap().expect("due");
        assert_eq!(claim.attempt, attempt);
        std::thread::sleep(Duration::from_millis(5));
        if attempt == 1 {
            support::probe(archive, &model::MediaTags::default());
            assert!(!heard(), "the publisher's transcript may still come");
        }
    }
    assert!(archive.claim(&[Stage::TEXTS], "doomed", Duration::ZERO).unwrap().is_none());
    let cells = archive.cells(id).unwrap();
    let texts = cells.iter().find(|cell| cell.stage == Stage::TEXTS).unwrap();
    assert_eq!(texts.state, State::Quarantined);
    assert!(heard());
    place.sound();
}
