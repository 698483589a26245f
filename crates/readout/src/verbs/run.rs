use anyhow::Result;
use serde_json::json;
use work::Summary;

use super::{json_line, line};
use crate::arguments::{Everywhere, Run};
use crate::failure::Outcome;
use crate::hearing::{self, Shown};
use crate::{network, place, stop};

pub fn run(everywhere: &Everywhere, run: &Run) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let mut ears = hearing::ears(&run.hearing)?;
    let mut options = hearing::options(&run.hearing, run.watch)?;
    options.fetcher = (!run.no_fetch).then(|| network::fetcher(&run.network));
    let stop = stop::on_interrupt("stopping after what is in hand; Ctrl-C again ends at once")?;
    let mut shown = Shown::new(everywhere);
    let done = work::run(&archive, &options, &mut ears, &stop, &mut |event| shown.event(&event));
    shown.end();
    let summary = done?;
    shown.printed?;
    if everywhere.json {
        json_line(&json!({
            "type": "summary", "heard": summary.heard, "partial": summary.partial, "failed": summary.failed,
            "repaired": summary.repaired,
            "audio_ms": summary.audio, "seconds": summary.spent.as_secs_f64(), "stopped": summary.stopped,
            "left": summary.left, "feeds": summary.feeds, "feeds_failed": summary.feeds_failed,
            "found": summary.found, "texts": summary.texts, "fetched": summary.fetched,
        }))?;
    } else if summary.stopped {
        line("stopped; the next `readout run` goes on from here")?;
    } else if summary.feeds + summary.texts + summary.fetched > 0 {
        line(fetched(&summary))?;
    } else if summary.heard + summary.failed + summary.repaired == 0 {
        let (what, next) = match summary.left {
            0 => ("nothing is due", "`readout add` brings work, `readout serve` shows what is there"),
            _ => ("nothing can be done now", "`readout status` shows what waits"),
        };
        line(format_args!("{what}; {next}"))?;
    }
    let amiss = summary.failed + summary.feeds_failed;
    let worked = summary.heard + summary.fetched + summary.feeds - summary.feeds_failed;
    Ok(match () {
        () if amiss > 0 && worked == 0 => Outcome::Failed,
        () if amiss > 0 || summary.partial > 0 || summary.stopped => Outcome::Partial,
        () => Outcome::Done,
    })
}

/// `12 feeds looked at, 1 in trouble; 3 new episodes; 2 sounds fetched`.
fn fetched(summary: &Summary) -> String {
    let mut parts = Vec::new();
    let many = |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    if summary.feeds > 0 {
        let trouble = match summary.feeds_failed {
            0 => String::new(),
            failed => format!(", {failed} in trouble (`readout status` says why)"),
        };
        parts.push(format!("{} looked at{trouble}", many(summary.feeds, "feed")));
    }
    for (number, what, done) in [
        (summary.found, "new episode", ""),
        (summary.texts, "publisher's text", ""),
        (summary.fetched, "sound", " fetched"),
        (summary.heard, "episode", " heard"),
        (summary.failed, "failure", ""),
    ] {
        if number > 0 {
            parts.push(format!("{}{done}", many(number, what)));
        }
    }
    parts.join("; ")
}
