//! Runs programs and watches them: how long they take, and how much memory they hold together.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// How often memory is looked at.
const EVERY: Duration = Duration::from_millis(100);

pub struct Watched {
    /// From the start of the first to the end of the last program, in seconds.
    pub wall: f64,
    /// Most memory that the programs and all they started held at once, in bytes, shared pages counted once.
    pub peak: u64,
    /// What each wrote on standard output.
    pub outputs: Vec<String>,
}

/// Runs all the commands at once, each with a text on standard input, until the last has ended.
///
/// # Errors
/// One cannot be started, or ends with an error; what it said on standard error has been passed on.
pub fn together(commands: Vec<(Command, String)>) -> anyhow::Result<Watched> {
    let start = Instant::now();
    let mut running = Vec::new();
    for (mut command, input) in commands {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let name = format!("{:?}", command.get_program());
        let mut child =
            command.spawn().with_context(|| format!("cannot run {name}: is it installed and built?"))?;
        let mut stdin = child.stdin.take().context("no standard input")?;
        let mut stdout = child.stdout.take().context("no standard output")?;
        let reader = std::thread::spawn(move || {
            // A program that does not read its input is not at fault.
            let _ = stdin.write_all(input.as_bytes());
            drop(stdin);
            let mut output = String::new();
            stdout.read_to_string(&mut output).map(|_| output)
        });
        running.push((name, child, reader));
    }
    let roots: Vec<u32> = running.iter().map(|(_, child, _)| child.id()).collect();
    let mut memory = Memory::default();
    let mut wall = 0.0;
    while running.iter_mut().any(|(_, child, _)| still_runs(child)) {
        memory.look(&roots);
        std::thread::sleep(EVERY);
        wall = start.elapsed().as_secs_f64();
    }
    let mut outputs = Vec::new();
    for (name, mut child, reader) in running {
        let status = child.wait()?;
        let output = reader.join().map_err(|_| anyhow::anyhow!("reading from {name} panicked"))??;
        ensure!(status.success(), "{name} failed: {status}");
        outputs.push(output);
    }
    Ok(Watched { wall, peak: memory.peak, outputs })
}

fn still_runs(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// The most memory seen so far.
#[derive(Default)]
struct Memory {
    resident: u64,
    peak: u64,
}

impl Memory {
    /// Adds up the programs and their descendants.
    ///
    /// Resident pages are cheap to ask for but count shared ones twice. The proportional set size is right but takes
    /// the kernel a walk over every page, which would slow what is measured: it is read at new highs only.
    fn look(&mut self, roots: &[u32]) {
        let family = descendants(roots);
        let resident = family.iter().filter_map(|id| resident(*id)).sum();
        if resident > self.resident + self.resident / 100 {
            self.resident = resident;
            self.peak = self.peak.max(family.iter().filter_map(|id| proportional(*id)).sum());
        }
    }
}

/// The processes and all they started, as far as /proc tells.
fn descendants(roots: &[u32]) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    let mut family = roots.to_vec();
    let mut next = 0;
    while let Some(id) = family.get(next) {
        family.extend(children.get(id).into_iter().flatten().copied().collect::<Vec<_>>());
        next += 1;
    }
    family
}

fn parent(id: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name of the program is in brackets and may hold anything, brackets and spaces too.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn resident(id: u32) -> Option<u64> {
    kibibytes(&std::fs::read_to_string(format!("/proc/{id}/status")).ok()?, "VmRSS:")
}

fn proportional(id: u32) -> Option<u64> {
    kibibytes(&std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).ok()?, "Pss:")
}

fn kibibytes(text: &str, field: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(field))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn sees_the_memory_of_a_grandchild_and_the_output_of_all() {
        let mut shell = Command::new("sh");
        // A shell that starts a shell that holds ten million letters for a moment.
        shell.args([
            "-c",
            "sh -c 'x=$(head -c 10000000 /dev/zero | tr \"\\0\" x); sleep 0.5; echo ${#x}'; cat",
        ]);
        let mut echo = Command::new("echo");
        echo.arg("second");
        let watched = together(vec![(shell, "given".into()), (echo, String::new())]).expect("both run");
        assert_eq!(watched.outputs, ["10000000\ngiven", "second\n"]);
        assert!(watched.peak > 10_000_000, "{}", watched.peak);
        assert!(watched.wall > 0.4, "{}", watched.wall);
    }

    #[test]
    fn a_program_that_fails_is_an_error() {
        assert!(together(vec![(Command::new("false"), String::new())]).is_err());
        assert!(together(vec![(Command::new("no-such-program-here"), String::new())]).is_err());
    }
}
