use crate::blobs::Blobs;
use crate::sqlite::{Store, alignments, chapters, episodes, hearings, ledger, revisions, texts};
use crate::{
    Added, Alignment, Author, Begun, Change, Claim, EpisodeEntry, Error, HearingRequest, HearingResult,
    Imported, LiveWord, Priority, Removed, Result, Revision, ShowEntry, Stage, Stated, Status, TextAdded,
};
use model::{
    BlobHash, Chapter, ChapterSource, EpisodeFacts, EpisodeId, HeardWindow, Hearing, HearingId, MediaInfo,
    MediaTags, RecordingId, RevisionId, ShowFacts, ShowId, Transcript,
};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// An open archive. Cheap to clone; usable from many threads, beside other processes.
#[derive(Clone)]
pub struct Archive {
    dir: Arc<Path>,
    pub(crate) store: Arc<Store>,
    pub(crate) blobs: Arc<Blobs>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Archive({})", self.dir.display())
    }
}

impl Archive {
    /// Opens the archive in a folder, bringing one of an earlier version to this version's format.
    ///
    /// # Errors
    /// [`Error::NoArchive`], [`Error::Newer`] (untouched), [`Error::Foreign`], [`Error::Damaged`],
    /// [`Error::NetworkFolder`], [`Error::Paused`].
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        if !dir.join(DATABASE).is_file() {
            return Err(Error::NoArchive(dir.into()));
        }
        Self::open_or_create(dir, false)
    }

    /// Opens the archive in a folder; makes both when they are absent.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        fs::create_dir_all(dir).map_err(|error| Error::disk("making the archive's folder", &error))?;
        Self::open_or_create(dir, true)
    }

    fn open_or_create(dir: &Path, create: bool) -> Result<Self> {
        if let Some(kind) = network_file_system(dir) {
            return Err(Error::NetworkFolder { path: dir.into(), kind });
        }
        let store = Store::open(&dir.join(DATABASE), create)?;
        let blobs = Blobs::open(dir)?;
        Ok(Self { dir: dir.into(), store: Arc::new(store), blobs: Arc::new(blobs) })
    }

    /// Folder of the archive.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Copies a media file into the archive and makes an episode of it, due to be probed and heard.
    ///
    /// Idempotent: bytes that a show has already give the episode they are in, with what is newly stated added to it.
    /// Bytes added without a show belong to the show that the file's tags name, or to `Recordings`.
    ///
    /// # Errors
    /// [`Error::Source`] when the file cannot be read or is empty; whether it is media is found out by probing it.
    pub fn add_file(&self, path: impl AsRef<Path>, stated: &Stated) -> Result<Added> {
        let path = path.as_ref();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        self.with_blob(path, |tx, hash, bytes| episodes::add(tx, hash, bytes, &name, stated))
    }

    /// Gives an episode that has none the bytes of its recording, due to be probed and heard.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has other bytes already; [`Error::Source`] as with [`Archive::add_file`].
    pub fn attach_file(&self, episode: EpisodeId, path: impl AsRef<Path>, file_name: &str) -> Result<Added> {
        self.with_blob(path.as_ref(), |tx, hash, bytes| episodes::attach(tx, episode, hash, bytes, file_name))
    }

    /// Copies a file in and, in the transaction that makes it a blob, does `work` with its hash and size.
    pub(crate) fn with_blob<T>(
        &self,
        path: &Path,
        work: impl Fn(&rusqlite::Transaction<'_>, &BlobHash, u64) -> Result<T>,
    ) -> Result<T> {
        let mut staged = self.blobs.stage(path, false)?;
        let settle = |staged: &mut crate::blobs::Staged| {
            self.store.write(|tx| match self.blobs.settle(staged)? {
                true => work(tx, &staged.hash, staged.bytes).map(Some),
                false => Ok(None),
            })
        };
        if let Some(value) = settle(&mut staged)? {
            return Ok(value);
        }
        // Another process erased the same bytes while we looked: copy them after all.
        let mut staged = self.blobs.stage(path, true)?;
        settle(&mut staged)?.ok_or_else(|| Error::Invalid(format!("{} could not be copied", path.display())))
    }

    /// Adds a transcript from elsewhere: to the episode of the stated show and title, or as an episode without sound.
    /// The file is kept byte for byte. Idempotent by its content.
    ///
    /// # Errors
    /// [`Error::Invalid`] when nothing says which episode it is, or its words are out of order; [`Error::Source`].
    pub fn add_text(
        &self,
        path: impl AsRef<Path>,
        stated: &Stated,
        text: &Imported<'_>,
    ) -> Result<TextAdded> {
        self.with_blob(path.as_ref(), |tx, hash, bytes| {
            episodes::keep_blob(tx, hash, bytes)?;
            let recording = episodes::for_text(tx, stated)?;
            import(tx, recording, &Imported { original: Some(*hash), ..*text })
        })
    }

    /// Adds a transcript from elsewhere to an episode; `path` is the file it was read from, kept byte for byte.
    pub fn attach_text(
        &self,
        episode: EpisodeId,
        path: Option<&Path>,
        text: &Imported<'_>,
    ) -> Result<TextAdded> {
        match path {
            Some(path) => self.with_blob(path, |tx, hash, bytes| {
                episodes::keep_blob(tx, hash, bytes)?;
                let recording = episodes::recording_of(tx, episode)?;
                import(tx, recording, &Imported { original: Some(*hash), ..*text })
            }),
            None => self.store.write(|tx| import(tx, episodes::recording_of(tx, episode)?, text)),
        }
    }

    /// The file that an imported hearing was read from, byte for byte as it came.
    pub fn original(&self, hearing: HearingId) -> Result<Option<BlobHash>> {
        self.store.read(|tx| hearings::original(tx, hearing))
    }

    /// Replaces the chapters that one source gave for an episode; those of other sources stay.
    pub fn set_chapters(
        &self,
        episode: EpisodeId,
        source: ChapterSource,
        chapters: &[Chapter],
    ) -> Result<()> {
        self.store.write(|tx| chapters::set(tx, episode, source, chapters))
    }

    /// The chapters to show, of the strongest source that gave any.
    pub fn chapters(&self, episode: EpisodeId) -> Result<Option<(ChapterSource, Vec<Chapter>)>> {
        self.store.read(|tx| chapters::shown(tx, episode))
    }

    /// The chapters that one source gave; empty when it gave none.
    pub fn chapters_of(&self, episode: EpisodeId, source: ChapterSource) -> Result<Vec<Chapter>> {
        self.store.read(|tx| chapters::of(tx, episode, source))
    }

    /// Writes down what a publisher says of a show.
    pub fn set_show_facts(&self, show: ShowId, facts: &ShowFacts) -> Result<()> {
        self.store.write(|tx| episodes::set_show_facts(tx, show, facts))
    }

    /// Writes down what a publisher says of an episode.
    pub fn set_episode_facts(&self, episode: EpisodeId, facts: &EpisodeFacts) -> Result<()> {
        self.store.write(|tx| episodes::set_facts(tx, episode, facts))
    }

    /// Writes down what a person states of an episode. It outranks what tags say.
    pub fn say(&self, episode: EpisodeId, stated: &Stated) -> Result<()> {
        self.store.write(|tx| episodes::say(tx, episode, stated))
    }

    /// Erases an episode wholly: its recording (unless another episode has the same), all that was heard in it, every
    /// repair and correction, and its work.
    pub fn remove_episode(&self, episode: EpisodeId) -> Result<Removed> {
        let (title, unused) = self.store.write(|tx| episodes::remove(tx, episode))?;
        let mut bytes = 0;
        for blob in &unused {
            bytes += self.erase_unused(blob)?;
        }
        self.store.empty_log()?;
        Ok(Removed { title, bytes })
    }

    /// Erases a blob, unless an episode came to use it; under the write lock, where [`Archive::add_file`] places them.
    pub(crate) fn erase_unused(&self, blob: &BlobHash) -> Result<u64> {
        self.store.write(|tx| {
            let bytes = self.blobs.size(blob).unwrap_or_default();
            if episodes::uses(tx, blob)? {
                return Ok(0);
            }
            self.blobs.erase(blob)?;
            Ok(bytes)
        })
    }

    /// Removes what crashes left behind and is older than `grace` (`None`: a day): temporary files, and recordings
    /// that never became, or no longer are, part of an episode. Returns the number of files.
    pub fn sweep(&self, grace: Option<Duration>) -> Result<u64> {
        let grace = grace.unwrap_or(crate::invariants::GRACE);
        let mut swept = 0;
        for (path, age) in self.blobs.temporaries()? {
            if age > grace && fs::remove_file(path).is_ok() {
                swept += 1;
            }
        }
        for (hash, _, age) in self.blobs.list()? {
            if let Some(hash) = hash
                && age > grace
                && self.erase_unused(&hash)? > 0
            {
                swept += 1;
            }
        }
        Ok(swept + self.sweep_workers(grace))
    }

    /// Shows, by title.
    pub fn shows(&self) -> Result<Vec<ShowEntry>> {
        self.store.read(episodes::shows)
    }

    /// Episodes of a show, or of all shows: newest broadcast first, then those without a date as they were added.
    pub fn episodes(&self, show: Option<ShowId>) -> Result<Vec<EpisodeEntry>> {
        self.store.read(|tx| episodes::list(tx, show, 0, usize::MAX))
    }

    /// Some episodes of a show, or of all, in the order of [`Archive::episodes`]: at most `limit` after the first `skip`.
    pub fn episodes_page(
        &self,
        show: Option<ShowId>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<EpisodeEntry>> {
        self.store.read(|tx| episodes::list(tx, show, skip, limit))
    }

    /// Every episode with its version, which grows by every change of the episode or its text.
    pub fn versions(&self) -> Result<Vec<(EpisodeId, u64)>> {
        self.store.read(episodes::versions)
    }

    /// One show.
    pub fn show(&self, show: ShowId) -> Result<ShowEntry> {
        let found = self.store.read(episodes::shows)?.into_iter().find(|entry| entry.show.id == show);
        found.ok_or_else(|| Error::not_found("show", show))
    }

    /// One episode.
    pub fn episode(&self, episode: EpisodeId) -> Result<EpisodeEntry> {
        self.store.read(|tx| episodes::entry(tx, episode))
    }

    /// Finds an episode by any unique beginning of its id (four characters or more), its title, or `SHOW/TITLE`;
    /// titles are exact but for case.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Ambiguous`] lists what it could mean.
    pub fn find_episode(&self, wanted: &str) -> Result<EpisodeEntry> {
        self.store.read(|tx| episodes::entry(tx, episodes::find(tx, wanted)?))
    }

    /// Finds a show by any unique beginning of its id or its title.
    pub fn find_show(&self, wanted: &str) -> Result<ShowId> {
        self.store.read(|tx| episodes::find_show(tx, wanted))
    }

    /// Opens a recording's bytes for reading.
    pub fn open_blob(&self, hash: &BlobHash) -> Result<File> {
        self.blobs.open_blob(hash)
    }

    /// Where a recording's bytes lie. To be read only.
    pub fn blob_path(&self, hash: &BlobHash) -> PathBuf {
        self.blobs.path(hash)
    }

    /// Where everything stands.
    pub fn status(&self) -> Result<Status> {
        self.store.read(hearings::status)
    }

    /// Stores the result of the stage `probe`, finishes it and makes `fingerprint` and `hear` due, at once. Where the publisher has a
    /// transcript that will do, or may still have one, the recording is not heard, unless its show's settings say so.
    pub fn record_probe(
        &self,
        claim: &Claim,
        recording: RecordingId,
        media: &MediaInfo,
        tags: &MediaTags,
        tool: &str,
    ) -> Result<()> {
        self.store.write(|tx| {
            ledger::finish(tx, claim, tool)?;
            let episode = episodes::probed(tx, recording, media, tags)?;
            ledger::require(tx, episode.into(), &Stage::FINGERPRINT, &claim.input, Priority::Newest)?;
            texts::require_hearing(tx, episode)
        })
    }

    /// Hearings of a recording, oldest first.
    pub fn hearings(&self, recording: RecordingId) -> Result<Vec<Hearing>> {
        self.store.read(|tx| hearings::list(tx, recording))
    }

    /// One hearing.
    pub fn hearing(&self, hearing: HearingId) -> Result<Hearing> {
        self.store.read(|tx| hearings::hearing(tx, hearing))
    }

    /// Shows another complete hearing of a recording.
    pub fn set_shown(&self, recording: RecordingId, hearing: HearingId) -> Result<()> {
        self.store.write(|tx| hearings::show(tx, recording, hearing))
    }

    /// Begins a hearing, or goes on with one of the same engine, quality and language that was broken off.
    pub fn begin_hearing(
        &self,
        claim: &Claim,
        recording: RecordingId,
        request: &HearingRequest,
    ) -> Result<Begun> {
        self.store.write(|tx| {
            ledger::held_now(tx, claim)?;
            hearings::begin(tx, recording, request)
        })
    }

    /// Stores the language of a recording as soon as it is known.
    pub fn set_hearing_language(&self, claim: &Claim, hearing: HearingId, language: &str) -> Result<()> {
        self.store.write(|tx| {
            ledger::held_now(tx, claim)?;
            hearings::set_language(tx, hearing, language)
        })
    }

    /// Stores a window as soon as it was heard. When this returns, the window is on disk for good.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]: stop, another worker goes on; [`Error::Invalid`] when its words are out of order.
    pub fn store_window(&self, claim: &Claim, hearing: HearingId, window: &HeardWindow) -> Result<()> {
        self.store.write(|tx| {
            ledger::progress(tx, claim)?;
            hearings::store_window(tx, hearing, window)
        })
    }

    /// Completes a hearing, shows it and finishes the stage `hear`, at once.
    pub fn complete_hearing(&self, claim: &Claim, hearing: HearingId, result: &HearingResult) -> Result<()> {
        self.store.write(|tx| {
            hearings::complete(tx, hearing, result)?;
            let engine = hearings::hearing(tx, hearing)?.engine;
            ledger::finish(tx, claim, &engine)
        })
    }

    /// What is to be aligned of an episode: set while the text that is shown came from elsewhere without all its times and
    /// a complete hearing can give them.
    pub fn alignment(&self, episode: EpisodeId) -> Result<Option<Alignment>> {
        self.store.read(|tx| {
            let recording = episodes::entry(tx, episode)?.recording;
            recording.map_or(Ok(None), |recording| alignments::due(tx, recording.id))
        })
    }

    /// Stores a text with the times that an alignment gave it as a hearing of its own, lays the revisions of the shown
    /// text over it, shows it and finishes the stage `align`, at once.
    ///
    /// # Errors
    /// [`Error::LeaseLost`]; [`Error::Conflict`] when another text is shown by now; [`Error::Invalid`] when its words are
    /// not those of the text.
    pub fn store_alignment(
        &self,
        claim: &Claim,
        alignment: &Alignment,
        transcript: &Transcript,
        engine: &str,
    ) -> Result<HearingId> {
        self.store.write(|tx| alignments::store(tx, claim, alignment, transcript, engine))
    }

    /// Stores the chapters that were found in the text and finishes the stage `chapters`, at once.
    pub fn store_chapters(&self, claim: &Claim, chapters: &[Chapter], tool: &str) -> Result<()> {
        self.store.write(|tx| {
            ledger::held_now(tx, claim)?;
            chapters::set(tx, claim.episode(), ChapterSource::Found, chapters)?;
            ledger::finish(tx, claim, tool)
        })
    }

    /// The newest text of a hearing, each word with its identity.
    pub fn live_words(&self, hearing: HearingId) -> Result<Vec<LiveWord>> {
        self.store.read(|tx| revisions::live(tx, hearing))
    }

    /// Makes a change to the text of a complete hearing.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a word it wants is no longer live: the later author reads again. [`Error::Invalid`].
    pub fn revise(&self, hearing: HearingId, change: &Change) -> Result<Revision> {
        self.store.write(|tx| revisions::revise(tx, hearing, change))
    }

    /// Takes a revision back by another one.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it was taken back before, or when its words were revised since.
    pub fn undo(&self, revision: RevisionId, author: &Author, evidence: &str) -> Result<Revision> {
        self.store.write(|tx| revisions::undo(tx, revision, author, evidence))
    }

    /// Every revision over a hearing, in the order in which they were made.
    pub fn revisions(&self, hearing: HearingId) -> Result<Vec<Revision>> {
        self.store.read(|tx| revisions::list(tx, hearing))
    }
}

const DATABASE: &str = "archive.sqlite";

/// Stores a text from elsewhere, in the transaction that finds its recording.
fn import(tx: &rusqlite::Transaction<'_>, recording: RecordingId, text: &Imported<'_>) -> Result<TextAdded> {
    let (hearing, new) = hearings::import(tx, recording, text)?;
    let episode = hearings::episode_of(tx, recording)?;
    if new && text.show {
        hearings::show(tx, recording, hearing)?;
    }
    Ok(TextAdded { episode, hearing, new })
}

/// Name of the network file system that a folder lies on (numbers of statfs(2)); `None` for a local or unknown one.
fn network_file_system(dir: &Path) -> Option<&'static str> {
    #[cfg(target_os = "linux")]
    {
        let kind = rustix::fs::statfs(dir).ok()?.f_type;
        match kind as u32 {
            0x6969 => return Some("NFS"),
            0x517b | 0xff53_4d42 | 0xfe53_4d42 => return Some("SMB"),
            0x00c3_6400 => return Some("Ceph"),
            _ => {}
        }
    }
    let _ = dir;
    None
}
