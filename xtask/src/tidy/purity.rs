//! The core takes values and returns values.

use super::project::Project;

/// Crates without a clock, a socket, chance or surroundings of their own, with what they are allowed all the same.
const PURE: &[(&str, &[Reach])] = &[
    ("model", &[]),
    ("kernels", &[]),
    ("speech", &[Reach::Files]), // loads weights from a path
    ("transcript", &[]),
    ("pronounce", &[]),
    ("fingerprint", &[]),
    ("feed", &[]),
    ("names", &[]),
    ("media", &[Reach::Files, Reach::Clock, Reach::Surroundings]), // opens files; stops a caged decoder that fell silent
];

/// A way for code to depend on more than its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Network,
    Files,
    Clock,
    Chance,
    Surroundings,
}

/// What code says when it reaches out.
const SIGNS: &[(&str, Reach)] = &[
    ("std::net", Reach::Network),
    ("tokio", Reach::Network),
    ("std::fs", Reach::Files),
    ("SystemTime", Reach::Clock),
    ("Instant::now", Reach::Clock),
    ("Zoned::now", Reach::Clock),
    ("Timestamp::now", Reach::Clock),
    ("now_v7", Reach::Clock),
    ("new_v4", Reach::Chance),
    ("RandomState", Reach::Chance),
    ("getrandom", Reach::Chance),
    ("env::var", Reach::Surroundings),
];

/// Complains about each reach of a pure crate that it is not allowed.
pub fn check(project: &Project) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in project.texts(&[".rs"]) {
        let Some((name, inside)) = path.strip_prefix("crates/").and_then(|path| path.split_once('/')) else {
            continue;
        };
        let Some((_, allowed)) = PURE.iter().find(|(pure, _)| *pure == name) else { continue };
        if !inside.starts_with("src/") || inside.contains("tests") {
            continue;
        }
        for (number, line) in (1..).zip(text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            let reach = SIGNS.iter().find(|(sign, reach)| code.contains(sign) && !allowed.contains(reach));
            complaints.extend(reach.map(|(sign, reach)| {
                format!("{path}:{number}: {sign}: {name} has no {reach:?} of its own; take it as an argument")
            }));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::super::project::Content;
    use super::*;

    #[test]
    fn a_pure_crate_that_reaches_out_is_told() {
        for (path, line, told) in [
            ("crates/speech/src/lib.rs", "let start = std::time::Instant::now();", true),
            ("crates/speech/src/lib.rs", "let bytes = std::fs::read(path)?;", false),
            ("crates/transcript/src/lib.rs", "let bytes = std::fs::read(path)?;", true),
            ("crates/transcript/src/lib.rs", "// never std::fs", false),
            ("crates/transcript/tests/golden.rs", "let bytes = std::fs::read(path)?;", false),
            ("crates/archive/src/lib.rs", "let start = std::time::Instant::now();", false),
        ] {
            let mut project = Project::default();
            project
                .files
                .insert(path.into(), Content { bytes: 1, text: Some(format!("fn f() {{\n{line}\n}}")) });
            let complaints = check(&project);
            assert_eq!(complaints.len(), usize::from(told), "{path}: {line}: {complaints:?}");
            assert!(complaints.iter().all(|complaint| complaint.starts_with(&format!("{path}:2: "))));
        }
    }
}
