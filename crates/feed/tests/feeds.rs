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

#[test]
fn atom() {
    let Parsed { feed, complaints } = read(include_str!("golden/atom.xml"));
    assert_eq!(complaints, []);
    let text = |text: &str| Some(text.to_owned());
    assert_eq!((feed.format, feed.title), (Format::Atom, text("Nacht & Nebel")));
    assert_eq!(
        (feed.link, feed.own_address),
        (text("https://radio.example.org/nacht"), text("https://radio.example.org/atom.xml"))
    );
    assert_eq!(
        (feed.subtitle, feed.author, feed.copyright),
        (text("Aus dem Archiv"), text("Jo Ferch"), text("frei"))
    );
    assert_eq!(feed.language, text("de"));
    assert_eq!(feed.image, text("https://radio.example.org/logo.png"));
    assert_eq!(feed.next_page, text("https://radio.example.org/atom.xml?page=2"));
    let [first, second] = &feed.items[..] else { panic!("two entries") };
    assert_eq!(first.guid, text("urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a"));
    assert_eq!(first.link, text("https://radio.example.org/nacht/1"));
    assert_eq!(
        (first.enclosures[0].address.as_str(), first.enclosures[0].bytes),
        ("https://media.example.org/nacht/1.ogg", Some(4711))
    );
    assert_eq!(first.published.map(|published| published.at.to_string()), text("2024-04-06T18:00:00Z"));
    assert_eq!((&first.author, &first.categories[..]), (&text("Mina Tal"), &["Nacht".to_owned()][..]));
    assert_eq!(
        (first.notes.text().as_str(), first.summary.as_deref()),
        ("Mit Mina Tal & Jo Ferch.\n\na < b", Some("Kurz gesagt."))
    );
    assert_eq!(names(&first.people), ["Mina Tal"]);
    assert_eq!(
        (second.title.clone(), second.notes.text()),
        (text("Der zweite Abend"), "Ohne Gäste".to_owned())
    );
    assert_eq!(second.published.map(|published| published.at.to_string()), text("2024-04-13T20:00:00Z"));
}

#[test]
fn rdf() {
    let Parsed { feed, complaints } = read(include_str!("golden/rdf.xml"));
    assert_eq!(complaints, []);
    assert_eq!((feed.format, feed.title.as_deref()), (Format::Rdf, Some("Old wires")));
    assert_eq!((feed.language.as_deref(), feed.author.as_deref()), (Some("en"), Some("Wire Room")));
    assert_eq!(feed.refresh_minutes, Some(6 * 60));
    let [item] = &feed.items[..] else { panic!("one item") };
    assert_eq!(
        (item.guid.as_deref(), item.title.as_deref()),
        (Some("https://radio.example.org/old/1"), Some("First wire"))
    );
    assert_eq!(
        item.published.map(|published| published.at.to_string()).as_deref(),
        Some("2004-03-01T09:00:00Z")
    );
    assert_eq!((item.author.as_deref(), item.notes.text().as_str()), (Some("A. Clerk"), "Dots and dashes"));
}

#[test]
fn json() {
    let Parsed { feed, complaints } = read(include_str!("golden/feed.json"));
    assert_eq!(complaints, []);
    assert_eq!((feed.format, feed.title.as_deref()), (Format::Json, Some("Notes in braces")));
    assert_eq!((feed.image.as_deref(), feed.hubs.len()), (Some("https://radio.example.org/icon.png"), 1));
    assert_eq!(feed.next_page.as_deref(), Some("https://radio.example.org/braces/feed.json?page=2"));
    assert_eq!(
        (names(&feed.people), feed.people[0].link.as_deref()),
        (vec!["Ray Bell"], Some("https://example.org/ray"))
    );
    let [second, first] = &feed.items[..] else { panic!("two items") };
    assert_eq!(
        (second.guid.as_deref(), second.title.as_deref()),
        (Some("b-2"), Some("Second — with a dash"))
    );
    assert_eq!(
        (second.notes.text().as_str(), second.summary.as_deref()),
        ("With Kim Rau", Some("Kim and the braces"))
    );
    assert_eq!(second.published.map(|published| published.day.to_string()).as_deref(), Some("2024-04-06"));
    let sound = &second.enclosures[0];
    assert_eq!(
        (sound.address.as_str(), sound.bytes, second.enclosures.len()),
        ("https://media.example.org/2.m4a", Some(89_970_236), 1)
    );
    assert_eq!((second.duration, second.categories.len()), (Some(Millis(6_629_000)), 2));
    assert_eq!((first.guid.as_deref(), first.notes.text().as_str()), (Some("1"), "Plain <text>"));
    assert_eq!(names(&first.people), ["Old Way"]);
}

#[test]
fn people_named_in_other_ways() {
    let author = |element: &str| {
        let text = format!("<rss><channel><item>{element}</item></channel></rss>");
        read(&text).feed.items[0].author.clone().unwrap_or_default()
    };
    assert_eq!(author("<author>ann@example.org (Ann Lee)</author>"), "Ann Lee");
    assert_eq!(author("<author>Ann Lee</author>"), "Ann Lee");
    assert_eq!(author("<author><name>Ann Lee</name><uri>https://example.org</uri></author>"), "Ann Lee");
    assert_eq!(author("<dc:creator><![CDATA[Ann Lee]]></dc:creator>"), "Ann Lee");
    assert_eq!(author("<author>x</author><itunes:author>Ann Lee</itunes:author>"), "Ann Lee");
}

#[test]
fn namespaces_by_any_name() {
    for declaration in [
        "",
        "xmlns:podcast=\"https://podcastindex.org/namespace/1.0\"",
        "xmlns:podcast=\"HTTP://PodcastIndex.org/namespace/1.0/\"",
        "xmlns:podcast=\"https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/1.0.md\"",
        "xmlns:podcast=\"https://example.org/mistyped\"",
    ] {
        let text =
            format!("<rss {declaration}><channel><podcast:person>Ann Lee</podcast:person></channel></rss>");
        assert_eq!(names(&read(&text).feed.people), ["Ann Lee"], "{declaration}");
    }
    let other = "<rss xmlns:p=\"https://podcastindex.org/namespace/1.0\"><channel><p:person>Ann Lee</p:person></channel></rss>";
    assert_eq!(names(&read(other).feed.people), ["Ann Lee"]);
    let local = "<rss><channel><link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"next\" href=\"?2\"/><title>t</title></channel></rss>";
    let feed = read(local).feed;
    assert_eq!((feed.title.as_deref(), feed.next_page.is_some()), (Some("t"), true));
}

#[test]
fn media_rss_stands_in_for_an_enclosure() {
    let read =
        |item: &str| read(&format!("<rss><channel><item>{item}</item></channel></rss>")).feed.items.remove(0);
    let sound = "<media:group><media:content url=\"https://example.org/1.mp3\" type=\"audio/mpeg\" fileSize=\"5\"/></media:group>";
    assert_eq!(read(sound).enclosures[0].bytes, Some(5));
    let picture = "<media:content url=\"https://example.org/1.jpg\" medium=\"image\"/>";
    assert!(read(picture).enclosures.is_empty());
    let both = format!("{sound}<enclosure url=\"https://example.org/2.mp3\"/>");
    assert_eq!(read(&both).enclosures.len(), 1);
    assert_eq!(read(&both).enclosures[0].address, "https://example.org/2.mp3");
}

#[test]
fn lengths_as_people_write_them() {
    let read = |text: &str| {
        let feed =
            format!("<rss><channel><item><itunes:duration>{text}</itunes:duration></item></channel></rss>");
        read(&feed).feed.items[0].duration.map(|duration| duration.0)
    };
    for (written, meant) in [
        ("3723", Some(3_723_000)),
        ("1:02:03", Some(3_723_000)),
        ("62:03", Some(3_723_000)),
        (" 00:01:02.5 ", Some(62_500)),
        ("3723.4", Some(3_723_400)),
        ("1:2:3:4", None),
        ("an hour", None),
        ("-5", None),
        ("99999999999", None),
        ("NaN", None),
        ("inf", None),
        ("", None),
    ] {
        assert_eq!(read(written), meant, "{written}");
    }
}

#[test]
fn lists_of_feeds() {
    let list =
        feed::parse_opml(include_bytes!("golden/subscriptions.opml"), &Limits::default()).expect("a list");
    assert_eq!(list.title.as_deref(), Some("My shows"));
    let found: Vec<_> = list
        .outlines
        .iter()
        .map(|one| (one.title.as_deref(), one.address.as_str(), one.folders.join("/")))
        .collect();
    let expected = [
        (Some("Harbour & Hinterland"), "https://radio.example.org/harbour.xml", "News & views/Local"),
        (None, "https://radio.example.org/untitled.xml", "News & views"),
        (Some("Nebel"), "http://radio.example.org/atom.xml", ""),
        (Some("R&D"), "https://radio.example.org/rd.xml", ""),
    ];
    assert_eq!(found, expected.map(|(title, address, folders)| (title, address, folders.to_owned())));
    assert_eq!(list.outlines[0].site.as_deref(), Some("https://radio.example.org/harbour"));
    let kinds: Vec<_> = list.complaints.iter().map(|complaint| complaint.kind).collect();
    assert_eq!(kinds, ["a feed that is listed twice", "an address that is not http or https"]);
}

#[test]
fn a_list_written_and_read_is_the_same() {
    let list =
        feed::parse_opml(include_bytes!("golden/subscriptions.opml"), &Limits::default()).expect("a list");
    let written = feed::write_opml("My <shows>", &list.outlines);
    let again = feed::parse_opml(written.as_bytes(), &Limits::default()).expect("a list");
    assert_eq!((again.title.as_deref(), &again.complaints[..]), (Some("My <shows>"), &[][..]));
    let titled = |outlines: &[feed::Outline]| -> Vec<feed::Outline> {
        outlines
            .iter()
            .cloned()
            .map(|mut one| {
                one.title.get_or_insert(one.address.clone());
                one
            })
            .collect()
    };
    assert_eq!(again.outlines, titled(&list.outlines));
    assert_eq!(feed::write_opml("My <shows>", &again.outlines), written);
}
