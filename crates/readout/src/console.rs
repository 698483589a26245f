//! Progress for people: bars on a terminal, plain lines elsewhere; always on standard error.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use weights::Progress;

/// A plain line is printed when a tenth more is done and this long has passed, or ten times this long has.
const BETWEEN_LINES: Duration = Duration::from_secs(2);
/// No estimate before so much of the time has passed and of the work is done: a guess would only be wrong.
const BEFORE_ESTIMATE: (Duration, f64) = (Duration::from_secs(3), 0.03);

/// What a meter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Bytes,
    /// Milliseconds of sound.
    Sound,
    Episodes,
}

impl Unit {
    fn amount(self, count: u64) -> String {
        match self {
            Self::Bytes => bytes(count),
            Self::Sound => clock(count),
            Self::Episodes => format!("{count} episodes"),
        }
    }
}

/// How far one piece of work is.
pub struct Meter {
    title: String,
    unit: Unit,
    bar: Option<ProgressBar>,
    began: Instant,
    /// Work that was done before this meter began, which says nothing about speed.
    before: u64,
    told: Option<(Instant, u64)>,
}

impl Meter {
    /// A meter with a title; `done` of its work was done earlier.
    pub fn new(title: impl Into<String>, unit: Unit, done: u64) -> Self {
        let title = title.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(1);
            let style = ProgressStyle::with_template("{prefix} {bar:24.cyan/dim} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━━─"));
            bar.set_prefix(short(&title));
            bar
        });
        Self { title, unit, bar, began: Instant::now(), before: done, told: None }
    }

    /// Says how much is done of how much; `total` 0 when that is not known. `more` is added to the line.
    pub fn set(&mut self, done: u64, total: u64, more: &str) {
        let mut text = match total {
            0 => self.unit.amount(done),
            _ => format!("{} of {}", self.unit.amount(done), self.unit.amount(total)),
        };
        for part in
            [more, &self.left(done, total).map(|left| format!("{} left", about(left))).unwrap_or_default()]
        {
            if !part.is_empty() {
                text = format!("{text}, {part}");
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_length(total.max(1));
            bar.set_position(done.min(total));
            bar.set_message(text);
            return;
        }
        let due = self.told.is_none_or(|(when, at)| {
            let tenth = total > 0 && done.saturating_sub(at) >= total.div_ceil(10);
            (tenth && when.elapsed() >= BETWEEN_LINES) || when.elapsed() >= BETWEEN_LINES * 10
        });
        if due {
            self.told = Some((Instant::now(), done));
            eprintln!("{}: {text}", self.title);
        }
    }

    /// Whether enough time has passed and enough was done to speak of speed.
    pub fn is_settled(&self, done: u64) -> bool {
        self.began.elapsed() >= BEFORE_ESTIMATE.0 && done > self.before
    }

    /// Prints a line above the bar.
    pub fn note(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    fn left(&self, done: u64, total: u64) -> Option<Duration> {
        estimate(self.began.elapsed(), done.saturating_sub(self.before), total.saturating_sub(done))
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// A title that leaves room for the bar on a terminal of eighty columns.
fn short(title: &str) -> String {
    const MOST: usize = 28;
    match title.chars().count() > MOST {
        true => title.chars().take(MOST - 1).chain(['…']).collect(),
        false => title.to_owned(),
    }
}

/// Time that the rest takes at the speed so far, once that can be said.
fn estimate(passed: Duration, done: u64, rest: u64) -> Option<Duration> {
    let whole = done + rest;
    if rest == 0
        || whole == 0
        || passed < BEFORE_ESTIMATE.0
        || (done as f64) < BEFORE_ESTIMATE.1 * whole as f64
    {
        return None;
    }
    Some(passed.mul_f64(rest as f64 / done as f64))
}

/// `12 s`, `3 min`, `1 h 20 min`; rounded as an estimate is.
pub fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..=9 => "a few seconds".into(),
        10..=54 => format!("about {} s", seconds.div_ceil(5) * 5),
        55..=3569 => format!("about {} min", (seconds + 30) / 60),
        _ => {
            let minutes = (seconds + 150) / 300 * 5;
            match minutes % 60 {
                0 => format!("about {} h", minutes / 60),
                rest => format!("about {} h {rest} min", minutes / 60),
            }
        }
    }
}

/// A time on a recording's timeline, from milliseconds: `3:48`, `1:02:03`.
pub fn clock(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// A size in decimal units: `145 MB`.
pub fn bytes(count: u64) -> String {
    match count {
        0..1_000 => format!("{count} bytes"),
        1_000..1_000_000 => format!("{} kB", count / 1_000),
        1_000_000..10_000_000 => format!("{:.1} MB", count as f64 / 1e6),
        10_000_000..1_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{:.2} GB", count as f64 / 1e9),
    }
}

/// Shows how models are fetched.
#[derive(Default)]
pub struct Fetching {
    meter: Option<(String, Meter)>,
}

impl Fetching {
    /// Takes in what [`weights::Cache::ensure`] reports.
    pub fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Fetching { file, source, done, total } => {
                let title = format!("{file} from {source}");
                if self.meter.as_ref().is_none_or(|(shown, _)| *shown != title) {
                    self.meter = Some((title.clone(), Meter::new(title, Unit::Bytes, *done)));
                }
                if let Some((_, meter)) = &mut self.meter {
                    meter.set(*done, *total, "");
                }
            }
            Progress::Checking { .. } => self.meter = None,
            Progress::Note(note) => self.line(note),
            Progress::Waiting => self.line("another Readout is fetching this model: waiting for that one"),
            Progress::Converting => {
                self.meter = None;
                self.line("converting the model to the form that Readout runs, once");
            }
        }
    }

    fn line(&self, text: &str) {
        match &self.meter {
            Some((_, meter)) => meter.note(text),
            None => eprintln!("{text}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_wait_until_they_are_honest() {
        let seconds = Duration::from_secs;
        assert_eq!(estimate(seconds(1), 50, 50), None);
        assert_eq!(estimate(seconds(10), 1, 99), None);
        assert_eq!(estimate(seconds(10), 0, 100), None);
        assert_eq!(estimate(seconds(10), 100, 0), None);
        assert_eq!(estimate(seconds(10), 25, 75), Some(seconds(30)));
    }

    #[test]
    fn amounts_read_well() {
        let abouts = [
            (3, "a few seconds"),
            (41, "about 45 s"),
            (100, "about 2 min"),
            (3600, "about 1 h"),
            (5000, "about 1 h 25 min"),
        ];
        for (seconds, text) in abouts {
            assert_eq!(about(Duration::from_secs(seconds)), text);
        }
        for (milliseconds, text) in [(0, "0:00"), (228_900, "3:48"), (3_723_000, "1:02:03")] {
            assert_eq!(clock(milliseconds), text);
        }
        for (count, text) in
            [(12, "12 bytes"), (145_217_532, "145 MB"), (1_239_748, "1.2 MB"), (1_617_884_929, "1.62 GB")]
        {
            assert_eq!(bytes(count), text);
        }
    }
}
