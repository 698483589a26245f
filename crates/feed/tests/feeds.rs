//! What feeds say, read in every format they are written in.

use feed::{EpisodeKind, Feed, Format, Limits, LiveState, Parsed, ShowKind, parse};
use model::Millis;

const HOME: &str = "https://radio.example.org/feeds/harbour.xml";

fn read(text: &str) -> Parsed {
    parse(text.as_bytes(), None, HOME, &Limits::default()).expect("a feed")
}

fn names(people: &[feed::Person]) -> Vec<&str> {
    people.iter().map(|person| person.name.as_str()).collect()
}

#[test]
fn everything_a_listener_has_use_for() {
    let Parsed { feed, complaints } = read(include_str!("golden/full.xml"));
    assert_eq!(complaints, []);
    about_the_show(&feed);
    about_the_episode(&feed);
}

fn about_the_show(feed: &Feed) {
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(feed.format, Format::Rss);
    assert_eq!(feed.title, text("Harbour & Hinterland"));
    assert_eq!(feed.notes.text(), "Ships, rails and the people between them.");
    assert_eq!(feed.subtitle, text("Ships and rails"));
    assert_eq!(feed.link, text("https://radio.example.org/harbour"));
    assert_eq!(feed.own_address, text(HOME));
    assert_eq!(feed.next_page, text("https://radio.example.org/feeds/harbour.xml?page=2"));
    assert_eq!(feed.hubs, ["https://hub.example.org/"]);
    assert_eq!(feed.new_address, text("https://new.example.org/harbour.xml"));
    assert_eq!(feed.language, text("en-GB"));
    assert_eq!(feed.copyright, text("© 2024 Radio Example"));
    assert_eq!(feed.generator, text("by hand"));
    assert_eq!(feed.author, text("Radio Example"));
    let owner = feed.owner.as_ref().expect("an owner");
    assert_eq!(
        (owner.name.as_deref(), owner.email.as_deref()),
        (Some("Ada Quill"), Some("ada@radio.example.org"))
    );
    assert_eq!(feed.image, text("https://radio.example.org/cover.jpg"));
    assert_eq!(feed.categories, ["Society & Culture/Documentary", "News"]);
    assert_eq!(feed.explicit, Some(false));
    assert_eq!(feed.kind, Some(ShowKind::Serial));
    assert!(feed.blocked && feed.complete);
    assert_eq!(feed.guid, text("917393e3-1b1e-5cef-ace4-edaa54e1f810"));
    assert_eq!(feed.medium, text("podcast"));
    assert_eq!(feed.locked, Some(true));
    assert_eq!(
        (feed.funding[0].address.as_str(), feed.funding[0].text.as_str()),
        ("https://radio.example.org/give", "Give a little")
    );
    let place = feed.location.as_ref().expect("a place");
    assert_eq!((place.name.as_str(), place.osm.as_deref()), ("Hamburg", Some("R62782")));
    assert_eq!(names(&feed.people), ["Ada Quill", "Ben Oakes"]);
    assert_eq!((feed.people[0].role(), feed.people[0].role.as_deref()), ("host", None));
    assert_eq!(feed.people[0].image, text("https://radio.example.org/ada.jpg"));
    assert_eq!(
        (feed.people[1].role(), feed.people[1].group.as_deref()),
        ("narrator of things", Some("voices"))
    );
    assert_eq!(feed.podroll[0].address, text("https://other.example.org/feed"));
    assert_eq!((feed.trailers[0].title.as_str(), feed.trailers[0].season), ("Season two", Some(2)));
    assert_eq!(feed.updated.map(|updated| updated.at.to_string()), text("2024-04-06T18:30:00Z"));
    assert_eq!(
        (feed.refresh_minutes, &feed.skip_hours[..], &feed.skip_days[..]),
        (Some(90), &[2, 3][..], &[6][..])
    );
}

fn about_the_episode(feed: &Feed) {
    let text = |text: &str| Some(text.to_owned());
    let [ferry, bare, live] = &feed.items[..] else { panic!("three items: {:?}", feed.items) };
    assert_eq!(ferry.title, text("The ferry that waited"));
    assert_eq!(ferry.guid, text("hh-12"));
    let published = ferry.published.expect("a date");
    assert_eq!(
        (published.at.to_string().as_str(), published.day.to_string().as_str()),
        ("2024-04-07T06:15:00Z", "2024-04-06")
    );
    assert_eq!(ferry.link, text("https://radio.example.org/harbour/12"));
    assert_eq!(ferry.notes.text(), "Guests\n\nWith Mira Sand,\ncaptain.\n\n- Ferries\n- Rails");
    assert!(!ferry.notes.html().as_str().contains("script"));
    assert_eq!(ferry.enclosures[0].address, "https://media.example.org/12.mp3?token=abc&x=1");
    assert_eq!(
        (ferry.enclosures[0].bytes, ferry.enclosures[0].media_type.as_deref()),
        (Some(34_216_300), Some("audio/mpeg"))
    );
    assert_eq!(ferry.duration, Some(Millis(3_723_000)));
    assert_eq!(
        ferry.season.as_ref().map(|season| (season.number, season.name.as_deref())),
        Some((2, Some("The long night")))
    );
    assert_eq!(
        ferry.episode.as_ref().map(|episode| (episode.number, episode.display.as_deref())),
        Some((12.5, Some("Ch.3")))
    );
    assert_eq!(ferry.kind, Some(EpisodeKind::Bonus));
    assert_eq!(ferry.image, text("https://radio.example.org/12.jpg"));
    assert_eq!(ferry.categories, ["ferry", "rails"]);
    assert_eq!(names(&ferry.people), ["Mira Sand"]);
    assert_eq!(names(feed.people_of(ferry)), ["Mira Sand"], "an item's list replaces the channel's");
    assert_eq!(names(feed.people_of(bare)), ["Ada Quill", "Ben Oakes"]);
    let transcripts: Vec<_> = ferry
        .transcripts
        .iter()
        .map(|link| {
            (link.address.as_str(), link.media_type.as_deref(), link.language.as_deref(), link.rel.as_deref())
        })
        .collect();
    assert_eq!(
        transcripts,
        [
            ("https://media.example.org/12.vtt", Some("text/vtt"), Some("en"), Some("captions")),
            ("https://media.example.org/12.de.srt", Some("application/x-subrip"), Some("de"), None),
        ]
    );
    let chapters = ferry.chapters.as_ref().expect("chapters");
    assert_eq!(
        (chapters.address.as_str(), chapters.media_type.as_deref()),
        ("https://media.example.org/12.json", Some("application/json+chapters"))
    );
    let bite = &ferry.soundbites[0];
    assert_eq!(
        (bite.start, bite.duration, bite.title.as_str()),
        (Millis(73_500), Millis(60_000), "The horn")
    );
    assert_eq!(ferry.location.as_ref().map(|place| place.name.as_str()), Some("Kiel"));
    let other = &ferry.alternates[0];
    assert_eq!(
        (other.bit_rate, other.default, other.language.as_deref()),
        (Some(48_000.5), true, Some("en"))
    );
    assert_eq!(other.sources.len(), 1, "what is not on the web is left out");
    assert_eq!(other.sources[0].address, "https://media.example.org/12.opus");
    let starts: Vec<_> =
        ferry.inline_chapters.iter().map(|chapter| (chapter.start, chapter.title.as_str())).collect();
    assert_eq!(starts, [(Millis(0), "Start"), (Millis(90_000), "The pier")]);
    assert_eq!(bare.enclosures[0].bytes, None, "a length of 0 is no length");
    let time = live.live.as_ref().expect("a live item");
    assert_eq!(time.state, LiveState::Live);
    assert_eq!(time.start.map(|start| start.at.to_string()), text("2024-04-07T13:30:00Z"));
}
