//! What is always true of an archive, numbered: proved by [`Archive::check`], relied on by the tests, and what the
//! crash tests try to break.
//!
//! The first number is the promise it belongs to (ARCHITECTURE.md lists them). Promises on the index, the formats and
//! the network (P4 to P6) are kept, and tested, where those are.

use crate::reading::{complaint, window_complaint};
use crate::sqlite::{health, hearings, revisions, schema};
use crate::{Archive, Error, Result};
use model::BlobHash;
use serde::Serialize;
use std::collections::HashMap;
use std::time::Duration;

/// A sentence that is true of every sound archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Invariant {
    /// Its number.
    pub number: &'static str,
    /// The sentence.
    pub says: &'static str,
}

const fn invariant(number: &'static str, says: &'static str) -> Invariant {
    Invariant { number, says }
}

/// All invariants that an archive proves of itself.
pub const INVARIANTS: &[Invariant] = &[
    invariant("P1.1", "The database's file is sound."),
    invariant("P1.2", "What is referred to exists."),
    invariant("P1.3", "Every recording's file is in the archive, whole."),
    invariant("P1.4", "Every recording's file has the content that its name says."),
    invariant("P1.5", "Nothing but recordings lies among the recordings."),
    invariant("P2.1", "Every word that a revision consumed was heard, or came by an earlier revision."),
    invariant("P2.2", "Only complete hearings are revised."),
    invariant("P2.3", "The revised text is in order of time."),
    invariant("P2.4", "What was found to be the copy of an episode leads to one that is no copy itself."),
    invariant("P3.1", "The result of every piece of work that is done exists."),
    invariant("P3.2", "The windows of a complete hearing are numbered without a hole."),
    invariant(
        "P3.3",
        "The windows of a hearing begin and end in the order of their numbers; only their edges may overlap.",
    ),
    invariant("P3.4", "Work is held by a worker exactly while it is leased."),
    invariant("P3.5", "Work that was given up says why, after three attempts at most."),
    invariant("P3.6", "All work is on something, and every recording is worked on."),
    invariant("P7.1", "Every repair by the program cites its evidence."),
    invariant("P8.1", "The archive has this program's format."),
    invariant("P9.1", "No recording's file is left that nothing uses."),
    invariant("P9.2", "No temporary file is left."),
    invariant(
        "P10.1",
        "The words of a hearing are in order of time, do not overlap and hold no white space.",
    ),
    invariant("P10.2", "No window has words for more time than it has speech."),
];

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The invariant that is broken.
    #[serde(flatten)]
    pub invariant: Invariant,
    /// What it is about.
    pub subject: String,
    /// What is wrong with it.
    pub detail: String,
}

/// How thoroughly to check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckOptions {
    /// Share of the recordings whose bytes are read, 0 to 1.
    pub sample: f64,
    /// Leftovers younger than this may belong to a program that is at work.
    pub grace: Duration,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { sample: 1.0, grace: GRACE }
    }
}

/// Longer than any file takes to be copied.
pub(crate) const GRACE: Duration = Duration::from_secs(24 * 3600);

impl Archive {
    /// Proves the invariants; returns what breaks them, by number. Changes nothing.
    pub fn check(&self, options: &CheckOptions) -> Result<Vec<Finding>> {
        let mut findings = Findings::default();
        let (used, format) = self.store.read(|tx| {
            for detail in health::integrity(tx)? {
                findings.add("P1.1", "archive.sqlite", detail);
            }
            for (number, question) in health::QUESTIONS {
                for (subject, detail) in health::offenders(tx, question)? {
                    findings.add(number, subject, detail);
                }
            }
            for hearing in health::hearings(tx)? {
                let subject = format!("hearing {hearing}");
                let windows = hearings::windows(tx, hearing, 0)?;
                for window in &windows {
                    if let Some(detail) = window_complaint(window) {
                        findings.add("P10.1", &subject, detail);
                    }
                }
                let heard: Vec<_> = windows.into_iter().flat_map(|window| window.words).collect();
                if let Some(detail) = complaint(&heard) {
                    findings.add("P10.1", &subject, detail);
                }
                let live: Vec<_> = revisions::live(tx, hearing)?.into_iter().map(|live| live.word).collect();
                if let (Some(detail), true) = (complaint(&live), live != heard) {
                    findings.add("P2.3", &subject, detail);
                }
            }
            Ok((health::blobs(tx)?, schema::format(tx)?))
        })?;
        if format != schema::FORMAT {
            findings.add("P8.1", "archive.sqlite", format!("its format is {format}, not {}", schema::FORMAT));
        }
        self.check_files(&used.into_iter().collect(), options, &mut findings)?;
        Ok(findings.found)
    }

    fn check_files(
        &self,
        used: &HashMap<BlobHash, u64>,
        options: &CheckOptions,
        findings: &mut Findings,
    ) -> Result<()> {
        for (hash, bytes) in used {
            let subject = format!("recording file {hash}");
            match self.blobs.size(hash) {
                None => findings.add("P1.3", &subject, "it is missing".into()),
                Some(found) if found != *bytes => {
                    findings.add("P1.3", &subject, format!("it has {found} bytes instead of {bytes}"));
                }
                Some(_) if sampled(hash, options.sample) => match self.blobs.hash_of(hash) {
                    Ok(found) if found == *hash => {}
                    Ok(found) => findings.add("P1.4", &subject, format!("its content is that of {found}")),
                    Err(Error::Source { reason, .. }) => findings.add("P1.4", &subject, reason),
                    Err(error) => return Err(error),
                },
                Some(_) => {}
            }
        }
        for (hash, path, age) in self.blobs.list()? {
            match hash {
                None => findings.add("P1.5", path.display(), "it is not a recording's file".into()),
                Some(hash) if !used.contains_key(&hash) && age > options.grace => {
                    findings.add("P9.1", path.display(), "nothing uses it; `readout run` removes it".into());
                }
                Some(_) => {}
            }
        }
        for (path, age) in self.blobs.temporaries()? {
            if age > options.grace {
                findings.add("P9.2", path.display(), "it was left behind; `readout run` removes it".into());
            }
        }
        findings
            .found
            .sort_by(|a, b| (a.invariant.number, &a.subject).cmp(&(b.invariant.number, &b.subject)));
        Ok(())
    }
}

/// The same files at every check, so that a share is a share and not a lottery: a hash is as good as a dice.
fn sampled(hash: &BlobHash, share: f64) -> bool {
    let [high, low, ..] = hash.0;
    f64::from(u16::from_be_bytes([high, low])) < share * 65536.0
}

#[derive(Default)]
struct Findings {
    found: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, number: &str, subject: impl ToString, detail: String) {
        let known = INVARIANTS.iter().find(|invariant| invariant.number == number);
        let invariant = known.copied().unwrap_or(invariant("P0", "Every check has an invariant."));
        self.found.push(Finding { invariant, subject: subject.to_string(), detail });
    }
}
