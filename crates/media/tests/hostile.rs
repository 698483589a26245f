//! Damaged, lying and malicious files: a clear error or a partial result, in little time and memory.

#![expect(clippy::unwrap_used, reason = "a test fails where it unwraps")]

mod support;

use media::{Limits, MediaError, open};
use proptest::prelude::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use support::*;

/// Counts the bytes in use, so that a test can state the most.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(now, Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Memory is counted for the whole process, so these tests run one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Longest time for one small damaged file. Generous: the machine may be busy.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Most memory while damaged files of some kilobytes are read, with the test's own.
const MOST_MEMORY: usize = 64 << 20;

fn alone<T>(work: impl FnOnce() -> T) -> T {
    let _guard = ALONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    silence_decoders();
    MOST.store(IN_USE.load(Relaxed), Relaxed);
    let result = work();
    let most = MOST.load(Relaxed);
    assert!(most < MOST_MEMORY, "{} MB were in use", most >> 20);
    result
}

/// Reads `bytes` as a file; `hear` checks the blocks. What comes out must come in time.
fn survive(folder: &Path, name: &str, bytes: &[u8]) -> Result<Heard, MediaError> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    let begin = Instant::now();
    let result = hear(&path);
    assert!(begin.elapsed() < MOST_TIME, "{name} took {:?}", begin.elapsed());
    if let Err(error) = &result {
        let sentence = error.to_string();
        assert!(sentence.contains(name) && sentence.len() < 600 && !sentence.ends_with('.'), "{sentence}");
    }
    result
}

/// Panics inside decoders are part of the test; printing each with its backtrace would take longer than all else.
fn silence_decoders() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.location().is_some_and(|location| location.file().contains("tests")) {
                usual(panic);
            }
        }));
    });
}

/// Runs `work` on every fixture, on two threads.
fn for_fixtures(work: impl Fn(&Path, &str, &[u8]) + Sync) {
    let files = Mutex::new(fixtures());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let folder = tempfile::tempdir().unwrap();
                while let Some(path) = { files.lock().unwrap().pop() } {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    work(folder.path(), &name, &std::fs::read(&path).unwrap());
                }
            });
        }
    });
}

#[test]
fn files_cut_at_every_byte_give_what_is_left() {
    alone(|| {
        for_fixtures(|folder, name, bytes| {
            let whole = survive(folder, name, bytes).unwrap().length;
            for end in 0..bytes.len() {
                if let Ok(heard) = survive(folder, name, &bytes[..end]) {
                    assert!(heard.length <= whole + 1600, "{name} cut at {end} grew");
                }
            }
            // Most of the file gives some of the sound, unless the index lies at the end, or all sound in one page or frame.
            if !matches!(name, "aac.m4a" | "video.mp4" | "vorbis.ogg" | "opus.ogg" | "flac.flac") {
                let most = survive(folder, name, &bytes[..bytes.len() * 9 / 10]).unwrap();
                assert!(most.length > whole / 3, "{name}: {} of {whole}", most.length);
                assert!(most.partial.is_some(), "{name} cut short must say so");
            }
        });
    });
}

#[test]
fn ten_thousand_damaged_files_are_survived() {
    alone(|| {
        for_fixtures(|folder, name, bytes| {
            let mut chance = Chance(name.len() as u64 + bytes.len() as u64);
            for round in 0..667 {
                let mut damaged = bytes.to_vec();
                for _ in 0..=round % 8 {
                    // Headers are where damage hurts: half of it goes there.
                    let reach = if chance.below(2) == 0 { damaged.len().min(256) } else { damaged.len() };
                    damaged[chance.below(reach)] ^= 1 << chance.below(8);
                }
                let _ = survive(folder, name, &damaged);
            }
        });
    });
}

/// A small generator of chance (xorshift): failures repeat themselves.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_behind_any_begin_are_survived(
        begin in proptest::sample::select(vec![
            &b"RIFF\xFF\xFF\xFF\xFFWAVE"[..], b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0", b"FORM\0\0\x01\0AIFF", b"OggS\0\x02",
            b"fLaC\0\0\0\x22", b"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01", b"\0\0\0\x10ftypM4A \0\0\0\0\0\0\x01\0moov",
            b"\xFF\xFB\x90\x64", b"\xFF\xF1\x50\x80\x2E\x7F\xFC", b"ID3\x04\0\0\0\0\x02\0", b"",
        ]),
        rest in proptest::collection::vec(any::<u8>(), 1..2000),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let _ = survive(folder.path(), "any", &[begin, &rest].concat());
    }
}

#[test]
fn what_is_no_media_file_is_named_with_the_next_step() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let of = |name: &str, bytes: &[u8]| survive(folder.path(), name, bytes).unwrap_err();
    assert!(matches!(hear(&path("none.mp3")), Err(MediaError::Missing { .. })));
    assert!(matches!(hear(folder.path()), Err(MediaError::NotAFile { .. })));
    assert!(matches!(of("zero.mp3", b""), MediaError::Empty { .. }));
    let cases: [(&str, &[u8], &str); 6] = [
        ("text.mp3", b"Dear listener,\nthis is a letter.\n", "a text"),
        ("page.mp3", b"<!DOCTYPE html><html><body>404", "a web page"),
        ("list.m3u", b"#EXTM3U\nhttps://example.org/a.mp3\n", "a playlist"),
        ("book.mp3", b"%PDF-1.7 ...", "a PDF"),
        ("pack.mp3", b"PK\x03\x04............", "a ZIP"),
        ("face.mp3", b"\xFF\xD8\xFF\xE0\0\x10JFIF", "a JPEG"),
    ];
    for (name, bytes, what) in cases {
        let sentence = of(name, bytes).to_string();
        assert!(sentence.contains(&format!("is {what}")), "{sentence}");
    }
    let noise: Vec<u8> = (0..5000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    assert!(matches!(of("noise.bin", &noise), MediaError::UnknownFormat { .. }));
}

#[test]
fn a_picture_without_sound_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["mute.mp4", "mute.mkv"] {
        let path = folder.path().join(name);
        let picture =
            ["-f", "lavfi", "-i", "color=black:s=16x16:d=1", "-c:v", "mpeg4", path.to_str().unwrap()];
        if !ffmpeg(&picture) {
            return;
        }
        let error = hear(&path).unwrap_err();
        assert!(matches!(error, MediaError::NoSound { .. }), "{name}: {error}");
    }
}

#[test]
fn wav_headers_that_lie_are_caught_or_corrected() {
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, header: Vec<u8>| {
        let sound: Vec<u8> = (0..8_000u32)
            .flat_map(|frame| ((signal(f64::from(frame) / 8_000.0, &[0.5]) * 32767.0) as i16).to_le_bytes())
            .collect();
        survive(folder.path(), name, &[header, sound].concat())
    };
    for (name, rate, channels) in [("slow.wav", 1, 1), ("fast.wav", 10_000_000, 1), ("many.wav", 8_000, 255)]
    {
        let error = of(name, wav_header(rate, channels, 16, 16_000)).unwrap_err();
        assert!(
            matches!(error, MediaError::OverLimit { .. } | MediaError::Damaged { .. }),
            "{name}: {error}"
        );
    }
    for (name, size) in [("exact.wav", 16_000), ("zero.wav", 0), ("stream.wav", u64::from(u32::MAX))] {
        let heard = of(name, wav_header(8_000, 1, 16, size)).unwrap();
        assert_clicks(name, &clicks(&heard.samples), &[0.5], 0.001);
        assert_eq!((heard.samples.len(), heard.partial), (16_000, None), "{name}");
    }
    let heard = of("cut.wav", wav_header(8_000, 1, 16, 32_000)).unwrap();
    assert_eq!(heard.samples.len(), 16_000);
    assert!(heard.partial.unwrap().contains("cut short"));
    let mut large = wav_header(8_000, 1, 16, u64::from(u32::MAX));
    large.splice(..12, *b"RF64\xFF\xFF\xFF\xFFWAVE");
    let mut sizes = b"ds64\x1C\0\0\0".to_vec();
    sizes.extend([16_060u64, 16_000, 8_000].iter().flat_map(|size| size.to_le_bytes()));
    sizes.extend([0; 4]);
    large.splice(12..12, sizes);
    let heard = of("large.wav", large).unwrap();
    assert_eq!((heard.samples.len(), heard.partial), (16_000, None));
}

/// Sound that is known but not decoded here is named, so that a person knows what to convert.
#[test]
fn codecs_that_are_not_known_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("in.wav");
    write_wav(&source, 48_000, 6, 0.5, &[]);
    let cases: [(&str, &[&str], &str); 4] = [
        ("surround.m4a", &["-c:a", "aac"], "AAC with 6 channels"),
        ("surround.aac", &["-c:a", "aac"], "AAC with 6 channels"),
        ("film.mkv", &["-c:a", "ac3"], "AC-3"),
        ("many.opus", &["-c:a", "libopus", "-mapping_family", "255"], "Opus"),
    ];
    for (name, options, codec) in cases {
        let path = folder.path().join(name);
        let encode = [&["-i", source.to_str().unwrap()], options, &[path.to_str().unwrap()]].concat();
        if !ffmpeg(&encode) {
            return;
        }
        let error = hear(&path).unwrap_err();
        assert!(
            matches!(&error, MediaError::UnsupportedCodec { codec: found, .. } if found.contains(codec)),
            "{error}"
        );
    }
}

#[test]
fn tags_of_300_megabytes_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fat.mp3");
    // The most that one tag can claim is 256 MB; here are two.
    let size = 150u32 << 20;
    let mut file = File::create(&path).unwrap();
    let sync_safe: Vec<u8> = (0..4).rev().map(|group| (size >> (7 * group) & 0x7F) as u8).collect();
    for _ in 0..2 {
        file.write_all(b"ID3\x04\0\0").unwrap();
        file.write_all(&sync_safe).unwrap();
        file.seek(SeekFrom::Current(size.into())).unwrap();
    }
    file.write_all(&std::fs::read(fixture("bare.mp3")).unwrap()).unwrap();
    drop(file);
    let heard = alone(|| hear(&path)).unwrap();
    assert_eq!(clicks(&heard.samples).len(), 2);
    assert!(heard.complaints[0].contains("skipped unread"), "{:?}", heard.complaints);
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_heard_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinks.wav");
    write_wav(&path, 16_000, 1, 60.0, &[]);
    let mut reader = open(&path, &Limits::default()).unwrap().reader;
    let mut seconds = 0;
    while let Some(block) = reader.next_block().unwrap() {
        seconds += block.samples.len() / 16_000;
        if seconds == 2 {
            OpenOptions::new().write(true).open(&path).unwrap().set_len(44 + 20 * 32_000).unwrap();
        }
    }
    assert!((2..25).contains(&seconds), "{seconds} s");
    assert!(reader.partial().unwrap().contains("became shorter"));
}

#[test]
fn long_files_take_no_more_memory_than_short_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long.mp3");
    let frames = std::fs::read(fixture("bare.mp3")).unwrap();
    std::fs::write(&path, frames.repeat(3_000)).unwrap();
    drop(frames);
    alone(|| {
        let before = IN_USE.load(Relaxed);
        let mut reader = open(&path, &Limits::default()).unwrap().reader;
        let mut count = 0;
        while let Some(block) = reader.next_block().unwrap() {
            count += block.samples.len();
        }
        assert!(count > 1_900 * 16_000);
        let most = MOST.load(Relaxed).saturating_sub(before);
        assert!(most < 4 << 20, "half an hour of MP3 took {} kB", most >> 10);
    });
}
