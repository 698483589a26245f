//! Subscribing as it is done: the real program and a server on loopback that does what a test tells it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fetch::hostile::{Act, Hostile, Seen, file, gzip_bomb, head, redirect, reply};
use support::{Place, Ran, ran};

/// A WAV file (mono, 16 bit, 16 kHz) of a quiet ramp; `seed` makes its bytes its own.
fn wav(seconds: u32, seed: u8) -> Vec<u8> {
    let samples = seconds * 16_000;
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + samples * 2).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    bytes.extend(16_000u32.to_le_bytes());
    bytes.extend(32_000u32.to_le_bytes());
    bytes.extend(b"\x02\0\x10\0data");
    bytes.extend((samples * 2).to_le_bytes());
    bytes.extend((0..samples).flat_map(|n| ((n % 100) as i16 + i16::from(seed)).to_le_bytes()));
    bytes
}

/// The feed of a show with these episodes.
fn feed(numbers: &[u8]) -> Vec<u8> {
    let mut xml = String::from(
        "<rss version=\"2.0\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\
         <channel><title>The Harbour Hour</title><link>https://harbour.example/</link><language>en</language>\
         <podcast:person role=\"host\">Imogen Vale</podcast:person>",
    );
    for number in numbers {
        xml += &format!(
            "<item><title>Evening {number}</title><guid>evening-{number}</guid>\
             <pubDate>{number:02} Mar 2026 20:00:00 GMT</pubDate><link>https://harbour.example/{number}</link>\
             <content:encoded><![CDATA[<p>With <b>Ruan Tregear</b>.</p><script>alert(1)</script>]]></content:encoded>\
             <podcast:person role=\"host\">Imogen Vale</podcast:person>\
             <podcast:person role=\"guest\">Ruan Tregear</podcast:person>\
             <podcast:chapters url=\"{number}.json\" type=\"application/json+chapters\"/>\
             <podcast:transcript url=\"{number}.html\" type=\"text/html\"/>\
             <podcast:transcript url=\"{number}.vtt\" type=\"text/vtt\"/>\
             <enclosure url=\"{number}.wav\" type=\"audio/wav\" length=\"1\"/></item>"
        );
    }
    (xml + "</channel></rss>").into_bytes()
}

fn show(seen: &Seen, numbers: &[u8]) -> Vec<Act> {
    let name = seen.path.trim_start_matches("/show/");
    let number = name.split('.').next().and_then(|number| number.parse::<u8>().ok()).unwrap_or(0);
    match name.rsplit('.').next() {
        Some("xml") => {
            let etag = format!("\"{numbers:?}\"");
            match seen.field("if-none-match") == Some(&etag) {
                true => reply(304, &[], b""),
                false => reply(200, &[("etag", &etag), ("content-type", "text/xml")], &feed(numbers)),
            }
        }
        Some("wav") => file(seen, &format!("\"{number}\""), &wav(20, number)),
        Some("vtt") => reply(
            200,
            &[("content-type", "text/vtt")],
            b"WEBVTT\n\n00:00.500 --> 00:04.000\n<v Imogen Vale>Good evening from the harbour, and welcome.\n\n\
              00:04.500 --> 00:09.000\n<v Ruan Tregear>Thank you. The ferry was late, as it always is in March.\n\n\
              00:10.000 --> 00:15.000\n<v Imogen Vale>Then let us begin with the letter that the council sent.\n",
        ),
        Some("json") => reply(
            200,
            &[],
            b"{\"version\":\"1.2.0\",\"chapters\":[{\"startTime\":0,\"title\":\"Welcome\"},{\"startTime\":10,\"title\":\"The letter\"}]}",
        ),
        _ => reply(404, &[], b""),
    }
}

/// The program, with this server allowed and no way to weights.
fn command(place: &Place, server: &Hostile) -> Command {
    let mut command = place.command();
    let models = support::manifest(place, &unused_address());
    command
        .env("READOUT_ALLOW_HOSTS", server.allowed().to_string())
        .env("READOUT_MODELS", models)
        .env("PATH", "");
    command
}

/// An address at which nothing listens any more.
fn unused_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn readout(place: &Place, server: &Hostile, words: &[&str]) -> Ran {
    ran(command(place, server).args(words))
}

/// The lines of this type.
fn of_type(ran: &Ran, kind: &str) -> Vec<serde_json::Value> {
    ran.json().into_iter().filter(|line| line["type"] == kind).collect()
}

fn blobs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { blobs(&path) } else { vec![path] }).collect()
}

#[test]
fn a_subscription_is_looked_at_at_once_fetched_and_asked_again_politely() {
    let number = Arc::new(AtomicUsize::new(4));
    let published = number.clone();
    let server = Hostile::start(move |seen| {
        let numbers: Vec<u8> = match published.load(Ordering::Relaxed) {
            // The third is taken away.
            0 => vec![4, 2, 1],
            most => (1..=most as u8).rev().collect(),
        };
        show(seen, &numbers)
    });
    let place = Place::new();
    let address = server.url("/show/feed.xml");
    let added = readout(&place, &server, &["add", &address, "--latest", "2", "--json"]);
    added.works();
    let added = &added.json()[0];
    assert_eq!((&added["title"], &added["episodes"]), (&"The Harbour Hour".into(), &4.into()));
    assert_eq!((&added["due"], &added["new"]), (&2.into(), &true.into()));

    // Nothing needs weights: all have their publisher's transcript.
    let run = readout(&place, &server, &["run", "--json"]);
    run.works();
    assert_eq!((of_type(&run, "fetched").len(), of_type(&run, "texts").len()), (2, 4), "{run:?}");
    let found = of_type(&run, "texts")[0]["found"].as_str().unwrap().to_owned();
    assert_eq!(found, "the publisher's transcript, 30 words of 2 speakers, 2 chapters");
    assert!(!server.seen().iter().any(|seen| seen.path.ends_with(".html")), "the better one was good");
    let shown = readout(&place, &server, &["show", "Evening 4"]);
    for says in ["The Harbour Hour", "Ruan Tregear", "The ferry was late, as it always is in March."] {
        assert!(shown.works().contains(says), "{says}: {shown:?}");
    }
    let status = readout(&place, &server, &["status", "--json"]);
    let episodes = of_type(&status, "episode");
    let titles: Vec<_> = episodes.iter().map(|episode| episode["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Evening 4", "Evening 3", "Evening 2", "Evening 1"]);
    assert_eq!(episodes[0]["duration_ms"], 20_000);
    assert_eq!(episodes[3]["state"], "publisher's text");
    assert_eq!(of_type(&status, "feed")[0]["episodes"], 4);
    place.run(["check"]).works();

    // Again: the server says that nothing changed.
    let again = readout(&place, &server, &["add", &address]);
    assert!(again.works().contains("was subscribed to already: The Harbour Hour (4 episodes)"), "{again:?}");
    let asked: Vec<Seen> = server.seen().into_iter().filter(|seen| seen.path.ends_with(".xml")).collect();
    assert_eq!(asked.last().unwrap().field("if-none-match"), Some("\"[4, 3, 2, 1]\""));

    number.store(0, Ordering::Relaxed);
    readout(&place, &server, &["add", &address]).works();
    let status = readout(&place, &server, &["status"]);
    assert!(status.works().contains("Taken away by their publishers"), "{status:?}");
    assert!(status.out.contains("The Harbour Hour / Evening 3 (since "), "{status:?}");

    // One that the show does not ask for.
    let fetch = readout(&place, &server, &["shows", "fetch", "Evening 1"]);
    assert!(fetch.works().contains("fetched by the next"), "{fetch:?}");
    let run = readout(&place, &server, &["run", "--json"]);
    assert_eq!(of_type(&run, "fetched")[0]["title"], "Evening 1", "{run:?}");
    place.run(["check"]).works();
}

#[test]
fn hostile_feeds_leave_the_good_one_untouched_and_status_says_what_is_wrong() {
    let server = Hostile::start(|seen| match seen.path.as_str() {
        "/private.xml" => redirect(302, "http://10.11.12.13/feed"),
        "/bomb.xml" => reply(200, &[("content-encoding", "gzip")], &gzip_bomb(32 << 20)),
        "/truncated.xml" => {
            let whole = feed(&[9, 8, 7]);
            reply(200, &[], &whole[..whole.len() - 300])
        }
        "/rotating.xml" => {
            let text = String::from_utf8(feed(&[5, 6])).unwrap();
            let text = text
                .replace("evening-", &format!("evening-{}-", seen.number))
                .replace("Harbour Hour", "Carousel");
            reply(200, &[], text.as_bytes())
        }
        "/gone.xml" => reply(410, &[], b""),
        "/endless.xml" => vec![
            Act::Send([head(200, &[]), b"\r\n<rss><channel><title>x</title>".to_vec()].concat()),
            Act::Endless(b"<item><title>and so on</title></item>".repeat(10_000)),
        ],
        _ => show(seen, &[2, 1]),
    });
    let place = Place::new();
    let outlines: String = ["show/feed", "private", "bomb", "truncated", "rotating", "gone", "endless"]
        .iter()
        .map(|name| {
            let address = server.url(&format!("/{name}.xml"));
            format!("<outline type=\"rss\" text=\"{name}\" xmlUrl=\"{address}\"/>")
        })
        .collect();
    let list =
        place.file("list.opml", format!("<opml version=\"2.0\"><head/><body>{outlines}</body></opml>"));
    let added = readout(&place, &server, &["add", list.to_str().unwrap(), "--latest", "0"]);
    assert!(added.works().contains("subscribed to 7 feeds"), "{added:?}");
    let run = readout(&place, &server, &["run"]);
    assert!(!run.err.contains("panicked"), "{run:?}");
    let status = readout(&place, &server, &["status"]);
    for says in [
        "private: refused: 10.11.12.13 is a private address; allow it with --allow-host 10.11.12.13",
        "unpacks to more than",
        "truncated: the feed is damaged (",
        "gone: ",
        "was taken down for good (410)",
        "endless: ",
        "has more than",
    ] {
        assert!(status.works().contains(says), "{says}: {status:?}");
    }
    assert!(status.out.contains("Feeds in trouble: 5"), "{status:?}");
    assert!(status.out.contains("show/feed / Evening 2"), "{status:?}");
    let before = of_type(&readout(&place, &server, &["status", "--json"]), "episode").len();
    // The carousel turns: nothing comes twice.
    readout(&place, &server, &["add", &server.url("/rotating.xml")]).works();
    let after = of_type(&readout(&place, &server, &["status", "--json"]), "episode").len();
    // Of the truncated one the last is cut off.
    assert_eq!((before, after), (6, 6));
    place.run(["check"]).works();
}

#[test]
fn what_cannot_be_subscribed_to_is_said_at_once_and_not_kept() {
    let server = Hostile::start(|seen| {
        match seen.path.as_str() {
        "/page" => reply(
            200,
            &[("content-type", "text/html")],
            b"<html><head><link rel=\"alternate\" type=\"application/rss+xml\" href=\"/show/feed.xml\"></head></html>",
        ),
        "/live" => reply(200, &[("icy-name", "Harbour FM"), ("content-type", "audio/mpeg")], b"\xff\xfb sound"),
        "/busy" => reply(503, &[], b""),
        "/list" => {
            let list = "<?xml version=\"1.0\"?><opml><body><outline xmlUrl=\"https://one.example/\"/></body></opml>";
            reply(200, &[], list.as_bytes())
        }
        _ => show(seen, &[1]),
    }
    });
    let place = Place::new();
    let cases = [
        (
            server.url("/page"),
            format!("this is a web page, not a feed; its feed is {}", server.url("/show/feed.xml")),
        ),
        (server.url("/nothing"), "does not exist (404)".into()),
        (server.url("/live"), "is a live stream".into()),
        ("http://192.168.3.4/feed".into(), "allow it with --allow-host 192.168.3.4".into()),
        ("ftp://one.example/feed".into(), "only https and http are fetched".into()),
    ];
    for (address, says) in cases {
        readout(&place, &server, &["add", &address]).fails(1, &says);
    }
    assert!(readout(&place, &server, &["shows", "--json"]).json().is_empty());
    // What may pass is kept.
    let busy = readout(&place, &server, &["add", &server.url("/busy")]);
    busy.fails(3, "is subscribed to, but did not come");
    busy.fails(3, "the next `readout run` tries it again");
    assert!(
        readout(&place, &server, &["add", &server.url("/list")]).works().contains("subscribed to 1 feeds")
    );
    let export = readout(&place, &server, &["shows", "export"]);
    assert!(export.works().contains("xmlUrl=\"https://one.example/\""), "{export:?}");
}

#[test]
fn the_address_of_a_sound_is_an_episode() {
    let server = Hostile::start(|seen| match seen.path.as_str() {
        "/download?id=7" => reply(200, &[("content-type", "audio/x-wav")], &wav(2, 7)),
        _ => show(seen, &[1]),
    });
    let place = Place::new();
    let added =
        readout(&place, &server, &["add", &server.url("/show/1.wav"), "--title", "One", "--show", "Alone"]);
    assert!(added.works().contains("added Alone / One"), "{added:?}");
    let added = readout(&place, &server, &["add", &server.url("/download?id=7"), "--json"]);
    assert_eq!((&added.json()[0]["type"], &added.json()[0]["new"]), (&"address".into(), &true.into()));
    assert_eq!(
        readout(&place, &server, &["add", &server.url("/show/1.wav"), "--json"]).json()[0]["new"],
        false
    );
    let run = readout(&place, &server, &["run", "--json"]);
    assert_eq!(of_type(&run, "fetched").len(), 2, "{run:?}");
    assert_eq!(blobs(&place.path("archive/blobs")).len(), 2);
    place.run(["check"]).works();
}

#[test]
fn shows_are_changed_paused_and_removed() {
    let server = Hostile::start(|seen| show(seen, &[3, 2, 1]));
    let place = Place::new();
    readout(&place, &server, &["add", &server.url("/show/feed.xml"), "--latest", "0"]).works();
    let listed = readout(&place, &server, &["shows"]);
    assert!(listed.works().contains("The Harbour Hour: 3 episodes"), "{listed:?}");
    let edit = [
        "shows",
        "edit",
        "the harbour hour",
        "--since",
        "2026-03-02",
        "--keep",
        "nothing",
        "--language",
        "de",
    ];
    readout(&place, &server, &edit).works();
    let show = &readout(&place, &server, &["shows", "list", "--json"]).json()[0];
    assert_eq!((&show["settings"]["keep"], &show["settings"]["language"]), (&"nothing".into(), &"de".into()));
    let run = readout(&place, &server, &["run", "--json"]);
    assert_eq!(of_type(&run, "fetched").len(), 2, "{run:?}");
    assert!(
        blobs(&place.path("archive/blobs")).iter().all(|blob| fs::metadata(blob).unwrap().len() < 10_000),
        "no sound is kept"
    );

    assert!(readout(&place, &server, &["shows", "pause", "The Harbour Hour"]).works().contains("paused"));
    let asked = server.seen().len();
    readout(&place, &server, &["run"]);
    assert_eq!(server.seen().len(), asked, "a paused show is left alone");
    readout(&place, &server, &["shows", "resume", "The Harbour Hour"]).works();
    readout(&place, &server, &["run", "--no-fetch"]);
    assert_eq!(server.seen().len(), asked, "nothing is fetched that is not to be");
    readout(&place, &server, &["run"]);
    assert!(server.seen().len() > asked);

    let said = readout(&place, &server, &["shows", "remove", "The Harbour Hour"]);
    assert!(said.works().contains("would erase The Harbour Hour: 3 episodes"), "{said:?}");
    assert!(said.out.contains("nothing was erased"), "{said:?}");
    readout(&place, &server, &["shows", "remove", "The Harbour Hour", "--yes"]).works();
    assert!(blobs(&place.path("archive/blobs")).is_empty());
    assert!(readout(&place, &server, &["shows", "--json"]).json().is_empty());
    place.run(["check"]).works();
}

#[cfg(unix)]
#[test]
fn a_download_that_was_killed_goes_on_where_it_was() {
    // Longer than what is made durable at once.
    let sound = wav(900, 1);
    let whole = sound.clone();
    let server = Hostile::start(move |seen| match (seen.path.as_str(), seen.field("range")) {
        ("/show/1.wav", None) => {
            let head = head(200, &[("etag", "\"one\""), ("content-length", &sound.len().to_string())]);
            vec![Act::Send([&head, &b"\r\n"[..], &sound[..20 << 20]].concat()), Act::Hold]
        }
        ("/show/1.wav", Some(_)) => file(seen, "\"one\"", &sound),
        _ => show(seen, &[1]),
    });
    let place = Place::new();
    readout(&place, &server, &["add", &server.url("/show/1.wav")]).works();
    let mut child =
        command(&place, &server).arg("run").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let tmp = place.path("archive/tmp");
    let durable = || {
        let names = fs::read_dir(&tmp).map(|entries| entries.flatten().map(|entry| entry.path()));
        names.is_ok_and(|mut names| {
            names.any(|path| path.extension().is_some_and(|ending| ending == "origin"))
        })
    };
    while !durable() {
        assert!(Instant::now() < until, "nothing was made durable");
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let run = readout(&place, &server, &["run", "--json"]);
    assert_eq!(of_type(&run, "fetched").len(), 1, "{run:?}");
    let ranges: Vec<Seen> = server.seen().into_iter().filter(|seen| seen.field("range").is_some()).collect();
    assert_eq!((ranges.len(), ranges[0].field("if-range")), (1, Some("\"one\"")));
    let blobs = blobs(&place.path("archive/blobs"));
    assert!(blobs.len() == 1 && fs::read(&blobs[0]).unwrap() == whole);
    place.run(["check"]).works();
}

#[test]
fn a_stream_is_recorded_by_a_schedule() {
    let server = Hostile::start(|seen| match seen.path.as_str() {
        "/live" => reply(200, &[("icy-name", "Harbour FM"), ("content-type", "audio/mpeg")], &[0xff; 2000]),
        _ => reply(200, &[], b"<html>Listen to us</html>"),
    });
    let place = Place::new();
    let (live, page) = (server.url("/live"), server.url("/page"));
    let add =
        |address: &str, when: &str| readout(&place, &server, &["shows", "add", address, "--record", when]);
    add(&live, "every morning").fails(2, "is no schedule: write it as Mon-Fri 07:00-09:00");
    add(&page, "daily 7:00-9:00").fails(1, "this is a web page; give the address of the stream itself");
    let added = add(&live, "mon-fri 7:00-9:00, Sunday 22:00-0:30");
    assert!(
        added.works().contains("Harbour FM is recorded Mon-Fri 07:00-09:00, Sun 22:00-00:30, next on "),
        "{added:?}"
    );
    let shows = readout(&place, &server, &["shows"]);
    assert!(shows.works().contains("; recorded Mon-Fri 07:00-09:00, Sun 22:00-00:30"), "{shows:?}");
    place.run(["check"]).works();
}
