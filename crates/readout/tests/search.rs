//! Transcripts are added and found again, through the real program.

mod support;

use support::Place;

const TALK: &str = "WEBVTT\n\n00:01.000 --> 00:09.000\n<v Ann Lee>The minister Lecornu called Moscow about peace.\n\n\
00:10.000 --> 00:14.000\n<v Bob Ray>And Leufkornu called again.\n";

#[test]
fn what_was_said_is_found_with_its_second_and_its_reason() {
    let place = Place::new();
    place.file("talk.vtt", TALK);
    place.run(["add", "talk.vtt", "--title", "A call", "--show", "Line", "--date", "2024-05-07"]).works();
    let found = place.run(["search", "moscow"]);
    assert!(found.works().contains("A call  Line, 2024-05-07"), "{found:?}");
    assert!(found.out.contains("Ann Lee: The minister Lecornu called Moscow"), "{found:?}");
    let rows = place.run(["search", "--json", "lecornu"]).json();
    assert_eq!(rows[0]["reason"], "exact", "{rows:?}");
    assert_eq!(rows[0]["speaker"], "Ann Lee");
    assert_eq!(rows[0]["date"], "2024-05-07");
    place.file("queries.txt", "peace\nzebra\n");
    let rows = place.run(["search", "--json", "--queries", "queries.txt"]).json();
    assert_eq!((rows.len(), rows[0]["query"].as_str()), (1, Some("peace")), "{rows:?}");
    assert!(place.run(["search", "zebra"]).works().contains("nothing was found"));
    assert!(place.run(["search", "date:never", "peace"]).err.contains("is no date"));

    // The index is only a copy.
    let before = place.run(["search", "--json", "peace OR minister"]).json();
    std::fs::remove_dir_all(place.path("archive/index")).unwrap();
    assert_eq!(place.run(["search", "--json", "peace OR minister"]).json(), before);
    std::fs::write(place.path("archive/index/meta.json"), "{").unwrap();
    let again = place.run(["search", "--json", "peace OR minister"]);
    assert_eq!(again.json(), before);
    assert!(again.err.contains("the index is made again"), "{again:?}");
    place.run(["check"]).works();

    place.run(["names", "fix", "Leufkornu", "Lecornu"]).works();
    let rows = place.run(["search", "--json", "lecornu"]).json();
    let reasons: Vec<_> = rows.iter().map(|row| row["reason"].as_str().unwrap().to_owned()).collect();
    assert!(reasons.contains(&"repaired".to_owned()), "{rows:?}");
}
