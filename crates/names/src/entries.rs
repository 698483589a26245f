//! What one line of a list says: a line of plain text, a record of CSV.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use jiff::civil::Date;

use crate::kinds::likely_kind;
use crate::known::Kind;
use crate::parts::is_suffix;
use crate::words::{fold, is_given_name};

/// What a line of a list says of a name, not yet checked.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub spelling: String,
    pub kind: Option<Kind>,
    pub aliases: Vec<String>,
    pub role: Option<String>,
    pub language: Option<String>,
    pub sounds: Vec<String>,
    pub date: Option<Date>,
}

/// Columns of CSV beyond which a record is not read.
const MOST_COLUMNS: usize = 256;

/// A line of plain text.
pub fn text_entry(line: &str) -> Result<Entry, String> {
    let (front, aliases) = line.split_once('\t').unwrap_or((line, ""));
    let front = without_bullet(front.trim());
    let mut entry = Entry { aliases: several(aliases), ..Entry::default() };
    let dash = [" - ", " – ", " — ", " -- "]
        .iter()
        .filter_map(|dash| front.split_once(dash))
        .min_by_key(|(name, _)| name.len());
    let (name, role) = match dash {
        Some((name, role)) => (name.trim().to_owned(), Some(role)),
        None => after_comma(front),
    };
    // "Jane Doe (politician)", as encyclopedias tell namesakes apart.
    let told_apart = name.strip_suffix(')').and_then(|name| name.rsplit_once(" ("));
    let (name, role) = match told_apart {
        Some((name, what)) if role.is_none() && what.starts_with(char::is_lowercase) => {
            (name.to_owned(), Some(what))
        }
        _ => (name.clone(), role),
    };
    entry.spelling = name;
    if let Some(role) = role
        .map(|role| role.trim().trim_start_matches("the ").trim_start_matches("The "))
        .filter(|role| !role.is_empty())
    {
        entry.kind = kind_named(role);
        entry.role = entry.kind.is_none().then(|| role.to_owned());
    }
    entry.kind = entry.kind.or_else(|| likely_kind(&entry.spelling));
    Ok(entry)
}

/// `Jane Doe, professor of physics` is a name and a role, `Doe, Jane` a name turned round, `King, Jr.` and `Acme, Inc.` are one name.
fn after_comma(text: &str) -> (String, Option<&str>) {
    let whole = || (text.to_owned(), None);
    let Some((name, rest)) = text.split_once(',') else { return whole() };
    let (name, rest) = (name.trim(), rest.trim());
    let Some(first) = rest.split([' ', ',']).next().filter(|first| !first.is_empty()) else {
        return (name.to_owned(), None);
    };
    if is_suffix(first) {
        return whole();
    }
    let words = rest.split_whitespace().count();
    if words <= 3
        && !rest.contains(',')
        && is_given_name(first)
        && name.split_whitespace().count() <= 2
        && !name.split(' ').all(is_given_name)
    {
        return (format!("{rest} {name}"), None);
    }
    if likely_kind(name) == Some(Kind::Person) { (name.to_owned(), Some(rest)) } else { whole() }
}

/// The text without `-`, `*`, `•`, `1.`, `2)` in front.
pub fn without_bullet(text: &str) -> &str {
    let bare = text.trim_start_matches(['-', '*', '•', '·', '–', '—', '►', '▪', '‣', '◦', '>']);
    let digits = bare.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = digits
        .strip_prefix(['.', ')'])
        .filter(|rest| rest.starts_with(' ') && digits.len() < bare.trim_start().len());
    let bulleted = (bare.len() < text.len() && bare.starts_with([' ', '\t'])).then_some(bare);
    numbered.or(bulleted).unwrap_or(text).trim_start()
}

/// What stands between `|`, `;` or tabs.
fn several(text: &str) -> Vec<String> {
    text.split(['|', ';', '\t']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The kind that a word of a list names, in English and as Wikidata and taggers call it.
pub fn kind_named(word: &str) -> Option<Kind> {
    Some(match fold(word.trim()).as_str() {
        "person" | "people" | "per" | "human" | "character" | "individual" => Kind::Person,
        "place" | "location" | "loc" | "gpe" | "city" | "country" | "town" | "region" | "village"
        | "river" => Kind::Place,
        "organisation" | "organization" | "org" | "company" | "business" | "party" | "political party"
        | "institution" | "band" => Kind::Organisation,
        "work" | "book" | "film" | "movie" | "song" | "album" | "series" | "product" | "law"
        | "work of art" | "video game" => Kind::Work,
        "term" | "word" | "concept" | "jargon" | "acronym" | "abbreviation" => Kind::Term,
        "outlet" | "newspaper" | "magazine" | "broadcaster" | "news agency" | "radio station" | "podcast"
        | "media" => Kind::Outlet,
        _ => return None,
    })
}

/// Which column of CSV holds what.
pub struct Columns {
    fields: Vec<Option<Field>>,
    reader: Box<Reader>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Spelling,
    First,
    Last,
    Kind,
    Aliases,
    Role,
    Language,
    Sounds,
}

impl Columns {
    /// Reads a header; `None` when the line is none, because no column is a name's.
    pub fn of(line: &str) -> Option<Self> {
        let separator = [b'\t', b';', b',']
            .into_iter()
            .max_by_key(|separator| line.bytes().filter(|b| b == separator).count())?;
        let mut columns =
            Self { fields: Vec::new(), reader: Box::new(ReaderBuilder::new().delimiter(separator).build()) };
        let header = columns.record(line);
        for cell in &header {
            let field = field_named(cell).filter(|field| !columns.fields.contains(&Some(*field)));
            columns.fields.push(field);
        }
        let has = |field| columns.fields.contains(&Some(field));
        // A column alone is a header only by a word that is hardly a name itself.
        let alone = header.len() == 1
            && !matches!(fold(header[0].trim()).as_str(), "name" | "spelling" | "full name" | "label");
        (!alone && (has(Field::Spelling) || has(Field::Last))).then_some(columns)
    }

    /// Reads a record.
    pub fn entry(&mut self, line: &str) -> Result<Entry, String> {
        let cells = self.record(line);
        if cells.len() > self.fields.len()
            && cells[self.fields.len()..].iter().any(|cell| !cell.trim().is_empty())
        {
            return Err(format!(
                "{} fields where the header has {}; left out",
                cells.len(),
                self.fields.len()
            ));
        }
        let mut entry = Entry::default();
        let (mut first, mut last) = (String::new(), String::new());
        for (cell, field) in cells.into_iter().zip(&self.fields) {
            let cell = cell.trim();
            if cell.is_empty() {
                continue;
            }
            match field {
                Some(Field::Spelling) => entry.spelling = cell.to_owned(),
                Some(Field::First) => first = cell.to_owned(),
                Some(Field::Last) => last = cell.to_owned(),
                Some(Field::Kind) => entry.kind = kind_named(cell),
                Some(Field::Aliases) => entry.aliases = several(cell),
                Some(Field::Role) => entry.role = Some(cell.to_owned()),
                Some(Field::Language) => entry.language = Some(cell.to_owned()),
                Some(Field::Sounds) => entry.sounds = several(cell),
                None => {}
            }
        }
        if entry.spelling.is_empty() {
            entry.spelling = format!("{first} {last}");
            entry.kind = entry.kind.or(Some(Kind::Person));
        }
        if matches!(entry.kind, None | Some(Kind::Person)) && entry.spelling.contains(',') {
            let (turned, role) = after_comma(&entry.spelling);
            if role.is_none() {
                entry.spelling = turned;
            }
        }
        entry.kind = entry.kind.or_else(|| likely_kind(&entry.spelling));
        Ok(entry)
    }

    /// The fields of one record.
    fn record(&mut self, line: &str) -> Vec<String> {
        self.reader.reset();
        let (mut output, mut ends) = (vec![0; line.len() + 1], vec![0; MOST_COLUMNS]);
        let (result, _, mut written, mut fields) =
            self.reader.read_record(line.as_bytes(), &mut output, &mut ends);
        if result == ReadRecordResult::InputEmpty {
            let (_, _, more_written, more_fields) =
                self.reader.read_record(&[], &mut output[written..], &mut ends[fields..]);
            written += more_written;
            fields += more_fields;
        }
        let mut begin = 0;
        let ends = ends.get(..fields).unwrap_or_default().iter().map(|end| (*end).min(written));
        ends.map(|end| {
            let cell = String::from_utf8_lossy(output.get(begin..end).unwrap_or_default()).into_owned();
            begin = end;
            cell
        })
        .collect()
    }
}

fn field_named(cell: &str) -> Option<Field> {
    let plain: String = fold(cell).chars().filter(|c| c.is_alphanumeric()).collect();
    Some(match plain.as_str() {
        "name" | "spelling" | "fullname" | "label" | "itemlabel" | "personlabel" | "displayname"
        | "correct" | "right" | "speaker" | "guest" => Field::Spelling,
        "firstname" | "givenname" | "given" | "first" | "forename" => Field::First,
        "lastname" | "surname" | "familyname" | "family" | "last" => Field::Last,
        "kind" | "type" | "category" | "entitytype" | "class" | "instanceof" => Field::Kind,
        "aliases" | "alias" | "aka" | "alsoknownas" | "altlabel" | "itemaltlabel" | "othernames"
        | "variants" | "shortforms" => Field::Aliases,
        "role" | "title" | "position" | "occupation" | "job" | "description" | "itemdescription"
        | "office" | "affiliation" => Field::Role,
        "language" | "lang" | "languagecode" => Field::Language,
        "pronunciation" | "pronunciations" | "sounds" | "ipa" | "phonetic" | "saidas" | "sayas"
        | "respelling" => Field::Sounds,
        _ => return None,
    })
}
