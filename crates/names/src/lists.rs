//! Lists of names: plain text, CSV, JSON lines of Wikidata. What is broken is complained of, the rest is read.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};

use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::entries::{Columns, Entry, text_entry};
use crate::known::{Kind, Name, Rank, Source};
use crate::lines::Lines;
use crate::spelling::{clean, mixes_scripts};
use crate::wikidata::entries;

/// What a list may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// Bytes of one line: the largest items of Wikidata have five million.
    pub line: usize,
    /// Bytes of one spelling, alias or role: longer ones are prose.
    pub spelling: usize,
    /// Aliases of one name: well-known people have hundreds in Wikidata, most of them translations.
    pub aliases: usize,
    /// Names that are read: ten times the largest list that is promised.
    pub names: usize,
    /// Complaints that are kept: nobody reads more.
    pub complaints: usize,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self { line: 8 << 20, spelling: 200, aliases: 50, names: 10_000_000, complaints: 1000 }
    }
}

/// What was wrong with a line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// Number of the line, from 1; 0 for the list as a whole.
    pub line: u64,
    /// What was wrong and what became of the line.
    pub reason: String,
}

/// Reads a list that lies in memory; see [`read_list_from`].
pub fn read_list(bytes: &[u8], file_name: &str, rank: Rank) -> (Vec<Name>, Vec<Complaint>) {
    let mut names = Vec::new();
    let complaints = read_list_from(bytes, file_name, rank, &ListLimits::default(), |name| names.push(name));
    (names, complaints)
}

/// Reads a list as it streams and hands out one name after the other, each citing its file and line.
///
/// The format is told by the content:
/// * text, a name a line: `Name`, `Name - role`, `Name, role`, `Name<tab>alias|alias`; `#` begins a comment line, `-`, `*` and numbers
///   before a name are left off;
/// * CSV with a header (`,`, `;` or tab): columns for name or spelling, kind or type, aliases, role, language, pronunciation, in any
///   order; first and last name may be apart;
/// * JSON: entities of a Wikidata dump a line, or rows of a query, a line or in one array.
///
/// UTF-8, UTF-16 with its mark; a line that is no UTF-8 is read as Windows-1252. Memory is bounded by `limits.line` and some hundred
/// bytes a name, which are kept to see contradictions. A failing reader ends the list with a complaint.
pub fn read_list_from(
    source: impl Read,
    file_name: &str,
    rank: Rank,
    limits: &ListLimits,
    each: impl FnMut(Name),
) -> Vec<Complaint> {
    let decoded =
        DecodeReaderBytesBuilder::new().utf8_passthru(true).strip_bom(true).bom_sniffing(true).build(source);
    let mut list = List {
        file_name: &clean(file_name),
        rank,
        limits,
        each,
        names: 0,
        complaints: Vec::new(),
        unsaid: 0,
        seen: BTreeMap::new(),
    };
    let mut lines = Lines::new(BufReader::with_capacity(1 << 16, decoded), limits.line);
    list.read(&mut lines);
    if list.unsaid > 0 {
        let reason = format!("{} more complaints are not listed", list.unsaid);
        list.complaints.push(Complaint { line: 0, reason });
    }
    list.complaints
}

/// Where a spelling was met before.
#[derive(Clone, Copy)]
struct Met {
    line: u64,
    kind: Option<Kind>,
    /// Hash of the spelling whose alias it is, or of itself.
    owner: u64,
}

/// How a list is written; told by its first line.
enum Format {
    Text,
    Csv(Columns),
    Json,
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

struct List<'a, F> {
    file_name: &'a str,
    rank: Rank,
    limits: &'a ListLimits,
    each: F,
    names: usize,
    complaints: Vec<Complaint>,
    unsaid: usize,
    seen: BTreeMap<u64, Met>,
}

impl<F: FnMut(Name)> List<'_, F> {
    fn read<R: BufRead>(&mut self, lines: &mut Lines<R>) {
        let mut format = None;
        while let Some(line) = lines.next() {
            let (number, mut text) = match line {
                Ok(line) => line,
                Err((number, reason)) => {
                    self.complain(number, reason);
                    continue;
                }
            };
            if text.trim().is_empty() {
                continue;
            }
            if self.names >= self.limits.names {
                self.complain(
                    number,
                    format!("more than {} names; the rest of the list is left out", self.limits.names),
                );
                break;
            }
            match &mut format {
                None if is_comment(&text) => {}
                None if text.trim_start().starts_with(['{', '[']) => {
                    format = Some(Format::Json);
                    self.read_json(number, &text, Some(lines));
                }
                None => match Columns::of(&text) {
                    Some(columns) => format = Some(Format::Csv(columns)),
                    None => {
                        format = Some(Format::Text);
                        self.take(number, text_entry(&text));
                    }
                },
                Some(Format::Text) if is_comment(&text) => {}
                Some(Format::Text) => self.take(number, text_entry(&text)),
                Some(Format::Json) => self.read_json::<R>(number, &text, None),
                Some(Format::Csv(columns)) => {
                    if !lines.complete_quotes(&mut text) {
                        self.complain(
                            number,
                            "a quotation mark is not closed; the line is read without it".into(),
                        );
                        text.retain(|c| c != '"');
                    }
                    let entry = columns.entry(&text);
                    self.take(number, entry);
                }
            }
        }
        if let Some(number) = lines.foreign {
            self.complain(number, "is not UTF-8; read as Windows-1252, as are all lines like it".into());
        }
    }

    /// One line of JSON; the first may begin a document that goes over many.
    fn read_json<R: BufRead>(&mut self, number: u64, text: &str, first_of: Option<&mut Lines<R>>) {
        let bare = text.trim().trim_end_matches(',');
        let mut parsed = serde_json::from_str::<serde_json::Value>(bare);
        if let (Err(error), Some(lines)) = (&parsed, first_of)
            && error.is_eof()
        {
            match lines.next_is_whole_json() {
                true if bare == "[" => return,
                true => {}
                false => match lines.rest(text) {
                    Some(document) => parsed = serde_json::from_str(&document),
                    None => {
                        return self.complain(
                            number,
                            format!(
                                "a JSON document of more than {} bytes; give it a value a line",
                                self.limits.line
                            ),
                        );
                    }
                },
            }
        }
        match parsed {
            Ok(value) => {
                for entry in entries(&value, self.limits.aliases) {
                    self.take(number, entry);
                }
            }
            Err(_) if bare == "]" => {}
            Err(error) => self.complain(number, format!("is no JSON ({error}); left out")),
        }
    }

    /// Checks what a line said, and hands it out as a name.
    fn take(&mut self, number: u64, entry: Result<Entry, String>) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(reason) => return self.complain(number, reason),
        };
        let spelling = clean(&entry.spelling);
        if let Some(reason) = self.unfit(&spelling) {
            return self.complain(number, reason);
        }
        let mut aliases: Vec<String> = Vec::new();
        for alias in entry
            .aliases
            .iter()
            .map(|alias| clean(alias))
            .filter(|alias| !alias.is_empty() && *alias != spelling)
        {
            if aliases.len() == self.limits.aliases {
                break;
            }
            match self.unfit(&alias) {
                Some(reason) => self.complain(number, format!("alias: {reason}")),
                None if !aliases.contains(&alias) => aliases.push(alias),
                None => {}
            }
        }
        let owner = hash(&spelling);
        for text in std::iter::once(&spelling).chain(&aliases) {
            self.meet(number, text, entry.kind, owner);
        }
        let stated = |text: Option<String>| text.map(|text| clean(&text)).filter(|text| !text.is_empty());
        self.names += 1;
        (self.each)(Name {
            spelling,
            kind: entry.kind,
            aliases,
            role: stated(entry.role).map(|role| shortened(role, self.limits.spelling)),
            language: stated(entry.language).filter(|language| language.len() <= 35),
            sounds: entry
                .sounds
                .iter()
                .map(|sound| clean(sound))
                .filter(|s| !s.is_empty() && s.len() <= self.limits.spelling)
                .collect(),
            source: Source {
                rank: self.rank,
                cite: format!("{}, line {number}", self.file_name),
                date: entry.date,
            },
        });
    }

    /// Why a spelling cannot be a name.
    fn unfit(&self, spelling: &str) -> Option<String> {
        match () {
            () if !spelling.chars().any(char::is_alphabetic) => Some("no name in the line; left out".into()),
            () if spelling.len() > self.limits.spelling => Some(format!(
                "longer than {} bytes, which is prose and no name; left out",
                self.limits.spelling
            )),
            () if spelling.contains('\u{fffd}') => {
                Some(format!("“{spelling}” has letters that cannot be read; left out"))
            }
            () if mixes_scripts(spelling) => {
                Some(format!("“{spelling}” mixes letters of scripts that look alike; left out"))
            }
            () => None,
        }
    }

    /// Tells of entries that contradict one another; both are kept, and nothing is decided here.
    fn meet(&mut self, number: u64, text: &str, kind: Option<Kind>, owner: u64) {
        let key = hash(text);
        let met = Met { line: number, kind, owner };
        let before = *self.seen.entry(key).or_insert(met);
        if before.line == number {
            return;
        }
        if before.kind.is_some() && kind.is_some() && before.kind != kind {
            self.complain(
                number,
                format!("“{text}” is of another kind in line {}; both are kept", before.line),
            );
        } else if before.owner != owner {
            let reason =
                format!("“{text}” also stands for another name in line {}; both are kept", before.line);
            self.complain(number, reason);
        }
        if owner == key {
            self.seen.insert(key, met);
        }
    }

    fn complain(&mut self, line: u64, reason: String) {
        if self.complaints.len() < self.limits.complaints {
            self.complaints.push(Complaint { line, reason });
        } else {
            self.unsaid += 1;
        }
    }
}

fn shortened(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// FNV-1a: two spellings that meet by accident cost a needless complaint, nothing else.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
