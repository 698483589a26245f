//! Tags as an archive uses them, from whatever the containers call them.

use crate::Limits;
use jiff::civil::Date;
use model::MediaTags;
use symphonia::core::meta::{MetadataRevision, RawValue, StandardTag, Tag};

/// Collects values; for each field the first stays, for notes the longest.
pub(crate) struct TagCollector {
    tags: MediaTags,
    most: usize,
    album_artist: Option<String>,
    year: Option<String>,
    day_and_month: Option<String>,
}

/// The fields an archive uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Title,
    Show,
    Artist,
    AlbumArtist,
    Date,
    Notes,
}

impl TagCollector {
    pub fn new(limits: &Limits) -> Self {
        Self {
            tags: MediaTags::default(),
            most: limits.text_bytes,
            album_artist: None,
            year: None,
            day_and_month: None,
        }
    }

    pub fn add(&mut self, field: Field, value: &str) {
        let Some(value) = clean(value, self.most, field == Field::Notes) else { return };
        match field {
            Field::Date => self.tags.date = self.tags.date.or_else(|| date(&value)),
            Field::Notes => {
                if self.tags.notes.as_ref().is_none_or(|known| known.len() < value.len()) {
                    self.tags.notes = Some(value);
                }
            }
            Field::Title => drop(self.tags.title.get_or_insert(value)),
            Field::Show => drop(self.tags.show.get_or_insert(value)),
            Field::Artist => drop(self.tags.artist.get_or_insert(value)),
            Field::AlbumArtist => drop(self.album_artist.get_or_insert(value)),
        }
    }

    pub fn add_revision(&mut self, revision: &MetadataRevision) {
        for tag in &revision.media.tags {
            self.add_tag(tag);
        }
    }

    fn add_tag(&mut self, tag: &Tag) {
        // ID3v2.3 keeps the year (TYER) and the day and month (TDAT, "DDMM") apart.
        if let RawValue::String(value) = &tag.raw.value {
            match tag.raw.key.as_str() {
                "TYER" => self.year = Some(value.to_string()),
                "TDAT" => self.day_and_month = Some(value.to_string()),
                _ => {}
            }
        }
        // iTunes keeps loudness tables in comments.
        let machine = tag.raw.sub_fields.iter().flatten().any(
            |sub_field| matches!(&sub_field.value, RawValue::String(value) if value.starts_with("iTun")),
        );
        let Some(standard) = tag.std.as_ref().filter(|_| !machine) else { return };
        match standard {
            StandardTag::TrackTitle(value) => self.add(Field::Title, value),
            StandardTag::Album(value) | StandardTag::TvSeriesTitle(value) => self.add(Field::Show, value),
            StandardTag::Artist(value) | StandardTag::Author(value) => self.add(Field::Artist, value),
            StandardTag::AlbumArtist(value) => self.add(Field::AlbumArtist, value),
            StandardTag::ReleaseDate(value)
            | StandardTag::ReleaseTime(value)
            | StandardTag::RecordingDate(value)
            | StandardTag::RecordingTime(value)
            | StandardTag::OriginalReleaseDate(value)
            | StandardTag::OriginalReleaseTime(value) => self.add(Field::Date, value),
            StandardTag::Comment(value)
            | StandardTag::Description(value)
            | StandardTag::PodcastDescription(value)
            | StandardTag::Summary(value)
            | StandardTag::Synopsis(value) => self.add(Field::Notes, value),
            _ => {}
        }
    }

    pub fn finish(mut self) -> MediaTags {
        if let (None, Some(year), Some(rest)) = (self.tags.date, &self.year, &self.day_and_month)
            && let (Some(day), Some(month)) = (rest.get(..2), rest.get(2..4))
        {
            self.tags.date = date(&format!("{}-{month}-{day}", year.trim()));
        }
        self.tags.artist = self.tags.artist.or(self.album_artist);
        self.tags
    }
}

/// A full date at the begin of `text` (ISO 8601); a year alone is none, since no day may be invented.
fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// Text without control characters, at most `most` bytes; `None` when nothing is left.
fn clean(text: &str, most: usize, lines: bool) -> Option<String> {
    let mut clean: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter_map(|character| match character {
            '\n' | '\t' if lines => Some(character),
            '\r' if lines => Some('\n'),
            '\n' | '\t' | '\r' => Some(' '),
            character if character.is_control() || character == '\u{feff}' => None,
            character => Some(character),
        })
        .collect();
    if clean.len() > most {
        let end = (0..=most).rev().find(|end| clean.is_char_boundary(*end)).unwrap_or(0);
        clean.truncate(end);
    }
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cleaned_and_dates_never_invented() {
        let mut tags = TagCollector::new(&Limits { text_bytes: 20, ..Limits::default() });
        tags.add(Field::Title, "  The\u{0} Telephone\nCall ");
        tags.add(Field::Title, "another");
        tags.add(Field::Date, "2024");
        tags.add(Field::Notes, "short");
        tags.add(Field::Notes, "first line\r\nsecond line, cut");
        tags.add(Field::AlbumArtist, "The Desk");
        let found = tags.finish();
        assert_eq!(found.title.as_deref(), Some("The Telephone Call"));
        assert_eq!(found.date, None);
        assert_eq!(found.notes.as_deref(), Some("first line\nsecond li"));
        assert_eq!(found.artist.as_deref(), Some("The Desk"));
        assert_eq!(date("2024-04-06T10:00:00Z"), Some(jiff::civil::date(2024, 4, 6)));
    }
}
