//! Damaged files: whatever is done to a transcript, reading it ends with a sound text or with a refusal.

mod support;

use proptest::prelude::*;
use proptest::sample::Index;
use std::path::Path;
use support::{is_sound, text};
use transcript::{Format, Limits, import, import_rttm};

/// Files of this folder's tests, by name.
fn files() -> Vec<(String, Vec<u8>)> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    for folder in ["foreign", "golden"] {
        for entry in std::fs::read_dir(tests.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if !name.ends_with(".expected") {
                files.push((name, std::fs::read(&path).expect("a file")));
            }
        }
    }
    files.sort();
    files
}

/// Something done to the bytes of a file.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index),
    Remove(Index, usize),
    Insert(Index, Vec<u8>),
    Repeat(Index, usize),
    Flip(Index, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces: Vec<Vec<u8>> = [
        &b"-->"[..],
        b"<",
        b">",
        b"\n\n",
        b"\r",
        b":",
        b"[",
        b"]",
        b"{",
        b"}",
        b"\"",
        b"**",
        b"\\",
        b"00:00:00.000",
        b"-1",
        b"1e308",
        b"\xff\xfe",
        b"\0",
        b"\xe2\x80",
        b"&#x10ffff;",
        b"<v ",
        b"</",
        b"NOTE",
        b";;",
        b"null",
        b"[[[[",
        b"99999999999999999999:00",
        b",",
    ]
    .map(<[u8]>::to_vec)
    .to_vec();
    prop_oneof![
        any::<Index>().prop_map(Damage::Cut),
        (any::<Index>(), 1usize..40).prop_map(|(at, count)| Damage::Remove(at, count)),
        (any::<Index>(), prop::sample::select(pieces)).prop_map(|(at, piece)| Damage::Insert(at, piece)),
        (any::<Index>(), 1usize..200).prop_map(|(at, count)| Damage::Repeat(at, count)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Flip(at, byte)),
    ]
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        if bytes.is_empty() {
            break;
        }
        let length = bytes.len();
        match damage {
            Damage::Cut(at) => bytes.truncate(at.index(length)),
            Damage::Remove(at, count) => {
                let at = at.index(length);
                bytes.drain(at..(at + count).min(length));
            }
            Damage::Insert(at, piece) => {
                let at = at.index(length);
                bytes.splice(at..at, piece.iter().copied());
            }
            Damage::Repeat(at, count) => {
                let at = at.index(length);
                let piece = bytes[at..(at + count).min(length)].to_vec();
                bytes.splice(at..at, piece);
            }
            Damage::Flip(at, byte) => bytes[at.index(length)] ^= byte,
        }
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_files_are_read_or_refused(
        which in any::<Index>(), name in any::<Index>(), renamed in prop::bool::weighted(0.2),
        damages in prop::collection::vec(damage(), 0..8),
    ) {
        let files = files();
        let (own, bytes) = files[which.index(files.len())].clone();
        let name = if renamed { &files[name.index(files.len())].0 } else { &own };
        let bytes = damaged(bytes, &damages);
        let _ = import_rttm(&bytes, &Limits::default());
        let Ok(read) = import(&bytes, name, &Limits::default()) else { return Ok(()) };
        // Readout's own is all or nothing, and may overlap by a little.
        if read.format == Format::Readout {
            return Ok(());
        }
        is_sound(&read.transcript);
        if read.format.suits(&read.transcript).is_ok() && !read.transcript.words.is_empty() {
            let first = text(read.format, &read.about, &read.transcript);
            let again = support::read(first.as_bytes(), &format!("again.{}", read.format));
            let second = text(read.format, &again.about, &again.transcript);
            prop_assert!(first == second, "{name} as {}:\n{first}\n---\n{second}", read.format);
        }
    }

    #[test]
    fn anything_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), name in "[a-z.]{0,8}") {
        if let Ok(read) = import(&bytes, &name, &Limits::default()) {
            is_sound(&read.transcript);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}", which in any::<Index>()) {
        let format = Format::ALL[which.index(Format::ALL.len())];
        if let Ok(read) = import(text.as_bytes(), &format!("a.{format}"), &Limits::default()) {
            is_sound(&read.transcript);
        }
    }
}
