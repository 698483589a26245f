//! The tasks around the program: `cargo xtask test`, `tidy`, `dist`, `bench`.
//!
//! Goes in: a checkout. Comes out: a verdict, an archive of the program, or a table of figures. Never: part of what
//! users run.

mod dist;
mod test;
mod tidy;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tests, measures and packs Readout")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs everything that checks the project, quickest first, and fetches what the tests need
    Test(test::Options),
    /// Checks the layout of the project: layering, dependencies, files, links, invariants
    Tidy,
    /// Packs the program into dist/, to run on a machine without Rust
    Dist(dist::Options),
}

fn main() -> anyhow::Result<()> {
    let root = project_root();
    match Arguments::parse().task {
        Task::Test(options) => test::run(&root, &options),
        Task::Tidy => tidy::run(&root),
        Task::Dist(options) => dist::run(&root, &options),
    }
}

/// Returns the folder of the workspace.
fn project_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies one folder below the root").to_path_buf()
}
