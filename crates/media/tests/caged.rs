//! The cage: a child that decodes, hangs, dies or eats memory. This program plays both parts: started with the name of a
//! part it is the child, otherwise it runs the tests.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod support;

use media::caged::{decode_here, open_caged};
use media::{Limits, MediaError, Opened};
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use support::*;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, part, path] = arguments.as_slice()
        && part.starts_with("part:")
    {
        play(part, Path::new(path));
        return;
    }
    let tests: [(&str, fn()); 6] = [
        ("a caged file sounds as an uncaged one", same_sound),
        ("errors cross the border unchanged", same_errors),
        ("a child that hangs is killed", hanging),
        ("a child that dies leaves what was heard", dying),
        ("a child has only the memory of its limits", memory),
        ("what is not known here is read by ffmpeg if it is there", fallback),
    ];
    for (name, test) in tests {
        println!("test {name}");
        test();
    }
}

fn play(part: &str, path: &Path) {
    match part {
        "part:decode" => decode_here(path, &Limits::default(), &mut stdout().lock()).unwrap(),
        "part:hang" => sleep(),
        "part:stall" => {
            // Says who it is, so that the test can look whether it is gone.
            std::fs::write(path, std::process::id().to_string()).unwrap();
            half_an_answer();
            sleep();
        }
        "part:die" => {
            half_an_answer();
            std::process::abort();
        }
        "part:eat" => {
            let mut answer = Vec::new();
            decode_here(path, &Limits::default(), &mut answer).unwrap();
            std::hint::black_box(vec![1u8; 2 << 30]);
            stdout().write_all(&answer).unwrap();
        }
        other => panic!("no part {other}"),
    }
}

fn sleep() {
    std::thread::sleep(Duration::from_secs(600));
}

/// The header and the first second of a fixture.
fn half_an_answer() {
    let mut answer = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.wav");
    write_wav(&path, 16_000, 1, 3.0, &[0.5]);
    decode_here(&path, &Limits::default(), &mut answer).unwrap();
    let header = answer.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    stdout().write_all(&answer[..header + 5 + 4 * 16_000]).unwrap();
    stdout().flush().unwrap();
}

fn caged(part: &str, path: &Path, limits: &Limits) -> Result<Opened, MediaError> {
    open_caged(&std::env::current_exe().unwrap(), &[part], path, limits)
}

fn same_sound() {
    for path in fixtures() {
        let here = media::open(&path, &Limits::default()).unwrap();
        let caged = caged("part:decode", &path, &Limits::default()).unwrap();
        assert_eq!((&caged.info, &caged.tags), (&here.info, &here.tags));
        assert_eq!(hear_all(caged).unwrap().samples, hear_all(here).unwrap().samples);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.wav");
    std::fs::write(&path, &std::fs::read(fixture("u8.wav")).unwrap()[..3000]).unwrap();
    let heard = hear_all(caged("part:decode", &path, &Limits::default()).unwrap()).unwrap();
    assert!(heard.partial.unwrap().contains("cut short"));
}

fn same_errors() {
    for path in [PathBuf::from("nowhere.mp3"), fixture("README.md"), fixture("")] {
        let here = media::open(&path, &Limits::default()).unwrap_err();
        assert_eq!(caged("part:decode", &path, &Limits::default()).unwrap_err(), here);
    }
    let none = open_caged(Path::new("/nonexistent/program"), &[], &fixture("u8.wav"), &Limits::default());
    assert!(matches!(none, Err(MediaError::Decoder { .. })));
}

fn hanging() {
    let limits = Limits { stall: Duration::from_millis(1500), ..Limits::default() };
    let begin = Instant::now();
    let error = caged("part:hang", &fixture("u8.wav"), &limits).unwrap_err();
    assert!(matches!(error, MediaError::Stalled { .. }), "{error}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pid");
    std::fs::write(&path, "").unwrap();
    let heard = hear_all(caged("part:stall", &path, &limits).unwrap()).unwrap();
    assert_eq!(heard.samples.len(), 16_000);
    assert!(heard.partial.unwrap().contains("stopped making progress"));
    assert!(begin.elapsed() < Duration::from_secs(60));
    // Dropped in the middle, the child is gone at once.
    let mut opened = caged("part:stall", &path, &Limits::default()).unwrap();
    opened.reader.next_block().unwrap();
    let process = Path::new("/proc").join(std::fs::read_to_string(&path).unwrap());
    let visible = process.exists();
    drop(opened);
    assert!(visible || !cfg!(target_os = "linux"));
    assert!(!process.exists());
}

fn dying() {
    let heard = hear_all(caged("part:die", &fixture("u8.wav"), &Limits::default()).unwrap()).unwrap();
    assert_eq!(heard.samples.len(), 16_000);
    let partial = heard.partial.unwrap();
    assert!(partial.contains("died"), "{partial}");
}

fn memory() {
    let result = caged("part:eat", &fixture("u8.wav"), &Limits::default());
    if cfg!(unix) {
        assert!(matches!(result, Err(MediaError::Decoder { .. })), "{result:?}");
    }
}

fn fallback() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("in.wav"), folder.path().join("out.ac3"));
    write_wav(&source, 48_000, 2, 3.0, &[0.5, 2.5]);
    if !ffmpeg(&["-i", source.to_str().unwrap(), target.to_str().unwrap()]) {
        return;
    }
    assert!(matches!(media::open(&target, &Limits::default()), Err(MediaError::UnknownFormat { .. })));
    let opened = caged("part:decode", &target, &Limits::default()).unwrap();
    assert_eq!((opened.info.codec.as_str(), opened.info.channels), ("ac3", 2));
    let heard = hear_all(opened).unwrap();
    assert_clicks("out.ac3", &clicks(&heard.samples), &[0.5, 2.5], 0.010);
}
