//! The numbered invariants are the same in the document and in the code that checks them.

use std::collections::BTreeMap;

use super::project::{Project, table};

/// The document that explains the invariants, in a table from `invariant` to `says`.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// The file that checks them, with a line `invariant("P1.1", "What is always true.")` each.
const REGISTRY: &str = "crates/archive/src/invariants.rs";

/// Complains about invariants that are explained and not checked, checked and not explained, or worded in two ways.
pub fn check(project: &Project) -> Vec<String> {
    let checked = in_registry(project.text(REGISTRY).unwrap_or_default());
    if checked.is_empty() {
        return vec![format!("{REGISTRY}: no line `invariant(number, sentence)`")];
    }
    let Some(rows) = project.text(DOCUMENT).and_then(|text| table(text, "invariant", "says")) else {
        return vec![format!("{DOCUMENT}: no table from `invariant` to `says`")];
    };
    let explained: BTreeMap<&str, &str> =
        rows.iter().filter_map(|row| Some((*row.first()?, *row.last()?))).collect();

    let mut complaints = Vec::new();
    for (number, sentence) in &explained {
        match checked.get(number) {
            None => complaints.push(format!("{DOCUMENT}: {number} is not in {REGISTRY}")),
            Some(other) if other != sentence => {
                complaints.push(format!("{DOCUMENT}: {number} says `{sentence}`, {REGISTRY} `{other}`"));
            }
            Some(_) => {}
        }
    }
    let unexplained = checked.keys().filter(|number| !explained.contains_key(*number));
    complaints.extend(unexplained.map(|number| format!("{DOCUMENT}: {number} of {REGISTRY} is missing")));
    complaints
}

/// Returns number and sentence of every `invariant("…", "…")`.
fn in_registry(source: &str) -> BTreeMap<&str, &str> {
    let calls = source.split("invariant(").skip(1);
    calls
        .filter_map(|call| {
            let mut quoted = call.split('"');
            let (before, number, _, sentence) =
                (quoted.next()?, quoted.next()?, quoted.next()?, quoted.next()?);
            before.trim().is_empty().then_some((number, sentence))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::project::Content;
    use super::*;

    #[test]
    fn an_invariant_that_is_on_one_side_only_or_worded_in_two_ways_is_told() {
        let document =
            "| invariant | says |\n| --- | --- |\n| P1.1 | One. |\n| P1.2 | Two. |\n| P2.1 | Three. |\n";
        let registry = "const fn invariant(number: &str) {}\ninvariant(\"P1.1\", \"One.\"),\n\
                        invariant(\n    \"P1.2\",\n    \"Too.\",\n),\ninvariant(\"P10.1\", \"Four.\"),\n";
        let mut project = Project::default();
        for (path, text) in [(DOCUMENT, document), (REGISTRY, registry)] {
            project.files.insert(path.into(), Content { bytes: 1, text: Some(text.into()) });
        }
        assert_eq!(
            check(&project),
            [
                "ARCHITECTURE.md: P1.2 says `Two.`, crates/archive/src/invariants.rs `Too.`",
                "ARCHITECTURE.md: P2.1 is not in crates/archive/src/invariants.rs",
                "ARCHITECTURE.md: P10.1 of crates/archive/src/invariants.rs is missing",
            ]
        );
    }
}
