//! The program as it is used, without weights: what it says to bad input, and what it does with an archive.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Stdio;

use support::{Place, manifest, ran, sample};

#[test]
fn bad_files_are_named_and_cost_the_good_ones_nothing() {
    let place = Place::new();
    let text = place.file("notes.mp3", "Not sound but a text, whatever its name says.\n".repeat(50));
    let empty = place.file("empty.wav", "");
    let missing = place.path("missing.mp3");
    fs::create_dir(place.path("no media")).unwrap();
    place.file("no media/readme.txt", "nothing to hear here");
    let cases = [
        (missing.clone(), "missing.mp3 does not exist"),
        (place.path("no media"), "no media has no media files"),
        (text.clone(), "notes.mp3 is a text, not audio or video"),
        (empty.clone(), "empty.wav is empty (0 bytes)"),
    ];
    for (path, says) in &cases {
        let ran = place.run(["add".as_ref(), path.as_os_str()]);
        ran.fails(1, says);
        assert_eq!(ran.err.matches("error:").count(), 1, "{ran:?}");
    }
    // Nothing was added by any of them.
    let status = place.run(["status", "--json"]);
    assert!(status.code == 1 || status.json()[0]["episodes"] == 0, "{status:?}");

    let mut all: Vec<_> = cases.iter().map(|(path, _)| path.clone()).collect();
    all.insert(2, sample());
    let ran = place.run(["add".into(), "--show".into(), "The Line".into()].into_iter().chain(all));
    assert_eq!((ran.code, ran.err.matches("error:").count()), (3, 4), "{ran:?}");
    assert!(ran.out.contains("added The Line / "), "{ran:?}");

    // The same without an archive.
    for (path, says) in [
        (missing, "missing.mp3"),
        (text, "is a text"),
        (empty, "is empty"),
        (place.path("no media"), "folder"),
    ] {
        place.run(["transcribe".as_ref(), path.as_os_str()]).fails(1, says);
    }
}

#[test]
fn wrong_use_is_told_and_ends_with_2() {
    let place = Place::new();
    let other = place.file("other.mp3", fs::read(sample()).unwrap());
    let sample = sample().to_string_lossy().into_owned();
    let other = other.to_string_lossy().into_owned();
    let cases: [(&[&str], &str); 8] = [
        (&["add", "--title", "One", &sample, &other], "--title and --notes are of one episode"),
        (&["add", &sample, "--date", "6 April"], "invalid value '6 April' for '--date"),
        (&["add", &sample, "--language", "klingon"], "give a language code"),
        (&["add"], "required arguments"),
        (&["export", "x", "--format", "pdf"], "choose one of txt, md"),
        (&["run", "--workers", "0"], "0 is not in 1..=256"),
        (&["check", "--sample", "2"], "a number from 0 to 1"),
        (&["sing"], "unrecognized subcommand"),
    ];
    for (words, says) in cases {
        place.run(words).fails(2, says);
    }
    place
        .run(["add", &sample, "--notes", "none.txt"])
        .fails(1, "none.txt cannot be used: there is no such file");
    place
        .run(["transcribe", &sample, "--model", "whisper-bas"])
        .fails(1, "there is no model \"whisper-bas\"");
    place
        .run(["transcribe", &sample, "--model", "silero-vad"])
        .fails(1, "silero-vad does not recognise speech");
}

#[test]
fn an_archive_is_filled_listed_and_proved() {
    let place = Place::new();
    place.run(["status"]).fails(1, "no archive in ");
    place.run(["show", "anything"]).fails(1, "no archive in ");

    let folder = place.path("shelf");
    place.file("shelf/a/one.mp3", fs::read(sample()).unwrap());
    place.file("shelf/.hidden.mp3", "x");
    place.file("shelf/cover.jpg", "x");
    let notes = place.file("notes.txt", "\u{feff}First line.\r\nSecond.\r\n");
    let words = [
        "add",
        "--json",
        "--show",
        "Line",
        "--title",
        "One call",
        "--date",
        "2026-03-12",
        "--language",
        "EN",
    ];
    let mut add = place.command();
    add.args(words).arg("--notes").arg(&notes).arg(&folder);
    let added = ran(&mut add).json();
    assert_eq!((added.len(), &added[0]["new"], &added[0]["title"]), (1, &true.into(), &"One call".into()));
    assert_eq!(added[0]["media"]["codec"], "MP3");
    assert_eq!(ran(&mut add).json()[0]["new"], false);

    let status = place.run(["status", "--json"]).json();
    assert_eq!((&status[0]["episodes"], &status[1]["date"]), (&1.into(), &"2026-03-12".into()));
    let id = status[1]["id"].as_str().unwrap().to_owned();
    assert!(place.run(["status"]).works().contains("Line / One call"));
    for wanted in ["one CALL", "Line/One call", &id[..13]] {
        place.run(["show", wanted]).fails(1, "\"One call\" has not been heard yet");
    }
    place.run(["export", "Two calls", "--format", "vtt"]).fails(1, "no episode \"Two calls\"");

    assert!(place.run(["check"]).works().contains("is sound"));
    let blob = walk(&place.path("archive/blobs")).pop().unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[1000] ^= 1;
    fs::remove_file(&blob).unwrap();
    fs::write(&blob, bytes).unwrap();
    let check = place.run(["check", "--json"]);
    check.fails(1, "is not as it should be");
    assert_eq!(check.json()[0]["number"], "P1.4");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn an_archive_that_cannot_be_is_told() {
    let place = Place::new();
    place.file("archive", "a file where the folder should be");
    let ran = place.run(["add".as_ref(), sample().as_os_str()]);
    assert!(ran.code == 1 && ran.err.contains("archive"), "{ran:?}");
    assert_eq!(ran.err.lines().filter(|line| line.starts_with("error:")).count(), 1, "{ran:?}");
}

#[test]
fn the_first_run_without_a_network_says_so_and_what_to_do() {
    let place = Place::new();
    // An address at which nothing listens any more, and no pip.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let models = manifest(&place, &address);
    for words in [vec!["transcribe"], vec!["demo", "--no-serve"]] {
        let mut command = place.command();
        command.env("READOUT_MODELS", &models).env("PATH", "").args(&words);
        if words == ["transcribe"] {
            command.arg(sample());
        }
        let ran = ran(&mut command);
        ran.fails(1, "error: no network: model.bin of whisper-base is not in the cache");
        ran.fails(1, "hint: connect once and run `readout models pull whisper-base`");
        assert_eq!(ran.err.matches("error:").count(), 1, "{ran:?}");
    }
}

/// Answers every request with these bytes.
fn server(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            // A client that hangs up is its own affair.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(bytes));
        }
    });
    address
}

#[test]
fn a_cache_that_lost_a_file_or_has_a_wrong_hash_is_told_and_mended() {
    const BYTES: &[u8] = b"forty-two bytes that stand for the weights";
    const SHA256: &str = "15ff9f9ff0d9de30486a5a437db6772770645efa48a2c21839b84dbcdfe7825e";
    let place = Place::new();
    let address = server(BYTES);
    let list = |sha256: &str| {
        format!(
            "[[model]]\nname = \"thing\"\nabout = \"a thing\"\nkind = \"plain\"\nlicence = \"MIT\"\n[[model.file]]\n\
             name = \"thing.safetensors\"\nbytes = 42\nsha256 = \"{sha256}\"\n\
             sources = [{{ url = \"http://{address}/x\" }}]\n"
        )
    };
    let models = place.file("models.toml", list(&"0".repeat(64)));
    let run = |words: &[&str]| ran(place.command().env("READOUT_MODELS", &models).args(words));
    run(&["models", "pull", "thing"]).fails(1, "sent other bytes than it must (wrong hash)");

    fs::write(&models, list(SHA256)).unwrap();
    assert!(run(&["models", "pull", "thing"]).works().starts_with("thing is ready in "));
    assert!(run(&["models", "verify"]).works().contains("thing is as it should be"));
    let file = place.path("cache/models/thing/thing.safetensors");
    fs::write(&file, [b'x'; 42]).unwrap();
    let verified = run(&["models", "verify"]);
    verified.fails(1, "error: thing is damaged: thing.safetensors has the wrong hash");
    verified.fails(1, "hint: `readout models pull thing` fetches it again");
    run(&["models", "pull", "thing"]).works();
    assert_eq!(fs::read(&file).unwrap(), BYTES);

    fs::remove_file(&file).unwrap();
    let listed = run(&["models", "list", "--json"]).json();
    assert_eq!(
        (&listed[0]["state"], &listed[0]["fault"]),
        (&"damaged".into(), &"thing.safetensors is gone".into())
    );
    run(&["models", "pull", "thing"]).fails(0, "thing.safetensors is gone");
    assert!(file.exists());
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_server_cleanly() {
    let place = Place::new();
    let mut child = place
        .command()
        .args(["serve", "--port", "0", "--no-work", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = said["url"].as_str().unwrap().trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success() && child.wait().unwrap().success());
    place.run(["check"]).works();
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_the_output_is_an_error_and_a_closed_pipe_is_none() {
    let place = Place::new();
    let full = || Stdio::from(fs::File::options().write(true).open("/dev/full").unwrap());
    for words in [["models", "list"], ["models", "verify"]] {
        let output = place.command().args(words).stdout(full()).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && err.contains("No space left"), "{err}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place.command().args(["models", "list"]).stdout(writer).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
