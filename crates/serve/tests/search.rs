//! The search page and its JSON, as a browser and a program ask for them.

use archive::Archive;
use model::{EpisodeId, Millis, Timing, Transcript, Turn, Word};
use search::{About, Index, Offered, Source};
use serde_json::Value;
use serve::{Options, Searched, Server};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A text a word every half second.
fn spoken(text: &str) -> Transcript {
    let word = |(number, text): (u64, &str)| Word {
        text: text.into(),
        start: Millis(number * 500),
        end: Millis(number * 500 + 400),
        confidence: 0.9,
        joined: false,
        timing: Timing::Measured,
    };
    let words: Vec<Word> = (0..).zip(text.split_whitespace()).map(word).collect();
    Transcript {
        turns: vec![Turn { first: 0, speaker: Some("Ann & Lee".into()) }],
        words,
        ..Transcript::default()
    }
}

/// Asks a server with these choices for each path, and returns the answers.
fn answers(searched: Option<Searched>, paths: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::create(folder.path().join("archive")).expect("an archive");
    let searched = searched.unwrap_or_else(|| Searched::By(Arc::new(filled(folder.path()))));
    let options = Options { searched, ..Options::default() };
    let server = Server::bind(archive, SocketAddr::from(([127, 0, 0, 1], 0)), options).expect("bound");
    let (address, stop) = (server.address(), Arc::new(AtomicBool::new(false)));
    let thread = std::thread::spawn({
        let stop = stop.clone();
        move || server.run(stop)
    });
    let get = |path: &&str| {
        let mut stream = TcpStream::connect(address).expect("connected");
        stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    };
    let answers = paths.iter().map(get).collect();
    stop.store(true, Ordering::Relaxed);
    thread.join().expect("no panic").expect("a clean end");
    answers
}

/// Three episodes; what is the number of each is in its title.
fn filled(folder: &std::path::Path) -> Index {
    let (index, _) = Index::open(&folder.join("index")).expect("an index");
    let mut writer = index.writer().expect("a writer");
    for number in 1..=3_u8 {
        let about = About {
            // As version 7 of UUIDs, made at the begin of 1970.
            episode: EpisodeId(
                uuid::Builder::from_unix_timestamp_millis(u64::from(number), &[number; 10]).into_uuid(),
            ),
            show: "Here & there".into(),
            title: format!("<b>Call {number}</b>"),
            date: format!("2024-0{number}-07").parse().ok(),
            language: Some("en".into()),
            people: Vec::new(),
            notes: String::new(),
        };
        let shown =
            spoken("The minister, Lecornu, rang <img src=x onerror=alert(1)> about bride on Wednesday.");
        let heard =
            spoken("The minister, localnew, rang <img src=x onerror=alert(1)> about bride on Wednesday.");
        let offered = vec![Offered { text: "Brede".into(), start: Millis(4_000), end: Millis(4_400) }];
        writer
            .put(&Source { about, version: 1, shown: Some(&shown), heard: Some(&heard), offered })
            .expect("put");
    }
    writer.commit().expect("committed");
    drop(writer);
    index
}

fn body(answer: &str) -> Value {
    let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
    serde_json::from_str(body).expect("JSON")
}

#[test]
fn the_page_shows_hits_with_times_reasons_and_months_and_escapes_all() {
    let paths = [
        "/search?q=Lecornu",
        "/search?q=Brede",
        "/search?q=onerror",
        "/search",
        "/search?q=%3Cimg%20src%3Dx%3E%00%22",
    ];
    let pages = answers(None, &paths);
    for page in &pages {
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
    }
    for says in [
        "<p class=\"count\" id=\"count\" role=\"status\">3 passages in 3 episodes</p>",
        "The minister, <mark>Lecornu</mark>, rang &#60;img",
        "#t=1\"",
        "heard “localnew”, since set right",
        "Ann &#38; Lee</b>",
        "aria-label=\"Passages by month: January 2024 1, February 2024 1, March 2024 1\"",
        "&#60;b&#62;Call 1&#60;/b&#62;",
    ] {
        assert!(pages[0].contains(says), "{says} is not in {}", pages[0]);
    }
    assert!(pages[1].contains("“Brede” is offered here"), "{}", pages[1]);
    assert!(pages[1].contains("<mark>bride</mark>"), "{}", pages[1]);
    assert!(pages[3].contains("autofocus"), "{}", pages[3]);
    assert!(pages[4].contains("&#60;img src=x&#62; &#34;") && !pages[4].contains('\0'), "{}", pages[4]);
}

#[test]
fn pages_follow_each_other_and_stay_as_they_are() {
    let pages = answers(
        None,
        &[
            "/search?q=minister&limit=2",
            "/search?q=minister&limit=2&skip=2&until=99",
            "/search?q=minister&until=1",
        ],
    );
    let next = pages[0].split("rel=\"next\" href=\"").nth(1).expect("a next page");
    assert!(next.starts_with("/search?q=minister&#38;limit=2&#38;skip=2&#38;until="), "{next}");
    assert!(!pages[0].contains("rel=\"prev\""), "{}", pages[0]);
    assert!(pages[1].contains("rel=\"prev\"") && !pages[1].contains("rel=\"next\""), "{}", pages[1]);
    assert!(pages[1].contains("from number 3 on"), "{}", pages[1]);
    assert!(pages[2].contains("1 passage in 1 episode<"), "{}", pages[2]);
}

#[test]
fn programs_get_json_with_a_way_on() {
    let paths = ["/search.json?q=Lecornu&limit=2", "/search.json?q=nothing-like-it", "/search.json"];
    let found = answers(None, &paths);
    assert!(
        found[0].contains("cache-control: no-store") && found[0].contains("application/json"),
        "{}",
        found[0]
    );
    let first = body(&found[0]);
    assert_eq!(first["hits"].as_array().map(Vec::len), Some(2));
    let hit = &first["hits"][0];
    for key in
        ["episode", "show", "title", "date", "speaker", "start", "end", "text", "heard", "reason", "score"]
    {
        assert!(hit.get(key).is_some_and(|value| !value.is_null()), "{key} is not in {hit}");
    }
    assert_eq!((hit["start"].as_u64(), hit["reason"].as_str()), (Some(1_000), Some("repaired")));
    assert_eq!(first["episodes"], 3);
    let next = first["next"].as_str().expect("more");
    assert!(next.starts_with("/search.json?q=Lecornu&limit=2&skip=2&until="), "{next}");
    let none = body(&found[1]);
    assert_eq!((none["hits"].as_array().map(Vec::len), &none["next"]), (Some(0), &Value::Null));
    assert!(found[2].starts_with("HTTP/1.1 400") && found[2].contains("no-store"), "{}", found[2]);
}

#[test]
fn what_is_wrong_or_too_much_is_said() {
    let long = format!("/search?q={}", "word%20".repeat(4_000));
    let asked = ["skip=x", "skip=10001", "limit=0", "limit=101", "skip=1&skip=2"];
    let paths: Vec<String> = asked
        .iter()
        .flat_map(|asked| [format!("/search?q=a&{asked}"), format!("/search.json?q=a&{asked}")])
        .collect();
    let mut paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    paths.push(&long);
    let mut pages = answers(None, &paths);
    let long = pages.pop().expect("an answer");
    assert!(long.starts_with("HTTP/1.1 200") && long.contains("too long") && long.len() < 40_000, "{long}");
    for (path, page) in paths.iter().zip(&pages) {
        assert!(page.starts_with("HTTP/1.1 400"), "{path}: {page}");
        if path.contains(".json") {
            assert!(body(page)["error"].as_str().is_some_and(|error| !error.is_empty()), "{page}");
        }
    }
}

#[test]
fn without_an_index_the_page_says_why_and_the_others_work() {
    let searched = Searched::Not("the disk is <full>".into());
    let pages = answers(Some(searched), &["/search?q=a", "/search", "/search.json?q=a", "/"]);
    for page in &pages[..3] {
        assert!(page.starts_with("HTTP/1.1 503"), "{page}");
    }
    assert!(pages[0].contains("Nothing can be searched: the disk is &#60;full&#62;."), "{}", pages[0]);
    assert_eq!(body(&pages[2])["error"], "nothing can be searched: the disk is <full>");
    assert!(pages[3].starts_with("HTTP/1.1 200") && pages[3].contains("action=\"/search\""), "{}", pages[3]);
}
