use anyhow::Result;
use serde_json::json;

use super::{json_line, line};
use crate::arguments::{Everywhere, Run};
use crate::failure::Outcome;
use crate::hearing::{self, Shown};
use crate::{place, stop};

pub fn run(everywhere: &Everywhere, run: &Run) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let mut ears = hearing::ears(&run.hearing)?;
    let options = hearing::options(&run.hearing, run.watch)?;
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
            "left": summary.left,
        }))?;
    } else if summary.stopped {
        line("stopped; the next `readout run` goes on from here")?;
    } else if summary.heard + summary.failed + summary.repaired == 0 {
        let (what, next) = match summary.left {
            0 => ("nothing is due", "`readout add FILE` brings work, `readout serve` shows what is there"),
            _ => ("nothing can be done now", "`readout status` shows what waits"),
        };
        line(format_args!("{what}; {next}"))?;
    }
    Ok(match () {
        () if summary.failed > 0 && summary.heard == 0 => Outcome::Failed,
        () if summary.failed > 0 || summary.partial > 0 || summary.stopped => Outcome::Partial,
        () => Outcome::Done,
    })
}
