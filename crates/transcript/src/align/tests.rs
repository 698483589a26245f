use super::*;
use model::{Millis, StretchKind};
use proptest::prelude::*;

/// Words that follow each other, 300 ms each; `|` adds a pause of two seconds.
fn heard(text: &str) -> Vec<Word> {
    let mut now = 1_000;
    let mut words = Vec::new();
    for text in text.split_whitespace() {
        if text == "|" {
            now += 2_000;
            continue;
        }
        let timing = Timing::Measured;
        let (start, end) = (Millis(now), Millis(now + 300));
        words.push(Word { text: text.into(), start, end, confidence: 0.9, joined: false, timing });
        now += 300;
    }
    words
}

/// The same without times.
fn written(text: &str) -> Vec<Word> {
    let untimed = |word: Word| Word { start: Millis(0), end: Millis(0), timing: Timing::Estimated, ..word };
    heard(text).into_iter().map(untimed).collect()
}

fn starts(words: &[Word]) -> Vec<u64> {
    words.iter().map(|word| word.start.0).collect()
}

/// `count` different words that begin with a letter, as no real text has them.
fn babble(prefix: &str, count: usize) -> String {
    let letters = b"abcdefghijklmnoprstuvwz";
    let word = |index: usize| {
        let mut rest = index * 7 + 11;
        let mut word = prefix.to_owned();
        for _ in 0..5 {
            word.push(char::from(letters[rest % letters.len()]));
            rest = rest / 5 + index % 17;
        }
        word
    };
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_exact_text_takes_every_time() {
    let sound = heard("and so we met at seven point seven | do not go, twenty one of us cannot");
    let text = written("And so we met at 7.7. Don't go; 21 of us can't!");
    let aligned = align(&text, &sound, &[]);
    assert!((aligned.placed() - 1.0).abs() < 1e-9 && aligned.fits());
    assert_eq!(
        starts(&aligned.words),
        [1000, 1300, 1600, 1900, 2200, 2500, 5400, 6000, 6300, 6900, 7200, 7500]
    );
    assert_eq!(aligned.words[5].end, Millis(3400), "7.7 lasts as long as seven point seven");
    assert!(aligned.words.iter().all(|word| word.timing.is_measured()));
    assert_eq!(aligned.words[11].text, "can't!");
}

#[test]
fn words_that_were_misheard_or_missed_lie_between_their_neighbours() {
    let sound = heard("the minister local new said on the phone that peace is near and | that we will see");
    let text =
        written("The minister Lecornu said on the telephone that peace is very near, and so we will see.");
    let aligned = align(&text, &sound, &[]);
    let of = |wanted: &str| aligned.words.iter().find(|word| word.text == wanted).expect("in the text");
    assert_eq!((of("Lecornu").start, of("Lecornu").end), (Millis(1600), Millis(2200)));
    assert_eq!((of("Lecornu").timing, of("said").timing), (Timing::Estimated, Timing::Measured));
    assert_eq!(of("very").start, Millis(4300), "no room, but its place is known");
    assert!((aligned.placed() - 1.0).abs() < 1e-9, "{aligned:?}");
}

#[test]
fn what_was_never_spoken_takes_no_time() {
    let (first, second, foreign) = (babble("x", 60), babble("y", 60), babble("q", 80));
    let sound = heard(&format!("{first} {second}"));
    let text = written(&format!("Heading of the page and date {first} [laughs out loud] {foreign} {second}"));
    let aligned = align(&text, &sound, &[]);
    assert_eq!((aligned.found, aligned.estimated, aligned.speakable), (120, 0, 206));
    assert_eq!(aligned.unplaced, [0..6, 66..149]);
    assert_eq!(aligned.words[66].start, aligned.words[148].end);
    assert_eq!(aligned.words[149].start, sound[60].start);
    // What was spoken but not written moves nothing.
    let aligned =
        align(&written(&format!("{first} {second}")), &heard(&format!("{first} {foreign} {second}")), &[]);
    assert_eq!((aligned.found, aligned.unplaced.len()), (120, 0));
    assert_eq!(aligned.words[60].start, Millis(1000 + 140 * 300));
}

#[test]
fn another_text_in_place_of_an_advertisement_is_not_smeared_over_it() {
    let (first, second) = (babble("x", 60), babble("y", 60));
    let advertisement = "Buy the best mattress that money and the savings of a family can buy in this month";
    let other = "It was in the year of the comet that he first wrote of a strange and lonely island";
    let sound = heard(&format!("{first} {advertisement} {second}"));
    let aligned = align(&written(&format!("{first} {other} {second}")), &sound, &[]);
    assert_eq!((aligned.found, aligned.estimated), (120, 0));
    assert_eq!(aligned.unplaced.first(), Some(&(60..78)));
}

#[test]
fn speech_that_was_not_understood_holds_the_words_that_were_said_there() {
    let (first, lost, second) = (babble("x", 30), babble("z", 20), babble("y", 30));
    let mut sound = heard(&format!("{first} {lost} {second}"));
    let (from, to) = (sound[30].start, sound[50].start);
    let truth = starts(&sound[30..50]);
    sound.drain(30..50);
    let gap = Stretch { start: from, end: to, kind: StretchKind::Gap, reason: "no-words".into() };
    let text = written(&format!("{first} {lost} {second}"));
    for stretches in [vec![gap.clone()], Vec::new()] {
        let aligned = align(&text, &sound, &stretches);
        assert_eq!((aligned.found, aligned.estimated), (60, 20));
        let off =
            starts(&aligned.words[30..50]).into_iter().zip(&truth).map(|(own, truth)| own.abs_diff(*truth));
        assert!(off.max() <= Some(300));
    }
    // Music is no place for words.
    let music = Stretch { kind: StretchKind::Music, ..gap };
    let aligned = align(&text, &sound, &[music]);
    assert_eq!(aligned.unplaced.first(), Some(&(30..50)));
}

#[test]
fn rough_times_help_where_nothing_was_heard_and_are_not_believed_against_the_sound() {
    let (first, second) = (babble("x", 30), babble("y", 30));
    let sound = heard(&format!("{first} | | | | | | {second}"));
    let mut text = written(&format!("{first}. Thank you. {second}"));
    for (index, time) in [(0, 61_000), (29, 69_700), (30, 74_000), (32, 82_000)] {
        (text[index].start, text[index].timing) = (Millis(time), Timing::Begin);
    }
    let aligned = align(&text, &sound, &[]);
    assert_eq!(aligned.words[30].start, Millis(14_000), "a minute earlier, as its neighbours are");
    assert_eq!(aligned.words[32].start, sound[30].start);
    // An advertisement came between the neighbours: which shift holds is not known, and the words stay with what follows.
    (text[32].start, text[32].timing) = (Millis(200_000), Timing::Begin);
    let aligned = align(&text, &sound, &[]);
    assert!(aligned.words[30].start > Millis(19_000), "{:?}", aligned.words[30]);
}

#[test]
fn a_text_of_another_recording_does_not_fit() {
    let other = "It was the year of the comet and of the great frost, and nobody in the village had seen a \
                 stranger since the bridge over the river had gone in the spring. The miller said that it would be \
                 built again when the lord of the manor came back from the war, but he had said so for years.";
    let sound = heard(
        "welcome back to the show, today we talk about the release of a new compiler and what it means for all \
         of the people who have to build large programs every day, and later in the hour we have a guest who has \
         been there from the start and knows the code better than anybody",
    );
    let aligned = align(&written(other), &sound, &[]);
    assert!(!aligned.fits() && aligned.placed() < 0.05, "{aligned:?}");
    assert!(!align(&written(other), &[], &[]).fits());
    assert_eq!(align(&[], &sound, &[]).words, []);
}

#[test]
fn ten_hours_with_paragraphs_moved_missing_and_added_are_aligned_in_seconds() {
    let paragraphs: Vec<String> = (0..400)
        .map(|index| {
            let words = babble(&format!("w{}", char::from(b'a' + (index % 26) as u8)), 250 + index % 7);
            words
                .split(' ')
                .map(|word| format!("{word}{} the of and", index / 26))
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let sound = heard(&paragraphs.join(" "));
    let mut edition: Vec<&str> = paragraphs.iter().map(String::as_str).collect();
    edition.drain(100..120);
    edition.swap(300, 301);
    let added = babble("new", 3_000);
    edition.insert(200, &added);
    let text = written(&edition.join(" "));
    let begun = std::time::Instant::now();
    let aligned = align(&text, &sound, &[]);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    let lost = aligned.speakable - aligned.found;
    assert!(
        (3_900..4_300).contains(&lost),
        "{lost} of {}: one moved paragraph and the added one",
        aligned.speakable
    );
    assert!(aligned.unplaced.iter().any(|range| range.len() >= 2_990));
}

#[test]
fn the_same_words_without_end_take_bounded_time() {
    let begun = std::time::Instant::now();
    let aligned = align(&written(&"la ".repeat(60_000)), &heard(&"la ".repeat(50_000)), &[]);
    assert_eq!(aligned.words.len(), 60_000);
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn words_stay_as_they_are_and_times_stay_in_order(
        text in prop::collection::vec("[a-d]{1,3}|[0-9.,$%]{1,4}|\\[|\\]|—|日本", 0..80),
        sound in prop::collection::vec(("[a-d]{1,3}|[0-9]{1,3}|—|日本", 0u64..900, 0u64..900), 0..80),
        stretches in prop::collection::vec((0u64..50_000, 0u64..20_000, 0usize..4), 0..6),
        rough in prop::collection::vec(prop::option::weighted(0.2, 0u64..90_000), 80),
    ) {
        let text: Vec<Word> = text.iter().zip(rough).map(|(text, rough)| {
            let timing = if rough.is_some() { Timing::Begin } else { Timing::Estimated };
            let at = Millis(rough.unwrap_or_default());
            Word { text: text.clone(), start: at, end: at, confidence: 1.0, joined: false, timing }
        }).collect();
        let mut now = 0;
        let sound: Vec<Word> = sound.into_iter().map(|(text, pause, length)| {
            let (start, end) = (Millis(now + pause), Millis(now + pause + length));
            now = end.0;
            Word { text, start, end, confidence: 0.5, joined: false, timing: Timing::Measured }
        }).collect();
        let kinds = [StretchKind::Gap, StretchKind::Music, StretchKind::Silence, StretchKind::Noise];
        let stretches: Vec<Stretch> = stretches.into_iter().map(|(start, length, kind)| Stretch {
            start: Millis(start), end: Millis(start + length), kind: kinds[kind], reason: String::new(),
        }).collect();
        let aligned = align(&text, &sound, &stretches);
        prop_assert_eq!(aligned.words.len(), text.len());
        let mut end = Millis(0);
        for (own, came) in aligned.words.iter().zip(&text) {
            prop_assert_eq!(&own.text, &came.text);
            prop_assert!(own.start >= end && own.end >= own.start);
            end = own.end;
        }
        let unplaced: usize = aligned.unplaced.iter().map(|range| range.len()).sum();
        prop_assert!(aligned.found + aligned.estimated <= aligned.speakable);
        prop_assert!(aligned.found + aligned.estimated + unplaced >= aligned.speakable);
    }
}
