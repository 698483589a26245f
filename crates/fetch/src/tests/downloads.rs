//! Large files: what is on the disk in the end is one body that a server sent, whole.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::hostile::{Act, Hostile, Seen, cut, file, gzip_bomb, head, quick_limits, redirect, reply};
use crate::{Downloaded, Error, Fetcher, Limits, Request};

/// A body that repeats nowhere.
fn body(seed: u32, bytes: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..bytes).map(|_| next()).collect()
}

struct Place {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    Place { path: dir.path().join("episode.part"), _dir: dir }
}

/// One call, without going on by itself.
fn once(server: &Hostile, place: &Place) -> Result<Downloaded, Error> {
    let limits = Limits { resumes: 0, ..quick_limits() };
    Fetcher::new(server.policy(), limits).download(
        &Request::new(server.url("/a.mp3")),
        &place.path,
        &mut |_| {},
    )
}

fn is(downloaded: &Downloaded, body: &[u8]) -> bool {
    let bytes = fs::read(&downloaded.path).unwrap();
    assert_eq!(downloaded.hash.0, *blake3::hash(&bytes).as_bytes());
    assert_eq!(downloaded.bytes, bytes.len() as u64);
    bytes == body
}

fn files(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path.parent().unwrap()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const ETAG: &str = "\"v1\"";

#[test]
fn a_file_comes_whole_with_its_hash() {
    let whole = body(1, 300_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| match &seen.path[..] {
        "/a.mp3" => redirect(302, "/b/Show%20One.mp3?token=x"),
        _ => {
            assert_eq!(seen.field("accept-encoding"), Some("identity"));
            file(seen, ETAG, &sent)
        }
    });
    let place = place();
    let mut told = Vec::new();
    let fetcher = Fetcher::new(server.policy(), quick_limits());
    let done =
        fetcher.download(&Request::new(server.url("/a.mp3")), &place.path, &mut |it| told.push(it)).unwrap();
    assert!(is(&done, &whole) && !done.resumed);
    assert_eq!(done.file_name.as_deref(), Some("Show One.mp3"));
    assert_eq!(files(&place), ["episode.part"]);
    assert!(told.windows(2).all(|two| two[0].done <= two[1].done));
    assert!(told.last().is_some_and(|last| last.done == 300_000 && last.total == Some(300_000)));
}

#[test]
fn a_cut_off_download_goes_on_7() {
    let whole = body(2, 400_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| match seen.number {
        0 => cut(file(seen, ETAG, &sent), 150_000),
        _ => file(seen, ETAG, &sent),
    });
    let place = place();
    let error = once(&server, &place).unwrap_err();
    assert!(matches!(error, Error::Incomplete { got: 150_000, whole: Some(400_000), .. }), "{error}");
    assert!(error.is_retryable());
    assert_eq!(files(&place), ["episode.part", "episode.part.origin"]);
    let note = fs::read_to_string(place.path.with_extension("part.origin")).unwrap();
    assert!(note.contains("v1") && !note.contains(&server.url("/a.mp3?")), "{note}");
    let done = once(&server, &place).unwrap();
    assert!(is(&done, &whole) && done.resumed);
    let second = &server.seen()[1];
    assert_eq!(second.field("if-range"), Some(ETAG));
    assert_eq!(second.field("range"), Some(&format!("bytes={}-", 150_000 - (64 << 10))[..]));
    assert_eq!(files(&place), ["episode.part"]);
}

#[test]
fn a_line_that_breaks_often_is_enough() {
    let whole = body(3, 500_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| cut(file(seen, ETAG, &sent), 130_000));
    let place = place();
    let fetcher = Fetcher::new(server.policy(), quick_limits());
    let done = fetcher.download(&Request::new(server.url("/a.mp3")), &place.path, &mut |_| {}).unwrap();
    assert!(is(&done, &whole) && done.resumed);
    assert!((5..12).contains(&server.connections()), "{}", server.connections());
}

/// After a first answer that is cut off, each of these must end in one body that was sent whole.
#[test]
fn two_bodies_are_never_mixed_7() {
    type Second = fn(&Seen, &[u8], &[u8]) -> Vec<Act>;
    let cases: [(&str, &str, Second); 12] = [
        ("another version", ETAG, |seen, _, new| file(seen, "\"v2\"", new)),
        ("a weak tag", "W/\"v1\"", |seen, _, new| file(seen, "W/\"v1\"", new)),
        ("no tag", "", |seen, _, new| file(seen, "\"v2\"", new)),
        ("ranges ignored", ETAG, |_, _, new| reply(200, &[("etag", "\"v2\"")], new)),
        ("another body under the same tag", ETAG, |seen, _, new| file(seen, ETAG, new)),
        ("a part of another version", ETAG, |seen, _, new| match seen.field("range") {
            Some(range) => {
                let first = range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap();
                let range = format!("bytes {first}-{}/{}", new.len() - 1, new.len());
                reply(206, &[("etag", "\"v2\""), ("content-range", &range)], &new[first..])
            }
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("a part without a tag", ETAG, |seen, old, new| match seen.field("range") {
            Some(range) => {
                let first = range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap();
                let range = format!("bytes {first}-{}/{}", old.len() - 1, old.len());
                reply(206, &[("content-range", &range)], &old[first..])
            }
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("a part that begins elsewhere", ETAG, |seen, old, new| match seen.field("range") {
            Some(_) => {
                let range = format!("bytes 0-{}/{}", old.len() - 1, old.len());
                reply(206, &[("etag", ETAG), ("content-range", &range)], old)
            }
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("a part of a longer whole", ETAG, |seen, old, new| match seen.field("range") {
            Some(range) => {
                let first = range["bytes=".len()..range.len() - 1].parse::<usize>().unwrap();
                let range = format!("bytes {first}-{}/{}", old.len() - 1, old.len() + 9);
                reply(206, &[("etag", ETAG), ("content-range", &range)], &old[first..])
            }
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("a part without its place", ETAG, |seen, old, new| match seen.field("range") {
            Some(_) => reply(206, &[("etag", ETAG)], &old[1000..]),
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("nothing to satisfy", ETAG, |seen, _, new| match seen.field("range") {
            Some(_) => reply(416, &[("content-range", "bytes */5")], b""),
            None => reply(200, &[("etag", "\"v2\"")], new),
        }),
        ("another place under the same tag", ETAG, |seen, _, new| match &seen.path[..] {
            "/a.mp3" => redirect(302, "/other.mp3"),
            _ => file(seen, ETAG, new),
        }),
    ];
    for (name, etag, second) in cases {
        let (old, new) = (body(41, 300_000), body(51, 300_000));
        let sent = (old, new.clone());
        let server = Hostile::start(move |seen| match seen.number {
            0 => cut(reply(200, &[("etag", etag)][usize::from(etag.is_empty())..], &sent.0), 200_000),
            _ => second(seen, &sent.0, &sent.1),
        });
        let place = place();
        assert!(once(&server, &place).is_err(), "{name}");
        let done = once(&server, &place).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(is(&done, &new), "{name}");
        assert!(!done.resumed, "{name}");
        assert_eq!(files(&place), ["episode.part"], "{name}");
    }
}

#[test]
fn a_part_of_another_address_is_not_continued_7() {
    let whole = body(6, 200_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| match seen.number {
        0 => cut(file(seen, ETAG, &sent), 100_000),
        _ => file(seen, ETAG, &sent),
    });
    let place = place();
    once(&server, &place).unwrap_err();
    let fetcher = Fetcher::new(server.policy(), quick_limits());
    let done = fetcher.download(&Request::new(server.url("/b.mp3")), &place.path, &mut |_| {}).unwrap();
    assert!(is(&done, &whole) && !done.resumed);
    assert_eq!(server.seen()[1].field("range"), None);
}

#[test]
fn what_a_power_cut_left_is_not_trusted_7() {
    let whole = body(7, 300_000);
    for spoil in [
        // More than was made durable: bytes that may be anything.
        (|place: &Place| {
            let mut bytes = fs::read(&place.path).unwrap();
            bytes.extend([0; 50_000]);
            fs::write(&place.path, bytes).unwrap();
        }) as fn(&Place),
        |place| fs::write(&place.path, b"short").unwrap(),
        |place| fs::remove_file(&place.path).unwrap(),
        |place| fs::write(place.path.with_extension("part.origin"), b"{\"etag\":").unwrap(),
        |place| fs::remove_file(place.path.with_extension("part.origin")).unwrap(),
        // The last bytes are others.
        |place| {
            let mut bytes = fs::read(&place.path).unwrap();
            let end = bytes.len() - 10;
            bytes[end] ^= 1;
            fs::write(&place.path, bytes).unwrap();
        },
    ] {
        let sent = whole.clone();
        let server = Hostile::start(move |seen| match seen.number {
            0 => cut(file(seen, ETAG, &sent), 150_000),
            _ => file(seen, ETAG, &sent),
        });
        let place = place();
        once(&server, &place).unwrap_err();
        spoil(&place);
        assert!(is(&once(&server, &place).unwrap(), &whole));
    }
}

#[test]
fn a_body_has_the_length_it_says_5() {
    let server = Hostile::start(|_| {
        let start =
            [head(200, &[("etag", ETAG)]), b"content-length: 100000\r\n\r\nonly this".to_vec()].concat();
        vec![Act::Send(start)]
    });
    let short = place();
    assert!(matches!(once(&server, &short), Err(Error::Incomplete { got: 9, .. })));
    // Without a length the end of the connection is the end.
    let server = Hostile::start(|_| vec![Act::Send([head(200, &[]), b"\r\nall there is".to_vec()].concat())]);
    let place = place();
    assert!(is(&once(&server, &place).unwrap(), b"all there is"));
}

#[test]
fn packed_files_are_unpacked_and_not_continued_6() {
    let bomb = gzip_bomb(64 << 20);
    let server = Hostile::start(move |_| reply(200, &[("etag", ETAG), ("content-encoding", "gzip")], &bomb));
    let place = place();
    assert!(matches!(once(&server, &place), Err(Error::Bomb { .. })));
    assert!(files(&place).is_empty());
    let small = gzip_bomb(10_000);
    let server = Hostile::start(move |_| reply(200, &[("content-encoding", "gzip")], &small));
    assert!(is(&once(&server, &place).unwrap(), &[0; 10_000]));
}

#[test]
fn the_disk_is_not_filled() {
    let whole = body(8, 100_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| file(seen, ETAG, &sent));
    let place = place();
    let download = |limits: Limits, most: Option<u64>| {
        let request = Request { max_bytes: most, ..Request::new(server.url("/a.mp3")) };
        Fetcher::new(server.policy(), limits).download(&request, &place.path, &mut |_| {})
    };
    let error = download(Limits { reserve: u64::MAX / 2, ..quick_limits() }, None).unwrap_err();
    assert!(matches!(error, Error::Space { .. }) && error.is_retryable(), "{error}");
    let error = download(quick_limits(), Some(50_000)).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 50_000, .. }), "{error}");
    // Nor by a body that does not say how long it is.
    let endless = Hostile::start(|_| {
        vec![Act::Send([head(200, &[]), b"\r\n".to_vec()].concat()), Act::Endless(vec![1; 9999])]
    });
    let request = Request { max_bytes: Some(1 << 20), ..Request::new(endless.url("/")) };
    let error = Fetcher::new(endless.policy(), quick_limits())
        .download(&request, &place.path, &mut |_| {})
        .unwrap_err();
    assert!(matches!(error, Error::TooLarge { .. }), "{error}");
    assert!(files(&place).iter().all(|name| !name.ends_with(".part")), "{:?}", files(&place));
    // A folder that is not there is said to be so.
    let nowhere = place.path.join("no").join("folder");
    let error = Fetcher::new(server.policy(), quick_limits()).download(
        &Request::new(server.url("/")),
        &nowhere,
        &mut |_| {},
    );
    assert!(matches!(error, Err(Error::Disk { .. })), "{error:?}");
}

#[test]
fn a_stop_keeps_what_came() {
    let whole = body(10, 3_000_000);
    let sent = whole.clone();
    let server = Hostile::start(move |seen| match seen.number {
        0 => {
            let mut acts = cut(file(seen, ETAG, &sent), 1_000_000);
            acts.push(Act::Hold);
            acts
        }
        _ => file(seen, ETAG, &sent),
    });
    let place = place();
    let came = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&came);
    let mut request = Request::new(server.url("/a.mp3"));
    request.stop = crate::Stop::when(move || seen.load(Ordering::Relaxed) >= 1_000_000);
    let fetcher = Fetcher::new(server.policy(), quick_limits());
    let mut count = |it: crate::Progress| came.store(usize::try_from(it.done).unwrap(), Ordering::Relaxed);
    assert!(matches!(fetcher.download(&request, &place.path, &mut count), Err(Error::Stopped)));
    let done = once(&server, &place).unwrap();
    assert!(is(&done, &whole) && done.resumed);
}
