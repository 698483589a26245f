//! The server as a program uses it: bind, run, stop; and what it answers without a browser.

use archive::{Archive, Stated};
use serve::{Options, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

struct Running {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<(), serve::Error>>,
    archive: Archive,
    _folder: tempfile::TempDir,
}

fn running() -> Running {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let archive = Archive::create(folder.path().join("archive")).expect("an archive");
    let options = Options { hosts: vec!["nas.example".into()], ..Options::default() };
    let server =
        Server::bind(archive.clone(), SocketAddr::from(([127, 0, 0, 1], 0)), options).expect("bound");
    let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
    let thread = std::thread::spawn({
        let stop = stop.clone();
        move || server.run(stop)
    });
    Running { address, stop, thread, archive, _folder: folder }
}

impl Running {
    fn add(&self, title: &str) -> String {
        let path = self.archive.dir().with_file_name("recording.wav");
        std::fs::write(&path, title).expect("written");
        let stated = Stated { show: Some("A & B".into()), title: Some(title.into()), ..Stated::default() };
        self.archive.add_file(&path, &stated).expect("added").episode.to_string()
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a limit");
        stream.write_all(request.as_bytes()).expect("sent");
        stream
    }

    /// The whole answer to a GET.
    fn get(&self, path: &str, host: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let mut answer = Vec::new();
        self.send(&request).read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn end(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("no panic").expect("a clean end");
    }
}

#[test]
fn an_empty_archive_says_what_to_do() {
    let server = running();
    let page = server.get("/", "localhost");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("readout add FILE"), "{page}");
    assert!(server.get("/healthz", "127.0.0.1").ends_with("ok\n"));
    server.end();
}

#[test]
fn titles_are_escaped_on_every_page() {
    let server = running();
    let title = "<script>alert('1')</script> \"& more\"";
    let id = server.add(title);
    for path in ["/".to_owned(), format!("/episode/{id}")] {
        let page = server.get(&path, "localhost");
        assert!(
            page.contains("&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62; &#34;&#38; more&#34;"),
            "{page}"
        );
        assert!(page.contains("A &#38; B"), "{page}");
        assert!(!page.contains("<script>"), "{page}");
        assert!(page.contains("Waiting to be heard"), "{page}");
    }
    server.end();
}

#[test]
fn what_is_not_there_is_said_in_one_escaped_sentence() {
    let server = running();
    let missing = "01a20450-af18-7497-98c3-a7e09825c73a";
    for path in [
        "/nothing".to_owned(),
        "/episode/%3Cb%3E".to_owned(),
        format!("/episode/{missing}"),
        format!("/episode/{missing}/events"),
        format!("/episode/{missing}/passages"),
        format!("/episode/{missing}/transcript.vtt"),
        "/audio/..%2f..%2farchive.sqlite".to_owned(),
        "/static/0/readout.css".to_owned(),
    ] {
        let page = server.get(&path, "localhost");
        assert!(page.starts_with("HTTP/1.1 404"), "{path}: {page}");
        assert!(page.contains("<h1>Not Found</h1>"), "{path}: {page}");
        assert!(!page.contains("<b>"), "{path}: {page}");
        assert!(page.contains("default-src 'none'"), "{path}: {page}");
    }
    server.end();
}

#[test]
fn only_names_that_are_ours_are_answered() {
    let server = running();
    for (host, status) in [("localhost", 200), ("nas.example:8080", 200), ("evil.example", 421)] {
        let page = server.get("/", host);
        assert!(page.starts_with(&format!("HTTP/1.1 {status}")), "{host}: {page}");
    }
    server.end();
}

#[test]
fn it_stops_while_a_page_waits_for_news() {
    let server = running();
    let id = server.add("waiting");
    let request = format!("GET /episode/{id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let mut news = server.send(&request);
    let mut answer = String::new();
    let mut chunk = [0; 1024];
    while !answer.contains("data: ") {
        let read = news.read(&mut chunk).expect("news");
        assert_ne!(read, 0, "{answer}");
        answer.push_str(&String::from_utf8_lossy(&chunk[..read]));
    }
    assert!(answer.contains("text/event-stream") && answer.contains(r#""standing":"waiting""#), "{answer}");
    let begun = Instant::now();
    server.end();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn an_address_that_is_taken_is_named() {
    let server = running();
    let error =
        Server::bind(server.archive.clone(), server.address, Options::default()).err().expect("taken");
    let sentence = error.to_string();
    assert!(sentence.starts_with(&format!("cannot listen on {}", server.address)), "{sentence}");
    server.end();
}

#[test]
fn a_page_says_where_else_its_recording_is_and_what_comes_again() {
    use archive::{FoundCopy, NewRepeat, Same, Stage, TimeMap};
    use model::{MediaInfo, MediaTags, Millis, RepeatKind};
    let running = running();
    let archive = &running.archive;
    let lease = Duration::from_secs(60);
    let ids = ["one", "two"].map(|title| {
        let path = archive.dir().with_file_name(title);
        std::fs::write(&path, title).expect("written");
        let stated = Stated { show: Some(title.into()), title: Some(title.into()), ..Stated::default() };
        archive.add_file(&path, &stated).expect("added").episode
    });
    for id in ids {
        let claim = archive.claim_one(id, &Stage::PROBE, "test", lease).expect("asked").expect("due");
        let recording = archive.episode(id).expect("an episode").recording.expect("a recording");
        let media = MediaInfo {
            container: "MP3".into(),
            codec: "MP3".into(),
            duration: Some(Millis(150_000)),
            sample_rate: 44_100,
            channels: 2,
            bytes: 3,
        };
        archive.record_probe(&claim, recording.id, &media, &MediaTags::default(), "test").expect("probed");
    }
    let claim = archive.claim_one(ids[1], &Stage::FINGERPRINT, "test", lease).expect("asked").expect("due");
    let times = TimeMap(vec![Same::from((30_000, 0, 100_000))]);
    let found = FoundCopy { episode: ids[0], times };
    assert_eq!(archive.finish_fingerprint(&claim, &[found], "test").expect("linked"), Some(ids[0]));
    let show = archive.find_show("one").expect("a show");
    archive.require(show, &Stage::REPEATS, "1", archive::Priority::Newest).expect("required");
    let claim = archive.claim_one(show, &Stage::REPEATS, "test", lease).expect("asked").expect("due");
    let tune = NewRepeat { kind: RepeatKind::Jingle, places: vec![(ids[0], Millis(0), Millis(10_000))] };
    archive.store_repeats(&claim, &[ids[0]], &[tune], "test").expect("stored");
    let page = running.get(&format!("/episode/{}", ids[0]), "localhost");
    for says in [
        "The same recording elsewhere",
        &format!("<a href=\"/episode/{}\">two / two</a>", ids[1]),
        "1 minute 40 seconds from <a href=\"#t=0\">0:00</a> here, also at",
        &format!("href=\"/episode/{}#t=30\">0:30</a>", ids[1]),
    ] {
        assert!(page.contains(says), "{says} is not in {page}");
    }
    // In the library the two are one.
    let library = running.get("/", "localhost");
    assert_eq!(library.matches("class=\"episode\"").count(), 2, "once in each show: {library}");
    assert!(!library.contains(&ids[1].to_string()), "{library}");
    running.end();
}
