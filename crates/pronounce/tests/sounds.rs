//! Laws that distance, index and pronunciations hold, on words as they are used and on anything else.

use std::sync::LazyLock;

use pronounce::{Distance, LONGEST, MOST, PHONES, Phone, Phones, Pronouncer, SoundIndex};
use proptest::prelude::*;

static PRONOUNCER: LazyLock<Pronouncer> = LazyLock::new(Pronouncer::new);

fn phones(longest: usize) -> impl Strategy<Value = Phones> {
    let all: Vec<Phone> = Phone::all().collect();
    proptest::collection::vec(0..PHONES, 0..longest)
        .prop_map(move |numbers| numbers.into_iter().filter_map(|number| all.get(number).copied()).collect())
}

/// As `phones`, of so few different ones that many sequences begin and end alike.
fn few_phones(longest: usize) -> impl Strategy<Value = Phones> {
    proptest::collection::vec(0..6_usize, 0..longest).prop_map(|numbers| {
        let few = [Phone::AH, Phone::IY, Phone::K, Phone::G, Phone::N, Phone::S];
        numbers.into_iter().filter_map(|number| few.get(number).copied()).collect()
    })
}

proptest! {
    #[test]
    fn nothing_is_nearer_than_the_same(said in phones(20), heard in phones(20)) {
        let distance = Distance::new();
        prop_assert_eq!(distance.between(&said, &said), 0.0);
        let cost = distance.between(&said, &heard);
        prop_assert!(cost.is_finite() && (cost > 0.0 || said == heard));
        let alike = distance.similarity(&said, &heard);
        prop_assert!((0.0..=1.0).contains(&alike));
    }

    #[test]
    fn turning_the_costs_turns_the_sides(said in phones(12), heard in phones(12)) {
        let distance = Distance::new();
        let there = distance.between(&said, &heard);
        prop_assert!((there - distance.turned().between(&heard, &said)).abs() < 1e-3);
    }

    #[test]
    fn a_bound_changes_nothing_below_it(said in phones(12), heard in phones(12), limit in 0.0_f32..30.0) {
        let distance = Distance::new();
        let cost = distance.between(&said, &heard);
        prop_assert_eq!(distance.within(&said, &heard, limit), Some(cost).filter(|cost| *cost <= limit));
    }

    #[test]
    fn the_index_finds_what_a_scan_finds(
        forms in proptest::collection::vec((0_u32..90, few_phones(9)), 0..120),
        heard in few_phones(9),
        limit in 0.0_f32..20.0,
    ) {
        let distance = Distance::new();
        let index = SoundIndex::build(forms.iter().map(|(id, phones)| (*id, phones)));
        let found = index.near(&distance, &heard, limit, usize::MAX);
        let mut wanted = std::collections::BTreeMap::<u32, f32>::new();
        for (id, said) in forms.iter().filter(|(_, said)| !said.is_empty() && !heard.is_empty()) {
            // Sums in another order differ in the last digits, so what lies at the very limit may go either way.
            if let Some(cost) = distance.within(said, &heard, limit - 0.001) {
                let least = wanted.entry(*id).or_insert(cost);
                *least = least.min(cost);
            }
        }
        for (id, cost) in &found {
            prop_assert!(*cost <= limit);
            let close = wanted.get(id).is_none_or(|wanted| (wanted - cost).abs() < 0.01);
            prop_assert!(close, "{id}: {cost}, not {wanted:?}");
        }
        prop_assert!(wanted.keys().all(|id| found.iter().any(|(other, _)| other == id)));
        prop_assert!(found.is_sorted_by(|a, b| a.1 <= b.1));
    }

    #[test]
    fn any_text_is_pronounced_within_bounds(text in "\\PC{0,80}") {
        check_bounds(&PRONOUNCER, &text);
    }
}

fn check_bounds(pronouncer: &Pronouncer, text: &str) {
    let words: Vec<&str> = text.split(' ').collect();
    for ways in [pronouncer.word(text), pronouncer.phrase(&words)] {
        assert!(ways.len() <= MOST);
        assert!(
            ways.iter().all(|way| !way.phones.is_empty() && way.phones.len() <= LONGEST && way.cost >= 0.0)
        );
        assert!(ways.first().is_none_or(|way| way.cost == 0.0));
        assert!(ways.is_sorted_by(|a, b| a.cost <= b.cost));
    }
}

#[test]
fn odd_text_is_pronounced_within_bounds() {
    for text in [
        "",
        " ",
        "'",
        "'s",
        "-",
        "--",
        "😀",
        "👨‍👩‍👧",
        "٣٤",
        "½",
        "Ⅷ",
        "ﬃ",
        "\u{0}",
        "\u{202e}abc",
        "مرحبا",
        "עברית",
        "नमस्ते",
        "ไทย",
        "习近平",
        "ß",
        "İ",
        "A.",
        "...",
        "a'b'c'd'e'f'g'h'i'j'k'l'm",
        "1e999",
        "0",
        "00000000000000000000000",
    ] {
        check_bounds(&PRONOUNCER, text);
    }
    for text in ["a", "é", "漢", "9", "A", "aB", "a'", "x-", "a "] {
        check_bounds(&PRONOUNCER, &text.repeat(10_000));
    }
}
