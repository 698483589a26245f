use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use archive::{Archive, EpisodeEntry, State, Stated};
use serde_json::json;

use super::{json_line, line, subscribe, texts};
use crate::arguments::{Add, Everywhere};
use crate::console::clock;
use crate::failure::{self, Outcome, hinted, wrong_use};
use crate::{hearing, network, place};

/// Endings of the files that are taken from a folder. Files that are named are taken whatever their ending is.
pub const ENDINGS: [&str; 26] = [
    "aac", "aif", "aifc", "aiff", "flac", "m4a", "m4b", "m4v", "mka", "mkv", "mov", "mp2", "mp3", "mp4",
    "mpga", "oga", "ogg", "ogv", "ogx", "opus", "spx", "wav", "wave", "weba", "webm", "3gp",
];
/// Folders are followed so deep; deeper ones are loops of a file system.
const DEEPEST: usize = 32;
/// Show notes are a few pages; a larger file is not notes.
const LARGEST_NOTES: u64 = 1 << 20;

pub fn add(everywhere: &Everywhere, add: &Add) -> Result<Outcome> {
    let (addresses, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        add.sources.iter().partition(|source| subscribe::is_address(source));
    let (lists, paths): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.into_iter().partition(|path| subscribe::is_list(path));
    if addresses.len() + lists.len() == 0 {
        refuse_what_is_of_feeds(add)?;
    }
    if let Some(file) = &add.treatment.glossary {
        fs::File::open(file)
            .with_context(|| format!("the list of names {} cannot be read", file.display()))?;
    }
    let stated = stated(add)?;
    let (files, mut failed) = files(&paths);
    let (transcripts, files): (Vec<PathBuf>, Vec<PathBuf>) =
        files.into_iter().partition(|file| texts::is_text(file));
    if add.episode.is_some() && transcripts.is_empty() {
        return Err(wrong_use(
            "--episode says whose transcript it is, and there is none",
            "name a transcript",
        ));
    }
    let episodes = files.len() + transcripts.iter().filter(|text| partner(text, &files).is_none()).count();
    if episodes > 1 && (add.title.is_some() || add.notes.is_some()) {
        return Err(wrong_use(
            format!("--title and --notes are of one episode, and there are {episodes} files"),
            "add that file alone, and the others without them",
        ));
    }
    // The tags of a recording say of which show it is, and they are read later.
    if add.names.is_some() && add.show.is_none() && !files.is_empty() {
        return Err(wrong_use(
            "--names is a list of a show's names, and nobody said which show that is",
            "say --show TITLE too, or import the list later: `readout names import FILE --show TITLE`",
        ));
    }
    let mut added = 0;
    let mut shows = BTreeSet::new();
    let mut recordings = BTreeMap::new();
    let mut partly = 0;
    if addresses.len() + lists.len() > 0 {
        let archive = place::create(everywhere)?;
        let fetcher = network::fetcher(&add.network);
        let mut tally = |done: Result<Outcome>| match done {
            Ok(Outcome::Done) => added += 1,
            Ok(_) => partly += 1,
            Err(error) => {
                failure::print(&error);
                failed += 1;
            }
        };
        for list in lists {
            tally(add_list(everywhere, &archive, list, add));
        }
        for address in addresses {
            let address = address.to_string_lossy();
            tally(subscribe::add_address(everywhere, &archive, &fetcher, &address, add));
        }
        if files.is_empty() && added > 0 && !everywhere.json {
            line("`readout run` fetches and hears what is waiting")?;
        }
    }
    if !files.is_empty() {
        let archive = place::create(everywhere)?;
        for file in &files {
            match add_one(everywhere, &archive, file, &stated) {
                Ok(entry) => {
                    added += 1;
                    shows.insert(entry.show.id);
                    recordings.insert(file.clone(), entry.episode.id);
                }
                // The rest would meet the same full disk.
                Err(error)
                    if error.downcast_ref::<archive::Error>().is_some_and(archive::Error::is_paused) =>
                {
                    return Err(error.context(format!("{} was not added", file.display())));
                }
                Err(error) => {
                    failure::print(&error);
                    failed += 1;
                }
            }
        }
        if added > 0 && !everywhere.json {
            line(format_args!("`readout run` hears what is waiting in {}", place::shown(archive.dir())))?;
        }
    }
    if !transcripts.is_empty() {
        let archive = place::create(everywhere)?;
        let named = add.episode.as_deref().map(|episode| archive.find_episode(episode)).transpose()?;
        for text in &transcripts {
            let beside = partner(text, &files).and_then(|media| recordings.get(media).copied());
            let episode = named.as_ref().map(|entry| entry.episode.id).or(beside);
            match texts::add_text(everywhere, &archive, text, &stated, episode) {
                Ok(entry) => {
                    added += 1;
                    shows.insert(entry.show.id);
                }
                Err(error) => {
                    failure::print(&error);
                    failed += 1;
                }
            }
        }
    }
    if let Some(list) = &add.names
        && !shows.is_empty()
    {
        let archive = place::open(everywhere)?;
        for show in shows {
            super::names::import(everywhere, &archive, Some(show), list)?;
        }
    }
    Ok(match (added + partly, failed + partly) {
        (_, 0) => Outcome::Done,
        (0, _) => Outcome::Failed,
        _ => Outcome::Partial,
    })
}

/// The recording that a transcript lies beside.
fn partner<'file>(text: &Path, media: &'file [PathBuf]) -> Option<&'file PathBuf> {
    // `talk.2.vtt` is of `talk.2.mp3` rather than of `talk.mp3`.
    media.iter().filter(|media| texts::belongs(text, media)).max_by_key(|media| media.as_os_str().len())
}

/// What a person states of what is added.
pub fn stated(add: &Add) -> Result<Stated> {
    Ok(Stated {
        show: add.show.clone(),
        title: add.title.clone(),
        broadcast: add.date,
        notes: add.notes.as_deref().map(notes).transpose()?,
        people: Vec::new(),
        language: add.language.clone(),
    })
}

fn refuse_what_is_of_feeds(add: &Add) -> Result<()> {
    if add.which.wanted().is_none() && add.treatment.is_empty() {
        return Ok(());
    }
    Err(wrong_use(
        "--since, --latest, --all, --quality, --keep, --always-hear and --glossary are of feeds, and none is named",
        "say them with the address of a feed, or later with `readout shows edit`",
    ))
}

fn add_list(everywhere: &Everywhere, archive: &Archive, path: &Path, add: &Add) -> Result<Outcome> {
    let name = path.display().to_string();
    let size = fs::metadata(path)?.len();
    if size > feed::Limits::default().document_bytes as u64 {
        return Err(hinted(format!("{name} is too large for a list of feeds"), "split it"));
    }
    let bytes = fs::read(path).with_context(|| format!("{name} cannot be read"))?;
    subscribe::add_list(everywhere, archive, &name, &bytes, add)
}

/// Adds one media file; gives the episode it went to.
fn add_one(everywhere: &Everywhere, archive: &Archive, file: &Path, stated: &Stated) -> Result<EpisodeEntry> {
    // Looked at before it is copied: what is no media should not become an episode.
    let info = hearing::look_at(file)?;
    let added = archive.add_file(file, stated)?;
    let entry = archive.episode(added.episode)?;
    // Whoever adds a file again, whose work was given up, wants it tried again.
    let given_up = |state| matches!(state, State::Failed | State::Quarantined);
    for cell in entry.cells.iter().filter(|cell| given_up(cell.state)) {
        archive.ask(cell.subject, &cell.stage)?;
    }
    if everywhere.json {
        json_line(&json!({
            "file": file, "episode": added.episode, "recording": added.recording, "new": added.new,
            "show": entry.show.title, "title": entry.episode.title, "media": info,
        }))?;
        return Ok(entry);
    }
    let length = info.duration.map(|length| format!("{}, ", clock(length.0))).unwrap_or_default();
    let what = if added.new { "added" } else { "was there already:" };
    line(format_args!("{what} {} / {} ({length}{})", entry.show.title, entry.episode.title, info.codec))?;
    Ok(entry)
}

fn notes(path: &Path) -> Result<String> {
    let unusable = |why: &str| {
        hinted(format!("the notes in {} cannot be used: {why}", path.display()), "name a text file in UTF-8")
    };
    let bytes = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(unusable("it is a folder")),
        Ok(metadata) if metadata.len() > LARGEST_NOTES => return Err(unusable("it is larger than 1 MB")),
        Ok(_) => fs::read(path).map_err(|error| unusable(&error.to_string()))?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(unusable("there is no such file"));
        }
        Err(error) => return Err(unusable(&error.to_string())),
    };
    let text = String::from_utf8(bytes).map_err(|_| unusable("it is not text in UTF-8"))?;
    Ok(text.trim_start_matches('\u{feff}').trim().replace("\r\n", "\n"))
}

/// The files that were named and those of the folders that were named, in order, and how many names were of no use;
/// why is said at once.
fn files(paths: &[&PathBuf]) -> (Vec<PathBuf>, usize) {
    let mut files = Vec::new();
    let mut failed = 0;
    for path in paths {
        let wrong =
            |what: &str, hint: &str| failure::print(&hinted(format!("{} {what}", path.display()), hint));
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                let mut found = Vec::new();
                walk(path, DEEPEST, &mut found);
                // Of the texts of a folder, those that lie beside a recording of the same name.
                let (mut texts, media): (Vec<PathBuf>, Vec<PathBuf>) =
                    found.into_iter().partition(|file| texts::is_text(file));
                texts.retain(|text| partner(text, &media).is_some());
                let mut found = [media, texts].concat();
                if found.is_empty() {
                    wrong(
                        "has no media files",
                        "name a folder with audio or video files, or the files themselves",
                    );
                    failed += 1;
                }
                files.append(&mut found);
            }
            Ok(_) => files.push(path.to_path_buf()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                wrong("does not exist", "check its name and folder");
                failed += 1;
            }
            Err(error) => {
                wrong(&format!("cannot be read ({error})"), "check who may read it");
                failed += 1;
            }
        }
    }
    (files, failed)
}

/// Media files and texts below a folder, by name. What is hidden is left alone, and so is what cannot be read.
fn walk(folder: &Path, deeper: usize, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        eprintln!("note: {} cannot be read and is left out", folder.display());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        if hidden {
            continue;
        } else if path.is_dir() && !path.is_symlink() && deeper > 0 {
            walk(&path, deeper - 1, found);
        } else if path.is_file()
            && (texts::is_text(&path) || ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())))
        {
            found.push(path);
        }
    }
}
