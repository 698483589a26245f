//! Lines of a stream, each bounded, with the means to look ahead and to put several together.

use std::collections::VecDeque;
use std::io::BufRead;

use encoding_rs::WINDOWS_1252;

/// Lines over which a quoted field of CSV may go; a quotation mark that is never closed must not eat the list.
const QUOTED_LINES: usize = 20;

/// A line with its number, or the number and what was wrong.
pub type Line = Result<(u64, String), (u64, String)>;

/// Reads a stream by lines.
pub struct Lines<R> {
    reader: R,
    longest: usize,
    number: u64,
    ahead: VecDeque<Line>,
    ended: bool,
    /// First line that was no UTF-8.
    pub foreign: Option<u64>,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R, longest: usize) -> Self {
        Self { reader, longest, number: 0, ahead: VecDeque::new(), ended: false, foreign: None }
    }

    /// The next line without its end; `None` after the last.
    pub fn next(&mut self) -> Option<Line> {
        self.ahead.pop_front().or_else(|| self.read())
    }

    fn read(&mut self) -> Option<Line> {
        if self.ended {
            return None;
        }
        self.number += 1;
        let (mut line, mut begun, mut too_long) = (Vec::new(), false, false);
        loop {
            let chunk = match self.reader.fill_buf() {
                Ok(chunk) => chunk,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.ended = true;
                    return Some(Err((self.number, format!("the list cannot be read further: {error}"))));
                }
            };
            if chunk.is_empty() {
                self.ended = true;
                if !begun {
                    return None;
                }
                break;
            }
            begun = true;
            let (end, used) = match chunk.iter().position(|byte| *byte == b'\n') {
                Some(at) => (at, at + 1),
                None => (chunk.len(), chunk.len()),
            };
            too_long |= line.len() + end > self.longest;
            if !too_long {
                line.extend_from_slice(&chunk[..end]);
            }
            let complete = used > end;
            self.reader.consume(used);
            if complete {
                break;
            }
        }
        if too_long {
            return Some(Err((self.number, format!("longer than {} bytes; left out", self.longest))));
        }
        Some(Ok((self.number, self.decoded(line))))
    }

    fn decoded(&mut self, line: Vec<u8>) -> String {
        let mut text = String::from_utf8(line).unwrap_or_else(|error| {
            self.foreign.get_or_insert(self.number);
            WINDOWS_1252.decode_without_bom_handling(error.as_bytes()).0.into_owned()
        });
        text.truncate(text.trim_end_matches('\r').len());
        text
    }

    /// Appends lines until the quotation marks are even; false, and nothing appended, when that does not come soon.
    pub fn complete_quotes(&mut self, text: &mut String) -> bool {
        let odd = |text: &str| text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1;
        if !odd(text) {
            return true;
        }
        let mut more = text.clone();
        for at in 0..QUOTED_LINES {
            if at == self.ahead.len() {
                match self.read() {
                    Some(line) => self.ahead.push_back(line),
                    None => return false,
                }
            }
            let Some(Ok((_, line))) = self.ahead.get(at) else { return false };
            more.push('\n');
            more.push_str(line);
            if more.len() > self.longest {
                return false;
            }
            if !odd(&more) {
                self.ahead.drain(..=at);
                *text = more;
                return true;
            }
        }
        false
    }

    /// Whether the next line is a JSON value of its own, as in a dump whose first line is `[`.
    pub fn next_is_whole_json(&mut self) -> bool {
        if self.ahead.is_empty() {
            let next = self.read();
            self.ahead.extend(next);
        }
        match self.ahead.front() {
            Some(Ok((_, line))) => {
                let bare = line.trim().trim_end_matches(',');
                bare == "]" || serde_json::from_str::<serde::de::IgnoredAny>(bare).is_ok()
            }
            _ => false,
        }
    }

    /// The text with all lines that follow; `None` when they are more than a line may be long or cannot be read.
    pub fn rest(&mut self, text: &str) -> Option<String> {
        let mut whole = text.to_owned();
        while let Some(line) = self.next() {
            let (_, line) = line.ok()?;
            whole.push('\n');
            whole.push_str(&line);
            if whole.len() > self.longest {
                return None;
            }
        }
        Some(whole)
    }
}
