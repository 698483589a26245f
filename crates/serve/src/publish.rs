//! An archive, or one show of it, as files that any web server can hand out.
//!
//! The pages are those of the server, with relative links, so that the folder may lie anywhere; feeds need absolute
//! addresses and are written only where somebody says what the address will be. What was written is listed in a file of
//! its own: publishing again writes what changed and removes what is no longer there, and nothing that Readout did not make
//! is ever touched.

use crate::places::Places;
use crate::{assets, audio, episode, library, rss, show};
use archive::{Archive, EpisodeEntry, ShowEntry, Text};
use model::{BlobHash, ShowId};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lists what Readout wrote, with the hash of each file: so a folder is known to be a site, and what changed.
const LIST: &str = ".readout-site.json";

/// What is to be published.
#[derive(Clone, Debug, Default)]
pub struct Publishing {
    /// One show; `None`: all.
    pub show: Option<ShowId>,
    /// The address at which the folder will be found, for feeds; `None`: no feeds.
    pub address: Option<String>,
    /// Leave the recordings out: pages are then only read.
    pub without_audio: bool,
}

/// What was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// Shows.
    pub shows: usize,
    /// Episodes.
    pub episodes: usize,
    /// Files that the site has.
    pub files: usize,
    /// Files that were new or had changed.
    pub written: usize,
    /// Files of an earlier time that are gone.
    pub removed: usize,
}

/// Why a site was not written.
#[derive(Debug, thiserror::Error)]
pub enum NotPublished {
    /// The folder holds something else.
    #[error("{} holds files that are not Readout's: name an empty or a new folder", .0.display())]
    NotEmpty(PathBuf),
    /// The address is none.
    #[error("{0:?} is no address for feeds: give one such as https://example.org/archive/")]
    Address(String),
    /// A file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The archive cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Told to stop. What was written stays, and the next time goes on from there.
    #[error("stopped")]
    Stopped,
}

/// Writes the site to a folder. `progress` is told episodes done and in all; it returns false to stop.
///
/// # Errors
/// See [`NotPublished`]. Files are replaced whole, so a site that is being handed out is never half a page.
pub fn publish(
    archive: &Archive,
    folder: &Path,
    publishing: &Publishing,
    progress: &(dyn Fn(usize, usize) -> bool + Sync),
) -> Result<Published, NotPublished> {
    let address = publishing.address.as_deref().map(base).transpose()?;
    let site = Site::open(folder)?;
    let shows: Vec<ShowEntry> = (archive.shows()?.into_iter())
        .filter(|show| show.episodes > 0 && publishing.show.is_none_or(|wanted| wanted == show.show.id))
        .collect();
    for (path, body) in assets::all() {
        site.write(&path, body.as_bytes())?;
    }
    let mut episodes = Vec::new();
    for show in &shows {
        for page in 1..=show::pages(show.episodes) {
            let name = if page == 1 { "index".to_owned() } else { format!("page-{page}") };
            let text = show::written(archive, show, Places::in_folder(2), page, address.is_some())?;
            site.write(&format!("show/{}/{name}.html", show.show.id), text.as_bytes())?;
            let skip = (page - 1) * show::EPISODES_A_PAGE;
            let entries = archive.episodes_page(Some(show.show.id), skip, show::EPISODES_A_PAGE)?;
            episodes.extend(entries.into_iter().map(|entry| entry.episode.id));
        }
        if let Some(address) = &address {
            let feed = rss::feed(archive, show, address, rss::Where::Folder)?;
            site.write(&format!("show/{}/feed.xml", show.show.id), feed.as_bytes())?;
        }
    }
    match shows.as_slice() {
        // One show is its own front page.
        [show] if publishing.show.is_some() => {
            let text = forward(&format!("show/{}/index.html", show.show.id), &show.show.title);
            site.write("index.html", text.as_bytes())?;
        }
        _ => {
            let mut page = 1;
            loop {
                let (text, pages) = library::written(archive, Places::in_folder(0), page)?;
                let name = if page == 1 { "index.html".to_owned() } else { format!("shows-{page}.html") };
                site.write(&name, text.as_bytes())?;
                page += 1;
                if page > pages {
                    break;
                }
            }
        }
    }
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let trouble = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(id) = episodes.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let written = one_episode(archive, &site, *id, publishing);
                    let number = done.fetch_add(1, Ordering::Relaxed) + 1;
                    let go_on = progress(number, episodes.len());
                    let ended = match written {
                        Err(error) => Some(error),
                        Ok(()) if go_on => None,
                        Ok(()) => Some(NotPublished::Stopped),
                    };
                    if let Some(error) = ended {
                        trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        next.store(episodes.len(), Ordering::Relaxed);
                    }
                }
            });
        }
    });
    if let Some(error) = trouble.into_inner().unwrap_or_else(PoisonError::into_inner) {
        // What was written is on the list, so that the next time knows it for its own.
        site.close(false)?;
        return Err(error);
    }
    let (files, written, removed) = site.close(true)?;
    Ok(Published { shows: shows.len(), episodes: episodes.len(), files, written, removed })
}

fn one_episode(
    archive: &Archive,
    site: &Site,
    id: model::EpisodeId,
    publishing: &Publishing,
) -> Result<(), NotPublished> {
    let loaded = episode::load(archive, id)?;
    let places = Places::in_folder(2);
    let page = episode::written(&loaded, places, !publishing.without_audio);
    let page =
        page.map_err(|error| archive::Error::Invalid(format!("the page cannot be written: {error}")))?;
    site.write(&format!("episode/{id}/index.html"), page.as_bytes())?;
    if let Some(reading) = archive.reading(id, Text::Revised)? {
        let about = episode::about(archive.episode(id)?, &reading);
        for format in episode::IN_FOLDERS {
            // A text without times or speakers has no file in the formats that are about them.
            if let Ok(bytes) = transcript::export(format, &about, &reading.transcript) {
                site.write(&format!("episode/{id}/transcript.{format}"), &bytes)?;
            }
        }
    }
    if let Some(chapters) = episode::chapters_json(archive, &loaded.entry)? {
        site.write(&format!("episode/{id}/chapters.json"), chapters.as_bytes())?;
    }
    if !publishing.without_audio {
        sound(archive, site, &loaded.entry)?;
    }
    Ok(())
}

/// Copies a recording, unless it is there: its name is its content.
fn sound(archive: &Archive, site: &Site, entry: &EpisodeEntry) -> Result<(), NotPublished> {
    let Some(recording) = &entry.recording else { return Ok(()) };
    let Some(blob) = &recording.blob else { return Ok(()) };
    let ending = recording.media.as_ref().map_or("bin", |media| audio::ending(media).0);
    site.copy(&format!("audio/{blob}.{ending}"), &archive.blob_path(blob), blob)
}

/// The address of the folder with its `/`.
fn base(address: &str) -> Result<String, NotPublished> {
    let wrong = || NotPublished::Address(address.to_owned());
    let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
    let sound = matches!(scheme, "http" | "https")
        && !rest.is_empty()
        && !rest.contains(|letter: char| {
            letter.is_whitespace() || letter.is_control() || "<>\"?#".contains(letter)
        });
    if !sound {
        return Err(wrong());
    }
    Ok(format!("{}/", address.trim_end_matches('/')))
}

fn forward(place: &str, title: &str) -> String {
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta http-equiv=\"refresh\" content=\"0; url={place}\">\n</head>\n<body>\n\
         <p><a href=\"{place}\">{title}</a></p>\n</body>\n</html>\n"
    )
}

/// The folder and what is in it.
struct Site {
    folder: PathBuf,
    /// Files of the last time, with their hashes.
    before: BTreeMap<String, String>,
    now: Mutex<BTreeMap<String, String>>,
    written: AtomicUsize,
}

impl Site {
    fn open(folder: &Path) -> Result<Self, NotPublished> {
        let disk = |source| NotPublished::Disk { path: folder.into(), source };
        fs::create_dir_all(folder).map_err(disk)?;
        let before = match fs::read(folder.join(LIST)) {
            Ok(list) => serde_json::from_slice(&list).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if fs::read_dir(folder).map_err(disk)?.next().is_some() {
                    return Err(NotPublished::NotEmpty(folder.into()));
                }
                BTreeMap::new()
            }
            Err(error) => return Err(disk(error)),
        };
        let site =
            Self { folder: folder.into(), before, now: Mutex::default(), written: AtomicUsize::new(0) };
        // From now on the folder is known for Readout's, whatever happens to this run.
        site.list(&site.before)?;
        Ok(site)
    }

    fn remember(&self, path: &str, hash: String) {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), hash);
    }

    /// Writes a file, unless it is there with this content.
    fn write(&self, path: &str, content: &[u8]) -> Result<(), NotPublished> {
        let hash = blake3::hash(content).to_hex().to_string();
        let same = self.before.get(path) == Some(&hash) && self.folder.join(path).is_file();
        if !same {
            self.replace(path, |file| file.write_all(content))?;
        }
        self.remember(path, hash);
        Ok(())
    }

    fn copy(&self, path: &str, from: &Path, blob: &BlobHash) -> Result<(), NotPublished> {
        let there = self.folder.join(path);
        let hash = blob.to_string();
        let bytes = |path: &Path| fs::metadata(path).map(|found| found.len()).ok();
        if self.before.get(path) != Some(&hash) || bytes(&there) != bytes(from) {
            self.replace(path, |file| io::copy(&mut File::open(from)?, file).map(drop))?;
        }
        self.remember(path, hash);
        Ok(())
    }

    fn replace(
        &self,
        path: &str,
        fill: impl FnOnce(&mut File) -> io::Result<()>,
    ) -> Result<(), NotPublished> {
        let there = self.folder.join(path);
        let write = || {
            let parent = there.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent)?;
            let mut file = tempfile::Builder::new().prefix(".readout-").tempfile_in(parent)?;
            fill(file.as_file_mut())?;
            readable_by_all(file.as_file())?;
            file.persist(&there).map_err(|error| error.error).map(drop)
        };
        write().map_err(|source| NotPublished::Disk { path: there.clone(), source })?;
        self.written.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn list(&self, files: &BTreeMap<String, String>) -> Result<(), NotPublished> {
        let path = self.folder.join(LIST);
        let text = serde_json::to_vec_pretty(files).unwrap_or_default();
        fs::write(&path, text).map_err(|source| NotPublished::Disk { path, source })
    }

    /// Removes what is no longer part of the site (`whole`), and writes the list. Returns files, files written and removed.
    fn close(self, whole: bool) -> Result<(usize, usize, usize), NotPublished> {
        let now = std::mem::take(&mut *self.now.lock().unwrap_or_else(PoisonError::into_inner));
        let mut removed = 0;
        let mut files = now.clone();
        for (path, hash) in &self.before {
            if now.contains_key(path) {
                continue;
            }
            if !whole {
                files.insert(path.clone(), hash.clone());
            } else if is_inside(path) && fs::remove_file(self.folder.join(path)).is_ok() {
                removed += 1;
                // Only where it is empty.
                let _ = self.folder.join(path).parent().map(fs::remove_dir);
            }
        }
        self.list(&files)?;
        Ok((files.len(), self.written.load(Ordering::Relaxed), removed))
    }
}

/// True for a path that stays in the folder, whatever somebody wrote into the list.
fn is_inside(path: &str) -> bool {
    !path.starts_with('/')
        && !path.contains('\\')
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Temporary files are their owner's alone; a web server is somebody else.
fn readable_by_all(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}
