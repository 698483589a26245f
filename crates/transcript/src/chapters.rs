//! Chapters: their files, and where the text itself begins a new one.

mod files;
mod segments;
mod signs;
mod terms;
mod titles;

pub use files::{ReadChapters, export_ffmetadata, export_json, export_vtt, import_json};

use model::{Chapter, Transcript};
use segments::Model;
use terms::Tongue;

/// How chapters are to be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// So many chapters; `None`: as many as the text has subjects.
    pub count: Option<usize>,
}

/// Words of the shortest text that is divided: some five minutes of talk.
const SHORTEST_TEXT: usize = 600;

/// Chosen on one half of the shows that `cargo xtask bench chapters` measures with; its figures are of the other half.
const MODEL: Model =
    Model { concentration: 400.0, price: 0.95, growth: 0.7, usual: 800.0, spread: 3.0, shortest: 120 };

/// Finds the chapters of a transcript whose words have times: where its vocabulary changes, helped by music, pauses,
/// new voices and phrases such as "let's turn to". Each is titled with the words that set it apart, as they are written
/// there.
///
/// Empty where there is nothing to divide: a short text, one without times, or one that stays with its subject.
pub fn find_chapters(transcript: &Transcript, settings: &Settings) -> Vec<Chapter> {
    let words = &transcript.words;
    if !transcript.is_timed() || words.len() < SHORTEST_TEXT {
        return Vec::new();
    }
    let tongue = Tongue::of(transcript.language.as_deref());
    let terms = terms::terms(transcript, &tongue);
    let bonus = signs::bonus(transcript, &terms);
    let text = segments::Text::new(&terms, words.len(), &bonus, &MODEL);
    let starts = match settings.count {
        Some(count) => text.of_count(count),
        None => text.steady(),
    };
    if starts.is_empty() {
        return Vec::new();
    }
    let firsts: Vec<usize> =
        std::iter::once(0).chain(starts.iter().map(|unit| terms.units[*unit].first)).collect();
    let titles = titles::titles(transcript, &terms, &tongue, &firsts);
    let chapter = |(first, title): (&usize, String)| Chapter {
        start: if *first == 0 { model::Millis(0) } else { words[*first].start },
        end: None,
        title,
        link: None,
        image: None,
        unlisted: false,
    };
    firsts.iter().zip(titles).map(chapter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Millis, Stretch, StretchKind, Timing, Word};
    use proptest::prelude::*;

    /// Sentences about something, all of its own words; the second sentence of ten names who did it.
    fn about(name: &str, things: [&str; 12], sentences: usize) -> String {
        let sentence = |number: usize| {
            let thing = |step: usize| things[(number * step + number / 3) % things.len()];
            match number % 5 {
                0 => format!("Then we looked at the {} and the {} for a while.", thing(1), thing(5)),
                1 => {
                    format!("And {name} told us that the {} was never like a {} before.", thing(2), thing(3))
                }
                2 => {
                    format!("It is true of every {} that you can find there, with a {}.", thing(5), thing(1))
                }
                3 => format!("Nobody had asked about the {} in those years.", thing(3)),
                _ => format!("So what would you do with the {} and this {}?", thing(1), thing(2)),
            }
        };
        (0..sentences).map(sentence).collect::<Vec<_>>().join(" ")
    }

    fn harbour(sentences: usize) -> String {
        about(
            "Perrin Lequenvel",
            [
                "cable",
                "harbour",
                "vessel",
                "anchor",
                "island",
                "crew",
                "lighthouse",
                "storm",
                "pilot",
                "mast",
                "tide",
                "cargo",
            ],
            sentences,
        )
    }

    fn bakery(sentences: usize) -> String {
        about(
            "Siv Aasholmen",
            [
                "dough", "oven", "flour", "bakery", "loaf", "yeast", "crust", "butter", "sugar", "kitchen",
                "recipe", "crumb",
            ],
            sentences,
        )
    }

    fn transcript(text: &str) -> Transcript {
        let word = |(index, text): (u64, &str)| Word {
            text: text.into(),
            start: Millis(index * 400),
            end: Millis(index * 400 + 350),
            confidence: 0.9,
            joined: false,
            timing: Timing::Measured,
        };
        Transcript {
            language: Some("en-GB".into()),
            words: (0..).zip(text.split(' ')).map(word).collect(),
            complete: true,
            ..Transcript::default()
        }
    }

    #[test]
    fn a_change_of_subject_begins_a_chapter_with_the_names_of_what_it_is_about() {
        let (first, second, third) = (harbour(60), bakery(50), harbour(40));
        let text = transcript(&format!("{first} {second} {third}"));
        let begins = [first.split(' ').count(), first.split(' ').count() + second.split(' ').count()];
        let chapters = find_chapters(&text, &Settings::default());
        assert_eq!(chapters.len(), 3, "{chapters:?}");
        assert_eq!(chapters[0].start, Millis(0));
        for (chapter, begin) in chapters[1..].iter().zip(begins) {
            let off = (chapter.start.0 / 400).abs_diff(begin as u64);
            assert!(off <= 15, "{off} words off: {chapter:?}");
        }
        assert!(chapters[1].title.contains("Siv Aasholmen"), "{chapters:?}");
        assert!(
            !chapters[1].title.contains("cable") && !chapters[1].title.contains("Lequenvel"),
            "{chapters:?}"
        );
        let two = find_chapters(&text, &Settings { count: Some(2) });
        assert_eq!(two.len(), 2);
    }

    #[test]
    fn what_stays_with_its_subject_is_short_or_has_no_times_has_no_chapters() {
        assert_eq!(find_chapters(&transcript(&harbour(100)), &Settings::default()), []);
        assert_eq!(
            find_chapters(&transcript(&format!("{} {}", harbour(15), bakery(15))), &Settings::default()),
            []
        );
        let mut untimed = transcript(&format!("{} {}", harbour(60), bakery(60)));
        for word in &mut untimed.words {
            (word.start, word.end, word.timing) = (Millis(0), Millis(0), Timing::Estimated);
        }
        assert_eq!(find_chapters(&untimed, &Settings::default()), []);
    }

    #[test]
    fn music_between_says_where_exactly() {
        let first = harbour(60);
        let mut text =
            transcript(&format!("{first} {} {}", "So that is that, I guess, you know.", bakery(60)));
        let at = first.split(' ').count() + 8;
        for word in &mut text.words[at..] {
            (word.start, word.end) = (Millis(word.start.0 + 9_000), Millis(word.end.0 + 9_000));
        }
        let (start, end) = (text.words[at - 1].end, text.words[at].start);
        text.stretches = vec![Stretch { start, end, kind: StretchKind::Music, reason: String::new() }];
        let chapters = find_chapters(&text, &Settings::default());
        assert_eq!(
            chapters.iter().map(|own| own.start).collect::<Vec<_>>(),
            [Millis(0), end],
            "{chapters:?}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn any_text_has_chapters_in_order_with_titles(
            words in prop::collection::vec("[a-h]{3,4}|[A-C][a-c]{3}\\.|の|\\PC{1,5}", 600..900),
            count in prop::option::of(1usize..9),
            language in prop::option::of("[a-z]{0,3}"),
        ) {
            let words: Vec<String> = words.iter().map(|word| word.replace(char::is_whitespace, "x")).collect();
            let mut text = transcript(&words.join(" "));
            text.language = language;
            let chapters = find_chapters(&text, &Settings { count });
            prop_assert!(chapters.windows(2).all(|pair| pair[0].start < pair[1].start));
            prop_assert!(count.is_none_or(|count| chapters.len() <= count.max(1)));
            for chapter in &chapters {
                prop_assert!(chapter.title.chars().count() <= 62 && !chapter.title.contains('\n'));
            }
        }
    }
}
