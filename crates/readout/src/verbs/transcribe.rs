use std::collections::BTreeMap;
use std::iter;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use media::{Limits, Opened};
use model::{HeardWindow, MediaInfo, MediaTags, Millis, StretchKind, Transcript};
use serde_json::json;
use speech::{Event, Heard, Request};
use transcript::About;

use super::{json_line, text};
use crate::arguments::{Everywhere, Transcribe};
use crate::console::{Meter, Unit, clock};
use crate::failure::Outcome;
use crate::{hearing, stop};

pub fn transcribe(everywhere: &Everywhere, transcribe: &Transcribe) -> Result<Outcome> {
    hearing::be_nice(&transcribe.hearing);
    // The file first: what is wrong with it should not be told after a fetch of models.
    let Opened { info, tags, mut reader } = open(&transcribe.file)?;
    let models = hearing::models(&transcribe.hearing)?;
    let request = Request {
        quality: transcribe.hearing.quality.into(),
        language: transcribe.language.clone(),
        workers: hearing::workers(&transcribe.hearing),
    };
    let stop = stop::on_interrupt("stopping after what is in hand; Ctrl-C again ends at once")?;
    let began = Instant::now();
    let mut windows = BTreeMap::new();
    let mut meter = Meter::new("hearing", Unit::Sound, 0);
    let mut printed = Ok(());
    let mut observe = |event: Event<'_>| {
        match event {
            Event::Progress { heard, .. } => {
                let total = info.duration.map_or(0, |length| length.0.max(heard.0));
                meter.set(heard.0, total, &speed(heard, began.elapsed()));
            }
            Event::Window(window) => {
                if everywhere.json {
                    printed = json_line(&json!({ "type": "window", "window": window }));
                }
                windows.insert(window.index, window.clone());
            }
            Event::Language(_) => {}
        }
        match stop.load(Ordering::Relaxed) || printed.is_err() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let blocks = iter::from_fn(|| reader.next_block().transpose());
    let heard = speech::hear(blocks, &models, &request, None, &[], &mut observe);
    drop(meter);
    printed?;
    let heard = heard?;
    let windows: Vec<HeardWindow> = windows.into_values().collect();
    let transcript = assembled(&heard, &windows, reader.partial());
    let name =
        transcribe.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if everywhere.json {
        json_line(&json!({
            "type": "transcript", "file": name, "engine": models.engine_name(), "language": transcript.language,
            "duration_ms": transcript.duration, "speech_ms": transcript.speech, "coverage": transcript.coverage(),
            "recognised_ms": transcript.recognised, "words": transcript.words.len(), "stretches": transcript.stretches,
            "gaps": transcript.gaps().count(), "partial": transcript.partial, "complete": transcript.complete,
        }))?;
    } else {
        let about = about(name, &info, tags, models.engine_name());
        text(&transcript::export(transcribe.format, &about, &transcript))?;
    }
    eprintln!("{}", summary(&transcript, began.elapsed()));
    for complaint in reader.complaints() {
        eprintln!("note: {complaint}");
    }
    if let Some(why) = &transcript.partial {
        eprintln!("note: the file could be read only in part: {why}");
    }
    Ok(if transcript.partial.is_some() || !transcript.complete { Outcome::Partial } else { Outcome::Done })
}

/// Opens a media file in a process of its own, which can be ended whatever the file does to it.
pub fn open(file: &Path) -> Result<Opened> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    Ok(media::caged::open_caged(&program, &["decode-worker"], file, &Limits::default())?)
}

/// `52 × real time`, once that can be said.
pub fn speed(heard: Millis, passed: Duration) -> String {
    match passed >= Duration::from_secs(2) && heard.0 > 0 {
        true => format!("{:.0} × real time", heard.seconds() / passed.as_secs_f64()),
        false => String::new(),
    }
}

/// The windows of one hearing as a text.
fn assembled(heard: &Heard, windows: &[HeardWindow], partial: Option<&str>) -> Transcript {
    let gaps = || windows.iter().flat_map(|window| &window.gaps).filter(|gap| gap.kind == StretchKind::Gap);
    let speech: u64 = windows.iter().map(|window| window.speech.0).sum();
    let not_understood: u64 = gaps().map(|gap| gap.end.since(gap.start).0).sum();
    let mut stretches: Vec<_> = heard.stretches.iter().chain(gaps()).cloned().collect();
    stretches.sort_by_key(|stretch| (stretch.start, stretch.end));
    Transcript {
        language: heard.language.clone(),
        duration: heard.duration,
        words: windows.iter().flat_map(|window| window.words.iter().cloned()).collect(),
        stretches,
        speech: heard.speech,
        recognised: Millis(speech.saturating_sub(not_understood)),
        complete: !heard.stopped,
        partial: partial.map(str::to_owned),
    }
}

fn about(file: String, info: &MediaInfo, tags: MediaTags, engine: String) -> About {
    let stem = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let title = tags.title.or(stem).unwrap_or_else(|| info.container.clone());
    let show = tags.show.unwrap_or_default();
    About { show, title, date: tags.date, notes: tags.notes, people: Vec::new(), file, audio: None, engine }
}

/// What was done, in one line: `3:48 heard in 5.1 s (45 × real time): 640 words, 99.2 % of the speech, 1 gap`.
pub fn summary(transcript: &Transcript, spent: Duration) -> String {
    let seconds = spent.as_secs_f64().max(0.001);
    let gaps = transcript.gaps().count();
    format!(
        "{} heard in {seconds:.1} s ({:.0} × real time): {} words, {:.1} % of the speech understood, {gaps} gap{}",
        clock(transcript.duration.0),
        transcript.duration.seconds() / seconds,
        transcript.words.len(),
        100.0 * transcript.coverage(),
        if gaps == 1 { "" } else { "s" },
    )
}
