//! The program as an archive that runs from any folder, on a machine without Rust.
//!
//! Goes in: the checkout. Comes out: `dist/readout-<version>-<target>.tar.gz`, unpacked once and tried. Never: a
//! library beside the program, for it needs none but the system's C library.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

/// Files and folders of the checkout that go along with the program.
const COMPANIONS: &[&str] =
    &["README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE-MIT", "LICENSE-APACHE", "docs"];

/// Builds, packs, unpacks elsewhere and tries the program there.
///
/// # Errors
/// A tool is missing, or the program does not run from the unpacked folder.
pub fn run(root: &Path) -> anyhow::Result<()> {
    let program = build(root)?;
    let name = format!("readout-{}-{}", env!("CARGO_PKG_VERSION"), target()?);
    let stage = crate::target_folder(root).join("dist");
    let _ = std::fs::remove_dir_all(&stage);
    std::fs::create_dir_all(&stage).with_context(|| format!("cannot make {}", stage.display()))?;
    let stripped = stage.join(program.file_name().context("the program has no name")?);
    strip(&program, &stripped)?;

    let folder = root.join("dist");
    std::fs::create_dir_all(&folder)?;
    let archive = folder.join(format!("{name}.tar.gz"));
    pack(root, &stripped, &name, &archive)?;
    try_out(&archive, &name)?;
    let bytes = std::fs::metadata(&archive)?.len();
    println!("{} ({:.1} MB), unpacked and tried", archive.display(), bytes as f64 / 1e6);
    Ok(())
}

fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let status = crate::cargo(root).args(["build", "--release", "--package", "readout"]).status()?;
    ensure!(status.success(), "the program could not be built");
    let name = format!("readout{}", std::env::consts::EXE_SUFFIX);
    Ok(crate::target_folder(root).join("release").join(name))
}

/// Returns the target that the compiler builds for, such as `x86_64-unknown-linux-gnu`.
fn target() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().context("cannot run rustc")?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not say its host")?.to_owned())
}

/// Copies the program without its symbols, which are nine tenths of it.
fn strip(program: &Path, stripped: &Path) -> anyhow::Result<()> {
    std::fs::copy(program, stripped).with_context(|| format!("cannot copy {}", program.display()))?;
    if cfg!(windows) {
        return Ok(()); // its symbols lie in a file of their own
    }
    let status =
        Command::new("strip").arg(stripped).status().context("cannot run strip (package binutils)")?;
    ensure!(status.success(), "strip failed on {}", stripped.display());
    Ok(())
}

/// Writes the archive: one folder `name`, in a fixed order, without owner or time, so that equal files pack equal.
fn pack(root: &Path, program: &Path, name: &str, archive: &Path) -> anyhow::Result<()> {
    let mut entries = vec![(program.to_owned(), program.file_name().context("no name")?.to_owned().into())];
    for companion in COMPANIONS {
        collect(&root.join(companion), PathBuf::from(companion), &mut entries)?;
    }
    let part = archive.with_extension("part");
    let file = std::fs::File::create(&part).with_context(|| format!("cannot write {}", part.display()))?;
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::best()));
    tar.mode(tar::HeaderMode::Deterministic);
    for (source, inside) in entries {
        let inside = Path::new(name).join(inside);
        tar.append_path_with_name(&source, &inside)
            .with_context(|| format!("cannot pack {}", source.display()))?;
    }
    tar.into_inner()?.finish()?.flush()?;
    std::fs::rename(&part, archive)?;
    Ok(())
}

/// Adds a file, or the files of a folder in order of their names.
fn collect(source: &Path, inside: PathBuf, entries: &mut Vec<(PathBuf, PathBuf)>) -> anyhow::Result<()> {
    if !source.is_dir() {
        entries.push((source.to_owned(), inside));
        return Ok(());
    }
    let listing = std::fs::read_dir(source).with_context(|| format!("cannot list {}", source.display()))?;
    let mut names =
        listing.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>()?;
    names.sort();
    names.into_iter().try_for_each(|name| collect(&source.join(&name), inside.join(&name), entries))
}

/// Unpacks the archive into a fresh folder and runs the program there with nothing of this machine's environment.
fn try_out(archive: &Path, name: &str) -> anyhow::Result<()> {
    let elsewhere = std::env::temp_dir().join(format!("readout-dist-{}", std::process::id()));
    std::fs::create_dir_all(&elsewhere)?;
    let outcome = try_out_in(&elsewhere, archive, name);
    let _ = std::fs::remove_dir_all(&elsewhere);
    outcome
}

fn try_out_in(elsewhere: &Path, archive: &Path, name: &str) -> anyhow::Result<()> {
    tar::Archive::new(GzDecoder::new(std::fs::File::open(archive)?)).unpack(elsewhere)?;
    let folder = elsewhere.join(name);
    let program = folder.join(format!("readout{}", std::env::consts::EXE_SUFFIX));
    for (arguments, expected) in
        [(&["--version"] as &[&str], env!("CARGO_PKG_VERSION")), (&["models", "list"], "whisper-base")]
    {
        let output = Command::new(&program)
            .args(arguments)
            .current_dir(&folder)
            .env_clear()
            .env("PATH", "")
            .env("HOME", elsewhere)
            .output()
            .with_context(|| format!("cannot run {}", program.display()))?;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success() && said.contains(expected),
            "the packed program does not answer `readout {}` with {expected}: {said}{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for companion in COMPANIONS {
        ensure!(folder.join(companion).exists(), "{companion} is not in the archive");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A checkout with a program and every companion, and the archive that is made of it.
    fn packed(folder: &Path) -> Vec<u8> {
        for companion in
            COMPANIONS.iter().filter(|companion| companion.contains('.') || companion.contains('-'))
        {
            std::fs::write(folder.join(companion), companion).expect("a file");
        }
        std::fs::create_dir_all(folder.join("docs/images")).expect("a folder");
        std::fs::write(folder.join("docs/images/episode.png"), "picture").expect("a file");
        std::fs::write(folder.join("program"), "#!").expect("a file");
        let archive = folder.join("readout.tar.gz");
        pack(folder, &folder.join("program"), "readout-1", &archive).expect("an archive");
        std::fs::read(archive).expect("an archive")
    }

    #[test]
    fn equal_files_pack_equal_and_unpack_into_one_folder() {
        let (one, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let bytes = packed(one.path());
        assert!(bytes == packed(other.path()), "two archives of the same files differ");
        let mut archive = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
        let paths = archive
            .entries()
            .expect("entries")
            .map(|entry| entry.expect("an entry").path().expect("a path").to_string_lossy().into_owned());
        let paths: Vec<String> = paths.collect();
        assert_eq!(paths.first().map(String::as_str), Some("readout-1/program"));
        assert_eq!(paths.last().map(String::as_str), Some("readout-1/docs/images/episode.png"));
        assert!(paths.iter().all(|path| path.starts_with("readout-1/")), "{paths:?}");
    }

    #[test]
    fn a_missing_companion_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("program"), "#!").expect("a file");
        let archive = folder.path().join("readout.tar.gz");
        let error = pack(folder.path(), &folder.path().join("program"), "readout-1", &archive)
            .expect_err("no README");
        assert!(format!("{error:#}").contains("README.md"), "{error:#}");
    }
}
