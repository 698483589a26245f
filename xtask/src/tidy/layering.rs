//! Who may use whom: the table of ARCHITECTURE.md against the manifests.

use std::collections::{BTreeMap, BTreeSet};

use super::project::{Project, table};

/// The document that holds the table.
const DOCUMENT: &str = "ARCHITECTURE.md";

/// Complains where the table and the manifests say different things, and where a crate uses one of a later row.
///
/// Dependencies of tests count as well: a test that reaches to the right is a design that leaks.
pub fn check(project: &Project) -> Vec<String> {
    let Some(rows) = project.text(DOCUMENT).and_then(|text| table(text, "crate", "may use")) else {
        return vec![format!(
            "{DOCUMENT}: no table from `crate` to `may use`: the layering cannot be checked"
        )];
    };
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        rows.iter().filter_map(|row| Some((*row.first()?, crates_in(row.last()?)))).collect();
    let used: BTreeMap<&str, BTreeSet<&str>> = project
        .packages
        .iter()
        .map(|package| (package.name.as_str(), package.inner.iter().map(String::as_str).collect()))
        .collect();

    let mut complaints = Vec::new();
    for (name, uses) in &used {
        let Some(may_use) = allowed.get(name) else {
            complaints.push(format!("{DOCUMENT}: crate {name} has no row in the table"));
            continue;
        };
        for other in uses.difference(may_use) {
            complaints.push(format!("{name} uses {other}, which {DOCUMENT} does not allow"));
        }
        for other in may_use.difference(uses) {
            complaints.push(format!("{DOCUMENT}: says that {name} uses {other}, which it does not"));
        }
    }
    let mut above = BTreeSet::new();
    for row in &rows {
        let Some((&name, may_use)) = row.first().zip(row.last()) else { continue };
        if !used.contains_key(name) {
            complaints.push(format!("{DOCUMENT}: there is no crate {name}"));
        }
        for other in crates_in(may_use).difference(&above) {
            complaints.push(format!("{DOCUMENT}: {name} may use {other}, which does not stand above it"));
        }
        above.insert(name);
    }
    complaints
}

/// Splits a cell such as "`model`, `kernels`"; a dash stands for none.
fn crates_in(cell: &str) -> BTreeSet<&str> {
    cell.split(',')
        .map(|name| name.trim().trim_matches('`'))
        .filter(|name| !matches!(*name, "" | "–" | "-"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::project::{Content, Package};
    use super::*;

    fn complaints_for(rows: &str, packages: &[(&str, &[&str])]) -> Vec<String> {
        let text = format!("| crate | never | may use |\n| --- | --- | --- |\n{rows}");
        let mut project = Project::default();
        project.files.insert(DOCUMENT.into(), Content { bytes: 1, text: Some(text) });
        for (name, inner) in packages {
            let inner = inner.iter().map(|name| (*name).to_owned()).collect();
            project.packages.push(Package { name: (*name).into(), license: None, inner, outer: Vec::new() });
        }
        check(&project)
    }

    const ROWS: &str =
        "| `model` | x | – |\n| `media` | x | `model` |\n| `speech` | x | `model`, `media` |\n";

    #[test]
    fn a_table_that_is_true_is_left_alone() {
        let packages: &[(&str, &[&str])] =
            &[("model", &[]), ("media", &["model"]), ("speech", &["model", "media"])];
        assert!(complaints_for(ROWS, packages).is_empty());
    }

    #[test]
    fn each_way_to_break_the_layering_is_told() {
        let sound: [(&str, &[&str]); 3] =
            [("model", &[]), ("media", &["model"]), ("speech", &["model", "media"])];
        let cases: [(usize, &[&str], &str); 2] = [
            (1, &["model", "speech"], "media uses speech, which ARCHITECTURE.md does not allow"),
            (2, &["model"], "ARCHITECTURE.md: says that speech uses media, which it does not"),
        ];
        for (which, uses, expected) in cases {
            let mut packages = sound;
            packages[which].1 = uses;
            assert_eq!(complaints_for(ROWS, &packages), [expected]);
        }
        let turned = "| `media` | x | `model` |\n| `model` | x | – |\n";
        assert_eq!(
            complaints_for(turned, &sound[..2]),
            ["ARCHITECTURE.md: media may use model, which does not stand above it"]
        );
        assert_eq!(complaints_for(ROWS, &sound[..2]), ["ARCHITECTURE.md: there is no crate speech"]);
        let rows = ROWS.rsplit_once("| `speech`").expect("three rows").0;
        assert_eq!(complaints_for(rows, &sound), ["ARCHITECTURE.md: crate speech has no row in the table"]);
    }
}
