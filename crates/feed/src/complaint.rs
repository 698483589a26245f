use std::fmt;

use serde::Serialize;

/// Something in a document that could not be taken as it was written. The rest was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Complaint {
    /// The sort of fault, in a few fixed words; one document has one complaint of each.
    pub kind: &'static str,
    /// What was found, at its first occurrence; empty when the kind says all.
    pub detail: String,
    /// How often it occurred, from 1.
    pub times: u64,
}

/// `an address that is not http or https: javascript:x (3 times)`
impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.kind)?;
        if !self.detail.is_empty() {
            write!(out, ": {}", self.detail)?;
        }
        if self.times > 1 {
            write!(out, " ({} times)", self.times)?;
        }
        Ok(())
    }
}

/// Complaints of one document: the first of each kind, with a count of the others.
#[derive(Debug)]
pub(crate) struct Complaints {
    most: usize,
    list: Vec<Complaint>,
}

/// Characters of a document's text quoted in a complaint: enough to find the place, too few to hide one.
const QUOTED: usize = 80;

impl Complaints {
    pub fn new(most: usize) -> Self {
        Self { most, list: Vec::new() }
    }

    /// Notes a fault.
    pub fn add(&mut self, kind: &'static str, detail: &str) {
        if let Some(known) = self.list.iter_mut().find(|known| known.kind == kind) {
            known.times += 1;
        } else if self.list.len() < self.most {
            let detail = detail.chars().filter(|letter| !letter.is_control()).take(QUOTED).collect();
            self.list.push(Complaint { kind, detail, times: 1 });
        }
    }

    pub fn into_list(self) -> Vec<Complaint> {
        self.list
    }
}
