//! What the checks look at: the files of the checkout and the packages of the workspace.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::Value;

/// The checkout, read once.
#[derive(Default)]
pub struct Project {
    /// Every file that git would not ignore: path below the root with `/`, and what it holds.
    pub files: BTreeMap<String, Content>,
    /// The packages of the workspace.
    pub packages: Vec<Package>,
}

/// What a file holds, as far as a check wants to know.
pub struct Content {
    /// Size in bytes.
    pub bytes: u64,
    /// The text; `None` when it is not UTF-8 or larger than [`LARGEST_TEXT`].
    pub text: Option<String>,
}

/// A package of the workspace.
pub struct Package {
    /// Name the code uses: the library's, or the package's when it is a program.
    pub name: String,
    /// The `license` field of its manifest.
    pub license: Option<String>,
    /// Packages of the workspace that it names, by the name the code uses.
    pub inner: Vec<String>,
    /// Packages from a registry that it names.
    pub outer: Vec<Outer>,
}

/// A dependency that comes from a registry.
pub struct Outer {
    /// Name of the crate.
    pub name: String,
    /// Version requirement of the manifest, without its operator.
    pub requirement: String,
}

/// Larger files are not read as text: none that a person writes comes near it.
const LARGEST_TEXT: u64 = 1 << 20;

impl Project {
    /// Reads the checkout at `root`.
    ///
    /// # Errors
    /// A file cannot be read, or `cargo metadata` fails.
    pub fn read(root: &Path) -> anyhow::Result<Project> {
        let mut files = BTreeMap::new();
        walk(root, "", &Ignored::default(), &mut files)?;
        Ok(Project { files, packages: packages(root)? })
    }

    /// Returns the text of a file, or nothing when there is no such text file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.text.as_deref()
    }

    /// Returns the text files whose name ends in one of `endings`, with their text.
    pub fn texts(&self, endings: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(move |(path, content)| {
            let wanted = endings.iter().any(|ending| path.ends_with(ending));
            content.text.as_deref().filter(|_| wanted).map(|text| (path.as_str(), text))
        })
    }
}

/// What `.gitignore` files say, in the three forms that this project uses: `/path`, `name` (or `name/`), `*.ending`.
#[derive(Clone, Default)]
struct Ignored {
    rooted: Vec<String>,
    anywhere: Vec<String>,
    endings: Vec<String>,
}

impl Ignored {
    /// Adds the lines of the `.gitignore` that lies in the folder `below`.
    fn add(&mut self, below: &str, text: &str) {
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let line = line.trim_end_matches('/');
            if line.contains('/') {
                self.rooted.push(joined(below, line.trim_start_matches('/')));
            } else if let Some(ending) = line.strip_prefix('*') {
                self.endings.push(ending.to_owned());
            } else {
                self.anywhere.push(line.to_owned());
            }
        }
    }

    fn holds(&self, path: &str, name: &str) -> bool {
        name == ".git"
            || self.rooted.iter().any(|rooted| rooted == path)
            || self.anywhere.iter().any(|anywhere| anywhere == name)
            || self.endings.iter().any(|ending| name.ends_with(ending.as_str()))
    }
}

fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn walk(
    root: &Path,
    below: &str,
    ignored: &Ignored,
    files: &mut BTreeMap<String, Content>,
) -> anyhow::Result<()> {
    let folder = root.join(below);
    let mut ignored = ignored.clone();
    if let Ok(text) = std::fs::read_to_string(folder.join(".gitignore")) {
        ignored.add(below, &text);
    }
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { bail!("a file name in {below} is not UTF-8") };
        let path = joined(below, &name);
        if ignored.holds(&path, &name) {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(root, &path, &ignored, files)?;
        } else if kind.is_file() {
            let bytes = entry.metadata()?.len();
            let text = match bytes {
                0..=LARGEST_TEXT => String::from_utf8(std::fs::read(entry.path())?).ok(),
                _ => None,
            };
            files.insert(path, Content { bytes, text });
        }
    }
    Ok(())
}

fn packages(root: &Path) -> anyhow::Result<Vec<Package>> {
    let output = crate::cargo(root)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata is not JSON")?;
    Ok(packages_of(&metadata))
}

/// Reads the packages out of the answer of `cargo metadata --no-deps`.
pub fn packages_of(metadata: &Value) -> Vec<Package> {
    let packages = list(&metadata["packages"]);
    let names: BTreeMap<&str, &str> =
        packages.iter().map(|package| (text(&package["name"]), name_in_code(package))).collect();
    packages
        .iter()
        .map(|package| {
            let (inner, outer): (Vec<&Value>, Vec<&Value>) =
                list(&package["dependencies"]).iter().partition(|dependency| dependency["path"].is_string());
            Package {
                name: name_in_code(package).to_owned(),
                license: package["license"].as_str().map(str::to_owned),
                inner: inner
                    .iter()
                    .map(|dependency| text(&dependency["name"]))
                    .map(|name| (*names.get(name).unwrap_or(&name)).to_owned())
                    .collect(),
                outer: outer
                    .iter()
                    .map(|dependency| Outer {
                        name: text(&dependency["name"]).to_owned(),
                        requirement: text(&dependency["req"]).trim_start_matches(['^', '=', '~']).to_owned(),
                    })
                    .collect(),
            }
        })
        .collect()
}

fn name_in_code(package: &Value) -> &str {
    let library =
        list(&package["targets"]).iter().find(|target| list(&target["kind"]).contains(&"lib".into()));
    text(&library.unwrap_or(package)["name"])
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns the rows of the first Markdown table whose header begins with `first` and ends with `last`, cells trimmed of
/// blanks and back quotes.
pub fn table<'a>(markdown: &'a str, first: &str, last: &str) -> Option<Vec<Vec<&'a str>>> {
    let mut lines = markdown.lines();
    lines.find(|line| {
        let cells = cells(line);
        cells.first() == Some(&first) && cells.last() == Some(&last)
    })?;
    Some(lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect())
}

fn cells(line: &str) -> Vec<&str> {
    let inside = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
    inside.map_or_else(Vec::new, |row| row.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_its_first_and_last_column() {
        let markdown =
            "| a | b |\n| --- | --- |\n| 1 | 2 |\n\n| crate | why |\n| - | - |\n| `x` | y, z |\ntext";
        assert_eq!(table(markdown, "crate", "why"), Some(vec![vec!["x", "y, z"]]));
        assert_eq!(table(markdown, "crate", "b"), None);
    }

    #[test]
    fn ignored_files_are_ignored_and_others_are_not() {
        let mut ignored = Ignored::default();
        ignored.add("", "# a remark\n/target\n*.profraw\n");
        ignored.add("e2e", "node_modules/\n/out\n");
        for (path, expected) in [
            ("target", true),
            ("crates/target", false),
            ("e2e/node_modules", true),
            ("crates/a.profraw", true),
            ("e2e/out", true),
            ("src/main.rs", false),
            (".git", true),
        ] {
            let name = path.rsplit('/').next().unwrap_or(path);
            assert_eq!(ignored.holds(path, name), expected, "{path}");
        }
    }

    #[test]
    fn packages_go_by_the_name_that_the_code_uses() {
        let metadata = serde_json::json!({"packages": [
            {"name": "readout-model", "license": "MIT", "targets": [{"name": "model", "kind": ["lib"]}], "dependencies": []},
            {"name": "readout", "targets": [{"name": "readout", "kind": ["bin"]}], "dependencies": [
                {"name": "readout-model", "path": "/x", "req": "*"}, {"name": "clap", "req": "^4.6", "path": null}]},
        ]});
        let packages = packages_of(&metadata);
        assert_eq!(packages[0].name, "model");
        assert_eq!(packages[1].inner, ["model"]);
        assert_eq!(
            (packages[1].outer[0].name.as_str(), packages[1].outer[0].requirement.as_str()),
            ("clap", "4.6")
        );
    }
}
