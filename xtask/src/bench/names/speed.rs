//! What an hour of transcript costs when a hundred thousand names are known.

use std::path::Path;
use std::sync::Arc;

use names::{Context, Heard, Known, Layer, Model, Name, Rank, Source, Speech, repair};

/// Words of an hour.
const HOUR: usize = 10_000;

/// Figures of time and memory.
#[derive(serde::Serialize)]
pub struct Speed {
    pub names: usize,
    /// Seconds of processor for making the names ready, which is done once.
    pub build_seconds: f64,
    /// Seconds of processor for the hour.
    pub seconds: f64,
    /// The most memory that the process ever held, in MiB.
    pub peak_mib: f64,
}

/// Measures with made-up names: every first name of `people` beside surnames of others.
///
/// # Errors
/// The first call cannot be read.
pub fn run(people: &[Name], data: &Path, speech: &Speech, model: &Model) -> anyhow::Result<Speed> {
    const NAMES: usize = 100_000;
    let parts: Vec<(&str, &str)> = people.iter().filter_map(|name| name.spelling.split_once(' ')).collect();
    let made_up = |at: usize| {
        let (first, _) = parts[at % parts.len()];
        let (_, last) = parts[(at * 7 + at / parts.len() * 13) % parts.len()];
        Name::new(
            format!("{first} {last}"),
            Source { rank: Rank::Imported, cite: format!("list, line {at}"), date: None },
        )
    };
    let before = processor_seconds();
    let background = Arc::new(Layer::background((0..NAMES).map(made_up).collect(), speech));
    let build_seconds = processor_seconds() - before;
    let (participants, words) = crate::earnings::one(data)?;
    let expected = super::lessons::names_of(&participants, Rank::Episode, "participants.txt");
    let known = Known::new(vec![Arc::new(Layer::expected(expected, speech)), background]);
    let hour: Vec<Heard> = words.iter().cycle().take(HOUR).cloned().collect();
    let before = processor_seconds();
    let outcome = repair(&hour, &known, &Context::default(), speech, model);
    let seconds = processor_seconds() - before;
    println!("an hour: {} repairs, {} offers", outcome.repairs.len(), outcome.offers.len());
    Ok(Speed { names: NAMES, build_seconds, seconds, peak_mib: peak_mib() })
}

/// Processor time of this process so far, in seconds; the kernel counts hundredths.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1024.0
}
