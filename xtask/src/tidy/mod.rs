//! Is the project as its documents say? The layout as a test.
//!
//! Goes in: the files of the checkout and `cargo metadata`. Comes out: complaints, each naming a file and what to do.
//! Never: a change to the project.

mod dependencies;
mod files;
mod invariants;
mod layering;
mod links;
mod project;
mod purity;

use std::path::Path;

use project::Project;

/// Prints every complaint; fails when there is one.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let complaints = complaints(root)?;
    for complaint in &complaints {
        println!("{complaint}");
    }
    anyhow::ensure!(complaints.is_empty(), "{} complaint(s)", complaints.len());
    println!("tidy: nothing to complain about");
    Ok(())
}

/// Returns what is wrong with the project, in the order of the checks.
fn complaints(root: &Path) -> anyhow::Result<Vec<String>> {
    let project = Project::read(root)?;
    let checks =
        [layering::check, purity::check, dependencies::check, files::check, links::check, invariants::check];
    Ok(checks.into_iter().flat_map(|check| check(&project)).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_project_is_tidy() {
        let complaints = super::complaints(&crate::project_root()).expect("the project can be read");
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }
}
