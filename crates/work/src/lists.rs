//! Lists of names, read into the archive.

use archive::{Archive, Error, GlossaryName, ShowEntry};
use model::ShowId;
use names::{Complaint, ListLimits, Name, Rank, read_list_from};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

/// Title of the list of names that were given one by one.
pub const BY_HAND: &str = "by hand";

/// More names are not taken from one list: twenty times the largest that is promised, which still fits into the memory of a small
/// machine while it is stored.
const MOST_NAMES: usize = 2_000_000;

/// What reading a list into the archive did.
#[derive(Debug)]
pub struct ListRead {
    /// Names in it.
    pub names: u64,
    /// False when the archive had this very list already.
    pub new: bool,
    /// What was wrong with its lines; the others were taken.
    pub complaints: Vec<Complaint>,
}

/// Reads a list of names from a file into the archive, for a show or for all; the list that was read from this file before is
/// replaced. `progress` is told the names read so far, now and then. The same content again changes nothing.
///
/// # Errors
/// [`Error::Source`] when the file cannot be read; what the archive says.
pub fn read_names(
    archive: &Archive,
    show: Option<ShowId>,
    path: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<ListRead, Error> {
    let unreadable =
        |error: std::io::Error| Error::Source { path: path.to_owned(), reason: error.to_string() };
    let absolute = std::fs::canonicalize(path).map_err(unreadable)?;
    let title = absolute.display().to_string();
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(unreadable)?).map_err(unreadable)?;
    let content = hasher.finalize().to_hex().to_string();
    let known = archive.glossaries()?.into_iter().find(|list| list.show == show && list.title == title);
    if let Some(list) = known.filter(|list| list.content == content) {
        return Ok(ListRead { names: list.names, new: false, complaints: Vec::new() });
    }
    let rank = if show.is_some() { Rank::ShowGlossary } else { Rank::Imported };
    let limits = ListLimits { names: MOST_NAMES, ..ListLimits::default() };
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut entries = Vec::new();
    let source = BufReader::new(File::open(path).map_err(unreadable)?);
    let complaints = read_list_from(source, &file_name, rank, &limits, |name| {
        entries.push(entry(&name));
        if entries.len() % 1000 == 0 {
            progress(entries.len() as u64);
        }
    });
    archive.set_glossary(show, &title, &content, &entries)?;
    Ok(ListRead { names: entries.len() as u64, new: true, complaints })
}

/// Adds a name to the list of those given one by one, in place of one with the same spelling. False when it was there just so.
///
/// # Errors
/// What the archive says.
pub fn add_name(archive: &Archive, show: Option<ShowId>, name: &Name) -> Result<bool, Error> {
    let list = archive.glossaries()?.into_iter().find(|list| list.show == show && list.title == BY_HAND);
    let mut entries = match list {
        Some(list) => archive.glossary_names(list.id)?,
        None => Vec::new(),
    };
    match entries.iter_mut().find(|entry| entry.spelling == name.spelling) {
        Some(known) => *known = entry(name),
        None => entries.push(entry(name)),
    }
    let mut hasher = blake3::Hasher::new();
    for entry in &entries {
        hasher.update(entry.entry.as_bytes()).update(b"\n");
    }
    Ok(archive.set_glossary(show, BY_HAND, &hasher.finalize().to_hex(), &entries)?.1)
}

fn entry(name: &Name) -> GlossaryName {
    GlossaryName {
        spelling: name.spelling.clone(),
        // A name is strings and words of a list, which always have a form in JSON.
        entry: serde_json::to_string(name).unwrap_or_default(),
    }
}

/// The names of a list in the archive; an entry that another version wrote and this one cannot read is left out.
///
/// # Errors
/// What the archive says.
pub fn names_of(archive: &Archive, glossary: i64) -> Result<Vec<Name>, Error> {
    let entries = archive.glossary_names(glossary)?;
    Ok(entries.iter().filter_map(|entry| serde_json::from_str(&entry.entry).ok()).collect())
}

/// Reads the lists again that shows name in their settings, so that a list which was edited is known. One that cannot be read
/// leaves what was read from it before; why is returned.
pub(crate) fn reread(archive: &Archive) -> Result<Vec<(ShowEntry, String)>, Error> {
    let mut failed = Vec::new();
    for show in archive.shows()? {
        let Some(path) = archive.show_settings(show.show.id)?.glossary else { continue };
        match read_names(archive, Some(show.show.id), Path::new(&path), &mut |_| {}) {
            Ok(_) => {}
            Err(error @ Error::Source { .. }) => failed.push((show, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(failed)
}
