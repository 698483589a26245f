//! Everything that checks the project, quickest first, with the sum at the end.
//!
//! Goes in: a checkout. Comes out: what each tool says, then a table of the steps and how many tests passed and failed.
//! Never: a step left out without a word.

mod count;
mod formats;
mod tools;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::builder::PossibleValuesParser;

use count::Count;

#[derive(clap::Args)]
pub struct Options {
    /// Run these steps only [default: all]
    #[arg(value_name = "STEP", value_parser = PossibleValuesParser::new(STEPS.iter().map(|step| step.name)))]
    steps: Vec<String>,
    /// Leave out what needs the weights, a browser or the packed program
    #[arg(long)]
    fast: bool,
}

/// One thing that checks the project.
struct Step {
    name: &'static str,
    work: fn(&Path) -> anyhow::Result<Outcome>,
    /// Belongs to `--fast`.
    quick: bool,
}

/// How a step ended.
enum Outcome {
    Passed(Count),
    Failed(Count),
    /// The machine lacks something; the text says what, and how to get it.
    Skipped(String),
}

const STEPS: &[Step] = &[
    Step { name: "format", work: format, quick: true },
    Step { name: "tidy", work: tidy, quick: true },
    Step { name: "deny", work: deny, quick: true },
    Step { name: "clippy", work: clippy, quick: true },
    Step { name: "docs", work: docs, quick: true },
    Step { name: "tests", work: tests, quick: true },
    Step { name: "formats", work: other_readers, quick: false },
    Step { name: "weights", work: weights, quick: false },
    Step { name: "figures", work: figures, quick: false },
    Step { name: "browser", work: browser, quick: false },
    Step { name: "dist", work: dist, quick: false },
];

/// Runs the steps to the end, whatever fails on the way.
///
/// # Errors
/// A step failed.
pub fn run(root: &Path, options: &Options) -> anyhow::Result<()> {
    let chosen =
        |step: &&Step| options.steps.is_empty() || options.steps.iter().any(|name| name == step.name);
    let mut rows = Vec::new();
    for step in STEPS.iter().filter(chosen) {
        if options.fast && !step.quick {
            rows.push((step.name, Outcome::Skipped("left out by --fast".into()), Duration::ZERO));
            continue;
        }
        println!("\n=== {} ===", step.name);
        let start = Instant::now();
        let outcome = (step.work)(root).unwrap_or_else(|error| {
            println!("{}: {error:#}", step.name);
            Outcome::Failed(Count::one_failed())
        });
        rows.push((step.name, outcome, start.elapsed()));
    }
    report(&rows)
}

/// Prints the table and the sum.
fn report(rows: &[(&str, Outcome, Duration)]) -> anyhow::Result<()> {
    println!("\n{:<10} {:<8} {:>7} {:>7} {:>8}", "step", "result", "passed", "failed", "seconds");
    let (mut sum, mut skipped, mut failed) = (Count::default(), 0, Vec::new());
    for (name, outcome, time) in rows {
        let (result, count, remark) = match outcome {
            Outcome::Passed(count) => ("ok", *count, ""),
            Outcome::Failed(count) => {
                failed.push(*name);
                ("FAILED", *count, "")
            }
            Outcome::Skipped(reason) => {
                skipped += 1;
                ("skipped", Count::default(), reason.as_str())
            }
        };
        sum = sum + count;
        let (passed, failed, seconds) = (count.passed, count.failed, time.as_secs_f64());
        println!("{name:<10} {result:<8} {passed:>7} {failed:>7} {seconds:>8.1}  {remark}");
    }
    println!("\n{} passed, {} failed, {skipped} step(s) skipped", sum.passed, sum.failed);
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

fn format(root: &Path) -> anyhow::Result<Outcome> {
    verdict(crate::cargo(root).args(["fmt", "--all", "--check"]))
}

fn tidy(root: &Path) -> anyhow::Result<Outcome> {
    crate::tidy::run(root)?;
    Ok(Outcome::Passed(Count::one_passed()))
}

fn deny(root: &Path) -> anyhow::Result<Outcome> {
    let deny = tools::cargo_deny(root)?;
    verdict(Command::new(deny).current_dir(root).args(["check", "bans", "licenses", "sources"]))
}

fn clippy(root: &Path) -> anyhow::Result<Outcome> {
    let arguments = ["clippy", "--release", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    verdict(crate::cargo(root).args(arguments))
}

/// Builds the documentation of the code, where a link that leads nowhere is an error.
fn docs(root: &Path) -> anyhow::Result<Outcome> {
    let mut cargo = crate::cargo(root);
    verdict(
        cargo
            .args(["doc", "--release", "--workspace", "--no-deps", "--quiet"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

fn tests(root: &Path) -> anyhow::Result<Outcome> {
    counted(crate::cargo(root).args(["test", "--release", "--workspace", "--no-fail-fast"]))
}

/// Has every export read by programs that other people wrote.
fn other_readers(root: &Path) -> anyhow::Result<Outcome> {
    if let Some(lacking) = tools::lacking_for_formats() {
        ensure!(std::env::var_os("CI").is_none(), "{lacking}");
        println!("!!! THE EXPORTS ARE NOT READ BY OTHER PROGRAMS: {lacking}");
        return Ok(Outcome::Skipped(lacking));
    }
    Ok(Outcome::Passed(Count { passed: formats::run(root)?, ..Count::default() }))
}

/// Fetches the weights as a user does, then runs the tests that hear with them.
fn weights(root: &Path) -> anyhow::Result<Outcome> {
    let pull = crate::cargo(root).args(["run", "--release", "--quiet", "--", "models", "pull"]).status()?;
    ensure!(pull.success(), "the weights could not be fetched: is there a network, or a cache from before?");
    let arguments = ["test", "--release", "--workspace", "--no-fail-fast", "--test", "with_weights"];
    counted(crate::cargo(root).args(arguments))
}

/// Holds the least figures of quality: word error, times, gaps, and no word where nobody speaks.
fn figures(root: &Path) -> anyhow::Result<Outcome> {
    let held = crate::bench::floor(root)?;
    Ok(Outcome::Passed(Count { passed: held as u64, ..Count::default() }))
}

fn browser(root: &Path) -> anyhow::Result<Outcome> {
    if let Some(lacking) = tools::lacking_for_browser() {
        ensure!(std::env::var_os("CI").is_none(), "{lacking}");
        println!("!!! THE PAGE IS NOT TESTED: {lacking}");
        return Ok(Outcome::Skipped(lacking));
    }
    let folder = root.join("e2e");
    let install =
        Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).status()?;
    ensure!(install.success(), "npm ci failed in e2e");
    counted(Command::new("node").arg("run.mjs").current_dir(&folder))
}

fn dist(root: &Path) -> anyhow::Result<Outcome> {
    crate::dist::run(root)?;
    Ok(Outcome::Passed(Count::one_passed()))
}

/// Runs a tool that says yes or no: one check.
fn verdict(command: &mut Command) -> anyhow::Result<Outcome> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("cannot run {command:?}"))?;
    Ok(if status.success() {
        Outcome::Passed(Count::one_passed())
    } else {
        Outcome::Failed(Count::one_failed())
    })
}

/// Runs a tool that counts its tests, shows what it prints and adds up what it says.
///
/// A tool that succeeds without having run a test has not shown anything, and fails.
fn counted(command: &mut Command) -> anyhow::Result<Outcome> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            count = count + Count::in_line(&line);
        }
    }
    let succeeded = child.wait()?.success();
    if succeeded && count.failed == 0 {
        ensure!(count.passed > 0, "no test was run by {command:?}");
        return Ok(Outcome::Passed(count));
    }
    // A crash or a compile error fails without a count: it is one failure at least.
    Ok(Outcome::Failed(Count { failed: count.failed.max(1), ..count }))
}
