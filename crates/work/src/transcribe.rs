//! One file to one transcript, without an archive.

use crate::named::{listed, set_right};
use crate::sound::{Blocks, Decoder};
use crate::{Hearer, Pace, WorkError};
use archive::Evidence;
use model::{HeardWindow, MediaInfo, MediaTags, Millis, Quality, StretchKind, Transcript};
use speech::Request;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How a file is to be transcribed.
#[derive(Clone, Debug, Default)]
pub struct Transcribing {
    /// How carefully.
    pub quality: Quality,
    /// Language (BCP 47); `None` to find it.
    pub language: Option<String>,
    /// Threads that hear; at least 1.
    pub workers: usize,
    /// Where the file is decoded.
    pub decoder: Decoder,
    /// Set names right that the file's tags and `names` know; else the text is the recogniser's.
    pub repair: bool,
    /// A list of names.
    pub names: Option<PathBuf>,
}

/// A transcript and what is known of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcribed {
    /// The text; `complete` is false when it was told to stop, `partial` is set when the file is damaged.
    pub transcript: Transcript,
    /// What the file says of its sound.
    pub media: MediaInfo,
    /// Its tags.
    pub tags: MediaTags,
    /// Names that were set right, and why.
    pub names: Vec<Evidence>,
    /// Places where a name may have been meant, which were left.
    pub names_left: u64,
    /// Time it took.
    pub spent: Duration,
}

/// Transcribes a file. The observer is told how far it is, on this thread.
///
/// # Errors
/// [`WorkError::Media`] when the file gives no sound.
pub fn transcribe(
    path: &Path,
    how: &Transcribing,
    hearer: &dyn Hearer,
    stop: &AtomicBool,
    observer: &mut dyn FnMut(Pace),
) -> Result<Transcribed, WorkError> {
    let begun = Instant::now();
    // First: what is wrong with a list should not be told after an hour of hearing.
    let listed = how.names.as_deref().filter(|_| how.repair).map(listed).transpose()?.unwrap_or_default();
    let opened = how.decoder.open(path)?;
    let total = opened.info.duration;
    let mut blocks = Blocks::new(opened.reader, true);
    let mut windows: Vec<HeardWindow> = Vec::new();
    let mut words = 0;
    let request =
        Request { quality: how.quality, language: how.language.clone(), workers: how.workers.max(1) };
    let heard = hearer.hear(&mut blocks, &request, None, &[], &mut |event| {
        match event {
            speech::Event::Language(_) => {}
            speech::Event::Window(window) => {
                words += window.words.len() as u64;
                windows.push(window.clone());
            }
            speech::Event::Progress { decoded, heard } => {
                let elapsed = begun.elapsed().as_secs_f64();
                let speed = (heard.0 > 0 && elapsed > 0.0).then(|| heard.seconds() / elapsed);
                let rest = total.map(|total| total.since(heard).seconds());
                let left =
                    speed.zip(rest).and_then(|(speed, rest)| Duration::try_from_secs_f64(rest / speed).ok());
                observer(Pace { decoded, heard, total, words, speed, left, left_in_all: left });
            }
        }
        if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    windows.sort_by_key(|window| window.index);
    let mut stretches = heard.stretches;
    stretches.retain(|stretch| stretch.kind != StretchKind::Gap);
    stretches.extend(windows.iter().flat_map(|window| window.gaps.iter().cloned()));
    stretches.sort_by_key(|stretch| (stretch.start, stretch.end));
    let mut transcript = Transcript {
        language: heard.language,
        duration: heard.duration,
        recognised: Millis(windows.iter().map(|window| archive::recognised(window).0).sum()),
        words: windows.into_iter().flat_map(|window| window.words).collect(),
        stretches,
        speech: heard.speech,
        complete: !heard.stopped,
        partial: blocks.partial(),
        ..Transcript::default()
    };
    let (names, names_left) = match how.repair {
        true => {
            let stopping = || stop.load(Ordering::Relaxed);
            set_right(&mut transcript, &opened.tags, listed, (path, &how.decoder), hearer, &stopping)?
        }
        false => Default::default(),
    };
    let (media, tags, spent) = (opened.info, opened.tags, begun.elapsed());
    Ok(Transcribed { transcript, media, tags, names, names_left, spent })
}
