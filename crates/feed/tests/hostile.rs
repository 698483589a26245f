//! Feeds that are broken, and feeds that were made to do harm: each gives what can be understood, soon.

use std::time::{Duration, Instant};

use feed::{Limits, NotAFeed, Parsed, parse, parse_opml};
use proptest::prelude::*;

const ADDRESS: &str = "https://example.org/feed";

fn read(text: &str) -> Parsed {
    parse(text.as_bytes(), None, ADDRESS, &Limits::default()).expect("a feed")
}

fn titles(parsed: &Parsed) -> Vec<&str> {
    parsed.feed.items.iter().map(|item| item.title.as_deref().unwrap_or("-")).collect()
}

/// Faults in the middle item of three, and the titles that are read all the same.
const FAULTS: &[(&str, &[&str])] = &[
    ("<title>b</title><link>unclosed", &["a", "b", "c"]),
    ("<title>b</title><description>a <b>bold</i> word</description>", &["a", "b", "c"]),
    ("<title>b</title></guid></br></channel2>", &["a", "b", "c"]),
    ("<title>b<guid>1</guid>", &["a", "b", "c"]),
    ("<title>b & c &unknown; &amp</title>", &["a", "b & c &unknown; &amp", "c"]),
    ("<title>b < c</title>", &["a", "b < c", "c"]),
    ("<title>b <3 c</title>", &["a", "b <3 c", "c"]),
    (
        "<title>b</title><enclosure url=\"https://example.org/1.mp3 length=\"1\" type=\"audio/mpeg\"/>",
        &["a", "b", "c"],
    ),
    ("<title>b</title><enclosure url='https://example.org/1.mp3 />", &["a", "b", "c"]),
    ("<title>b</title><enclosure url=https://example.org/1.mp3 length=1>", &["a", "b", "c"]),
    ("<title>b</title><enclosure <guid>1</guid>", &["a", "b", "c"]),
    ("<title>b</title><description><![CDATA[never closed</description>", &["a", "b", "c"]),
    ("<title>b</title><!-- never closed", &["a", "b", "c"]),
    ("<title>b</title><!-- closed -- twice -->", &["a", "b", "c"]),
    ("<title>b</title><?php echo ?>", &["a", "b", "c"]),
    ("<title>b</title><nowhere:thing xmlns:=\"\" =\"\" a a=1 a=2>x</nowhere:thing>", &["a", "b", "c"]),
    (
        "<title>b</title><pubDate>once upon a time</pubDate><itunes:duration>long</itunes:duration>",
        &["a", "b", "c"],
    ),
    ("<TITLE>b</TITLE><Guid>1</gUID>", &["a", "b", "c"]),
    ("<title>b</title></item></item>", &["a", "b", "c"]),
    ("<title>b</title><item>", &["a", "b", "c"]),
    ("<title>\u{0}b\u{8}</title>", &["a", "b", "c"]),
    ("<title><title>b</title></title>", &["a", "b", "c"]),
    ("<item><item><title>b</title>", &["a", "b", "c"]),
    ("<title>b</title><link", &["a", "b", "c"]),
    (
        "<title>b</title><podcast:person role=\"nobody knows\"/><podcast:person></podcast:person>",
        &["a", "b", "c"],
    ),
];

#[test]
fn a_fault_costs_an_element_and_not_the_feed() {
    for (fault, expected) in FAULTS {
        let feed = format!(
            "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>show</title>\n\
             <item><title>a</title></item>\n<item>{fault}</item>\n<item><title>c</title></item>\n</channel></rss>"
        );
        let parsed = read(&feed);
        let found: Vec<_> = titles(&parsed).into_iter().filter(|title| *title != "-").collect();
        assert_eq!(found, *expected, "{fault}");
        assert_eq!(parsed.feed.title.as_deref(), Some("show"), "{fault}");
    }
}

#[test]
fn a_document_cut_anywhere_gives_the_items_before_the_cut() {
    let text = include_str!("golden/full.xml");
    let whole = read(text);
    let mut counts = Vec::new();
    for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
        let Ok(parsed) = parse(&text.as_bytes()[..cut], None, ADDRESS, &Limits::default()) else { continue };
        let kept = parsed.feed.items.len();
        let same = parsed
            .feed
            .items
            .iter()
            .zip(&whole.feed.items)
            .all(|(own, other)| own.guid == other.guid && own.notes == other.notes);
        assert!(same, "cut at {cut}");
        let ends =
            text[..cut].matches("</item>").count() + text[..cut].matches("</podcast:liveItem>").count();
        assert_eq!(kept, ends, "cut at {cut}");
        counts.push(kept);
    }
    assert_eq!(counts.last(), Some(&3));
    assert!(counts.is_sorted());
}

/// How long a document may take in this test, in a build with optimisation on a busy machine.
const SOON: Duration = Duration::from_secs(5);

fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    assert!(start.elapsed() < SOON, "{what} took {:?}", start.elapsed());
    done
}

fn item(inside: &str) -> String {
    format!(
        "<rss><channel><item><title>a</title>{inside}</item><item><title>b</title></item></channel></rss>"
    )
}

#[test]
fn entities_are_not_expanded_and_nothing_is_fetched() {
    let mut bomb = String::from("<?xml version=\"1.0\"?><!DOCTYPE rss [<!ENTITY a0 \"ha\">");
    for level in 1..30 {
        let above = format!("&a{};", level - 1).repeat(10);
        bomb.push_str(&format!("<!ENTITY a{level} \"{above}\">"));
    }
    bomb.push_str("<!ENTITY file SYSTEM \"file:///etc/passwd\">]>");
    bomb.push_str("<rss><channel><item><title>&a29; &file;</title></item></channel></rss>");
    let parsed = soon("a bomb of entities", || read(&bomb));
    assert_eq!(titles(&parsed), ["&a29; &file;"]);
    let kinds: Vec<_> = parsed.complaints.iter().map(|complaint| complaint.kind).collect();
    assert!(kinds.contains(&"entities declared in the document, which are not expanded"), "{kinds:?}");
}

#[test]
fn what_is_too_much_is_cut_and_the_rest_is_read() {
    let many = |piece: &str, times: usize| piece.repeat(times);
    let attributes: String = (0..200_000).map(|number| format!(" a{number}=\"\"")).collect();
    let spaces: String = (0..100_000).map(|number| format!(" xmlns:n{number}=\"u:{number}\"")).collect();
    let big = many("x", 20 << 20);
    for (what, inside) in [
        ("depth", many("<a>", 1_000_000)),
        ("depth, closed", many("<a>", 300_000) + &many("</a>", 300_000)),
        ("depth inside a text", format!("<description>{}</description>", many("<b>", 300_000))),
        ("attributes", format!("<enclosure{attributes} url=\"https://example.org/1.mp3\"/>")),
        ("the same attribute", format!("<enclosure{}/>", many(" a=\"1\"", 200_000))),
        ("namespaces", format!("<x{spaces}/>")),
        ("namespaces, each in an element", many("<x xmlns:y=\"z\"><y:a/>", 100_000)),
        ("a long attribute", format!("<enclosure url=\"https://example.org/{big}\"/>")),
        ("a long guid", format!("<guid>{big}</guid>")),
        ("a long text", format!("<description><![CDATA[{big}]]></description>")),
        ("a long comment", format!("<!--{big}-->")),
        ("a long name", format!("<{big}/>")),
        ("people", many("<podcast:person>x</podcast:person>", 100_000)),
        ("categories", (0..20_000).map(|number| format!("<category>{number}</category>")).collect()),
        ("lone brackets", many("<", 500_000)),
        ("brackets and quotes", many("<\"", 200_000)),
        ("tags with open quotes", many("<a b=\"", 100_000)),
        ("tags with open quotes and ends", many("<a b='>", 100_000)),
        ("comments that never end", many("<!--", 200_000)),
        ("sections that never end", many("<![CDATA[", 100_000)),
        ("ampersands", many("&", 1_000_000)),
        ("references", many("&#x", 300_000)),
        ("end tags", many("</b>", 500_000)),
        ("declarations", many("<!DOCTYPE a [", 100_000)),
        ("instructions", many("<?a", 200_000)),
        ("items in items", many("<item>", 200_000)),
        ("unclosed titles", many("<title>", 200_000)),
        ("line breaks", many("\n", 5_000_000)),
    ] {
        let document = item(&inside);
        let parsed = soon(what, || read(&document));
        assert!(!parsed.feed.items.is_empty(), "{what}");
        let line = Limits::default().line_bytes;
        for item in &parsed.feed.items {
            let guid = item.guid.as_deref().unwrap_or_default();
            assert!(guid.len() <= line && item.notes.len() <= Limits::default().notes_bytes, "{what}");
            assert!(item.people.len() <= 256 && item.categories.len() <= 256, "{what}");
        }
        assert!(parsed.complaints.len() <= Limits::default().complaints, "{what}");
    }
}

#[test]
fn limits_of_items_and_bytes() {
    let limits = Limits { items: 1000, document_bytes: 1 << 20, ..Limits::default() };
    let many = format!("<rss><channel>{}</channel></rss>", "<item/>".repeat(5000));
    let parsed = parse(many.as_bytes(), None, ADDRESS, &limits).expect("a feed");
    assert_eq!(parsed.feed.items.len(), 1000);
    assert_eq!(parsed.complaints[0].to_string(), "too many items (4000 times)");
    let json = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{}]}}",
        vec!["{}"; 5000].join(",")
    );
    assert_eq!(parse(json.as_bytes(), None, ADDRESS, &limits).expect("a feed").feed.items.len(), 1000);
    let large = vec![b'<'; 2 << 20];
    assert_eq!(
        parse(&large, None, ADDRESS, &limits),
        Err(NotAFeed::TooLarge { bytes: 2 << 20, most: 1 << 20 })
    );
}

#[test]
fn hostile_json() {
    let nested =
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"x\":{}", "[".repeat(1_000_000));
    let quotes = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{}",
        "{\"a\\\":".repeat(200_000)
    );
    let deep = format!(
        "{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{{\"id\":\"1\"}},{{\"x\":{}{}}},{{\"id\":\"\\uZZZZ\"}},7,{{\"id\":3}}]}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    for (what, text) in [("nested", &nested), ("quotes", &quotes)] {
        let _ = soon(what, || parse(text.as_bytes(), None, ADDRESS, &Limits::default()));
    }
    let parsed = soon("deep", || read(&deep));
    let ids: Vec<_> = parsed.feed.items.iter().map(|item| item.guid.as_deref()).collect();
    assert_eq!(ids, [Some("1"), Some("3")], "an item that cannot be read costs itself");
    for cut in 0..deep.len().min(100) {
        let _ = parse(&deep.as_bytes()[..cut], None, ADDRESS, &Limits::default());
    }
}

#[test]
fn what_is_no_feed_says_what_it_is() {
    let parse = |bytes: &[u8]| {
        parse(bytes, None, "https://example.org/show/", &Limits::default()).expect_err("no feed")
    };
    assert_eq!(parse(b" \n"), NotAFeed::Empty);
    assert_eq!(parse(b"\x1f\x8b\x08\x00"), NotAFeed::Compressed);
    let page = b"<!DOCTYPE html><html><head><meta charset=utf-8><link rel=stylesheet href=x><link rel=\"alternate\" \
                 type=\"application/rss+xml\" href=\"feed.xml\"></head><body>Hello";
    assert_eq!(parse(page), NotAFeed::WebPage { feeds: vec!["https://example.org/show/feed.xml".into()] });
    assert_eq!(
        parse(page).to_string(),
        "this is a web page, not a feed; its feed is https://example.org/show/feed.xml"
    );
    assert_eq!(parse(b"<opml><body/></opml>"), NotAFeed::ListOfFeeds);
    for other in [
        &b"ID3\x04\x00sound"[..],
        b"#EXTM3U",
        b"{\"a\":1}",
        b"<svg/>",
        b"Hello",
        b"<",
        b"\xff\xfe",
        b"%PDF <x",
    ] {
        let error = parse(other);
        assert!(matches!(error, NotAFeed::SomethingElse { .. } | NotAFeed::Empty), "{error}");
    }
}

#[test]
fn addresses_that_are_none_are_left_out() {
    let parsed = read(&item(
        "<link>javascript:alert(1)</link><enclosure url=\"file:///etc/passwd\"/><enclosure url=\"data:audio/mpeg,x\"/>\
         <enclosure url=\"/relative.mp3\"/><podcast:transcript url=\"ftp://example.org/x\" type=\"text/vtt\"/>",
    ));
    let [first, _] = &parsed.feed.items[..] else { panic!("two items") };
    assert_eq!(first.link, None);
    let addresses: Vec<_> = first.enclosures.iter().map(|enclosure| enclosure.address.as_str()).collect();
    assert_eq!(addresses, ["https://example.org/relative.mp3"]);
    assert_eq!(first.transcripts, []);
    assert_eq!(parsed.complaints[0].times, 4);
}

/// Changes that transmission, programs and people make to a document.
#[derive(Clone, Debug)]
enum Change {
    Flip(usize, u8),
    Cut(usize),
    Delete(usize, usize),
    Double(usize, usize),
    Insert(usize, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let pieces = prop::sample::select(vec![
        "<",
        ">",
        "\"",
        "'",
        "&",
        "</",
        "/>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?",
        "<item>",
        "</item>",
        "</channel>",
        "<title>",
        "xmlns=\"x\"",
        "xmlns:podcast=\"\"",
        "\u{0}",
        "\u{feff}",
        "&#x110000;",
        "<entry>",
        "{",
        "}",
        "[",
        "]",
        "\\",
    ]);
    prop_oneof![
        (any::<usize>(), any::<u8>()).prop_map(|(at, bits)| Change::Flip(at, bits)),
        any::<usize>().prop_map(Change::Cut),
        (any::<usize>(), 0..60usize).prop_map(|(at, length)| Change::Delete(at, length)),
        (any::<usize>(), 0..200usize).prop_map(|(at, length)| Change::Double(at, length)),
        (any::<usize>(), pieces).prop_map(|(at, piece)| Change::Insert(at, piece)),
    ]
}

fn apply(bytes: &mut Vec<u8>, changes: &[Change]) {
    for change in changes {
        let place = |at: usize| at % (bytes.len() + 1);
        match *change {
            Change::Flip(at, bits) => {
                let at = place(at);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= bits;
                }
            }
            Change::Cut(at) => bytes.truncate(place(at).max(bytes.len() / 2)),
            Change::Delete(at, length) => {
                let at = place(at);
                bytes.drain(at..(at + length).min(bytes.len()));
            }
            Change::Double(at, length) => {
                let at = place(at);
                let piece = bytes[at..(at + length).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            Change::Insert(at, piece) => {
                let at = place(at);
                bytes.splice(at..at, piece.bytes());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn changed_documents_are_read_as_far_as_they_go(
        document in prop::sample::select(vec![
            include_str!("golden/full.xml"),
            include_str!("golden/atom.xml"),
            include_str!("golden/rdf.xml"),
            include_str!("golden/feed.json"),
            include_str!("golden/subscriptions.opml"),
        ]),
        changes in prop::collection::vec(change(), 1..8),
    ) {
        let mut bytes = document.as_bytes().to_vec();
        apply(&mut bytes, &changes);
        if let Ok(parsed) = parse(&bytes, None, ADDRESS, &Limits::default()) {
            for item in &parsed.feed.items {
                let _ = item.notes.text();
            }
        }
        let _ = parse_opml(&bytes, &Limits::default());
    }

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Some("text/xml; charset=shift_jis"), "not an address", &Limits::default());
        let _ = parse_opml(&bytes, &Limits::default());
    }
}
