//! What was found as the page shows it: words around with what was found marked, the reason, and the months as a picture.

use crate::passages::Seconds;
use crate::places::Places;
use ::search::{EpisodeHits, Hit, Reason, Span};
use model::Millis;
use std::collections::BTreeMap;
use transcript::long_date;

/// Words shown before the first and after the last that was found.
const AROUND: usize = 16;
/// Words shown of a passage where none was looked for.
const GLIMPSE: usize = 40;
/// Passages of an episode that are seen without unfolding.
const SEEN: usize = 3;

/// An episode with what was found in it.
pub(crate) struct Found {
    pub address: String,
    pub title: String,
    pub show: String,
    /// For machines, and for people.
    pub date: Option<(String, String)>,
    pub seen: Vec<Line>,
    /// Passages that unfold.
    pub folded: Vec<Line>,
    /// Passages beyond those that are seen.
    pub more: u64,
    /// What was asked for stands in the title, the notes or among the people.
    pub in_about: bool,
}

impl Found {
    /// Passages that are neither seen nor unfold.
    pub fn beyond(&self) -> u64 {
        self.more.saturating_sub(u64::try_from(self.folded.len()).unwrap_or(u64::MAX))
    }
}

/// A passage.
pub(crate) struct Line {
    /// Where it plays, and when that is.
    pub time: Option<(String, Millis)>,
    pub speaker: Option<String>,
    pub pieces: Vec<Piece>,
    pub reasons: Vec<String>,
}

/// Words that are, or are not, what was asked for.
#[derive(Debug, PartialEq)]
pub(crate) struct Piece {
    pub text: String,
    pub marked: bool,
}

pub(crate) fn found(episode: &EpisodeHits, places: &Places) -> Found {
    let about = &episode.about;
    let address = places.episode(&about.episode);
    let mut seen: Vec<Line> = episode.hits.iter().map(|hit| line(hit, &address)).collect();
    let folded = seen.split_off(seen.len().min(SEEN));
    let all = episode.passages.max(episode.hits.len() as u64);
    Found {
        title: if about.title.trim().is_empty() { "Untitled".into() } else { about.title.clone() },
        show: about.show.clone(),
        date: about.date.map(|date| (date.to_string(), long_date(date))),
        more: all.saturating_sub(seen.len() as u64),
        in_about: episode.in_about,
        seen,
        folded,
        address,
    }
}

fn line(hit: &Hit, episode: &str) -> Line {
    let time = hit.timed.then(|| (format!("{episode}#t={}", Seconds(hit.start)), hit.start));
    Line { time, speaker: hit.speaker.clone(), pieces: pieces(hit), reasons: reasons(&hit.spans) }
}

/// The words around what was found, and what was found by itself.
fn pieces(hit: &Hit) -> Vec<Piece> {
    let first = hit.spans.iter().map(|span| span.first).min();
    let last = hit.spans.iter().map(|span| span.end).max();
    let from = first.unwrap_or(0).saturating_sub(AROUND);
    let to = last.map_or(GLIMPSE, |last| last + AROUND).min(hit.words.len());
    let span_of = |word: usize| hit.spans.iter().position(|span| (span.first..span.end).contains(&word));
    let mut pieces = vec![Piece { text: String::new(), marked: false }];
    let mut push = |text: &str, marked: bool| match pieces.last_mut() {
        Some(last) if last.marked == marked => last.text.push_str(text),
        _ => pieces.push(Piece { text: text.to_owned(), marked }),
    };
    if from > 0 {
        push("… ", false);
    }
    let mut before = None;
    for index in from..to {
        let Some((word, _)) = hit.words.get(index) else { break };
        let span = span_of(index);
        if index > from {
            push(" ", span.is_some() && span == before);
        }
        before = span;
        let Some(here) = span.and_then(|span| hit.spans.get(span)) else {
            push(word, false);
            continue;
        };
        // Signs before the first and after the last word are not what was found.
        let begin = if index == here.first { word.find(is_inside).unwrap_or(0) } else { 0 };
        let end = match index + 1 == here.end {
            true => word
                .rfind(is_inside)
                .map_or(word.len(), |last| last + word[last..].chars().next().map_or(0, char::len_utf8)),
            false => word.len(),
        };
        for (text, marked) in [(&word[..begin], false), (&word[begin..end], true), (&word[end..], false)] {
            if !text.is_empty() {
                push(text, marked);
            }
        }
    }
    if to < hit.words.len() {
        push(" …", false);
    }
    pieces.retain(|piece| !piece.text.is_empty());
    pieces
}

/// A sign that belongs to a word, unlike those around it.
fn is_inside(sign: char) -> bool {
    sign.is_alphanumeric() || "%°€$£".contains(sign)
}

/// Why this was found, where the words alone do not say it; each reason once.
fn reasons(spans: &[Span]) -> Vec<String> {
    let mut reasons: Vec<String> = Vec::new();
    for span in spans {
        let heard = span.heard.as_deref().unwrap_or_default().trim_matches(|sign| !is_inside(sign));
        let reason = match span.reason {
            Reason::Exact => continue,
            Reason::Repaired => format!("heard “{heard}”, since set right"),
            Reason::Offered => {
                format!("“{}” is offered here", span.offered.as_deref().unwrap_or_default())
            }
            Reason::SoundsLike => {
                // A guess is never certain.
                let likely = (span.probability * 100.0).round().clamp(1.0, 99.0);
                format!("sounds like it: heard “{heard}”, {likely} %")
            }
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// Fewest and most bars of a picture of months; of a longer time it shows years.
const FEWEST: i32 = 12;
const MOST: i32 = 72;
/// A bar and its height, in the picture's own units.
const STEP: u64 = 10;
const HEIGHT: u64 = 40;

/// How often, month by month or year by year.
#[derive(Debug, PartialEq)]
pub(crate) struct Picture {
    pub bars: Vec<Bar>,
    pub width: u64,
    /// The same in a sentence, to be read.
    pub caption: String,
    /// The same in full, for those who do not see it.
    pub alternative: String,
}

/// A bar, in the picture's own units.
#[derive(Debug, PartialEq)]
pub(crate) struct Bar {
    pub x: u64,
    pub y: u64,
    pub height: u64,
}

impl Picture {
    /// A picture of counts by month (`2024-05`); `None` where there are not two of them to compare.
    pub fn of(months: &BTreeMap<String, u64>) -> Option<Self> {
        let number = |month: &str| {
            let (year, month) = month.split_once('-')?;
            Some(year.parse::<i32>().ok()? * 12 + month.parse::<i32>().ok()? - 1)
        };
        let mut counts: BTreeMap<i32, u64> = BTreeMap::new();
        for (month, count) in months {
            *counts.entry(number(month)?).or_default() += count;
        }
        let span =
            |counts: &BTreeMap<i32, u64>| Some((*counts.first_key_value()?.0, *counts.last_key_value()?.0));
        let (first, last) = span(&counts)?;
        let years = last - first >= MOST;
        if years {
            let mut by_year = BTreeMap::new();
            for (month, count) in &counts {
                *by_year.entry(month.div_euclid(12)).or_default() += count;
            }
            counts = by_year;
        }
        if counts.len() < 2 {
            return None;
        }
        let (first, last) = span(&counts)?;
        let begin = first.min(last - FEWEST + 1);
        let (top, most) = counts.iter().fold(
            (last, 0),
            |top, (at, count)| {
                if *count >= top.1 { (*at, *count) } else { top }
            },
        );
        let name = |at: i32| {
            let month = i8::try_from(at.rem_euclid(12) + 1).unwrap_or(1);
            let date = jiff::civil::Date::new(i16::try_from(at.div_euclid(12)).unwrap_or(0), month, 1);
            match (years, date) {
                (false, Ok(date)) => date.strftime("%B %Y").to_string(),
                _ => at.to_string(),
            }
        };
        let bar = |(at, count): (&i32, &u64)| {
            let height = (count * HEIGHT).div_ceil(most.max(1)).max(2);
            Bar { x: u64::from(at.abs_diff(begin)) * STEP + 1, y: HEIGHT - height, height }
        };
        let what = if years { "year" } else { "month" };
        let each = counts.iter().map(|(at, count)| format!("{} {count}", name(*at)));
        Some(Self {
            bars: counts.iter().map(bar).collect(),
            width: (u64::from(last.abs_diff(begin)) + 1) * STEP,
            caption: format!(
                "By {what}, from {} to {}; most in {}: {most}",
                name(first),
                name(last),
                name(top)
            ),
            alternative: format!("Passages by {what}: {}", each.collect::<Vec<_>>().join(", ")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(first: usize, end: usize, reason: Reason) -> Span {
        let heard = Some("local new,".into());
        let offered = Some("Brede".into());
        Span { first, end, reason, heard, offered, probability: 0.624, features: None }
    }

    fn hit(text: &str, spans: Vec<Span>) -> Hit {
        let words = text.split(' ').map(|word| (word.to_owned(), Millis(0))).collect();
        let (start, end) = (Millis(1_500), Millis(2_000));
        Hit { speaker: None, start, end, timed: true, words, spans, reason: Reason::Exact, score: 1.0 }
    }

    fn shown(hit: &Hit) -> String {
        let mark = |piece: &Piece| match piece.marked {
            true => format!("[{}]", piece.text),
            false => piece.text.clone(),
        };
        pieces(hit).iter().map(mark).collect()
    }

    #[test]
    fn what_was_found_is_marked_without_the_signs_around() {
        let exact = |first, end| span(first, end, Reason::Exact);
        assert_eq!(shown(&hit("The “peace talks”, then", vec![exact(1, 3)])), "The “[peace talks]”, then");
        assert_eq!(shown(&hit("7.7%. So", vec![exact(0, 1)])), "[7.7%]. So");
        assert_eq!(shown(&hit("a b", vec![exact(0, 1), exact(1, 2)])), "[a] [b]");
        assert_eq!(shown(&hit("— é!", vec![exact(0, 1), exact(1, 2)])), "[—] [é]!");
        let long = "word ".repeat(50) + "here " + &"word ".repeat(50);
        let long = shown(&hit(long.trim(), vec![exact(50, 51)]));
        assert!(
            long.starts_with("… word ") && long.contains(" [here] ") && long.ends_with(" word …"),
            "{long}"
        );
        assert_eq!(long.split(' ').count(), 2 * AROUND + 3);
        assert_eq!(shown(&hit("only a filter", Vec::new())), "only a filter");
    }

    #[test]
    fn a_reason_is_said_once_and_only_where_there_is_one() {
        let spans = [
            span(0, 1, Reason::Exact),
            span(1, 2, Reason::Repaired),
            span(2, 3, Reason::Repaired),
            span(3, 4, Reason::Offered),
            span(4, 5, Reason::SoundsLike),
        ];
        let said = [
            "heard “local new”, since set right",
            "“Brede” is offered here",
            "sounds like it: heard “local new”, 62 %",
        ];
        assert_eq!(reasons(&spans), said);
    }

    #[test]
    fn months_are_a_picture_with_words() {
        let months = |counts: &[(&str, u64)]| {
            Picture::of(&counts.iter().map(|(month, count)| ((*month).to_owned(), *count)).collect())
        };
        assert_eq!(months(&[]), None);
        assert_eq!(months(&[("2024-05", 3)]), None);
        let picture = months(&[("2024-03", 1), ("2024-05", 40)]).expect("a picture");
        assert_eq!(picture.width, 120);
        assert_eq!(picture.bars, [Bar { x: 91, y: 38, height: 2 }, Bar { x: 111, y: 0, height: 40 }]);
        assert_eq!(picture.alternative, "Passages by month: March 2024 1, May 2024 40");
        assert_eq!(picture.caption, "By month, from March 2024 to May 2024; most in May 2024: 40");
        let years = months(&[("0001-01", 1), ("2024-05", u64::from(u32::MAX))]).expect("a picture");
        assert_eq!(years.alternative, "Passages by year: 1 1, 2024 4294967295");
        assert_eq!(months(&[("2010-01", 2), ("2024-05", 2)]).expect("a picture").width, 150);
    }
}
