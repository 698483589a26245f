//! Marks at known times come back at these times, after hours, over gaps and across joins.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod support;

use media::{Limits, open};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use support::*;

const HOUR: f64 = 3600.0;

/// The clicks of a file that is too long to be held.
fn clicks_of(path: &Path) -> (Vec<f64>, f64) {
    let mut reader = open(path, &Limits::default()).unwrap().reader;
    let (mut finder, mut count) = (ClickFinder::default(), 0);
    while let Some(block) = reader.next_block().unwrap() {
        count += block.samples.len();
        finder.feed(&block.samples);
    }
    assert_eq!(reader.partial(), None);
    (finder.clicks(), count as f64 / 16_000.0)
}

#[test]
fn four_hours_of_wav_keep_their_clicks_within_a_millisecond() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.wav");
    let (rate, length) = (11_025u32, 4.0 * HOUR);
    let wanted = [1.0, 0.5 * HOUR, HOUR + 0.25, 2.0 * HOUR, 3.5 * HOUR + 0.125, 4.0 * HOUR - 1.0];
    let data = (length * f64::from(rate)) as u64 * 2;
    let mut file = File::create(&path).unwrap();
    file.write_all(&wav_header(rate, 1, 16, data)).unwrap();
    // What is not written costs no disk and reads as silence.
    file.set_len(44 + data).unwrap();
    for click in wanted {
        let first = ((click - CLICK) * f64::from(rate)) as u64;
        let last = ((click + CLICK) * f64::from(rate)) as u64 + 1;
        let bytes: Vec<u8> = (first..=last)
            .flat_map(|frame| {
                ((signal(frame as f64 / f64::from(rate), &[click]) * 32767.0) as i16).to_le_bytes()
            })
            .collect();
        file.seek(SeekFrom::Start(44 + 2 * first)).unwrap();
        file.write_all(&bytes).unwrap();
    }
    drop(file);
    let (found, seconds) = clicks_of(&path);
    assert_clicks("long.wav", &found, &wanted, 0.001);
    assert!((seconds - length).abs() < 0.001);
}

/// The frames of one small file over and over: four hours, and a click every 0.65 s, each of which is checked.
#[test]
fn four_hours_of_mp3_do_not_drift() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.mp3");
    let frames = std::fs::read(fixture("bare.mp3")).unwrap();
    let unit = 25.0 * 576.0 / 22_050.0;
    let repeats = (4.0 * HOUR / unit) as usize;
    std::fs::write(&path, frames.repeat(repeats)).unwrap();
    let (found, seconds) = clicks_of(&path);
    let late = 1105.0 / 22_050.0;
    let wanted: Vec<f64> = (0..repeats)
        .flat_map(|repeat| [0.15, 0.45].map(|click| repeat as f64 * unit + click + late))
        .collect();
    assert_clicks("long.mp3", &found, &wanted, 0.005);
    assert!((seconds - repeats as f64 * unit).abs() < 0.001);
}

/// An hour of Opus packets of 60 ms, written without any tool. Times of Opus are whole samples at 48 kHz from the begin,
/// so that four hours differ from one in nothing but the time the test takes.
#[test]
fn an_hour_of_opus_does_not_drift() {
    use opus_pure::{Application, MAX_PACKET_BYTES, OggOpusWriter, OpusEncoder, OpusHead};
    let mut encoder = OpusEncoder::new(16_000, 1, Application::Voip).unwrap();
    encoder.bitrate_bps = 12_000;
    let head = OpusHead::for_encoder(&encoder, 16_000);
    // Six seconds with a click at 3 s, again and again.
    let samples: Vec<f32> =
        (0..96_000).map(|index| signal(f64::from(index) / 16_000.0, &[3.0]) as f32).collect();
    let mut packet = vec![0; MAX_PACKET_BYTES];
    let packets: Vec<Vec<u8>> = samples
        .chunks_exact(960)
        .map(|frame| {
            let length = encoder.encode(frame, 960, &mut packet).unwrap();
            packet[..length].to_vec()
        })
        .collect();
    let mut writer = OggOpusWriter::new(Vec::new(), head).unwrap();
    for _ in 0..600 {
        packets.iter().for_each(|packet| writer.write_packet(packet).unwrap());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.opus");
    std::fs::write(&path, writer.finish().unwrap()).unwrap();
    let (found, _) = clicks_of(&path);
    let wanted: Vec<f64> = (0..600).map(|repeat| 6.0 * f64::from(repeat) + 3.0).collect();
    assert_clicks("long.opus", &found, &wanted, 0.003);
}

#[test]
fn gaps_in_the_file_are_silence_of_their_length() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let source = path("in.wav");
    write_wav(&source, 48_000, 1, 4.0, &[0.5, 1.5, 3.5]);
    // From 1 s on everything is two seconds later.
    let gap = "asetpts=PTS+if(gt(T\\,0.99)\\,2/TB\\,0)";
    for (name, codec) in [
        ("gap.mkv", "aac"),
        ("gap.webm", "libopus"),
        ("gap.mp4", "aac"),
        ("gap.opus", "libopus"),
        ("gap.ogg", "libvorbis"),
    ] {
        let target = path(name);
        let arguments = ["-i", text(&source), "-af", gap, "-c:a", codec, "-ac", "2", text(&target)];
        if !ffmpeg(&arguments) {
            return;
        }
        let heard = hear(&target).unwrap();
        let late = if name == "gap.mkv" { 1024.0 / 48_000.0 } else { 0.0 };
        let wanted = [0.5, 3.5, 5.5].map(|click| click + late);
        assert_clicks(name, &clicks(&heard.samples), &wanted, 0.030);
    }
}

/// Pages that are lost leave silence, and what follows them is where it was.
#[test]
fn lost_pages_of_ogg_move_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let source = path("in.wav");
    let every: Vec<f64> = (0..40).map(|click| f64::from(click) * 0.5 + 0.25).collect();
    write_wav(&source, 48_000, 1, 20.0, &every);
    for (name, codec) in [("lost.opus", "libopus"), ("lost.ogg", "libvorbis"), ("lost.oga", "flac")] {
        let target = path(name);
        if !ffmpeg(&[
            "-i",
            text(&source),
            "-c:a",
            codec,
            "-page_duration",
            "500000",
            "-f",
            "ogg",
            text(&target),
        ]) {
            return;
        }
        let bytes = std::fs::read(&target).unwrap();
        let begins: Vec<usize> =
            (0..bytes.len() - 4).filter(|at| bytes[*at..].starts_with(b"OggS")).collect();
        let (from, to) = (begins[begins.len() / 3], begins[begins.len() / 2]);
        std::fs::write(&target, [&bytes[..from], &bytes[to..]].concat()).unwrap();
        let heard = hear(&target).unwrap();
        let found = clicks(&heard.samples);
        assert!((20..38).contains(&found.len()), "{name}: {found:?}");
        for click in &found[..found.len() - 1] {
            let off = (click - 0.25).rem_euclid(0.5).min(0.5 - (click - 0.25).rem_euclid(0.5));
            assert!(off < 0.005, "{name}: a click at {click}");
        }
        assert!((heard.length as f64 / 16_000.0 - 20.0).abs() < 0.05, "{name}");
        assert!(heard.complaints[0].contains("pages are missing"), "{:?}", heard.complaints);
    }
}

#[test]
fn sound_that_begins_after_the_picture_begins_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let source = path("in.wav");
    write_wav(&source, 44_100, 1, 2.0, &[0.5, 1.5]);
    for name in ["late.mp4", "late.mkv"] {
        let target = path(name);
        let picture = ["-f", "lavfi", "-i", "color=black:s=16x16:d=3:r=10"];
        let sound = ["-itsoffset", "0.7", "-i", text(&source), "-c:v", "mpeg4", "-c:a", "aac", text(&target)];
        if !ffmpeg(&[picture.as_slice(), &sound].concat()) {
            return;
        }
        let heard = hear(&target).unwrap();
        assert_clicks(name, &clicks(&heard.samples), &[1.2, 2.2], 0.030);
    }
}

#[test]
fn joined_files_are_heard_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let join = |name: &str, parts: &[&str]| {
        let path = folder.path().join(name);
        let bytes: Vec<u8> = parts.iter().flat_map(|part| std::fs::read(fixture(part)).unwrap()).collect();
        std::fs::write(&path, bytes).unwrap();
        hear(&path).unwrap()
    };
    let chained = join("chained.ogg", &["opus.ogg", "opus.ogg", "vorbis.ogg"]);
    assert_clicks("chained.ogg", &clicks(&chained.samples), &[0.15, 0.45, 0.75, 1.05, 1.35, 1.65], 0.005);
    // 25 frames of 576 at 22,050 Hz, then at 44,100 Hz tag, Info frame (played as silence) and sound with its priming.
    let joined = join("joined.mp3", &["bare.mp3", "lame.mp3", "bare.mp3"]);
    let (bare, late) = (25.0 * 576.0 / 22_050.0, 1105.0 / 22_050.0);
    let second = bare + (1152.0 + 1105.0) / 44_100.0;
    let found = clicks(&joined.samples);
    assert_clicks(
        "joined.mp3",
        &found[..4],
        &[0.15 + late, 0.45 + late, second + 0.15, second + 0.45],
        0.005,
    );
    assert_eq!(found.len(), 6);
    assert!((found[5] - found[4] - 0.3).abs() < 0.005);
    assert!(
        joined.complaints.iter().any(|complaint| complaint.contains("changes to 44100 Hz")),
        "{joined:?}"
    );
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
