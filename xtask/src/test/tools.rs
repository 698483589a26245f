//! The programs that the tests need, found or fetched.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::ensure;

/// The version of cargo-deny that is fetched where there is none; it takes about three minutes of two cores.
const DENY_VERSION: &str = "0.20.2";

/// Names under which a browser that the tests can drive is installed; CHROMIUM may name another.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// What the driver of the browser asks for.
const OLDEST_NODE: u32 = 20;

/// Returns where cargo-deny is, after building it into `target/tools` when the machine has none.
pub fn cargo_deny(root: &Path) -> anyhow::Result<PathBuf> {
    if runs("cargo-deny") {
        return Ok("cargo-deny".into());
    }
    let folder = crate::target_folder(root).join("tools");
    let program = folder.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        println!(
            "cargo-deny is not installed: building {DENY_VERSION} into {}, some minutes, once",
            folder.display()
        );
        let arguments = ["install", "--locked", "--quiet", "--version", DENY_VERSION, "cargo-deny", "--root"];
        let status = crate::cargo(root).args(arguments).arg(&folder).status()?;
        ensure!(status.success(), "cargo-deny could not be built");
    }
    Ok(program)
}

/// Returns what the browser tests lack on this machine; nothing when they can run.
///
/// On Debian, as root, what is lacking is installed.
pub fn lacking_for_browser() -> Option<String> {
    let mut packages = Vec::new();
    if !(runs("node") && runs("npm")) {
        packages.extend(["nodejs", "npm"]);
    }
    if std::env::var_os("CHROMIUM").is_none() && !BROWSERS.iter().any(|name| runs(name)) {
        packages.push("chromium");
    }
    if !packages.is_empty() && !install(&packages) {
        return Some(format!("install {}", packages.join(", ")));
    }
    match node_version() {
        Some(OLDEST_NODE..) => None,
        _ => Some(format!("install Node {OLDEST_NODE} or newer")),
    }
}

/// Returns what reading the exports with other programs lacks on this machine; nothing when it can be done.
///
/// On Debian, as root, what is lacking is installed.
pub fn lacking_for_formats() -> Option<String> {
    let mut packages = Vec::new();
    if !has_pip() {
        packages.extend(["python3", "python3-pip", "python3-venv"]);
    }
    if !(runs("node") && runs("npm")) {
        packages.extend(["nodejs", "npm"]);
    }
    (!packages.is_empty() && !install(&packages)).then(|| format!("install {}", packages.join(", ")))
}

/// Says whether Python can make an environment with packages of its own.
fn has_pip() -> bool {
    let modules = ["-c", "import ensurepip, venv"];
    let status = Command::new("python3").args(modules).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Returns the major version of Node.
fn node_version() -> Option<u32> {
    let output = Command::new("node").arg("--version").stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// Installs Debian packages; says whether that worked. Does not try where it would have to ask for a password.
fn install(packages: &[&str]) -> bool {
    let apt = |arguments: &[&str]| {
        let status = Command::new("apt-get").args(arguments).stdin(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    is_root() && runs("apt-get") && (apt(&install) || apt(&["update"]) && apt(&install))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Says whether a program of this name can be started.
fn runs(program: &str) -> bool {
    let status = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
