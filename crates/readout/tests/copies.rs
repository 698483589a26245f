//! One recording in several feeds, through the real program: re-encoded, with an advertisement in one of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use fetch::hostile::{Act, Hostile, Seen, file, reply};
use support::{Place, Ran, ran};

const RATE: usize = 16_000;

/// Something like speech for the ear of a machine: syllables of noise through a resonance that moves; `seed` makes it its own.
fn talk(seconds: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move || {
        // xorshift64 (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1_u64 << 24) as f32
    };
    let mut out = Vec::new();
    let mut before = [0.0_f32; 2];
    let mut from = 800.0;
    while out.len() < seconds * RATE {
        let (length, to) = ((0.1 + 0.2 * random()) * RATE as f32, 300.0 + 2700.0 * random());
        let loud = 0.1 + 0.3 * random();
        for sample in 0..length as usize {
            let way = sample as f32 / length;
            let turn = std::f32::consts::TAU * (from + (to - from) * way) / RATE as f32;
            let next = (random() - 0.5) + 1.94 * turn.cos() * before[0] - 0.941 * before[1];
            before = [next, before[0]];
            out.push(0.2 * loud * next * (std::f32::consts::PI * way).sin());
        }
        from = to;
    }
    out.truncate(seconds * RATE);
    out
}

/// Encodes samples (mono, 16 kHz) with ffmpeg.
fn encoded(samples: &[f32], arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "f32le", "-ar", "16000", "-ac", "1", "-i", "-"])
        .args(arguments)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let writer = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    output.stdout
}

const MP3: &[&str] = &["-c:a", "libmp3lame", "-b:a", "64k", "-ar", "44100", "-f", "mp3"];
const OPUS: &[&str] = &["-c:a", "libopus", "-b:a", "32k", "-ar", "48000", "-f", "ogg"];

fn feed(title: &str, items: &[(&str, &str)]) -> Vec<u8> {
    let mut xml = format!(
        "<rss version=\"2.0\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\"><channel><title>{title}</title>"
    );
    for (number, (name, sound)) in (1..).zip(items) {
        xml += &format!(
            "<item><title>{name}</title><guid>{title} {name}</guid><pubDate>0{number} Mar 2026 20:00:00 GMT</pubDate>\
             <description>As told by {title}.</description>\
             <podcast:transcript url=\"/text.vtt\" type=\"text/vtt\"/>\
             <enclosure url=\"/{sound}\" type=\"audio/mpeg\"/></item>"
        );
    }
    (xml + "</channel></rss>").into_bytes()
}

/// A transcript of thirty words a half minute, so that nothing needs a recogniser.
fn captions() -> Vec<u8> {
    let mut text = String::from("WEBVTT\n\n");
    for at in (0..150).step_by(10) {
        let clock = |at: usize| format!("{:02}:{:02}.000", at / 60, at % 60);
        text += &format!(
            "{} --> {}\nThe ferry was late, as it always is in March here.\n\n",
            clock(at),
            clock(at + 9)
        );
    }
    text.into_bytes()
}

fn readout(place: &Place, server: &Hostile, words: &[&str]) -> Ran {
    let models = support::manifest(place, "127.0.0.1:9");
    let mut command = place.command();
    command.env("READOUT_ALLOW_HOSTS", server.allowed().to_string()).env("READOUT_MODELS", models);
    ran(command.args(words))
}

fn of_type(ran: &Ran, kind: &str) -> Vec<serde_json::Value> {
    ran.json().into_iter().filter(|line| line["type"] == kind).collect()
}

#[test]
fn the_same_episode_in_two_feeds_is_one_with_its_times_mapped() {
    let (tune, advertisement) = (talk(10, 1), talk(30, 2));
    let programme = [&tune[..], &talk(90, 3)].concat();
    let half = 55 * RATE;
    let inserted = [&programme[..half], &advertisement, &programme[half..]].concat();
    let second = [&talk(20, 4)[..], &tune, &talk(60, 5)].concat();
    let third = [&talk(35, 6)[..], &tune, &talk(50, 7)].concat();
    let sounds = [
        ("harbour.mp3", encoded(&programme, MP3)),
        ("harbour.opus", encoded(&inserted, OPUS)),
        ("second.mp3", encoded(&second, MP3)),
        ("third.mp3", encoded(&third, MP3)),
    ];
    let server = Hostile::start(move |seen: &Seen| -> Vec<Act> {
        match seen.path.trim_start_matches('/') {
            "one.xml" => {
                let items = [("Harbour", "harbour.mp3"), ("Second", "second.mp3"), ("Third", "third.mp3")];
                reply(200, &[], &feed("Station One", &items))
            }
            "two.xml" => reply(200, &[], &feed("Station Two", &[("The harbour again", "harbour.opus")])),
            "text.vtt" => reply(200, &[("content-type", "text/vtt")], &captions()),
            name => match sounds.iter().find(|(known, _)| *known == name) {
                Some((_, bytes)) => file(seen, &format!("\"{name}\""), bytes),
                None => reply(404, &[], b""),
            },
        }
    });
    let place = Place::new();
    for path in ["/one.xml", "/two.xml"] {
        readout(&place, &server, &["add", &server.url(path), "--all"]).works();
    }
    let run = readout(&place, &server, &["run", "--json"]);
    run.works();
    assert_eq!((of_type(&run, "fetched").len(), of_type(&run, "copy").len()), (4, 1), "{run:?}");
    let status = readout(&place, &server, &["status", "--json"]);
    let titles: Vec<_> =
        of_type(&status, "episode").into_iter().map(|episode| episode["title"].clone()).collect();
    assert_eq!(titles.len(), 3, "{titles:?}");
    // Both shows have it, under either name, with both outlets.
    let shows = readout(&place, &server, &["shows"]);
    assert!(shows.works().contains("Station Two: 1 episode"), "{shows:?}");
    let shown = readout(&place, &server, &["show", "Station One/Harbour"]);
    assert!(
        shown.works().contains("The same recording is also in:\n  Station Two / The harbour again\n"),
        "{shown:?}"
    );
    assert!(shown.out.contains("/harbour.opus"), "{shown:?}");
    // The times lead from the one to the other.
    let (mut right, mut all) = (0, 0);
    for quarter in (1..400).step_by(2) {
        let ms = i64::from(quarter) * 250;
        let at = format!("{}:{:06.3}", ms / 60_000, (ms % 60_000) as f64 / 1000.0);
        let mapped = readout(&place, &server, &["show", "Station One/Harbour", "--at", &at, "--json"]);
        let there = mapped.json()[0]["at_ms"].as_i64();
        let expected = if ms < 55_000 { ms } else { ms + 30_000 };
        right += usize::from(there.is_some_and(|there| there.abs_diff(expected) <= 500));
        all += 1;
    }
    assert!(right * 100 >= 99 * all, "{right} of {all} times are within half a second");
    let advertised = readout(&place, &server, &["show", "Station Two/The harbour again", "--at", "1:10"]);
    assert!(advertised.works().contains("not in Station One / Harbour"), "{advertised:?}");
    // The jingle is found in every episode of the show.
    for (title, start) in [("Harbour", 0.0), ("Second", 20.0), ("Third", 35.0)] {
        let shown = readout(&place, &server, &["show", &format!("Station One/{title}"), "--json"]);
        let repeats = shown.json()[0]["transcript"]["repeats"].as_array().cloned().unwrap_or_default();
        assert_eq!(repeats.len(), 1, "{title}: {repeats:?}");
        assert_eq!((&repeats[0]["kind"], &repeats[0]["episodes"]), (&"jingle".into(), &3.into()));
        let begins = repeats[0]["start"].as_f64().unwrap() / 1000.0;
        assert!((begins - start).abs() < 0.5, "{title}: {repeats:?}");
    }
    // A person says that they are two.
    let split = readout(&place, &server, &["shows", "split", "Station Two/The harbour again"]);
    assert!(split.works().contains("are two episodes again"), "{split:?}");
    readout(&place, &server, &["run"]);
    let status = readout(&place, &server, &["status", "--json"]);
    assert_eq!(of_type(&status, "episode").len(), 4);
    readout(&place, &server, &["shows", "split", "Second"])
        .fails(1, "no other episode has the same recording");
    place.run(["check"]).works();
}
