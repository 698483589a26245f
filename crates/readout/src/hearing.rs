//! What hearing needs: a model, cores, a way to decode. And how it is shown while it goes on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use archive::{EpisodeEntry, FeedEntry, Refreshed, Repaired, Stage, State};
use media::Limits;
use model::{EpisodeId, MediaInfo, Millis};
use serde_json::json;
use weights::{Cache, Kind};
use work::{Decoder, Ears, Event, HeardEpisode, Options, Pace};

use crate::arguments::{Everywhere, Hearing};
use crate::console::{Fetching, Meter, Unit, about, bytes, clock};
use crate::failure::hinted;
use crate::place::shown;
use crate::verbs::{json_line, line, subscribe};

/// The hidden verb by which this program decodes a file for itself.
pub const DECODE_WORKER: &str = "decode-worker";

/// This program's own file.
pub fn this_program() -> Result<PathBuf> {
    std::env::current_exe().context("this program cannot find itself")
}

/// Decoding in a process of its own, which can be ended whatever a file does to it.
pub fn decoder() -> Result<Decoder> {
    Ok(Decoder::Caged { program: this_program()?, args: vec![DECODE_WORKER.into()] })
}

/// Opens a file and closes it again: an error says what is wrong with it.
pub fn look_at(file: &Path) -> Result<MediaInfo> {
    Ok(media::caged::open_caged(&this_program()?, &[DECODE_WORKER], file, &Limits::default())?.info)
}

/// Lets every other program go first, if that was asked for. Threads that are begun later inherit it.
pub fn be_nice(hearing: &Hearing) {
    #[cfg(unix)]
    if hearing.nice {
        // Refused only where the program may not lower its own priority; then it works as it would have.
        let _ = rustix::process::nice(10);
    }
    #[cfg(not(unix))]
    let _ = hearing;
}

/// The models that hearing needs when nobody names another: a recogniser and the voice detector.
pub fn needed(cache: &Cache) -> Result<Vec<String>> {
    Ok(vec![default_model(cache)?, work::VOICE_DETECTOR.to_owned()])
}

fn default_model(cache: &Cache) -> Result<String> {
    let name = cache.manifest().default_model().map(str::to_owned);
    name.ok_or_else(|| hinted("the list of models names no default", "choose one with --model NAME"))
}

/// The way to the model that was asked for. A name that cannot be used is told now, before any work.
pub fn ears(hearing: &Hearing) -> Result<Ears> {
    let cache = Cache::of_this_user()?;
    let name = match &hearing.model {
        Some(name) => name.clone(),
        None => default_model(&cache)?,
    };
    if cache.manifest().find(&name)?.kind != Kind::Whisper {
        let hint = "choose a Whisper model with --model NAME; `readout models list` shows them";
        return Err(hinted(format!("{name} does not recognise speech"), hint));
    }
    Ok(Ears::of_model(name))
}

/// How work is to be done.
pub fn options(hearing: &Hearing, watch: bool) -> Result<Options> {
    let mut options = Options {
        quality: hearing.quality.into(),
        watch,
        gentle: hearing.nice,
        decoder: decoder()?,
        ..Options::default()
    };
    if let Some(workers) = hearing.workers {
        options.workers = usize::from(workers);
    }
    Ok(options)
}

/// Shows work as it is done: on standard error for people; with `--json`, what was done goes to standard output.
pub struct Shown {
    json: bool,
    fetching: Option<Fetching>,
    /// The cache folder has been named.
    named: bool,
    meter: Option<Meter>,
    downloads: Downloads,
    /// The first failure to print, which ends the showing.
    pub printed: Result<()>,
}

impl Shown {
    pub fn new(everywhere: &Everywhere) -> Self {
        Self {
            json: everywhere.json,
            fetching: None,
            named: false,
            meter: None,
            downloads: Downloads::default(),
            printed: Ok(()),
        }
    }

    /// For whoever has named the cache folder already.
    pub fn cache_is_named(mut self) -> Self {
        self.named = true;
        self
    }

    /// Shows one event.
    pub fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Weights(progress) => {
                if !std::mem::replace(&mut self.named, true)
                    && let Ok(cache) = Cache::of_this_user()
                {
                    eprintln!("models are kept in {}", shown(cache.folder()));
                }
                self.fetching.get_or_insert_default().show(progress);
            }
            Event::Begun { stage, .. } if **stage == Stage::HEAR => self.fetching = None,
            Event::Begun { .. } => {}
            // The bar of what is being heard says more.
            Event::Fetching { .. } if self.meter.is_some() || self.fetching.is_some() => {}
            Event::Fetching { episode, done, total } => self.downloads.show(episode, *done, *total),
            Event::Refreshed { feed, done } => self.refreshed(feed, done),
            Event::FeedFailed { feed, reason } => self.feed_failed(feed, reason),
            Event::Fetched { episode, bytes: size } => {
                self.downloads.end(episode);
                let title = &episode.episode.title;
                self.print(|json| match json {
                    true => json_line(&json!({
                        "type": "fetched", "episode": episode.episode.id, "title": title, "bytes": size,
                    })),
                    false => line(format_args!("{title}: fetched, {}", bytes(*size))),
                });
            }
            Event::Recorded { episode } => {
                let title = &episode.episode.title;
                self.print(|json| match json {
                    true => json_line(&json!({
                        "type": "recorded", "episode": episode.episode.id, "title": title,
                    })),
                    false => line(format_args!("{title}: recorded")),
                });
            }
            Event::Texts { episode, found } => {
                let title = &episode.episode.title;
                self.print(|json| match json {
                    true => json_line(&json!({
                        "type": "texts", "episode": episode.episode.id, "title": title, "found": found,
                    })),
                    false => line(format_args!("{title}: {found}")),
                });
            }
            Event::Hearing { episode, pace } => self.pace(&episode.episode.title, pace),
            Event::Probed { .. } => {}
            Event::Done { episode, stage } if **stage == Stage::ALIGN => {
                self.note(&format!("{}: its text has the times of what was heard", episode.episode.title));
            }
            Event::Done { .. } => {}
            Event::Heard { episode, heard } => {
                self.meter = None;
                self.print(|json| match json {
                    true => json_line(&heard_json(episode, heard)),
                    false => line(format_args!("{}: {}", episode.episode.title, sentence(heard))),
                });
                if let Some(why) = &heard.partial {
                    self.note(&format!("{} could be read only in part: {why}", episode.episode.title));
                }
            }
            Event::Copy { episode, main } => self.copy(episode, main),
            Event::Repaired { episode, done } => self.repaired(episode, done),
            Event::ListFailed { show, reason } => {
                self.note(&format!("the list of names of {}: {reason}", show.title));
            }
            Event::Failed { episode, stage, reason, state } => {
                if **stage == Stage::FETCH {
                    self.downloads.end(episode);
                } else {
                    self.meter = None;
                }
                self.failed(episode, stage, reason, *state);
            }
            Event::Paused { because } => self.note(because),
            Event::Idle => self.note("nothing is due; waiting for more (Ctrl-C ends)"),
        }
    }

    /// Shows how far one recording is.
    pub fn pace(&mut self, title: &str, pace: &Pace) {
        self.fetching = None;
        self.downloads = Downloads::default();
        let meter = self.meter.get_or_insert_with(|| Meter::new(title, Unit::Sound, pace.heard.0));
        let mut more = Vec::new();
        // Silence and music at the beginning pass in no time, and say nothing about speech.
        if let Some(speed) = pace.speed.filter(|_| meter.is_settled(pace.heard.0)) {
            more.push(format!("{speed:.0} × real time"));
        }
        // Told only where it says more than the rest of this recording does.
        if let (Some(all), Some(left)) = (pace.left_in_all, pace.left)
            && all > left + left / 4 + Duration::from_secs(10)
        {
            more.push(format!("{} for all that waits", about(all)));
        }
        meter.set(pace.heard.0, pace.total.unwrap_or_default().0, &more.join(", "));
    }

    /// Ends the bar.
    pub fn end(&mut self) {
        self.fetching = None;
        self.meter = None;
        self.downloads = Downloads::default();
    }

    fn refreshed(&mut self, feed: &FeedEntry, done: &Refreshed) {
        if *done == Refreshed::default() {
            return;
        }
        self.print(|json| match json {
            true => json_line(&json!({
                "type": "refreshed", "feed": feed.id, "title": feed.title, "new": done.new, "changed": done.changed,
                "due": done.due, "missing": done.missing,
            })),
            false => {
                let parts = [
                    (done.new, "new"),
                    (done.changed, "changed"),
                    (done.due, "to be fetched"),
                    (done.missing, "taken away by the publisher"),
                ];
                let parts: Vec<String> = parts
                    .iter()
                    .filter(|(number, _)| *number > 0)
                    .map(|(number, what)| format!("{number} {what}"))
                    .collect();
                line(format_args!("{}: {}", subscribe::title(feed), parts.join(", ")))
            }
        });
    }

    fn copy(&mut self, episode: &EpisodeEntry, main: &EpisodeEntry) {
        let (title, of) = (&episode.episode.title, &main.episode.title);
        self.print(|json| match json {
            true => json_line(&json!({
                "type": "copy", "episode": episode.episode.id, "title": title, "main": main.episode.id, "of": of,
            })),
            false if episode.episode.id == main.episode.id => {
                line(format_args!("{} / {title}: is here in other places too", episode.show.title))
            }
            false => line(format_args!(
                "{} / {title}: is the same recording as {} / {of}",
                episode.show.title, main.show.title
            )),
        });
    }

    fn repaired(&mut self, episode: &EpisodeEntry, done: &Repaired) {
        if done.made + done.retired + done.offers == 0 {
            return;
        }
        let title = &episode.episode.title;
        self.print(|json| match json {
            true => json_line(&json!({
                "type": "repaired", "episode": episode.episode.id, "title": title, "made": done.made,
                "kept": done.kept, "retired": done.retired, "offers": done.offers,
            })),
            false => {
                let parts = [
                    (done.made, "set right"),
                    (done.retired, "no longer changed"),
                    (done.offers, "to be decided"),
                ];
                let parts: Vec<String> = parts
                    .iter()
                    .filter(|(number, _)| *number > 0)
                    .map(|(number, what)| format!("{number} {what}"))
                    .collect();
                line(format_args!("{title}: names: {}", parts.join(", ")))
            }
        });
    }

    fn feed_failed(&mut self, feed: &FeedEntry, reason: &str) {
        self.note(&format!("{}: {reason}", subscribe::title(feed)));
        self.print(|json| match json {
            true => json_line(&json!({
                "type": "feed-failed", "feed": feed.id, "title": feed.title, "address": feed.address, "reason": reason,
            })),
            false => Ok(()),
        });
    }

    fn failed(&mut self, episode: &EpisodeEntry, stage: &Stage, reason: &str, state: State) {
        let title = &episode.episode.title;
        self.print(|json| match json {
            true => json_line(&json!({
                "type": "failed", "episode": episode.episode.id, "title": title, "stage": stage, "reason": reason,
                "state": state,
            })),
            false => Ok(()),
        });
        let again = if state == State::Waiting { " (will be tried again)" } else { "" };
        eprintln!("error: {title}: {reason}{again}");
    }

    fn note(&self, text: &str) {
        match self.meter.as_ref().or(self.downloads.meter.as_ref()) {
            Some(meter) => meter.note(&format!("note: {text}")),
            None => eprintln!("note: {text}"),
        }
    }

    fn print(&mut self, print: impl FnOnce(bool) -> Result<()>) {
        if self.printed.is_ok() {
            self.printed = print(self.json);
        }
    }
}

/// The sounds that are being fetched at once, under one bar.
#[derive(Default)]
struct Downloads {
    /// Bytes that are there and that there will be.
    parts: HashMap<EpisodeId, (u64, u64)>,
    meter: Option<Meter>,
}

impl Downloads {
    fn show(&mut self, episode: &EpisodeEntry, done: u64, total: Option<u64>) {
        let id = episode.episode.id;
        if self.parts.insert(id, (done, total.unwrap_or(0))).is_none() {
            // Another company has another title.
            self.meter = None;
        }
        let (done, total) =
            self.parts.values().fold((0, 0), |(done, total), part| (done + part.0, total + part.1));
        let unknown = self.parts.values().any(|(_, total)| *total == 0);
        let title = match self.parts.len() {
            1 => format!("fetching {}", episode.episode.title),
            many => format!("fetching {many} sounds"),
        };
        let meter = self.meter.get_or_insert_with(|| Meter::new(title, Unit::Bytes, done));
        meter.set(done, if unknown { 0 } else { total }, "");
    }

    fn end(&mut self, episode: &EpisodeEntry) {
        self.parts.remove(&episode.episode.id);
        self.meter = None;
    }
}

fn heard_json(episode: &EpisodeEntry, heard: &HeardEpisode) -> serde_json::Value {
    json!({
        "type": "heard", "episode": episode.episode.id, "show": episode.show.title, "title": episode.episode.title,
        "language": heard.language, "duration_ms": heard.duration, "words": heard.words, "speech_ms": heard.speech,
        "recognised_ms": heard.recognised, "gaps": heard.gaps, "seconds": heard.spent.as_secs_f64(),
        "speed": heard.speed, "partial": heard.partial,
    })
}

/// What was made of a recording: `3:48 heard in 5.1 s (45 × real time), 611 words, …`.
pub fn sentence(heard: &HeardEpisode) -> String {
    let seconds = heard.spent.as_secs_f64();
    let speed = heard.speed.map(|speed| format!(" ({speed:.0} × real time)")).unwrap_or_default();
    format!(
        "{} heard in {seconds:.1} s{speed}, {} words, {}",
        clock(heard.duration.0),
        heard.words,
        understood(heard.recognised, heard.speech, heard.gaps)
    )
}

/// `99.2 % of the speech understood, 1 gap`.
pub fn understood(recognised: Millis, speech: Millis, gaps: u64) -> String {
    if speech.0 == 0 {
        return "no speech".into();
    }
    let share = 100.0 * (recognised.seconds() / speech.seconds()).min(1.0);
    format!("{share:.1} % of the speech understood, {gaps} gap{}", if gaps == 1 { "" } else { "s" })
}
