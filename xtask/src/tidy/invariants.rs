//! The numbered invariants are the same in the document and in the code that checks them.

use std::collections::BTreeSet;

use super::project::Project;

/// The document that explains the invariants.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// The file that checks them.
const REGISTRY: &str = "crates/archive/src/invariants.rs";

/// What stands before the number of an invariant.
const PREFIX: &str = "INV-";

/// Complains about invariants that are explained and not checked, or checked and not explained.
pub fn check(project: &Project) -> Vec<String> {
    let Some(registry) = project.text(REGISTRY) else { return vec![format!("{REGISTRY} is missing")] };
    let explained = numbers(project.text(DOCUMENT).unwrap_or_default());
    let checked = numbers(registry);
    let unchecked = explained.difference(&checked).map(|number| (number, DOCUMENT, REGISTRY));
    let unexplained = checked.difference(&explained).map(|number| (number, REGISTRY, DOCUMENT));
    let missing = unchecked.chain(unexplained);
    missing.map(|(number, there, here)| format!("{here}: {PREFIX}{number} of {there} is missing")).collect()
}

fn numbers(text: &str) -> BTreeSet<u32> {
    let after = text.split(PREFIX).skip(1);
    after
        .filter_map(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::project::Content;
    use super::*;

    #[test]
    fn an_invariant_on_one_side_only_is_told() {
        let mut project = Project::default();
        for (path, text) in [(DOCUMENT, "INV-1, INV-2 and INV-10."), (REGISTRY, "/// INV-1\nINV-2: x INV-3")]
        {
            project.files.insert(path.into(), Content { bytes: 1, text: Some(text.into()) });
        }
        assert_eq!(
            check(&project),
            [
                "crates/archive/src/invariants.rs: INV-10 of ARCHITECTURE.md is missing",
                "ARCHITECTURE.md: INV-3 of crates/archive/src/invariants.rs is missing"
            ]
        );
    }
}
