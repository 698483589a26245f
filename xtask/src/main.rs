//! The tasks around the program: `cargo xtask test`, `tidy`, `dist`, `bench`.
//!
//! Goes in: a checkout. Comes out: a verdict, an archive of the program, or a table of figures. Never: part of what
//! users run.

mod bench;
mod dist;
mod earnings;
mod test;
mod tidy;
mod train;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tests, measures and packs Readout")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measures the program and writes the tables of docs/benchmarks.md
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Runs everything that checks the project, quickest first, and fetches what the tests need
    Test(test::Options),
    /// Checks the layout of the project: layering, dependencies, files, links, invariants
    Tidy,
    /// Makes the small models that are committed, from pinned public data
    #[command(subcommand)]
    Train(train::Train),
    /// Packs the program into dist/, to run on a machine without Rust
    Dist,
}

fn main() -> ExitCode {
    let root = project_root();
    let outcome = match Arguments::parse().task {
        Task::Bench(bench) => bench::run(&root, &bench),
        Task::Test(options) => test::run(&root, &options),
        Task::Tidy => tidy::run(&root),
        Task::Train(train) => train::run(&root, &train),
        Task::Dist => dist::run(&root),
    };
    if let Err(error) = outcome {
        eprintln!("xtask: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Returns the folder of the workspace.
fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the root")
        .to_path_buf()
}

/// Returns the folder that cargo builds into.
fn target_folder(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Returns cargo, the one that runs this, to be run in the folder of the workspace.
fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}
