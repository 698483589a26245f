//! What may lie in the checkout, and what may stand in its files.

use super::project::Project;

/// Nothing larger is committed: what is larger is fetched, with its hash.
const LARGEST_FILE: u64 = 5_000_000;

/// A file is read in one sitting: about 500 lines; this is where it must be split.
const LONGEST_SOURCE: usize = 700;

/// Endings of files that a program made and can make again.
const GENERATED: &[&str] = &[
    ".a",
    ".db",
    ".dll",
    ".dylib",
    ".gguf",
    ".log",
    ".o",
    ".onnx",
    ".orig",
    ".profraw",
    ".pyc",
    ".rej",
    ".rlib",
    ".safetensors",
    ".so",
    ".sqlite",
    ".swp",
    ".whl",
];

/// File and folder names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["utils", "util", "common", "helpers", "helper", "manager", "misc"];

/// Files written by a package manager, which are neither read nor limited in length.
const LOCK_FILES: &[&str] = &["Cargo.lock", "package-lock.json"];

/// Texts in Rust files that say that something is unfinished, switched off or waved through, as two halves so that this
/// file does not hold them.
const UNFINISHED: &[(&str, &str, &str)] = &[
    ("to", "do!(", "finish it, or write a line into docs/gaps.md"),
    ("unimple", "mented!(", "finish it, or write a line into docs/gaps.md"),
    ("db", "g!(", "take it out"),
    ("#[al", "low(", "use #[expect(…, reason = \"…\")]"),
    ("#![al", "low(", "use #![expect(…, reason = \"…\")]"),
    ("#[ig", "nore", "let the test run, or assert what is true today"),
    ("(being wr", "itten)", "write it"),
];

/// Texts that belong to the place where the project is built, not to the project, as two halves. Hosts of package
/// registries are among them because a mirror may stand in for any: clients are asked by their name (`pip`, `cargo`).
const FOREIGN: &[(&str, &str)] = &[
    ("pypi", ".org"),
    ("python", "hosted.org"),
    ("npmjs", ".org"),
    ("crates", ".io"),
    ("deb.debian", ".org"),
    ("arti", "factory"),
    ("/work/", "main"),
    ("/work/", "shared"),
    ("/bash", "_jobs"),
    ("sub", "agent"),
    ("anth", "ropic"),
    ("clau", "de"),
];

/// Complains about large, generated, unreadable and badly named files, and about words that must not stand in any.
pub fn check(project: &Project) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, content) in &project.files {
        if content.bytes > LARGEST_FILE {
            complaints
                .push(format!("{path}: {} bytes; nothing over {LARGEST_FILE} is committed", content.bytes));
        }
        if GENERATED.iter().any(|ending| path.ends_with(ending)) {
            complaints.push(format!("{path}: looks generated; delete it or add it to .gitignore"));
        }
        let name_is_empty =
            |part: &str| EMPTY_NAMES.contains(&part.split_once('.').map_or(part, |(stem, _)| stem));
        if path.split('/').any(name_is_empty) {
            complaints.push(format!("{path}: the name does not say what is inside"));
        }
    }
    for (path, text) in project.texts(&[".rs", ".js", ".mjs", ".css", ".py"]) {
        let lines = text.lines().count();
        if lines > LONGEST_SOURCE {
            complaints
                .push(format!("{path}: {lines} lines; split it (at most {LONGEST_SOURCE}, better 500)"));
        }
    }
    for (path, text) in project.texts(&["/Cargo.toml"]) {
        if !text.contains("[lints]\nworkspace = true\n") {
            complaints.push(format!("{path}: take the lints of the workspace: [lints] workspace = true"));
        }
    }
    for (path, text) in project.texts(&[".rs"]) {
        for (first, second, advice) in UNFINISHED {
            let sign = format!("{first}{second}");
            let lines =
                (1..).zip(text.lines()).filter(|(_, line)| line.contains(&sign) && !is_excused(path, line));
            complaints.extend(lines.map(|(number, _)| format!("{path}:{number}: {sign}: {advice}")));
        }
    }
    for (path, text) in project.texts(&[""]).filter(|(path, _)| *path != LOCK_FILES[0]) {
        let text = text.to_lowercase();
        for (first, second) in FOREIGN {
            if let Some(line) = line_of(&text, &format!("{first}{second}")) {
                complaints.push(format!("{path}:{line}: `{first}{second}` does not belong into the project"));
            }
        }
    }
    complaints
}

/// Says whether a line may do what is unwanted elsewhere: code shared by test programs, each of which uses a part, cannot
/// expect a lint that only some of them meet; and a test that is the child of another is not run by itself.
fn is_excused(path: &str, line: &str) -> bool {
    path.contains("/tests/") && line.contains("(dead_code, reason = ") || line.contains(" = \"run by ")
}

/// Returns the number of the first line that holds `part`.
fn line_of(text: &str, part: &str) -> Option<usize> {
    text.lines().position(|line| line.contains(part)).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::super::project::Content;
    use super::*;

    fn complaints_for(path: &str, bytes: u64, text: &str) -> Vec<String> {
        let mut project = Project::default();
        project.files.insert(path.into(), Content { bytes, text: Some(text.into()) });
        check(&project)
    }

    #[test]
    fn an_ordinary_file_passes() {
        assert!(
            complaints_for("crates/media/src/lib.rs", 20, "//! Media.\n#[expect(x, reason = \"y\")]")
                .is_empty()
        );
        assert!(complaints_for("crates/serve/src/committed.rs", 20, "").is_empty());
        let shared =
            format!("{}{}dead_code, reason = \"each uses a part\")]", UNFINISHED[3].0, UNFINISHED[3].1);
        assert!(complaints_for("crates/media/tests/support/mod.rs", 20, &shared).is_empty());
        assert_eq!(complaints_for("crates/media/src/lib.rs", 20, &shared).len(), 1);
        let child = format!("{}{} = \"run by its parent\"]", UNFINISHED[5].0, UNFINISHED[5].1);
        assert!(complaints_for("crates/archive/tests/crash.rs", 20, &child).is_empty());
    }

    #[test]
    fn each_kind_of_unwanted_file_is_told() {
        let long = "\n".repeat(LONGEST_SOURCE + 1);
        let unfinished = format!("fn f() {{\n    {}{}) }}", UNFINISHED[0].0, UNFINISHED[0].1);
        let foreign = format!("see https://{}{}", FOREIGN[0].0, FOREIGN[0].1.to_uppercase());
        for (path, bytes, text, expected) in [
            ("samples/a.wav", LARGEST_FILE + 1, "", "samples/a.wav: 5000001 bytes"),
            ("weights.onnx", 1, "", "weights.onnx: looks generated"),
            ("crates/media/src/utils.rs", 1, "", "crates/media/src/utils.rs: the name"),
            ("crates/helpers/a.rs", 1, "", "crates/helpers/a.rs: the name"),
            ("crates/media/Cargo.toml", 1, "[package]", "crates/media/Cargo.toml: take the lints"),
            ("a.rs", 1, long.as_str(), "a.rs: 701 lines"),
            ("a.rs", 1, unfinished.as_str(), "a.rs:2: "),
            ("README.md", 1, foreign.as_str(), "README.md:1: "),
        ] {
            let complaints = complaints_for(path, bytes, text);
            assert_eq!(complaints.len(), 1, "{path}: {complaints:?}");
            assert!(complaints[0].starts_with(expected), "{path}: {complaints:?}");
        }
    }
}
