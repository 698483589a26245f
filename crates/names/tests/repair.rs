//! Repairs as they are asked for: what is set right, what is left, and what no input may do.

use std::sync::{Arc, LazyLock};

use names::{
    Context, Heard, Known, Layer, Model, Name, Outcome, Rank, Rule, Ruling, Source, Speech, read_list, repair,
};
use proptest::prelude::*;

static SPEECH: LazyLock<Speech> = LazyLock::new(Speech::new);
static MODEL: LazyLock<Model> = LazyLock::new(|| Model::built_in().expect("the model is in order"));

fn heard(text: &str) -> Vec<Heard> {
    text.split_whitespace().map(|word| Heard { text: word.to_owned(), ..Heard::default() }).collect()
}

fn expected(list: &str) -> Known {
    let (names, _) = read_list(list.as_bytes(), "notes.txt", Rank::Episode);
    Known::new(vec![Arc::new(Layer::expected(names, &SPEECH))])
}

fn run(text: &str, known: &Known, context: &Context) -> Outcome {
    repair(&heard(text), known, context, &SPEECH, &MODEL)
}

/// The text with the repairs made.
fn repaired(text: &str, known: &Known, context: &Context) -> String {
    let words = heard(text);
    let mut out: Vec<String> = Vec::new();
    let mut at = 0;
    for repair in run(text, known, context).repairs {
        out.extend(words[at..repair.words.start].iter().map(|word| word.text.clone()));
        out.extend(repair.text);
        at = repair.words.end;
    }
    out.extend(words[at..].iter().map(|word| word.text.clone()));
    out.join(" ")
}

const GUESTS: &str = "Tadeusz Wolniewicz - head of research\nMaren Kjeldgaard - Norrland Bank\n";

#[test]
fn a_garbled_surname_beside_its_first_name_is_set_right_with_its_ending_and_its_evidence() {
    let text = "Good morning everyone. Our next question comes from the line of Maren Kelgard with Norrland Bank. Please go ahead.";
    let known = expected(GUESTS);
    let outcome = run(text, &known, &Context::default());
    assert_eq!(outcome.repairs.len(), 1, "{outcome:?}");
    let repair = &outcome.repairs[0];
    assert_eq!((repair.words.clone(), repair.text.clone()), (12..13, vec!["Kjeldgaard".to_owned()]));
    assert_eq!(repair.evidence.source.cite, "notes.txt, line 2");
    assert_eq!(repair.evidence.heard, "Kelgard");
    assert!(
        repair.score > 0.5 && repair.score <= 1.0 && repair.evidence.reasons.len() >= 3,
        "{:?}",
        repair.evidence
    );
}

#[test]
fn what_is_right_is_left_and_so_is_what_nothing_speaks_for() {
    let known = expected(GUESTS);
    for text in [
        "Thank you Tadeusz Wolniewicz and good morning Maren.",
        "We marvel at the market and mark the margin of the morning.",
        "In 1999 there were 3 of them and 42 more.",
        "",
    ] {
        assert_eq!(repaired(text, &known, &Context::default()), text);
    }
}

#[test]
fn what_people_decided_holds() {
    let known = expected(GUESTS);
    let text = "The next question comes from the line of Maren Kelgard with Norrland Bank.";
    let rule = |heard: &str, what: Ruling| Context {
        rules: vec![Rule { heard: heard.into(), what, cite: "corrections, 3 May".into() }],
        ..Context::default()
    };
    assert_ne!(repaired(text, &known, &Context::default()), text);
    let never = rule("kelgard", Ruling::Never(None));
    assert_eq!(repaired(text, &known, &never), text);
    let never_that = rule("Kelgard", Ruling::Never(Some("Kjeldgaard".into())));
    assert_eq!(repaired(text, &known, &never_that), text);
    let always = rule("norrland bank", Ruling::Always("Nordland Banken".into()));
    assert!(
        repaired("He left Norrland Bank's board, Norrland Bank.", &known, &always)
            .contains("Nordland Banken's board, Nordland Banken.")
    );
    let mut words = heard(text);
    words[9].settled = true;
    assert!(repair(&words, &known, &Context::default(), &SPEECH, &MODEL).repairs.is_empty());
}

#[test]
fn two_people_who_cannot_be_told_apart_by_ear_are_never_swapped() {
    let known = expected("Marc Tolland - host\nMark Ellery - guest\n");
    let text = "Thanks, Marck. Good morning, Marck.";
    assert_eq!(repaired(text, &known, &Context::default()), text);
}

#[test]
fn another_language_is_not_repaired_by_english_ears() {
    let text = "The next question comes from the line of Maren Kelgard with Norrland Bank.";
    let context = Context { language: Some("da".into()), ..Context::default() };
    assert_eq!(repaired(text, &expected(GUESTS), &context), text);
}

#[test]
fn notes_stuffed_with_names_and_odd_names_do_no_harm() {
    let source = || Source { rank: Rank::Episode, cite: "notes".into(), date: None };
    let stuffed: Vec<Name> = (0..3000).map(|at| Name::new(format!("Ann{at} Mer{at}ton"), source())).collect();
    let odd =
        ["Will Mark", "Grace May", "一郎 山田", "محمد علي", "A", "'", "👋 🌍", "x".repeat(5000).as_str()]
            .map(|name| Name::new(name, source()));
    for names in [stuffed, odd.to_vec()] {
        let known = Known::new(vec![Arc::new(Layer::expected(names, &SPEECH))]);
        let text =
            "I will mark that with grace, and may be we meet again. Thank you. Ann and Merton were there.";
        assert_eq!(repaired(text, &known, &Context::default()), text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_words_give_repairs_in_order_apart_and_inside(words in prop::collection::vec("\\PC{0,12}|[a-z]{1,9}[.,]?|Maren|Kelgard's|<unk>", 0..60)) {
        let known = expected(GUESTS);
        let words: Vec<Heard> = words.into_iter().map(|text| Heard { text, ..Heard::default() }).collect();
        let outcome = repair(&words, &known, &Context::default(), &SPEECH, &MODEL);
        let mut all: Vec<_> = outcome.repairs.iter().chain(&outcome.offers).collect();
        all.sort_by_key(|repair| repair.words.start);
        for repair in &all {
            prop_assert!(!repair.words.is_empty() && repair.words.end <= words.len() && !repair.text.is_empty());
        }
        prop_assert!(all.windows(2).all(|pair| pair[0].words.end <= pair[1].words.start));
    }
}
