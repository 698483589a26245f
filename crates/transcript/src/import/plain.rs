//! Plain text: paragraphs with an empty line between them, or one a line.

use super::build::Draft;
use super::page::{self, Block};
use super::{labels, times};

/// A line of more letters than this was not broken to fit a page.
const WRAPPED: usize = 100;

pub(super) fn plain(text: &str, draft: &mut Draft<'_>) {
    let spaced = text.trim().lines().any(|line| line.trim().is_empty());
    let habits = || text.lines().filter(|line| opens(line.trim())).count();
    // Without empty lines each line is a paragraph, unless they were broken to fit a page.
    let each_line = !spaced && (text.lines().any(|line| line.chars().count() > WRAPPED) || habits() > 0);
    let mut blocks: Vec<Block> = Vec::new();
    let mut after_gap = true;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() {
            after_gap = true;
            continue;
        }
        // Caveats that Readout wrote.
        let inner = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        if inner
            .is_some_and(|inner| crate::prose::take_caveat(inner, &mut draft.complete, &mut draft.partial))
        {
            continue;
        }
        let goes_on = !after_gap && !each_line;
        after_gap = false;
        blocks.push(Block { line: number, text: line.to_owned(), goes_on, ..Block::default() });
    }
    page::page(&blocks, draft);
}

/// True when a line can begin a paragraph of its own: it has a name or a time before it.
fn opens(line: &str) -> bool {
    labels::label(line).is_some() || times::leading(line).is_some() || labels::is_head(line)
}
