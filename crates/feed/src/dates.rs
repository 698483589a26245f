//! Dates as feeds write them.
//!
//! RSS asks for RFC 822, Atom for RFC 3339; feeds contain both in either place, and dates of many programs and countries
//! besides. What is ambiguous (`05/06/2024`) or does not exist (31 February) is no date.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// When something was published: the instant, and the day at the place that the publisher writes from.
///
/// A programme at eleven in the evening in Los Angeles belongs to that day, although it is the next one in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Published {
    /// The instant; a date without a zone is taken for UTC, one without a time for midnight.
    pub at: Timestamp,
    /// The day as written.
    pub day: Date,
}

/// Years that are believed: from the first broadcasts to a time when nobody remembers this program.
const YEARS: std::ops::RangeInclusive<i16> = 1895..=2199;

/// Longest text looked at, in bytes: no date is longer.
const LONGEST: usize = 120;

/// Reads a date in any of the ways in which feeds write them; `None` when it is none.
pub fn parse_date(text: &str) -> Option<Published> {
    let text = text.trim();
    if text.len() > LONGEST {
        return None;
    }
    let pieces = pieces(text);
    iso(&pieces).or_else(|| written_out(&pieces)).or_else(|| seconds(text))
}

/// A part of a date's text.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Piece<'a> {
    /// Digits and their value.
    Number(&'a str, i64),
    Word(&'a str),
    /// A mark other than white space.
    Mark(char),
    Space,
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let kind = |letter: char| (letter.is_ascii_digit(), letter.is_alphabetic(), letter.is_whitespace());
        let is_run = kind(first) != (false, false, false);
        let end = if is_run { rest.find(|next| kind(next) != kind(first)) } else { Some(first.len_utf8()) };
        let (piece, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        pieces.push(match kind(first) {
            (true, ..) => Piece::Number(piece, piece.parse().unwrap_or(i64::MAX)),
            (_, true, _) => Piece::Word(piece),
            (_, _, true) => Piece::Space,
            _ => Piece::Mark(match first {
                '\u{2212}' | '\u{2013}' => '-',
                other => other,
            }),
        });
    }
    pieces
}

/// `2024-04-06T20:00:00+02:00` and what people make of it.
fn iso(pieces: &[Piece<'_>]) -> Option<Published> {
    use Piece::{Mark, Number};
    let (date, rest) = match pieces {
        [
            Number(year, y),
            Mark('-' | '/' | '.'),
            Number(_, m),
            Mark('-' | '/' | '.'),
            Number(_, d),
            rest @ ..,
        ] if year.len() == 4 => (date(*y, *m, *d)?, rest),
        [Number(all, digits), rest @ ..] if all.len() == 8 => {
            (date(digits / 10_000, digits / 100 % 100, digits % 100)?, rest)
        }
        [Number(year, y), Mark('-'), Number(_, m)] if year.len() == 4 => (date(*y, *m, 1)?, &[][..]),
        [Number(year, y)] if year.len() == 4 => (date(*y, 1, 1)?, &[][..]),
        _ => return None,
    };
    finish(date, rest)
}

/// `Sat, 06 Apr 2024 20:00:00 +0200`, and with the parts in another order.
fn written_out(pieces: &[Piece<'_>]) -> Option<Published> {
    use Piece::{Mark, Number, Space, Word};
    // The weekday is wrong too often to be of use.
    let mut rest = pieces;
    while let [first, after @ ..] = rest {
        match first {
            Word(word) if month(word).is_none() || is_weekday(after) => rest = after,
            Space | Mark(',' | '.' | ';' | '(') => rest = after,
            _ => break,
        }
    }
    let (first, rest) = field(rest)?;
    let (second, rest) = field(rest)?;
    let (date, rest) = match (first, second) {
        // Day, month, year; a dot or an "of" may stand between them.
        (Number(_, day), Word(word)) => {
            let month = month(word)?;
            match year(rest) {
                Some((year, rest)) => (date(year, month, day)?, rest),
                None => return c_order(month, day, rest),
            }
        }
        // Month, day, year; or month, day, time, zone, year, as C prints it.
        (Word(word), Number(_, day)) => {
            let month = month(word)?;
            match year(rest) {
                Some((year, rest)) => (date(year, month, day)?, rest),
                None => return c_order(month, day, rest),
            }
        }
        // Day, month, year in numbers: with dots always in this order, with slashes only where no other is possible.
        (Number(_, a), Number(_, b)) => {
            let dotted = pieces.contains(&Mark('.'));
            let (year, rest) = year(rest)?;
            match (a, b) {
                _ if dotted => (date(year, b, a)?, rest),
                (13.., _) => (date(year, b, a)?, rest),
                (_, 13..) => (date(year, a, b)?, rest),
                _ if a == b => (date(year, a, b)?, rest),
                _ => return None,
            }
        }
        _ => return None,
    };
    finish(date, rest)
}

/// True when what reads as a month is a weekday (French `mardi 5 mars 2024`), since a day with a month of its own follows.
fn is_weekday(after: &[Piece<'_>]) -> bool {
    let Some((Piece::Number(..), rest)) = field(after) else { return false };
    matches!(field(rest), Some((Piece::Word(next), _)) if month(next).is_some())
}

/// The next number or word; marks, spaces and words without meaning (`of`, `de`, `th`, `at`) are passed over.
fn field<'p, 'a>(pieces: &'p [Piece<'a>]) -> Option<(Piece<'a>, &'p [Piece<'a>])> {
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Number(..) => return Some((*piece, &pieces[at + 1..])),
            Piece::Word(word) if !is_filler(word) => return Some((*piece, &pieces[at + 1..])),
            _ => {}
        }
    }
    None
}

fn is_filler(word: &str) -> bool {
    [
        "of", "de", "del", "th", "st", "nd", "rd", "at", "um", "à", "г", "год", "года", "the", "den", "di",
        "o", "ч",
    ]
    .iter()
    .any(|filler| word.eq_ignore_ascii_case(filler))
}

/// A year of four digits, or of two or three as RFC 2822 reads them; not the hour of a time.
fn year<'p, 'a>(pieces: &'p [Piece<'a>]) -> Option<(i64, &'p [Piece<'a>])> {
    let (Piece::Number(written, year), rest) = field(pieces)? else { return None };
    if matches!(rest.first(), Some(Piece::Mark(':'))) {
        return None;
    }
    let year = match written.len() {
        4 => year,
        2 if year < 50 => 2000 + year,
        2 | 3 => 1900 + year,
        _ => return None,
    };
    Some((year, rest))
}

/// `Apr  6 20:00:00 UTC 2024`: the rest after the day.
fn c_order(month: i64, day: i64, rest: &[Piece<'_>]) -> Option<Published> {
    let last =
        rest.iter().rposition(|piece| matches!(piece, Piece::Number(digits, _) if digits.len() == 4))?;
    let Piece::Number(_, year) = rest[last] else { return None };
    finish(date(year, month, day)?, &rest[..last])
}

fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|year| YEARS.contains(year))?;
    Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Time and zone after the date.
fn finish(date: Date, pieces: &[Piece<'_>]) -> Option<Published> {
    let (time, next_day, rest) = time(pieces)?;
    let offset = zone(rest);
    let day = if next_day { date.tomorrow().ok()? } else { date };
    let at = offset.to_timestamp(DateTime::from_parts(day, time)).ok()?;
    Some(Published { at, day })
}

/// The time, midnight when there is none, and whether it was 24:00, which is the next day's midnight.
fn time<'p, 'a>(pieces: &'p [Piece<'a>]) -> Option<(Time, bool, &'p [Piece<'a>])> {
    use Piece::{Mark, Number, Space, Word};
    let hour_at =
        |at: usize| matches!(pieces.get(at..at + 3), Some([Number(..), Mark(':' | '.'), Number(..)]));
    let letter_at = |at: usize| {
        matches!(pieces.get(at..at + 3), Some([Number(..), Word("h" | "H" | "u" | "Uhr"), Number(..)]))
    };
    let start = (0..pieces.len()).find(|at| hour_at(*at) || letter_at(*at));
    // `T200000`, `T2000`: without colons.
    if start.is_none() {
        if let [Word("T" | "t"), Number(digits, all), rest @ ..] = pieces {
            let (hour, minute, second) = match digits.len() {
                6 => (all / 10_000, all / 100 % 100, all % 100),
                4 => (all / 100, all % 100, 0),
                _ => return None,
            };
            return clock(hour, minute, second).map(|(time, next_day)| (time, next_day, rest));
        }
        return Some((Time::midnight(), false, pieces));
    }
    let start = start?;
    let (Number(_, mut hour), Number(_, minute)) = (pieces[start], pieces[start + 2]) else { return None };
    let mut rest = &pieces[start + 3..];
    let mut second = 0;
    if let [Mark(':' | '.'), Number(_, seconds), after @ ..] = rest {
        second = *seconds;
        rest = after;
    }
    // Fractions of a second are passed over.
    if let [Mark('.' | ',' | ':'), Number(..), after @ ..] = rest {
        rest = after;
    }
    let mut half = rest;
    while let [Space, after @ ..] = half {
        half = after;
    }
    if let [Word(word), after @ ..] = half {
        match word.to_ascii_lowercase().as_str() {
            "am" if hour == 12 => (hour, rest) = (0, after),
            "am" => rest = after,
            "pm" if hour < 12 => (hour, rest) = (hour + 12, after),
            "pm" => rest = after,
            _ => {}
        }
    }
    clock(hour, minute, second).map(|(time, next_day)| (time, next_day, rest))
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<(Time, bool)> {
    if (hour, minute, second) == (24, 0, 0) {
        return Some((Time::midnight(), true));
    }
    // Second 60 is a leap second, which time stamps do not count.
    let time =
        Time::new(hour.try_into().ok()?, minute.try_into().ok()?, second.min(59).try_into().ok()?, 0).ok()?;
    (second <= 60).then_some((time, false))
}

/// The zone in what follows the time; UTC when there is none or it is unknown.
fn zone(pieces: &[Piece<'_>]) -> Offset {
    use Piece::{Mark, Number, Word};
    let mut named = None;
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            // `+0200`, `+02:00`, `+2`, also after `GMT`.
            Mark(sign @ ('+' | '-')) => {
                let Some(Number(digits, value)) = pieces.get(at + 1) else { continue };
                let minutes = match (digits.len(), pieces.get(at + 2..at + 4)) {
                    (1 | 2, Some([Mark(':'), Number(_, minutes)])) => value * 60 + minutes,
                    (1 | 2, _) => value * 60,
                    (3 | 4, _) => value / 100 * 60 + value % 100,
                    _ => continue,
                };
                let seconds = minutes.checked_mul(if *sign == '-' { -60 } else { 60 });
                let offset = seconds.and_then(|seconds| Offset::from_seconds(seconds.try_into().ok()?).ok());
                // No place is further from Greenwich than 14 hours.
                return offset.filter(|_| minutes <= 14 * 60).unwrap_or(Offset::UTC);
            }
            Word(word) if named.is_none() => named = named_zone(word),
            _ => {}
        }
    }
    named.unwrap_or(Offset::UTC)
}

/// Zones by the names that mails and feeds use. Names with several meanings have the one that is common in them.
fn named_zone(name: &str) -> Option<Offset> {
    let quarters = match name.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "EST" => -20,
        "EDT" => -16,
        "CST" => -24,
        "CDT" => -20,
        "MST" => -28,
        "MDT" => -24,
        "PST" => -32,
        "PDT" => -28,
        "AKST" => -36,
        "AKDT" => -32,
        "HST" => -40,
        "AST" => -16,
        "ADT" => -12,
        "NST" => -14,
        "NDT" => -10,
        "BRT" | "ART" => -12,
        "BST" | "CET" | "MEZ" | "WEST" | "WAT" => 4,
        "CEST" | "MESZ" | "EET" | "SAST" | "CAT" => 8,
        "EEST" | "MSK" | "EAT" | "TRT" => 12,
        "GST" => 16,
        "PKT" => 20,
        "IST" => 22,
        "ICT" | "WIB" => 28,
        "SGT" | "HKT" | "AWST" => 32,
        "JST" | "KST" => 36,
        "ACST" => 38,
        "AEST" => 40,
        "ACDT" => 42,
        "AEDT" => 44,
        "NZST" => 48,
        "NZDT" => 52,
        _ => return None,
    };
    Offset::from_seconds(quarters * 15 * 60).ok()
}

/// The number of the month that begins so in English, German, French, Spanish, Italian, Portuguese, Dutch, a Nordic
/// language or Russian.
fn month(word: &str) -> Option<i64> {
    const BEGINS: [&str; 12] = [
        "jan jän ene gen янв",
        "feb fev fév фев",
        "mar mär mrz maa mrt мар",
        "apr avr abr апр",
        "may mai mei mag maj мая май",
        "jun juin giu июн",
        "jul juil lug июл",
        "aug aoû aou ago авг",
        "sep set сен",
        "oct okt out ott окт",
        "nov ноя",
        "dec dez déc dic des дек",
    ];
    let word = word.to_lowercase();
    let begins = |month: &&str| month.split(' ').any(|begin| word.starts_with(begin));
    (1..).zip(BEGINS.iter()).find(|(_, month)| begins(month)).map(|(number, _)| number)
}

/// Seconds or milliseconds since 1970.
fn seconds(text: &str) -> Option<Published> {
    let number: i64 = text.parse().ok()?;
    let at = match text.len() {
        9 | 10 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    Some(Published { at, day: Offset::UTC.to_datetime(at).date() })
}
