use anyhow::Result;
use archive::CheckOptions;

use super::{json_line, line};
use crate::arguments::{Check, Everywhere};
use crate::failure::Outcome;
use crate::place;

pub fn check(everywhere: &Everywhere, check: &Check) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let findings = archive.check(&CheckOptions { sample: check.sample, ..CheckOptions::default() })?;
    for finding in &findings {
        if everywhere.json {
            json_line(finding)?;
        } else {
            let invariant = finding.invariant;
            line(format_args!(
                "{}: {} ({} {})",
                finding.subject, finding.detail, invariant.number, invariant.says
            ))?;
        }
    }
    if findings.is_empty() {
        if !everywhere.json {
            line(format_args!("the archive in {} is sound", place::shown(archive.dir())))?;
        }
        return Ok(Outcome::Done);
    }
    eprintln!("error: {} of the archive is not as it should be", counted(findings.len(), "thing"));
    eprintln!("hint: put back a copy of what is named above, or add the recording again");
    Ok(Outcome::Failed)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
