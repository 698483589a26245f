//! Small documents from a server that misbehaves. Numbers in names are items of the list of hostile inputs.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::hostile::{Act, Hostile, Seen, gzip_bomb, head, quick_limits, redirect, reply};
use crate::{Credentials, Error, Fetcher, Limits, Outcome, Policy, Request, Response, Stop, Validators};

fn fetcher(server: &Hostile) -> Fetcher {
    Fetcher::new(server.policy(), quick_limits())
}

fn get(script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Result<Response, Error> {
    let server = Hostile::start(script);
    fetcher(&server).get(&Request::new(server.url("/feed.xml")))
}

fn bytes(response: Response) -> Vec<u8> {
    response.document().expect("a document").bytes
}

#[test]
fn a_document_comes_with_what_marks_it() {
    let fields = [("etag", "\"one\""), ("last-modified", "Mon, 02 Nov 2026 10:00:00 GMT")];
    let server = Hostile::start(move |seen| match seen.field("if-none-match") {
        Some("\"one\"") => reply(304, &[], b""),
        _ => reply(200, &fields, b"<rss/>"),
    });
    let fetcher = fetcher(&server);
    let first = fetcher.get(&Request::new(server.url("/"))).unwrap();
    let validators = first.validators.clone();
    assert_eq!(validators.etag.as_deref(), Some("\"one\""));
    assert_eq!(validators.last_modified.as_deref(), Some("Mon, 02 Nov 2026 10:00:00 GMT"));
    assert_eq!(bytes(first), b"<rss/>");
    // 8: an unchanged feed costs a head.
    let again = Request { validators: validators.clone(), ..Request::new(server.url("/")) };
    let second = fetcher.get(&again).unwrap();
    assert!(matches!(second.outcome, Outcome::NotModified));
    assert_eq!(second.validators, validators);
    let asked = &server.seen()[1];
    assert_eq!(asked.field("if-modified-since"), Some("Mon, 02 Nov 2026 10:00:00 GMT"));
    assert!(asked.field("user-agent").is_some_and(|name| name.starts_with("Readout/")));
    assert_eq!((asked.field("cookie"), asked.field("referer")), (None, None));
}

#[test]
fn not_modified_without_being_asked_is_no_answer() {
    assert!(matches!(get(|_| reply(304, &[], b"")), Err(Error::Status { status: 304, .. })));
}

#[test]
fn packed_documents_are_unpacked_6() {
    let text = "<rss>episode episode episode</rss>".repeat(50);
    let gzip = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let zlib = {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let bare = {
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    // "hello" as one stored block of brotli (RFC 7932, section 9.2).
    let brotli = b"\x0b\x02\x80hello\x03".to_vec();
    for (encoding, packed, whole) in [
        ("gzip", gzip.clone(), text.as_str()),
        ("x-gzip", gzip.clone(), &text),
        ("deflate", zlib, &text),
        ("deflate", bare, &text),
        ("br", brotli, "hello"),
        ("identity", gzip, &text), // a feed that lies as a file of gzip
    ] {
        let answer = get(move |_| reply(200, &[("content-encoding", encoding)], &packed)).unwrap();
        assert_eq!(bytes(answer), whole.as_bytes(), "{encoding}");
    }
}

#[test]
fn bombs_do_not_go_off_6() {
    let bomb = gzip_bomb(200 << 20);
    assert!(bomb.len() < 300 << 10);
    let nested = {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&bomb).unwrap();
        packer.finish().unwrap()
    };
    for (encoding, bomb) in [("gzip", bomb.clone()), ("identity", bomb), ("gzip", nested)] {
        let began = Instant::now();
        let error = get(move |_| reply(200, &[("content-encoding", encoding)], &bomb)).unwrap_err();
        assert!(matches!(error, Error::Bomb { .. }), "{encoding}: {error}");
        assert!(began.elapsed() < Duration::from_secs(2), "{encoding}");
    }
    // What is below the ratio still meets the limit of decoded bytes.
    let noise: Vec<u8> = (0..400_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let server = Hostile::start(move |_| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&noise).unwrap();
        reply(200, &[("content-encoding", "gzip")], &packer.finish().unwrap())
    });
    let request = Request { max_bytes: Some(300_000), ..Request::new(server.url("/")) };
    let error = fetcher(&server).get(&request).unwrap_err();
    assert!(matches!(error, Error::TooLarge { limit: 300_000, .. }), "{error}");
    let twice = get(|_| reply(200, &[("content-encoding", "gzip, gzip")], b"")).unwrap_err();
    assert!(matches!(twice, Error::Encoding { .. }), "{twice}");
}

#[test]
fn what_does_not_end_is_ended_5() {
    let body = |framing: &str| [head(200, &[]), format!("{framing}\r\n\r\n").into_bytes()].concat();
    let no_end = body("x: y");
    let huge = body("content-length: 99999999999");
    let chunks = body("transfer-encoding: chunked");
    let trailers = [chunks.clone(), b"0\r\n".to_vec()].concat();
    type Script = Box<dyn Fn(&Seen) -> Vec<Act> + Send + Sync>;
    type Expected = fn(&Error) -> bool;
    let send = |bytes: Vec<u8>, then: Act| -> Script {
        Box::new(move |_| vec![Act::Send(bytes.clone()), then.clone()])
    };
    let endless = |text: &[u8]| Act::Endless(text.repeat(1000));
    let cases: Vec<(&str, Script, Expected)> = vec![
        ("a head without end", send(b"HTTP/1.1 200 ok\r\n".to_vec(), endless(b"x: y\r\n")), |error| {
            matches!(error, Error::Garbled { .. })
        }),
        ("one field without end", send(b"HTTP/1.1 200 ok\r\nx: ".to_vec(), endless(b"yyyyyyyy")), |error| {
            matches!(error, Error::Garbled { .. })
        }),
        ("interim answers without end", send(vec![], endless(b"HTTP/1.1 103 so\r\n\r\n")), |error| {
            matches!(error, Error::Garbled { .. } | Error::Timeout { .. })
        }),
        ("a body without end", send(no_end, endless(b"12345678")), |error| {
            matches!(error, Error::TooLarge { .. })
        }),
        ("a length beyond the limit", send(huge, Act::Hold), |error| matches!(error, Error::TooLarge { .. })),
        ("chunks without end", send(chunks, endless(b"8\r\n12345678\r\n")), |error| {
            matches!(error, Error::TooLarge { .. })
        }),
        ("trailers without end", send(trailers, endless(b"x: y\r\n")), |error| {
            matches!(error, Error::Garbled { .. })
        }),
        (
            "a head byte by byte",
            Box::new(|_| vec![Act::Drip(b"HTTP/1.1 200 ok\r\n".repeat(99), Duration::from_millis(20))]),
            |error| matches!(error, Error::Timeout { .. }),
        ),
        (
            "a body byte by byte",
            Box::new(|_| {
                let start = [head(200, &[]), b"content-length: 9999\r\n\r\n".to_vec()].concat();
                vec![Act::Send(start), Act::Drip(vec![b'x'; 9999], Duration::from_millis(10))]
            }),
            |error| matches!(error, Error::Slow { .. }),
        ),
        ("silence", Box::new(|_| vec![Act::Hold]), |error| matches!(error, Error::Timeout { .. })),
        (
            "silence in the body",
            Box::new(|_| {
                let start = [head(200, &[]), b"content-length: 9999\r\n\r\nx".to_vec()].concat();
                vec![Act::Send(start), Act::Hold]
            }),
            |error| matches!(error, Error::Timeout { .. }),
        ),
    ];
    for (name, script, expected) in cases {
        let server = Hostile::start(script);
        let request = Request { max_bytes: Some(1 << 20), ..Request::new(server.url("/")) };
        let began = Instant::now();
        let error = fetcher(&server).get(&request).unwrap_err();
        assert!(expected(&error), "{name}: {error:?}");
        assert!(began.elapsed() < Duration::from_secs(4), "{name}: {:?}", began.elapsed());
    }
}

#[test]
fn broken_answers_are_errors_5() {
    let with = |bytes: &'static [u8]| move |_: &Seen| vec![Act::Send(bytes.to_vec())];
    for (name, bytes) in [
        ("nothing", &b""[..]),
        ("half a head", b"HTTP/1.1 200 ok\r\ncontent-le"),
        ("noise", b"\x00\x01\x02\xff\xfe no http\r\n\r\n"),
        ("another protocol", b"220 mail.example ESMTP\r\n"),
        ("a length that is none", b"HTTP/1.1 200 ok\r\ncontent-length: -1\r\n\r\nbody"),
        ("a short body", b"HTTP/1.1 200 ok\r\ncontent-length: 10\r\n\r\nbody"),
        (
            "chunks that are none",
            b"HTTP/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nbody\r\n0\r\n\r\n",
        ),
        (
            "a chunk too large to be",
            b"HTTP/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nbody",
        ),
        ("chunks cut off", b"HTTP/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\n4\r\nbody\r\n"),
        ("a chunk too short", b"HTTP/1.1 200 ok\r\ntransfer-encoding: chunked\r\n\r\n2\r\nbody\r\n0\r\n\r\n"),
        ("gzip that is none", b"HTTP/1.1 200 ok\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nbody"),
    ] {
        let error = get(with(bytes)).map(bytes_of).expect_err(name);
        assert!(!error.to_string().contains('\n'), "{name}");
    }
    // A break is not an end, even where only the end says how long a body is.
    let broken = get(|_| vec![Act::Send(b"HTTP/1.1 200 ok\r\n\r\nbo".to_vec()), Act::Reset]);
    assert!(matches!(broken, Err(Error::Incomplete { .. } | Error::Unreachable { .. })), "{broken:?}");
    let old = get(with(b"HTTP/1.0 200 ok\r\n\r\nbody")).unwrap();
    assert_eq!(bytes(old), b"body");
    // More than was announced is not part of the answer.
    let long = get(with(b"HTTP/1.1 200 ok\r\ncontent-length: 4\r\n\r\nbody and more")).unwrap();
    assert_eq!(bytes(long), b"body");
}

fn bytes_of(response: Response) -> Option<Vec<u8>> {
    response.document().map(|document| document.bytes)
}

#[test]
fn redirects_are_followed_and_told_8() {
    let server = Hostile::start(|seen| match &seen.path[..] {
        "/a" => redirect(301, "/b"),
        "/b" => redirect(308, "c?x#fragment"),
        "/c?x" => redirect(302, "/d"),
        "/d" => reply(200, &[], b"here"),
        "/temporary" => redirect(302, "/a"),
        "/gone" => redirect(301, "/missing"),
        _ => reply(404, &[], b""),
    });
    let fetcher = fetcher(&server);
    let get = |path: &str| fetcher.get(&Request::new(server.url(path)));
    let answer = get("/a").unwrap();
    assert_eq!(answer.moved.as_ref().map(|to| to.as_str().to_owned()), Some(server.url("/c?x")));
    assert_eq!(answer.address.as_str(), server.url("/d"));
    assert_eq!(get("/temporary").unwrap().moved, None);
    assert!(matches!(get("/gone"), Err(Error::NotFound { .. })));
}

#[test]
fn redirects_that_lead_nowhere_are_refused_3() {
    let server = Hostile::start(|seen| match &seen.path[..] {
        "/self" => redirect(301, "/self"),
        "/ping" => redirect(302, "/pong"),
        "/pong" => redirect(302, "/ping"),
        "/file" => redirect(302, "file:///etc/passwd"),
        "/gopher" => redirect(302, "gopher://example.org/"),
        "/data" => redirect(302, "data:text/xml,<rss/>"),
        "/script" => redirect(302, "javascript:alert(1)"),
        "/none" => reply(302, &[], b""),
        "/noise" => redirect(302, "http://[::bad"),
        path => redirect(302, &format!("{path}1")),
    });
    let fetcher = fetcher(&server);
    let get = |path: &str| fetcher.get(&Request::new(server.url(path))).unwrap_err();
    for path in ["/self", "/ping", "/long"] {
        assert!(matches!(get(path), Error::Redirect { .. }), "{path}");
    }
    assert!(server.connections() < 20);
    for path in ["/file", "/gopher", "/data", "/script", "/noise"] {
        assert!(matches!(get(path), Error::Address { .. }), "{path}");
    }
    assert!(matches!(get("/none"), Error::Status { status: 302, .. }));
}

#[test]
fn redirects_into_private_networks_are_refused_3() {
    let secret = Hostile::start_at([127, 0, 0, 2].into(), |_| reply(200, &[], b"secret"));
    let port = secret.address().port();
    let targets = [
        format!("http://127.0.0.2:{port}/"),
        format!("http://0x7f000002:{port}/"),
        format!("http://2130706434:{port}/"),
        format!("//127.2:{port}/"),
        format!("http://[::ffff:127.0.0.2]:{port}/"),
        "http://10.0.0.5/".into(),
        "http://169.254.169.254/latest/meta-data/".into(),
        "http://localhost/".into(),
    ];
    for target in targets {
        let to = target.clone();
        let server = Hostile::start(move |_| redirect(302, &to));
        let error = fetcher(&server).get(&Request::new(server.url("/"))).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{target}: {error}");
        assert!(error.to_string().contains("--allow-host"), "{error}");
    }
    assert_eq!(secret.connections(), 0);
}

#[test]
fn credentials_stay_at_home_3() {
    let other = Hostile::start(|_| reply(401, &[], b""));
    let to = other.url("/");
    let server = Hostile::start(move |seen| match &seen.path[..] {
        path if path.starts_with("/away") => redirect(302, &to),
        "/here" => redirect(302, "/feed"),
        _ => reply(200, &[("set-cookie", "a=b")], b"ok"),
    });
    let mut policy = server.policy();
    policy.allow.push(other.allowed());
    let fetcher = Fetcher::new(policy, quick_limits());
    let with = |path: &str| server.url(path).replace("http://", "http://ann:s3cret%21@");
    fetcher.get(&Request::new(with("/here"))).unwrap();
    let asked = server.seen();
    // "ann:s3cret!" in base64.
    assert!(asked.iter().all(|seen| seen.field("authorization") == Some("Basic YW5uOnMzY3JldCE=")));
    let error = fetcher.get(&Request::new(with("/away"))).unwrap_err();
    assert!(error.to_string().contains("not sent on"), "{error}");
    assert_eq!(other.seen()[0].field("authorization"), None);
    let mut request = Request::new(server.url("/away?token=t0ps3cret"));
    request.credentials = Some(Credentials { user: "ann".into(), password: "s3cret!".into() });
    let told = format!("{} {:?} {request:?}", fetcher.get(&request).unwrap_err(), request.credentials);
    assert!(!told.contains("s3cret"), "{told}");
    assert_eq!(other.seen()[1].field("authorization"), None);
    // Cookies are not kept.
    fetcher.get(&Request::new(server.url("/feed"))).unwrap();
    assert!(server.seen().iter().all(|seen| seen.field("cookie").is_none()));
}

#[test]
fn each_status_says_what_to_do_8() {
    for (status, part, retryable) in [
        (401, "user and a password", false),
        (403, "forbidden", false),
        (404, "look up the address", false),
        (410, "for good", false),
        (418, "status 418", false),
        (429, "left alone", true),
        (500, "fails at the publisher's", true),
        (503, "fails at the publisher's", true),
    ] {
        let error = get(move |_| reply(status, &[], b"")).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert_eq!(error.is_retryable(), retryable, "{error}");
        assert_eq!(error.is_gone(), status == 410);
    }
}

#[test]
fn a_host_that_asks_for_peace_has_it_8() {
    for (status, wish, seconds) in
        [(429, "7", 7), (503, "99999999999999999999", 86_400), (503, "Fri, 01 Jan 2100 00:00:00 GMT", 86_400)]
    {
        let server = Hostile::start(move |_| reply(status, &[("retry-after", wish)], b""));
        let fetcher = fetcher(&server);
        let request = Request::new(server.url("/"));
        let error = fetcher.get(&request).unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_secs(seconds)), "{error}");
        let error = fetcher.get(&request).unwrap_err();
        assert!(matches!(error, Error::Waiting { .. }), "{error}");
        // Not longer than a quarter of an hour for the whole host.
        assert!(error.retry_after().is_some_and(|wait| wait <= Duration::from_secs(seconds.min(900))));
        assert_eq!(server.connections(), 1);
    }
    let server = Hostile::start(|_| reply(503, &[("retry-after", "soon")], b""));
    let fetcher = fetcher(&server);
    for _ in 0..2 {
        assert_eq!(fetcher.get(&Request::new(server.url("/"))).unwrap_err().retry_after(), None);
    }
}

#[test]
fn few_requests_at_once_to_one_host_8() {
    let most = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let now = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let server = {
        let (most, now) = (Arc::clone(&most), Arc::clone(&now));
        Hostile::start(move |_| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            // Long enough for others to come, if they could.
            for _ in 0..2_000 {
                std::thread::yield_now();
            }
            now.fetch_sub(1, Ordering::SeqCst);
            reply(200, &[], b"ok")
        })
    };
    let long = Duration::from_secs(30);
    let limits = Limits { at_once: 2, queue: long, head: long, idle: long, document: long, ..quick_limits() };
    let fetcher = Fetcher::new(server.policy(), limits);
    std::thread::scope(|scope| {
        for n in 0..12 {
            let (fetcher, url) = (&fetcher, server.url(&format!("/{n}")));
            scope.spawn(move || fetcher.get(&Request::new(url)).unwrap());
        }
    });
    assert_eq!(server.connections(), 12);
    assert!(most.load(Ordering::SeqCst) <= 2, "{}", most.load(Ordering::SeqCst));
}

#[test]
fn a_stop_is_heard_while_waiting() {
    let server = Hostile::start(|_| vec![Act::Hold]);
    let limits = Limits { head: Duration::from_secs(60), idle: Duration::from_secs(60), ..quick_limits() };
    let fetcher = Fetcher::new(server.policy(), limits);
    let flag = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&flag);
    // The second question comes when the request is under way.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let stop = Stop::when(move || count.fetch_add(1, Ordering::Relaxed) > 5 || asked.load(Ordering::Relaxed));
    let began = Instant::now();
    let error = fetcher.get(&Request { stop, ..Request::new(server.url("/")) }).unwrap_err();
    assert!(matches!(error, Error::Stopped), "{error}");
    assert!(began.elapsed() < Duration::from_secs(4));
    flag.store(true, Ordering::Relaxed);
    let error = fetcher.get(&Request { stop: flag.into(), ..Request::new(server.url("/")) }).unwrap_err();
    assert!(matches!(error, Error::Stopped), "{error}");
}

#[test]
fn what_was_stored_is_sent_back_only_as_one_line() {
    let server = Hostile::start(|_| reply(200, &[], b"ok"));
    let validators =
        Validators { etag: Some("\"a\r\nx-evil: 1\"".into()), last_modified: Some("\u{e9}".into()) };
    let request = Request {
        validators,
        user_agent: Some("me\r\nx-evil: 1".into()),
        accept: Some("\n".into()),
        ..Request::new(server.url("/"))
    };
    fetcher(&server).get(&request).unwrap();
    let seen = &server.seen()[0];
    assert!(seen.field("x-evil").is_none() && seen.field("if-none-match").is_none());
    assert!(seen.field("user-agent").is_some_and(|name| name.starts_with("Readout/")));
}

#[test]
fn nothing_is_reached_that_nobody_allowed_1() {
    let server = Hostile::start(|_| reply(200, &[], b"ok"));
    let fetcher = Fetcher::new(Policy::default(), quick_limits());
    let error = fetcher.get(&Request::new(server.url("/"))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "refused: 127.0.0.1 is an address of this machine; allow it with --allow-host 127.0.0.1"
    );
    assert_eq!(server.connections(), 0);
}
