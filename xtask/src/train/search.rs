//! How likely it is that what sounds like a query is the thing meant: the weights of `search`.

use std::path::Path;

use crate::bench::search::terms::{Calls, learn};
use crate::bench::search::{examples, found, threshold};

/// Learns from all calls and writes `crates/search/data/calibration.txt`.
///
/// # Errors
/// The data are not beside the project, or the file cannot be written.
pub fn make(root: &Path) -> anyhow::Result<()> {
    let calls = Calls::read(&root.join("../shared/data"))?;
    let folder = tempfile::tempdir()?;
    let found = found(&calls, folder.path())?;
    let lessons: Vec<_> = found.iter().flat_map(|half| examples(half)).collect();
    println!(
        "{} examples, {} of them right",
        lessons.len(),
        lessons.iter().filter(|lesson| lesson.1).count()
    );
    let calibration = learn(&lessons);
    for (half, found) in found.iter().enumerate() {
        println!("threshold of half {half}: {}", threshold(&calls, found, &calibration, half));
    }
    std::fs::write(root.join("crates/search/data/calibration.txt"), calibration.text())?;
    Ok(())
}
