//! Every format gives its sound, at its time, and says what it is.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod support;

use media::{Limits, open};
use std::path::Path;
use support::*;

/// Priming that these files do not state, so that every player plays it: 1024 samples of AAC, the delay of encoder and
/// decoder of MP2 and MP3. Seconds.
const UNSTATED: [(&str, f64); 5] = [
    ("adts.aac", 1024.0 / 44_100.0),
    ("fragments.mp4", 1024.0 / 22_050.0),
    ("bare.mp3", 1105.0 / 22_050.0),
    ("layer2.mp2", 481.0 / 44_100.0),
    ("video.mkv", 1105.0 / 44_100.0),
];

#[test]
fn the_small_recordings_have_their_clicks_at_their_times() {
    for path in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let heard = hear(&path).unwrap();
        let late = UNSTATED.iter().find(|(unstated, _)| *unstated == name).map_or(0.0, |(_, late)| *late);
        assert_clicks(&name, &clicks(&heard.samples), &[0.15 + late, 0.45 + late], 0.005);
        assert_eq!(heard.partial, None, "{name}");
        assert_eq!(heard.complaints, [] as [String; 0], "{name}");
        let length = heard.samples.len() as f64 / 16_000.0;
        assert!((0.59..0.68).contains(&length), "{name} lasts {length} s");
    }
}

#[test]
fn files_say_what_they_are() {
    let cases = [
        ("lame.mp3", "MP3", "MP3", 44_100, 2, Some(600)),
        ("bare.mp3", "MP3", "MP3", 22_050, 1, Some(653)),
        ("layer2.mp2", "MP2", "MP2", 44_100, 1, Some(601)),
        ("aac.m4a", "MP4", "AAC-LC", 44_100, 1, Some(600)),
        ("fragments.mp4", "MP4", "AAC-LC", 22_050, 1, None),
        ("adts.aac", "ADTS", "AAC-LC", 44_100, 1, Some(627)),
        ("opus.ogg", "Ogg", "Opus", 48_000, 1, Some(600)),
        ("opus.webm", "Matroska", "Opus", 48_000, 1, Some(608)),
        ("vorbis.ogg", "Ogg", "Vorbis", 44_100, 1, Some(600)),
        ("flac.flac", "FLAC", "FLAC", 8_000, 1, Some(600)),
        ("u8.wav", "WAV", "PCM", 8_000, 1, Some(600)),
        ("s16.aiff", "AIFF", "PCM", 8_000, 1, Some(600)),
        ("video.mp4", "MP4", "AAC-LC", 44_100, 1, Some(600)),
        ("video.mkv", "Matroska", "MP3", 44_100, 1, Some(625)),
    ];
    for (name, container, codec, rate, channels, millis) in cases {
        let info = open(&fixture(name), &Limits::default()).unwrap().info;
        let found = (info.container.as_str(), info.codec.as_str(), info.sample_rate, info.channels);
        assert_eq!(found, (container, codec, rate, channels), "{name}");
        assert_eq!(info.duration.map(|duration| duration.0), millis, "{name}");
        assert_eq!(info.bytes, std::fs::metadata(fixture(name)).unwrap().len());
    }
}

#[test]
fn tags_come_out_of_every_tag_format() {
    for name in ["lame.mp3", "aac.m4a"] {
        let tags = open(&fixture(name), &Limits::default()).unwrap().tags;
        assert_eq!(tags.title.as_deref(), Some("Two clicks"), "{name}");
        assert_eq!(tags.show.as_deref(), Some("Test signals"), "{name}");
        assert_eq!(tags.date, Some(jiff::civil::date(2024, 4, 6)), "{name}");
    }
    let tags = open(&fixture("opus.ogg"), &Limits::default()).unwrap().tags;
    assert_eq!(tags.title.as_deref(), Some("Two clicks"));
}

/// HE-AAC whose configuration says so is decoded by its core: the same file, said to be HE-AAC, sounds the same.
#[test]
fn he_aac_is_heard_by_its_core() {
    let folder = tempfile::tempdir().unwrap();
    let plain = std::fs::read(fixture("fragments.mp4")).unwrap();
    let config = [0x13, 0x88, 0x56, 0xE5, 0x00];
    let at = plain.windows(5).position(|bytes| bytes == config).expect("the fixture's configuration");
    let expected = hear(&fixture("fragments.mp4")).unwrap();
    // Types 5 (SBR) and 29 (with parametric stereo) over a core of 22,050 Hz mono, and the backward-compatible form.
    for explicit in
        [[0x2B, 0x8A, 0x08, 0x00, 0x00], [0xEB, 0x8A, 0x08, 0x00, 0x00], [0x13, 0x88, 0x56, 0xE5, 0xA0]]
    {
        let mut bytes = plain.clone();
        bytes[at..at + 5].copy_from_slice(&explicit);
        let path = folder.path().join("he.mp4");
        std::fs::write(&path, bytes).unwrap();
        let opened = open(&path, &Limits::default()).unwrap();
        assert_eq!((opened.info.codec.as_str(), opened.info.sample_rate), ("HE-AAC", 22_050));
        assert_eq!(hear_all(opened).unwrap().samples, expected.samples);
    }
}

/// Encoded here from one signal, decoded by us and by ffmpeg: the same sound at the same place.
#[test]
fn decoding_agrees_with_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let (source, file) = (folder.path().join("in.wav"), |name: &str| folder.path().join(name));
    let wanted = [0.5, 1.25, 2.5];
    let cases: [(&str, u32, u16, &[&str]); 20] = [
        ("a.mp3", 44_100, 2, &["-b:a", "96k"]),
        ("b.mp3", 48_000, 1, &["-q:a", "5"]),
        ("c.mp3", 16_000, 1, &["-b:a", "24k"]),
        ("a.m4a", 44_100, 2, &["-c:a", "aac"]),
        ("b.m4a", 32_000, 1, &["-c:a", "aac"]),
        ("c.m4a", 44_100, 2, &["-c:a", "alac"]),
        ("a.aac", 48_000, 2, &["-c:a", "aac"]),
        ("a.opus", 48_000, 2, &["-c:a", "libopus"]),
        ("b.opus", 16_000, 1, &["-c:a", "libopus", "-b:a", "12k", "-frame_duration", "60"]),
        ("c.opus", 48_000, 6, &["-c:a", "libopus", "-mapping_family", "1"]),
        ("a.ogg", 44_100, 2, &["-c:a", "libvorbis"]),
        ("b.ogg", 44_100, 1, &["-c:a", "flac"]),
        ("a.flac", 96_000, 2, &["-c:a", "flac", "-sample_fmt", "s32"]),
        ("a.wav", 44_100, 2, &["-c:a", "pcm_f32le"]),
        ("b.wav", 22_050, 1, &["-c:a", "pcm_s32le"]),
        ("c.wav", 8_000, 1, &["-c:a", "pcm_mulaw"]),
        ("a.aiff", 44_100, 2, &["-c:a", "pcm_s24be"]),
        ("a.webm", 48_000, 2, &["-c:a", "libvorbis"]),
        ("a.mkv", 44_100, 2, &["-c:a", "aac"]),
        ("a.mov", 48_000, 2, &["-c:a", "pcm_s16le"]),
    ];
    for (name, rate, channels, options) in cases {
        write_wav(&source, rate, channels, 3.0, &wanted);
        let (target, raw) = (file(name), file("out.raw"));
        let encode = [&["-i", text(&source)], options, &[text(&target)]].concat();
        if !ffmpeg(&encode) {
            return;
        }
        // As the file's clock says: without this ffmpeg starts every file at its first packet.
        let timed = ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "16000", "-f", "f32le"];
        assert!(ffmpeg(&[&["-i", text(&target)], timed.as_slice(), &[text(&raw)]].concat()));
        let reference: Vec<f32> = std::fs::read(&raw)
            .unwrap()
            .chunks_exact(4)
            .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
            .collect();
        let heard = hear(&target).unwrap();
        // What ADTS and Matroska cannot say of AAC, ffmpeg does not know either.
        let unstated = matches!(name, "a.aac" | "a.mkv");
        let late = if unstated { 1024.0 / f64::from(rate) } else { 0.0 };
        let wanted: Vec<f64> = wanted.iter().map(|click| click + late).collect();
        assert_clicks(name, &clicks(&heard.samples), &wanted, 0.005);
        let (correlation, lag) = correlation(&heard.samples, &reference);
        assert!(
            correlation > 0.98,
            "{name}: correlation with ffmpeg {correlation:.4} at a lag of {lag} samples"
        );
        assert!(lag.abs() <= 24, "{name}: {lag} samples off ffmpeg");
    }
}

/// The highest normalised correlation within 5 ms, and the lag there.
fn correlation(left: &[f32], right: &[f32]) -> (f64, i64) {
    let length = left.len().min(right.len()) as i64;
    let mut best = (-1.0, 0);
    for lag in -80..=80i64 {
        let (mut product, mut one, mut other) = (0.0, 0.0, 0.0);
        for index in 200..length - 1_000 {
            let (a, b) = (f64::from(left[index as usize]), f64::from(right[(index + lag) as usize]));
            product += a * b;
            one += a * a;
            other += b * b;
        }
        let value = product / (one * other).sqrt();
        if value > best.0 {
            best = (value, lag);
        }
    }
    best
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn of_several_sound_tracks_the_first_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let (first, second) = (path("1.wav"), path("2.wav"));
    write_wav(&first, 16_000, 1, 1.0, &[0.25]);
    write_wav(&second, 16_000, 1, 1.0, &[0.75]);
    // Matroska has no place for AAC's priming of 1024 samples; ffmpeg moves everything behind it.
    let primed = 1024.0 / 16_000.0;
    for (name, codec, late) in
        [("two.mp4", "aac", 0.0), ("two.mkv", "aac", primed), ("two.webm", "libopus", 0.0)]
    {
        let target = path(name);
        let both = ["-i", text(&first), "-i", text(&second), "-map", "0:a", "-map", "1:a", "-c:a", codec];
        if !ffmpeg(&[both.as_slice(), &[text(&target)]].concat()) {
            return;
        }
        assert_clicks(name, &clicks(&hear(&target).unwrap().samples), &[0.25 + late], 0.006);
    }
}

/// As browsers record: no sizes, no length.
#[test]
fn a_live_webm_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("in.wav"), folder.path().join("live.webm"));
    write_wav(&source, 48_000, 1, 2.0, &[0.5, 1.5]);
    let live = ["-c:a", "libopus", "-f", "webm", "-live", "1", text(&target)];
    if ffmpeg(&[&["-i", text(&source)], live.as_slice()].concat()) {
        let heard = hear(&target).unwrap();
        assert_clicks("live.webm", &clicks(&heard.samples), &[0.5, 1.5], 0.006);
        assert_eq!(heard.partial, None);
    }
}

#[test]
fn readers_can_move_between_threads() {
    fn send<T: Send>() {}
    send::<media::Reader>();
}
