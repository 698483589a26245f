//! Publishes an archive that it makes up, and says what that took: for `cargo xtask bench publish`.
//!
//! `publish_archive FOLDER EPISODES WORDS` makes an archive of texts with speakers and times in FOLDER/archive (kept for the next
//! time), writes it to FOLDER/site, writes it again, and prints one line of JSON.

use archive::{Archive, Imported, Stated};
use model::{Millis, Origin, Timing, Transcript, Turn, Word};
use std::path::{Path, PathBuf};
use std::time::Instant;

type Anything = Box<dyn std::error::Error>;

fn main() -> Result<(), Anything> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, episodes, words] = arguments.as_slice() else { return Err("FOLDER EPISODES WORDS".into()) };
    let (folder, episodes, words) = (PathBuf::from(folder), episodes.parse()?, words.parse()?);
    let archive = Archive::create(folder.join("archive"))?;
    fill(&archive, &folder, episodes, words)?;
    let site = folder.join("site");
    let publishing =
        serve::Publishing { address: Some("https://example.org/archive/".into()), ..Default::default() };
    let mut seconds = Vec::new();
    let mut files = 0;
    for _ in 0..2 {
        let begun = Instant::now();
        let published = serve::publish(&archive, &site, &publishing, &|_, _| true)?;
        seconds.push(begun.elapsed().as_secs_f64());
        files = published.files;
    }
    let bytes = size(&site)?;
    println!(
        "{}",
        serde_json::json!({ "seconds": seconds[0], "again": seconds[1], "files": files, "bytes": bytes, "peak": peak() })
    );
    Ok(())
}

fn fill(archive: &Archive, folder: &Path, episodes: usize, words: usize) -> Result<(), Anything> {
    let here = archive.episodes(None)?.len();
    for number in here..episodes {
        let file = folder.join("text.md");
        std::fs::write(&file, number.to_string())?;
        let stated = Stated {
            show: Some(format!("Show {}", number % 10)),
            title: Some(format!("Part {number}: of things that were said")),
            broadcast: Some(
                jiff::civil::date(2015, 1, 1).saturating_add(jiff::Span::new().days(number as i64)),
            ),
            notes: Some("With Ann Lee and Bob Ray.\n\nLinks: https://example.org/".into()),
            ..Stated::default()
        };
        let transcript = talk(number as u64, words);
        let text = Imported {
            origin: Origin::Imported,
            source: "text.md",
            engine: "import/md/1",
            original: None,
            aligned_from: None,
            transcript: &transcript,
            show: true,
        };
        archive.add_text(&file, &stated, &text)?;
    }
    Ok(())
}

/// Words of two to nine letters in sentences of about twelve, two speakers in turn.
fn talk(seed: u64, words: usize) -> Transcript {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut turns = Vec::new();
    let mut spoken = Vec::with_capacity(words);
    for index in 0..words {
        let mut text: String = (0..2 + random(8)).map(|_| char::from(b'a' + random(26) as u8)).collect();
        if index % 12 == 0 {
            text[..1].make_ascii_uppercase();
        }
        if index % 12 == 11 {
            text.push('.');
        }
        if index % 60 == 0 {
            let speaker = ["Ann Lee", "Bob Ray"][index / 60 % 2];
            turns.push(Turn { first: index as u32, speaker: Some(speaker.into()) });
        }
        let start = Millis(index as u64 * 380);
        spoken.push(Word {
            text,
            start,
            end: Millis(start.0 + 320),
            confidence: 0.9,
            joined: false,
            timing: Timing::Measured,
        });
    }
    Transcript {
        language: Some("en".into()),
        duration: Millis(words as u64 * 380),
        words: spoken,
        turns,
        complete: true,
        ..Transcript::default()
    }
}

fn size(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

/// Most memory that this process had, in bytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}
