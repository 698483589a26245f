//! Feeds from a server that does what a test tells it, through the real fetcher into a real archive.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use archive::{
    Archive, CheckOptions, FeedEdit, FeedKind, FeedState, Priority, Stage, State, Subscribe, Wanted,
};
use fetch::Fetcher;
use fetch::hostile::{Act, Hostile, Seen, file, gzip_bomb, head, quick_limits, redirect, reply};
use model::FeedId;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use work::{Ears, Event, Hearer, Looked, Options, Summary, look, run};

/// Nobody is to hear anything here.
struct Deaf;

impl Hearer for Deaf {
    fn engine(&self) -> String {
        "deaf/1".into()
    }

    fn hear(
        &self,
        _: &mut (dyn Iterator<Item = Result<media::Block, media::MediaError>> + Send),
        _: &speech::Request,
        _: Option<&str>,
        _: &[model::HeardWindow],
        _: &mut dyn FnMut(speech::Event<'_>) -> std::ops::ControlFlow<()>,
    ) -> Result<speech::Heard, media::MediaError> {
        Ok(speech::Heard { stopped: true, ..speech::Heard::default() })
    }
}

struct Place {
    archive: Archive,
    options: Options,
    _folder: TempDir,
}

impl Place {
    fn new(server: &Hostile) -> Self {
        let folder = TempDir::new().unwrap();
        let fetcher = Fetcher::new(server.policy(), quick_limits());
        let options = Options { workers: 1, fetcher: Some(Arc::new(fetcher)), ..Options::default() };
        Self { archive: Archive::create(folder.path().join("archive")).unwrap(), options, _folder: folder }
    }

    fn subscribe(&self, address: String, wanted: Wanted) -> FeedId {
        self.archive.subscribe(&Subscribe { address, wanted, ..Subscribe::default() }).unwrap().0
    }

    /// Makes a feed due and looks at it.
    fn look(&self, feed: FeedId) -> Looked {
        self.archive.edit_feed(feed, &FeedEdit::default()).unwrap();
        look(&self.archive, feed, &self.options, &Arc::default()).unwrap().expect("nobody else is at it")
    }

    fn run(&self) -> (Summary, Vec<String>) {
        let mut told = Vec::new();
        let hearer: Arc<dyn Hearer> = Arc::new(Deaf);
        let summary =
            run(&self.archive, &self.options, &mut Ears::ready(hearer), &Arc::default(), &mut |event| {
                match event {
                    Event::FeedFailed { feed, reason } => told.push(format!("{}: {reason}", feed.address)),
                    Event::Failed { reason, .. } => told.push(reason.to_owned()),
                    _ => {}
                }
            });
        (summary.unwrap(), told)
    }

    fn sound(&self) {
        let findings = self.archive.check(&CheckOptions::default()).unwrap();
        assert!(findings.is_empty(), "{findings:#?}");
    }
}

fn rss(title: &str, items: &str) -> Vec<u8> {
    format!("<rss version=\"2.0\"><channel><title>{title}</title>{items}</channel></rss>").into_bytes()
}

fn item(number: usize, recording: &str) -> String {
    format!(
        "<item><title>Part {number}</title><guid>part-{number}</guid><pubDate>{number} Mar 2026 08:00:00 GMT</pubDate>\
         <enclosure url=\"{recording}\" type=\"audio/mpeg\" length=\"10\"/></item>"
    )
}

/// Notes of a publisher who changes everything all the time.
struct Chaos {
    state: u64,
    published: usize,
}

impl Chaos {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    /// The feed of this moment: another GUID at each look, doubled items, other hosts and tokens, a window that moves, any
    /// order, now and then broken off in the middle.
    fn feed(&mut self) -> Vec<u8> {
        if self.roll(2) == 0 {
            self.published += 1;
        }
        let window = if self.roll(10) == 0 { self.published } else { 12.min(self.published) };
        let mut items = Vec::new();
        for number in (self.published - window..self.published).rev() {
            let corrected = if self.roll(20) == 0 { " (corrected)" } else { "" };
            let host = self.roll(3);
            for _ in 0..1 + u64::from(self.roll(12) == 0) {
                let guid = match self.roll(3) {
                    0 => String::new(),
                    1 => "<guid>the same for all</guid>".into(),
                    _ => format!("<guid>{number}-{}</guid>", self.roll(1 << 40)),
                };
                items.push(format!(
                    "<item><title>The {number}th talk{corrected}</title>{guid}<pubDate>{:02} Jan {} 08:{:02}:00 GMT</pubDate>\
                     <link>https://show.example.org/talk/{number}</link>\
                     <enclosure url=\"https://media{host}.example.org/talk-{number}.mp3?token={}\" type=\"audio/mpeg\"/></item>",
                    number % 28 + 1,
                    1990 + number / 28,
                    number % 50,
                    self.roll(1 << 40)
                ));
            }
        }
        if self.roll(4) == 0 {
            items.reverse();
        }
        let mut bytes = rss("Chaos", &items.concat());
        match self.roll(8) {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes.truncate(60),
            _ => {}
        }
        bytes
    }
}

#[test]
fn a_hundred_refreshes_of_a_chaotic_feed_add_nothing_twice_and_lose_nothing() {
    let chaos = Arc::new(Mutex::new(Chaos { state: 20_261_122, published: 20 }));
    let publisher = chaos.clone();
    let server = Hostile::start(move |_| reply(200, &[], &publisher.lock().unwrap().feed()));
    let place = Place::new(&server);
    let feed = place.subscribe(server.url("/feed"), Wanted::Latest(0));
    let mut seen = std::collections::BTreeSet::new();
    for refresh in 0..100 {
        let looked = place.look(feed);
        assert!(matches!(looked, Looked::Stored(..) | Looked::Unchanged), "{refresh}: {looked:?}");
        let numbers: Vec<String> = place
            .archive
            .episodes(None)
            .unwrap()
            .into_iter()
            .map(|entry| entry.episode.title.split("th talk").next().unwrap().to_owned())
            .collect();
        let now: std::collections::BTreeSet<String> = numbers.iter().cloned().collect();
        assert_eq!(now.len(), numbers.len(), "{refresh}: an episode came twice: {numbers:?}");
        assert!(now.is_superset(&seen), "{refresh}: an episode was lost");
        seen = now;
    }
    let published = chaos.lock().unwrap().published;
    // What was published while only broken documents came may be missing, if it fell out of the window before the next.
    assert!(seen.len() + 2 >= published.min(20) + published - 20, "{} of {published}", seen.len());
    assert_eq!(place.archive.outlets_of_feed(feed).unwrap().len(), seen.len(), "no outlet piles up");
    place.sound();
}

#[test]
fn a_hostile_feed_leaves_the_others_untouched_and_says_what_is_wrong() {
    // Made beforehand: the packing takes longer than these servers are waited for.
    let bomb = gzip_bomb(32 << 20);
    let sound: &[u8] = b"ID3 something that is not sound, which only the next stage finds out";
    let server = Hostile::start(move |seen: &Seen| match seen.path.as_str() {
        "/good" => {
            let items: String = (1..4).map(|number| item(number, &format!("/good/{number}.mp3"))).collect();
            reply(200, &[], &rss("The good one", &items))
        }
        "/private" => redirect(302, "http://10.11.12.13/feed"),
        "/metadata" => redirect(301, "http://169.254.169.254/latest/meta-data"),
        "/bomb" => reply(200, &[("content-encoding", "gzip")], &bomb),
        "/gone" => reply(410, &[], b""),
        "/page" => {
            reply(200, &[("content-type", "text/html")], b"<!doctype html><html><body>Hello</body></html>")
        }
        "/endless" => vec![
            Act::Send([head(200, &[]), b"\r\n<rss><channel><title>x</title>".to_vec()].concat()),
            Act::Endless(b"<item><title>y</title></item>".repeat(1000)),
        ],
        "/silent" => vec![Act::Hold],
        "/reset" => vec![Act::Reset],
        path if path.starts_with("/good/") => file(seen, "\"1\"", sound),
        _ => reply(404, &[], b""),
    });
    let place = Place::new(&server);
    let bad = [
        ("/private", "10.11.12.13 is"),
        ("/metadata", "169.254.169.254 is"),
        ("/bomb", "unpacks to more than"),
        ("/gone", "taken down for good (410)"),
        ("/page", "this is a web page, not a feed"),
        ("/endless", "more than"),
        ("/silent", "took more than"),
        ("/reset", "cannot be reached"),
        ("/nowhere", "does not exist (404)"),
    ];
    let good = place.subscribe(server.url("/good"), Wanted::Latest(2));
    for (path, _) in bad {
        place.subscribe(server.url(path), Wanted::All);
    }
    let (summary, told) = place.run();
    assert_eq!((summary.feeds, summary.feeds_failed, summary.found), (10, 9, 3), "{told:?}");
    assert_eq!(summary.fetched, 2, "the newest two: {told:?}");
    for (path, says) in bad {
        let entry = place.archive.feeds(None).unwrap();
        let entry = entry.iter().find(|feed| feed.address.ends_with(path)).unwrap();
        let trouble = entry.trouble.as_deref().unwrap_or_default();
        assert!(trouble.contains(says), "{path}: {trouble}");
        assert_eq!(entry.state == FeedState::Gone, path == "/gone");
        assert!(entry.failures == 1 && entry.next_check > entry.checked.unwrap(), "{path}");
    }
    let entry = place.archive.feed(good).unwrap();
    assert_eq!((entry.title.as_str(), entry.episodes, entry.trouble), ("The good one", 3, None));
    let asked = server.seen().len();
    // Nothing is due again at once, and the one that is gone never is.
    assert_eq!(place.run().0.feeds, 0);
    assert_eq!(server.seen().len(), asked);
    place.sound();
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let changed = Arc::new(AtomicUsize::new(1));
    let number = changed.clone();
    let server = Hostile::start(move |seen| {
        let number = number.load(Ordering::Relaxed);
        let etag = format!("\"{number}\"");
        match seen.field("if-none-match") == Some(&etag) {
            true => reply(304, &[("etag", &etag)], b""),
            false => {
                let items: String =
                    (1..=number).map(|number| item(number, "https://example.org/x.mp3")).collect();
                reply(200, &[("etag", &etag)], &rss("Weekly", &items))
            }
        }
    });
    let place = Place::new(&server);
    let feed = place.subscribe(server.url("/"), Wanted::Latest(0));
    assert!(matches!(place.look(feed), Looked::Stored(_, done) if done.new == 1));
    assert!(matches!(place.look(feed), Looked::Unchanged));
    changed.store(2, Ordering::Relaxed);
    assert!(
        matches!(place.look(feed), Looked::Stored(_, done) if done.new == 1 && done.due == 1),
        "new ones are wanted"
    );
    assert!(matches!(place.look(feed), Looked::Unchanged));
    let sent: Vec<Option<String>> =
        server.seen().iter().map(|seen| seen.field("if-none-match").map(str::to_owned)).collect();
    assert_eq!(sent, [None, Some("\"1\"".into()), Some("\"1\"".into()), Some("\"2\"".into())]);
}

#[test]
fn what_a_publisher_takes_away_stays_and_is_shown() {
    let server = Hostile::start(|seen| {
        let gone = if seen.number > 0 { 3 } else { 0 };
        let items: String = (1..6)
            .filter(|number| *number != gone)
            .map(|number| item(number, &format!("/{number}.mp3")))
            .collect();
        reply(200, &[], &rss("Weekly", &items))
    });
    let place = Place::new(&server);
    let feed = place.subscribe(server.url("/feed"), Wanted::Latest(0));
    place.look(feed);
    assert!(place.archive.takedowns().unwrap().is_empty());
    assert!(matches!(place.look(feed), Looked::Stored(_, done) if done.missing == 1));
    let takedowns = place.archive.takedowns().unwrap();
    assert_eq!((takedowns.len(), takedowns[0].title.as_str()), (1, "Part 3"));
    assert_eq!(place.archive.episodes(None).unwrap().len(), 5);
    place.sound();
}

#[test]
fn a_moved_feed_is_followed_once_its_server_has_said_so_three_times() {
    let server = Hostile::start(|seen| match seen.path.as_str() {
        "/old" => redirect(301, "/new"),
        _ => reply(200, &[], &rss("Weekly", &item(seen.number, "/1.mp3"))),
    });
    let place = Place::new(&server);
    let feed = place.subscribe(server.url("/old"), Wanted::Latest(0));
    for look in 1..4 {
        assert!(place.archive.feed(feed).unwrap().address.ends_with("/old"), "look {look}");
        place.look(feed);
    }
    assert!(place.archive.feed(feed).unwrap().address.ends_with("/new"));
}

#[test]
fn a_sound_that_does_not_come_waits_and_costs_no_attempt() {
    let server = Hostile::start(|seen| match seen.path.as_str() {
        "/feed" => reply(200, &[], &rss("Weekly", &(item(1, "/busy.mp3") + &item(2, "/gone.mp3")))),
        "/busy.mp3" => reply(503, &[("retry-after", "120")], b""),
        _ => reply(404, &[], b""),
    });
    let place = Place::new(&server);
    place.subscribe(server.url("/feed"), Wanted::All);
    let (summary, told) = place.run();
    assert_eq!((summary.found, summary.fetched, summary.failed), (2, 0, 2), "{told:?}");
    let state = |title: &str| {
        let entry = place.archive.find_episode(title).unwrap();
        let cell = entry.cells.into_iter().find(|cell| cell.stage == Stage::FETCH).unwrap();
        (cell.state, cell.attempt)
    };
    assert_eq!(state("Part 1"), (State::Waiting, 0));
    assert_eq!(state("Part 2"), (State::Failed, 1));
    // A person asks for it by hand.
    assert!(place.archive.want_sound(place.archive.find_episode("Part 2").unwrap().episode.id).unwrap());
    assert_eq!(state("Part 2").0, State::Waiting);
    place.sound();
}

#[test]
fn a_broadcast_is_recorded_across_a_drop_and_knows_what_it_missed() {
    let server = Hostile::start(|seen| {
        let head =
            [head(200, &[("content-type", "audio/mpeg"), ("icy-name", "Harbour FM")]), b"\r\n".to_vec()]
                .concat();
        match seen.number {
            0 => vec![Act::Send(head), Act::Send(b"the first half, ".repeat(100))],
            1 => vec![Act::Send(head), Act::Send(b"the second half ".repeat(100)), Act::Hold],
            _ => vec![Act::Hold],
        }
    });
    let place = Place::new(&server);
    let wish = Subscribe {
        address: server.url("/live"),
        kind: FeedKind::Stream,
        title: Some("Harbour FM".into()),
        ..Subscribe::default()
    };
    let feed = place.archive.subscribe(&wish).unwrap().0;
    let now = jiff::Timestamp::now();
    let (begin, end) = (now - Duration::from_secs(20), now + Duration::from_millis(2500));
    let input = format!("2026-03-06 {begin} {end}");
    place.archive.require(feed, &Stage::RECORD, &input, Priority::Asked).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let options = Options { watch: true, ..place.options.clone() };
    let hearer: Arc<dyn Hearer> = Arc::new(Deaf);
    let mut made = None;
    let summary = run(&place.archive, &options, &mut Ears::ready(hearer), &stop, &mut |event| {
        if let Event::Recorded { episode } = event {
            made = Some(episode.clone());
            stop.store(true, Ordering::Relaxed);
        }
    });
    assert_eq!(summary.unwrap().recorded, 1);
    let made = made.unwrap();
    assert_eq!(made.episode.title, "Harbour FM, 2026-03-06");
    let bytes = std::fs::read(place.archive.blob_path(&made.recording.unwrap().blob.unwrap())).unwrap();
    assert_eq!(bytes.len(), 3200);
    assert!(bytes.starts_with(b"the first half") && bytes.ends_with(b"the second half "));
    let item = &place.archive.outlets(made.episode.id).unwrap()[0].item;
    let lost = item["lost"].as_array().unwrap();
    assert!(lost[0]["at"] == 0.0 && lost[0]["ms"].as_i64().unwrap() >= 20_000, "the begin: {lost:?}");
    // The same window again is the same episode.
    assert!(!place.archive.require(feed, &Stage::RECORD, &input, Priority::Asked).unwrap());
    place.sound();
}
