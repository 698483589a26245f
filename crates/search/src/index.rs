//! The folder of the index: what is in it, how it is opened, filled and read.

use crate::passages::{About, Passage, Source, passages};
use crate::sounds::{Sounds, Voice};
use crate::tokens::{STEM, Stems, Token, tokens};
use crate::{Calibration, Form};
use model::EpisodeId;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tantivy::indexer::UserOperation;
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
    Value as _,
};
use tantivy::tokenizer::PreTokenizedString;
use tantivy::{IndexReader, IndexWriter, TantivyDocument, TantivyError, Term};

/// Changes when what is stored does: an index of another number is made again.
const FORMAT: &str = "readout-search/1";
/// Memory for writing, in bytes.
const WRITING: usize = 96 << 20;

/// Why the index cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Somebody else writes to it.
    #[error("another process is bringing the index up to date")]
    Busy,
    /// It cannot be read: it is to be made again.
    #[error("the index is damaged: {0}")]
    Damaged(String),
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// A result of the index.
pub type Result<T> = std::result::Result<T, Error>;

impl From<TantivyError> for Error {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(..) => Self::Busy,
            other => Self::Damaged(other.to_string()),
        }
    }
}

/// What was found on opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was there.
    Whole,
    /// It is new, and empty.
    New,
    /// It could not be used, for this reason, and is empty now.
    Again(String),
}

#[derive(Clone, Copy)]
pub(crate) struct Fields {
    pub episode: Field,
    /// 1: what is known of an episode; 0: a passage of it.
    pub kind: Field,
    /// The last 64 bits of its id, to tell episodes apart while counting.
    pub key: Field,
    pub language: Field,
    /// Milliseconds since 1970 at which the episode came into the archive, from its id.
    pub made: Field,
    pub version: Field,
    /// Days since 1970.
    pub day: Field,
    pub show: Field,
    pub speaker: Field,
    pub has: Field,
    pub shown: Field,
    pub heard: Field,
    pub offered: Field,
    /// Title, people and notes.
    pub about: Field,
    /// Two words that were heard one after the other, as one term.
    pub pairs: Field,
    pub body: Field,
}

fn schema() -> (Schema, Fields) {
    let text = |option| {
        TextOptions::default().set_indexing_options(
            TextFieldIndexing::default().set_tokenizer("raw").set_fieldnorms(true).set_index_option(option),
        )
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        episode: schema.add_text_field("episode", STRING),
        kind: schema.add_u64_field("kind", INDEXED | FAST),
        key: schema.add_u64_field("key", FAST),
        language: schema.add_text_field("language", STRING | STORED),
        made: schema.add_u64_field("made", INDEXED | FAST),
        version: schema.add_u64_field("version", FAST),
        day: schema.add_i64_field("day", INDEXED | FAST),
        show: schema.add_text_field("show", text(IndexRecordOption::WithFreqsAndPositions)),
        speaker: schema.add_text_field("speaker", text(IndexRecordOption::WithFreqsAndPositions)),
        has: schema.add_text_field("has", STRING),
        shown: schema.add_text_field("shown", text(IndexRecordOption::WithFreqsAndPositions)),
        heard: schema.add_text_field("heard", text(IndexRecordOption::WithFreqsAndPositions)),
        offered: schema.add_text_field("offered", text(IndexRecordOption::WithFreqsAndPositions)),
        about: schema.add_text_field("about", text(IndexRecordOption::WithFreqsAndPositions)),
        pairs: schema.add_text_field("pairs", text(IndexRecordOption::Basic)),
        body: schema.add_bytes_field("body", STORED),
    };
    (schema.build(), fields)
}

/// What can be searched.
pub struct Index {
    folder: PathBuf,
    pub(crate) index: tantivy::Index,
    pub(crate) fields: Fields,
    reader: IndexReader,
    pub(crate) calibration: Calibration,
    voice: OnceLock<Voice>,
    /// What occurs, by its sound, and of which state of the index that is.
    sounds: Mutex<Option<(u64, Arc<Sounds>)>>,
}

impl Index {
    /// Opens the index in a folder. One that cannot be read, or is of another version, is emptied: what was in it is to be put in again.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn open(folder: &Path) -> Result<(Self, Opened)> {
        let disk = |source| Error::Disk { path: folder.into(), source };
        fs::create_dir_all(folder).map_err(disk)?;
        let mark = folder.join("format");
        let found = match fs::read_to_string(&mark) {
            Ok(found) if found == FORMAT => match Self::of(folder, false) {
                Ok(index) => return Ok((index, Opened::Whole)),
                Err(error) => Opened::Again(error.to_string()),
            },
            Ok(_) => Opened::Again("it was made by another version".into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Opened::New,
            Err(error) => Opened::Again(error.to_string()),
        };
        for entry in fs::read_dir(folder).map_err(disk)? {
            let path = entry.map_err(disk)?.path();
            if path.is_file() {
                fs::remove_file(&path).map_err(disk)?;
            }
        }
        let index = Self::of(folder, true)?;
        fs::write(&mark, FORMAT).map_err(disk)?;
        Ok((index, found))
    }

    fn of(folder: &Path, create: bool) -> Result<Self> {
        let (schema, fields) = schema();
        let index = if create {
            tantivy::Index::create_in_dir(folder, schema)?
        } else {
            let index = tantivy::Index::open_in_dir(folder)?;
            if index.schema() != schema {
                return Err(Error::Damaged("it has other fields".into()));
            }
            index
        };
        let reader = index.reader()?;
        Ok(Self {
            folder: folder.into(),
            index,
            fields,
            reader,
            calibration: Calibration::built_in(),
            voice: OnceLock::new(),
            sounds: Mutex::default(),
        })
    }

    /// The same index with other weights for what sounds alike: for training them.
    #[must_use]
    pub fn calibrated(mut self, calibration: Calibration) -> Self {
        self.calibration = calibration;
        self
    }

    /// Reads everything once and compares it with its checksums.
    ///
    /// # Errors
    /// Something is damaged: the folder is to be emptied and filled again.
    pub fn validate(&self) -> Result<()> {
        let wrong = self.index.validate_checksum()?;
        match wrong.into_iter().next() {
            None => Ok(()),
            Some(file) => Err(Error::Damaged(format!("{} is not what was written", file.display()))),
        }
    }

    /// The episodes that are in it, each with its version.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn versions(&self) -> Result<HashMap<EpisodeId, u64>> {
        let searcher = self.searcher();
        let mut versions = HashMap::new();
        for segment in searcher.segment_readers() {
            let kinds = segment.fast_fields().u64("kind")?;
            let numbers = segment.fast_fields().u64("version")?;
            let store = segment.get_store_reader(1).map_err(|error| Error::Damaged(error.to_string()))?;
            for doc in segment.doc_ids_alive().filter(|doc| kinds.first(*doc) == Some(1)) {
                let about: About = body(&store.get(doc)?, self.fields.body)?;
                versions.insert(about.episode, numbers.first(doc).unwrap_or_default());
            }
        }
        Ok(versions)
    }

    /// Begins to change it. One process at a time can.
    ///
    /// # Errors
    /// [`Error::Busy`]: another one does.
    pub fn writer(&self) -> Result<Writer<'_>> {
        Ok(Writer { index: self, writer: self.index.writer(WRITING)? })
    }

    pub(crate) fn searcher(&self) -> tantivy::Searcher {
        self.reader.searcher()
    }

    /// Looks whether another process changed it.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn reload(&self) -> Result<()> {
        Ok(self.reader.reload()?)
    }

    pub(crate) fn voice(&self) -> &Voice {
        self.voice.get_or_init(Voice::default)
    }

    /// What occurs, by its sound.
    pub(crate) fn sounds(&self, searcher: &tantivy::Searcher) -> Result<Arc<Sounds>> {
        let generation = searcher.generation().generation_id();
        let mut held = self.sounds.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, sounds)) = &*held
            && *of == generation
        {
            return Ok(sounds.clone());
        }
        let before = held.take().map(|(_, sounds)| sounds);
        let sounds =
            Sounds::of(searcher, &self.fields, self.voice(), &self.folder.join("sounds"), before.as_deref())?;
        let sounds = Arc::new(sounds);
        *held = Some((generation, sounds.clone()));
        Ok(sounds)
    }

    /// What occurs and sounds like these words, likeliest first.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn forms(&self, words: &[&str]) -> Result<Vec<Form>> {
        let searcher = self.searcher();
        let sounds = self.sounds(&searcher)?;
        sounds.forms(&searcher, &self.fields, self.voice(), words)
    }

    /// Passages in it.
    #[must_use]
    pub fn passages(&self) -> u64 {
        let term = Term::from_field_u64(self.fields.kind, 0);
        self.searcher().doc_freq(&term).unwrap_or_default()
    }

    /// Bytes of its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }
}

/// What is stored with a document.
pub(crate) fn body<T: serde::de::DeserializeOwned>(document: &TantivyDocument, field: Field) -> Result<T> {
    let bytes = document.get_first(field).and_then(|value| value.as_bytes());
    postcard::from_bytes(bytes.unwrap_or_default()).map_err(|error| Error::Damaged(error.to_string()))
}

/// The episode a document belongs to: what is stored begins with it, of passages and of episodes.
pub(crate) fn owner(document: &TantivyDocument, field: Field) -> Result<EpisodeId> {
    let bytes = document.get_first(field).and_then(|value| value.as_bytes());
    let taken = postcard::take_from_bytes(bytes.unwrap_or_default());
    taken.map(|(episode, _)| episode).map_err(|error| Error::Damaged(error.to_string()))
}

/// Changes an index. What was put in can be found after [`Writer::commit`].
pub struct Writer<'a> {
    index: &'a Index,
    writer: IndexWriter,
}

impl Writer<'_> {
    /// Puts an episode in, in place of what was there of it.
    ///
    /// # Errors
    /// The disk is full, or the index damaged.
    pub fn put(&mut self, source: &Source<'_>) -> Result<()> {
        let fields = &self.index.fields;
        let about = &source.about;
        self.remove(about.episode);
        let stems = Stems::of(about.language.as_deref());
        let id = about.episode.to_string();
        let day = about.date.map(days);
        let show = tokens(about.show.split_whitespace());
        let common = |kind: u64| {
            let mut document = TantivyDocument::default();
            document.add_text(fields.episode, &id);
            document.add_u64(fields.kind, kind);
            document.add_u64(fields.key, key(about.episode));
            document.add_u64(fields.made, made(about.episode));
            document.add_text(fields.language, about.language.as_deref().unwrap_or("en"));
            if let Some(day) = day {
                document.add_i64(fields.day, day);
            }
            document.add_pre_tokenized_text(fields.show, plain(&show));
            document
        };
        let mut document = common(1);
        document.add_u64(fields.version, source.version);
        let people = about.people.iter().map(String::as_str);
        let words = std::iter::once(about.title.as_str()).chain(people).chain([about.notes.as_str()]);
        let known = tokens(words.flat_map(str::split_whitespace));
        document.add_pre_tokenized_text(fields.about, with_stems(&known, &stems));
        document.add_bytes(fields.body, &stored(about)?);
        // Together they stay in one segment, which collecting by episode relies on.
        let mut together = vec![UserOperation::Add(document)];
        for passage in passages(source) {
            let mut document = common(0);
            let shown = passage.shown.tokens();
            document.add_pre_tokenized_text(fields.shown, with_stems(&shown, &stems));
            let heard = passage.heard.as_ref().map(|heard| heard.tokens());
            if let Some(heard) = &heard {
                document.add_pre_tokenized_text(fields.heard, with_stems(heard, &stems));
            }
            document.add_pre_tokenized_text(fields.pairs, pairs(heard.as_ref().unwrap_or(&shown)));
            if !passage.offered.is_empty() {
                let offered = passage.offered.iter().flat_map(|(text, ..)| text.split_whitespace());
                document.add_pre_tokenized_text(fields.offered, with_stems(&tokens(offered), &stems));
            }
            if let Some(speaker) = &passage.speaker {
                document.add_pre_tokenized_text(fields.speaker, plain(&tokens(speaker.split_whitespace())));
            }
            for (has, what) in [
                (passage.gap, "gap"),
                (passage.music, "music"),
                (passage.heard.is_some(), "repair"),
                (!passage.offered.is_empty(), "offer"),
            ] {
                if has {
                    document.add_text(fields.has, what);
                }
            }
            document.add_bytes(fields.body, &stored::<Passage>(&passage)?);
            together.push(UserOperation::Add(document));
        }
        self.writer.run(together)?;
        Ok(())
    }

    /// Takes an episode out.
    pub fn remove(&mut self, episode: EpisodeId) {
        self.writer.delete_term(Term::from_field_text(self.index.fields.episode, &episode.to_string()));
    }

    /// Makes what was changed durable and lets it be found.
    ///
    /// # Errors
    /// The disk is full, or the index damaged. What was committed before stays.
    pub fn commit(&mut self) -> Result<()> {
        self.writer.commit()?;
        self.index.reload()
    }

    /// Waits until smaller parts have been put together in the background.
    ///
    /// # Errors
    /// The index is damaged.
    pub fn settle(self) -> Result<()> {
        self.writer.wait_merging_threads()?;
        self.index.reload()
    }
}

fn stored<T: serde::Serialize>(value: &T) -> Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(|error| Error::Damaged(error.to_string()))
}

pub(crate) fn days(date: jiff::civil::Date) -> i64 {
    let begin = jiff::civil::date(1970, 1, 1);
    begin.until(date).map_or(0, |span| i64::from(span.get_days()))
}

pub(crate) fn key(episode: EpisodeId) -> u64 {
    episode.0.as_u128() as u64
}

/// When an id was made, in milliseconds since 1970: its first 48 bits (RFC 9562, version 7).
pub(crate) fn made(episode: EpisodeId) -> u64 {
    (episode.0.as_u128() >> 80) as u64
}

fn plain(tokens: &[Token]) -> PreTokenizedString {
    let tokens = tokens.iter().enumerate().map(|(position, token)| indexed(position, token.text.clone()));
    PreTokenizedString { text: String::new(), tokens: tokens.collect() }
}

/// Each token with its stem at the same place.
fn with_stems(tokens: &[Token], stems: &Stems) -> PreTokenizedString {
    let both = |(position, token): (usize, &Token)| {
        [indexed(position, token.text.clone()), indexed(position, stems.stem(&token.text))]
    };
    PreTokenizedString { text: String::new(), tokens: tokens.iter().enumerate().flat_map(both).collect() }
}

/// Each token with the one after it.
fn pairs(tokens: &[Token]) -> PreTokenizedString {
    let pair = |(position, pair): (usize, &[Token])| {
        indexed(position, pair.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" "))
    };
    PreTokenizedString { text: String::new(), tokens: tokens.windows(2).enumerate().map(pair).collect() }
}

fn indexed(position: usize, text: String) -> tantivy::tokenizer::Token {
    tantivy::tokenizer::Token { position, text, position_length: 1, ..Default::default() }
}

/// Whether a term of a field of words is a stem.
pub(crate) fn is_stem(term: &str) -> bool {
    term.starts_with(STEM)
}
