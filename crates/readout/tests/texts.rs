//! Transcripts from elsewhere in an archive: added, attached, shown, chosen, exported.

mod support;

use std::fs;

use support::{Place, sample};

const TALK: &str = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v Ann Lee>Good evening, and welcome.\n\n00:03.500 --> 00:02.000\n<v Bob>Thank you.\n";

#[test]
fn a_transcript_becomes_an_episode_that_can_be_read_and_taken_away() {
    let place = Place::new();
    let page = "Harbour Light\n\nThe lamp is out\n\nBroadcast on:\n06 Apr 2024\nAudio Format:\n\nAnn Lee: It went out.\n\nBob: It did.\n";
    place.file("lamp.txt", page);
    let added = place.run(["add", "lamp.txt"]);
    assert!(
        added
            .works()
            .contains("added Harbour Light / The lamp is out (plain text, 5 words, 2 speakers, no times)"),
        "{added:?}"
    );
    assert!(place.run(["add", "lamp.txt"]).works().contains("was there already:"));
    let shown = place.run(["show", "The lamp is out"]);
    assert!(
        shown.works().contains("6 April 2024") && shown.out.contains("Ann Lee: It went out."),
        "{shown:?}"
    );
    assert!(!shown.out.contains("0:00"), "no time is shown that nobody stated: {shown:?}");
    place.run(["export", "The lamp is out", "--format", "srt"]).fails(1, "has no times");
    let html = place.run(["export", "The lamp is out", "--format", "html"]);
    assert!(html.works().contains("<cite>Bob:</cite>\n<p>It did.</p>"), "{html:?}");
    place.run(["export", "The lamp is out", "--format", "docx", "--output", "lamp.docx"]).works();
    assert!(fs::read(place.path("lamp.docx")).unwrap().starts_with(b"PK"));
    place.run(["export", "The lamp is out", "--format", "docx", "--json"]).fails(2, "--output");
    place.run(["check"]).works();
}

#[test]
fn what_a_file_says_yields_to_what_a_person_says_and_faults_are_notes() {
    let place = Place::new();
    place.file("talk.vtt", TALK);
    place.file("notes.text", "About a lamp.");
    let added = place.run([
        "add",
        "talk.vtt",
        "--show",
        "Line",
        "--title",
        "First",
        "--date",
        "2024-04-06",
        "--notes",
        "notes.text",
        "--language",
        "en",
    ]);
    assert!(added.works().contains("added Line / First (WebVTT captions, 6 words, 2 speakers)"), "{added:?}");
    assert!(added.err.contains("note: talk.vtt: line 6: an end lies before its begin"), "{added:?}");
    let show = place.run(["show", "First", "--json"]);
    let show = &show.json()[0];
    assert_eq!(show["transcript"]["language"], "en");
    assert_eq!(show["episode"]["notes"], "About a lamp.");
    assert_eq!(show["transcript"]["words"][0]["timing"], "begin");
    let srt = place.run(["export", "First", "--format", "srt"]);
    assert!(
        srt.works().starts_with("1\n00:00:01,000 --> 00:00:03,000\nAnn Lee: Good evening, and welcome.\n"),
        "{srt:?}"
    );
    place.file("music.vtt", b"ID3\x04\0\0\0\0\0\0");
    place.run(["add", "music.vtt"]).fails(1, "is sound, not a transcript");
    place.file("speakers.rttm", "SPEAKER a 1 0 1 <NA> <NA> x <NA> <NA>\n");
    place.run(["add", "speakers.rttm"]).fails(1, "has no words");
    place.run(["add", "talk.vtt", "--episode", "Nobody knows"]).fails(1, "Nobody knows");
}

#[test]
fn transcripts_go_to_the_recordings_they_lie_beside() {
    let place = Place::new();
    let sound = fs::read(sample()).unwrap();
    place.file("folder/call.mp3", &sound);
    place.file("folder/call.en.vtt", TALK);
    place.file("folder/README.md", "# Not a transcript");
    let added = place.run(["add", "folder"]);
    assert!(added.works().contains("added to Recordings / call (WebVTT captions"), "{added:?}");
    assert_eq!(added.out.matches("added").count(), 2, "two files, and no more: {added:?}");
    let texts = place.run(["texts", "call", "--json"]);
    assert_eq!(texts.json().len(), 1, "{texts:?}");
    assert_eq!(texts.json()[0]["shown"], true);

    // The same recording's name, later and elsewhere; then said outright.
    place.file("later/call.srt", "1\n00:00:01,000 --> 00:00:02,000\nQuite another text.\n");
    assert!(place.run(["add", "later/call.srt"]).works().contains("added to Recordings"));
    place.file("other.md", "**Ann:** A third text.\n");
    let third = place.run(["add", "other.md", "--episode", "CALL", "--json"]);
    assert_eq!(third.json()[0]["attached"], true, "{third:?}");
    let texts = place.run(["texts", "call"]);
    assert_eq!(texts.works().lines().count(), 3, "{texts:?}");
    assert!(
        texts.out.lines().any(|line| line.starts_with("* ") && line.contains("other.md, 3 words, no times")),
        "{texts:?}"
    );
    let first = place.run(["texts", "call", "--json"]).json()[0]["text"].as_str().unwrap().to_owned();
    let once = place.run(["export", "call", "--format", "txt", "--hearing", &first]);
    assert!(once.works().contains("Good evening"), "{once:?}");
    assert!(place.run(["show", "call"]).works().contains("A third text."));
    let chosen = place.run(["texts", "call", "--show", &first]);
    assert!(chosen.works().lines().next().unwrap().starts_with("* "), "{chosen:?}");
    assert!(place.run(["show", "call"]).works().contains("Ann Lee: Good evening"));
    place.run(["show", "call", "--hearing", "heard"]).fails(1, "has no text heard");
    place.run(["check"]).works();
}

#[test]
fn names_that_come_with_a_transcript_set_it_right() {
    let place = Place::new();
    let heard = "Good morning everyone. Our next question comes from the line of Maren Kelgard with Norrland Bank. \
                 Please go ahead.";
    place.file("call.vtt", format!("WEBVTT\n\n00:01.000 --> 00:09.000\n<v Operator>{heard}\n"));
    place.file("guests.txt", "Maren Kjeldgaard - Norrland Bank\n");
    place.run(["add", "call.vtt", "--names", "guests.txt"]).works();
    place.run(["run"]).works();
    let text = place.run(["export", "call", "--format", "txt"]);
    assert!(text.works().contains("Maren Kjeldgaard with"), "{text:?}");
    let heard = place.run(["export", "call", "--format", "txt", "--no-repairs"]);
    assert!(heard.works().contains("Maren Kelgard with"), "{heard:?}");
}
