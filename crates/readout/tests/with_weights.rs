//! The program with its weights: `cargo test --release -p readout --test with_weights`, once they are fetched.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "the other tests of the program use the rest of it")]
mod support;

use std::process::{Command, Stdio};

use support::{Place, ran, sample};
use transcript::Format;

/// The program with a place's archive and this user's cache, and no way to the network.
fn command(place: &Place) -> Command {
    let mut command = place.command();
    match std::env::var_os("READOUT_CACHE") {
        Some(cache) => command.env("READOUT_CACHE", cache),
        None => command.env_remove("READOUT_CACHE"),
    };
    command
}

#[test]
fn the_sample_is_transcribed_in_every_format() {
    let place = Place::new();
    let heard = ran(command(&place).args(["transcribe", "--json", "--quality", "fast"]).arg(sample()));
    heard.works();
    let heard = &heard.json()[0];
    let words = heard["transcript"]["words"].as_array().unwrap();
    assert!((560..680).contains(&words.len()), "{}", words.len());
    assert!(heard["coverage"].as_f64().unwrap() > 0.95);
    assert_eq!(heard["transcript"]["language"], "en");

    // Heard once into an archive; each format is then only a way to write it.
    ran(command(&place).arg("add").arg(sample())).works();
    let run = ran(command(&place).args(["run", "--json", "--quality", "fast"]));
    assert_eq!(run.json().last().unwrap()["heard"], 1);
    for format in Format::ALL {
        let export =
            ran(command(&place).args(["export", "One call, two readouts", "--format", format.extension()]));
        match format {
            Format::Rttm => export.fails(1, "nobody says who speaks"),
            Format::Docx => assert!(export.works().starts_with("PK")),
            _ => assert!(export.works().contains("Imogen"), "{format}"),
        }
    }
    assert!(
        ran(command(&place).args(["show", "one call, two readouts"]))
            .works()
            .contains("The Open Line · 12 March 2026")
    );
    assert!(ran(command(&place).args(["status"])).works().contains("Understood: "));
    ran(command(&place).arg("check")).works();
    assert!(ran(command(&place).arg("run")).works().starts_with("nothing is due"));
}

/// The text path and the sound together, without an archive; `--no-repairs` gives what was heard, to the byte.
#[test]
fn names_of_a_list_are_set_right_in_the_sample() {
    let place = Place::new();
    let list = place.file(
        "names.txt",
        "Perrin Lequenvel - defence minister\nYngve Skjoldraath - defence minister\nValdorra\nOsterlund\n\
         Imogen Faircloth - host\nDashiell Wray - host\nPellwright Lamps\n",
    );
    let transcribe = |more: &[&std::ffi::OsStr]| {
        ran(command(&place).args(["transcribe", "--quality", "fast"]).arg(sample()).args(more))
    };
    let named = transcribe(&["--names".as_ref(), list.as_ref()]);
    assert!(named.works().contains("Lequenvel"), "{named:?}");
    assert!(named.err.contains("set right"), "{named:?}");
    let heard = transcribe(&["--no-repairs".as_ref()]).works().to_owned();
    assert!(!heard.contains("Lequenvel"));
    ran(command(&place).arg("add").arg(sample())).works();
    ran(command(&place).args(["run", "--quality", "fast"])).works();
    let kept =
        ran(command(&place).args(["export", "One call, two readouts", "--no-repairs", "--format", "txt"]));
    assert_eq!(kept.works(), heard);
    let missing = transcribe(&["--names".as_ref(), "none.txt".as_ref()]);
    missing.fails(1, "none.txt");
}

/// Windows are independent, and a row's product does not depend on the rows beside it: the same words, times and
/// confidences come out however the work is shared.
#[test]
fn the_number_of_workers_changes_nothing() {
    let place = Place::new();
    for quality in ["fast", "accurate"] {
        let heard = |workers: &str| {
            let arguments = ["transcribe", "--json", "--quality", quality, "--workers", workers];
            let ran = ran(command(&place).args(arguments).arg(sample()));
            ran.works();
            ran.json()[0]["transcript"].clone()
        };
        let one = heard("1");
        assert!(one["words"].as_array().unwrap().len() > 500);
        assert_eq!(one, heard("2"));
        assert_eq!(one, heard("3"));
    }
}

#[test]
fn the_demo_needs_nothing_but_the_cache() {
    let place = Place::new();
    let demo =
        ran(command(&place).args(["demo", "--no-serve", "--quality", "fast"]).current_dir(place.path("")));
    let out = demo.works();
    for part in [
        "Models are kept in ",
        "length   3:48",
        "words    ",
        "× real time",
        "% of the speech understood",
        "gap",
    ] {
        assert!(out.contains(part), "{part}: {demo:?}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_cleanly_and_the_next_run_goes_on() {
    let place = Place::new();
    ran(command(&place).arg("add").arg(sample())).works();
    let mut child = command(&place)
        .args(["run", "--workers", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // The first line of progress: it is hearing.
    let mut first = [0];
    std::io::Read::read_exact(child.stderr.as_mut().unwrap(), &mut first).unwrap();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(matches!(output.status.code(), Some(3)), "{output:?}");
    let run = ran(command(&place).args(["run", "--json"]));
    assert_eq!(run.json().last().unwrap()["heard"], 1, "{run:?}");
    ran(command(&place).arg("check")).works();
}
