//! Every crate from outside has a line that says why it is here, and every line a crate.

use std::collections::{BTreeMap, BTreeSet};

use super::project::{Project, table};

/// The document that holds the lines.
const DOCUMENT: &str = "docs/dependencies.md";

/// The licence of every package of the workspace.
const LICENSE: &str = "MIT OR Apache-2.0";

/// Complains about dependencies without a line, lines without a dependency, versions that differ, and licences.
pub fn check(project: &Project) -> Vec<String> {
    let Some(rows) = project.text(DOCUMENT).and_then(|text| table(text, "crate", "why")) else {
        return vec![format!("{DOCUMENT}: no table from `crate` to `why`")];
    };
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for dependency in project.packages.iter().flat_map(|package| &package.outer) {
        used.entry(&dependency.name).or_default().insert(&dependency.requirement);
    }

    let mut complaints = Vec::new();
    let mut listed = BTreeSet::new();
    for row in &rows {
        let &[name, version, why] = row.as_slice() else {
            complaints.push(format!("{DOCUMENT}: a row has not three cells: {}", row.join(" | ")));
            continue;
        };
        if !listed.insert(name) {
            complaints.push(format!("{DOCUMENT}: {name} has two lines"));
        }
        match used.get(name) {
            None => complaints.push(format!("{DOCUMENT}: no package names {name}: drop the line")),
            Some(requirements) => {
                let wrong = requirements.iter().find(|requirement| !same_version(requirement, version));
                complaints.extend(wrong.map(|requirement| {
                    format!("{DOCUMENT}: {name} is {requirement} in a manifest, {version} in the line")
                }));
            }
        }
        if why.is_empty() {
            complaints.push(format!("{DOCUMENT}: {name} has no reason"));
        }
    }
    for name in used.keys().filter(|name| !listed.contains(*name)) {
        complaints.push(format!("{DOCUMENT}: no line for {name}"));
    }
    for package in project.packages.iter().filter(|package| package.license.as_deref() != Some(LICENSE)) {
        complaints.push(format!("{}: the licence is not stated as {LICENSE}", package.name));
    }
    complaints
}

/// Says whether one version states the other, more or less precisely: `4.6.7` and `4.6`, not `4.60`.
fn same_version(one: &str, other: &str) -> bool {
    one.trim_start_matches('=').split('.').zip(other.trim_start_matches('=').split('.')).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use super::super::project::{Content, Outer, Package};
    use super::*;

    #[test]
    fn each_way_to_break_the_table_is_told() {
        let cases = [
            ("| clap | 4.6 | commands |", None),
            ("| clap | 4.60 | commands |", Some("clap is 4.6.7 in a manifest, 4.60 in the line")),
            ("| clap | 4.6 | |", Some("clap has no reason")),
            ("| clap | 4.6 | a |\n| clap | 4.6 | b |", Some("clap has two lines")),
            ("| clap | 4.6 | a |\n| tar | 0.4 | b |", Some("no package names tar: drop the line")),
            ("", Some("no line for clap")),
        ];
        for (rows, expected) in cases {
            let text = format!("| crate | version | why |\n| --- | --- | --- |\n{rows}");
            let mut project = Project::default();
            project.files.insert(DOCUMENT.into(), Content { bytes: 1, text: Some(text) });
            project.packages.push(Package {
                name: "readout".into(),
                license: Some(LICENSE.into()),
                inner: Vec::new(),
                outer: vec![Outer { name: "clap".into(), requirement: "4.6.7".into() }],
            });
            let expected: Vec<String> =
                expected.map(|complaint| format!("{DOCUMENT}: {complaint}")).into_iter().collect();
            assert_eq!(check(&project), expected, "{rows}");
        }
    }
}
