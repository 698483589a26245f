//! Names on the command line: corrected everywhere, learnt from, taken back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{Archive, Imported, Stated};
use model::{Millis, Origin, Timing, Transcript, Word};
use support::Place;

/// Puts a text into the archive, a word a second.
fn said(place: &Place, title: &str, text: &str) {
    let word = |(at, text): (u64, &str)| Word {
        text: text.into(),
        start: Millis(at * 1000),
        end: Millis(at * 1000 + 800),
        confidence: 0.75,
        joined: false,
        timing: Timing::Measured,
    };
    let transcript = Transcript {
        language: Some("en".into()),
        words: (0..).zip(text.split_whitespace()).map(word).collect(),
        complete: true,
        ..Transcript::default()
    };
    let imported = Imported {
        origin: Origin::Imported,
        source: title,
        engine: "import/test/1",
        original: None,
        aligned_from: None,
        transcript: &transcript,
        show: true,
    };
    let stated = Stated { title: Some(title.into()), show: Some("The Line".into()), ..Stated::default() };
    let archive = Archive::create(place.path("archive")).unwrap();
    archive.add_text(place.file(title, text), &stated, &imported).unwrap();
}

fn text(place: &Place, title: &str, more: &[&str]) -> String {
    place.run(["export", title, "--format", "txt"].iter().chain(more)).works().to_owned()
}

#[test]
fn a_name_is_fixed_everywhere_learnt_from_and_taken_back() {
    let place = Place::new();
    said(&place, "One", "we met the minister, Local New, on Monday");
    said(&place, "Two", "they say that local new's reply came late");
    said(&place, "Three", "nobody is named here");
    let before: Vec<String> = ["One", "Two", "Three"].map(|title| text(&place, title, &[])).into();

    let preview = place.run(["names", "fix", "local new", "Lecornu", "--dry-run"]);
    assert!(
        preview.works().contains("One  0:04  … we met the minister, [Local New,] on Monday …"),
        "{preview:?}"
    );
    assert!(preview.out.contains("2 places in 2 episodes; nothing was changed"), "{preview:?}");
    assert_eq!(text(&place, "One", &[]), before[0]);

    let fixed = place.run(["names", "fix", "local new", "Lecornu", "--show", "The Line"]);
    assert!(fixed.works().contains("corrected in 2 places in 2 episodes"), "{fixed:?}");
    assert!(text(&place, "One", &[]).contains("the minister, Lecornu, on Monday"));
    assert!(text(&place, "Two", &[]).contains("Lecornu's reply"));
    for (title, before) in ["One", "Two", "Three"].iter().zip(&before) {
        assert_eq!(text(&place, title, &["--no-repairs"]), *before, "{title}");
    }

    // A later episode learns from it, and says why.
    said(&place, "Four", "and then local new resigned");
    let ran = place.run(["run"]);
    assert!(ran.works().contains("Four: names: 1 set right"), "{ran:?}");
    assert!(text(&place, "Four", &[]).contains("and then Lecornu resigned"));
    let explained = place.run(["names", "explain", "Four"]);
    assert!(explained.works().contains("heard: “local new”"), "{explained:?}");
    assert!(explained.out.contains("because: a person decided"), "{explained:?}");
    let explained = place.run(["names", "explain", "Four", "--json"]).json();
    assert_eq!(explained.last().unwrap()["evidence"]["right"], "Lecornu");
    assert!(place.run(["names", "rules"]).works().contains("“local new” is always “Lecornu” (The Line,"));

    let undone = place.run(["names", "undo"]);
    assert!(undone.works().contains("taken back in 2 places"), "{undone:?}");
    place.run(["run"]).works();
    assert!(text(&place, "Four", &[]).contains("local new resigned"), "the rule went with it");
    for (title, before) in ["One", "Two", "Three"].iter().zip(&before) {
        assert_eq!(text(&place, title, &[]), *before, "{title}");
    }
    place.run(["names", "undo"]).fails(1, "there is no fix to take back");
    place.run(["check"]).works();
}

#[test]
fn an_ordinary_word_is_corrected_where_it_was_seen_and_nowhere_else() {
    let place = Place::new();
    said(&place, "One", "our guest is Will today");
    let fixed = place.run(["names", "fix", "will", "Wil"]);
    assert!(fixed.works().contains("is an ordinary word"), "{fixed:?}");
    said(&place, "Two", "that will be all");
    place.run(["run"]).works();
    assert!(text(&place, "Two", &[]).contains("that will be all"));
    assert!(text(&place, "One", &[]).contains("is Wil today"));
    assert!(place.run(["names", "list", "wil"]).works().contains("Wil: corrected by"));
    place.run(["names", "fix", "...", "Wil"]).fails(2, "both the heard words and the right ones are needed");
}

#[test]
fn lists_are_imported_once_and_complain_of_what_is_broken() {
    let place = Place::new();
    let mut lines = String::from("# guests\nSébastien Lecornu - Defence Minister\n\n");
    lines.push_str(&"x".repeat(5000));
    lines.push_str("\nСергей Шойгу\nمحمد بن سلمان\n");
    lines.extend((0..20_000).map(|n| format!("Name{n} Family{}\n", n / 3)));
    place.file("list.txt", &lines);
    let read = place.run(["names", "import", "list.txt"]);
    assert!(read.works().contains("names are known now"), "{read:?}");
    assert!(read.err.contains("note: list.txt, line 4"), "{read:?}");
    assert!(place.run(["names", "import", "list.txt"]).works().contains("were known already"));
    let found = place.run(["names", "list", "шойгу"]);
    assert!(found.works().contains("Сергей Шойгу"), "{found:?}");
    place.run(["names", "add", "Kyiv", "--alias", "Kiev", "--kind", "place"]).works();
    let found = place.run(["names", "list", "kiev", "--json"]).json();
    assert_eq!((&found[0]["name"]["spelling"], &found[0]["name"]["kind"]), (&"Kyiv".into(), &"place".into()));
    assert!(
        place.run(["names", "add", "Kyiv", "--alias", "Kiev", "--kind", "place"]).works().contains("already")
    );
    place.run(["names", "add", "Kyiv", "--kind", "town"]).fails(2, "choose person, place");
    place.run(["names", "add", "--", "-"]).fails(1, "is no name");
    place.run(["names", "import", "none.txt"]).fails(1, "none.txt");
    place.run(["names", "import", "list.txt", "--show", "Nothing"]).fails(1, "Nothing");
    place.run(["names", "undo", "nonsense"]).fails(1, "is no id");
}

#[test]
fn a_list_sets_names_right_in_a_text_and_says_why() {
    let place = Place::new();
    let heard = "Good morning everyone. Our next question comes from the line of Maren Kelgard with Norrland Bank. \
                 Please go ahead. Will you mark the date by the grace of God?";
    said(&place, "One", heard);
    place.run(["run"]).works();
    assert!(text(&place, "One", &[]).contains("Maren Kelgard with"), "nobody is known");
    place.file("guests.txt", "Maren Kjeldgaard - Norrland Bank\nWill Frank\nGrace Mark\n");
    place.run(["names", "import", "guests.txt", "--show", "The Line"]).works();
    let ran = place.run(["run"]);
    assert!(ran.works().contains("One: names: 1 set right"), "{ran:?}");
    let heard_bytes = text(&place, "One", &["--no-repairs"]);
    assert_eq!(text(&place, "One", &[]), heard_bytes.replace("Kelgard", "Kjeldgaard"));
    let shown = place.run(["show", "One"]);
    assert!(shown.works().contains("Kjeldgaard"), "{shown:?}");
    let shown = place.run(["show", "One", "--no-repairs"]);
    assert!(shown.works().contains("Kelgard"), "{shown:?}");
    let explained = place.run(["names", "explain", "One"]);
    for part in [
        "Kjeldgaard (set right, repair/",
        "heard: “Kelgard”",
        "because: sounds like Maren Kjeldgaard",
        "guests.txt, line 1",
    ] {
        assert!(explained.works().contains(part), "{part}: {explained:?}");
    }
    assert!(place.run(["run"]).works().contains("nothing is due"));
    place.run(["check"]).works();
}
