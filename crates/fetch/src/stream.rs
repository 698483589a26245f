//! Sound that has no end: Icecast and Shoutcast.

use std::io::{self, Read};

use ureq::http::{HeaderName, header};

use crate::body::{self, Body};
use crate::fetcher::{Answer, Asking};
use crate::turns::Lane;
use crate::{Error, Fetcher, PublicUrl, Request, headers};

/// A live stream. Reads as the sound alone: what the station says between is taken out and kept in
/// [`Stream::title`]. Its errors can be taken out with [`Stream::error`].
pub struct Stream {
    body: Body,
    titles: Option<Titles>,
    /// `Content-Type` as the server wrote it.
    pub content_type: Option<String>,
    /// What the station calls itself (`icy-name`).
    pub station: Option<String>,
    /// The address that answered, after all redirects.
    pub address: PublicUrl,
}

impl Fetcher {
    /// Opens a live stream. There is no deadline for the whole; a stream that falls silent for
    /// [`Limits::idle`](crate::Limits::idle) fails. Connecting again is the caller's, who knows the schedule.
    pub fn stream(&self, request: &Request) -> Result<Stream, Error> {
        let fields = [
            (HeaderName::from_static("icy-metadata"), "1".to_owned()),
            (header::ACCEPT_ENCODING, "identity".to_owned()),
        ];
        let asking = Asking { lane: Lane::Live, whole: None, budget: u64::MAX, fields: &fields };
        let (answer, body) = self.ask(request, &asking)?;
        if answer.status != 200 {
            return Err(self.refuse(&answer));
        }
        if let Some(encoding) = answer.field(header::CONTENT_ENCODING).filter(|name| *name != "identity") {
            let (shown, encoding) = (body.shown, crate::address::shorten(encoding));
            return Err(Error::Encoding { shown, encoding });
        }
        let every = named(&answer, "icy-metaint").and_then(|every| headers::number(&every));
        let every = every.and_then(|every| usize::try_from(every).ok()).filter(|every| *every > 0);
        Ok(Stream {
            body,
            titles: every.map(Titles::every),
            content_type: answer.owned(header::CONTENT_TYPE),
            station: named(&answer, "icy-name"),
            address: answer.address,
        })
    }
}

fn named(answer: &Answer, name: &'static str) -> Option<String> {
    answer.owned(HeaderName::from_static(name))
}

impl Stream {
    /// What the station said last that it plays.
    pub fn title(&self) -> Option<&str> {
        self.titles.as_ref().and_then(|titles| titles.last.as_deref())
    }

    /// What [`Read`] failed with.
    pub fn error(&self, error: io::Error) -> Error {
        body::unwrap(error, &self.body.shown)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.titles {
            Some(titles) => titles.read(&mut self.body, buffer),
            None => self.body.read(buffer),
        }
    }
}

/// Takes out what stands between the sound: after each `every` bytes one that says how many times 16 bytes of text
/// follow.
struct Titles {
    every: usize,
    /// Bytes of sound before the next text.
    left: usize,
    last: Option<String>,
}

impl Titles {
    fn every(every: usize) -> Self {
        Self { every, left: every, last: None }
    }

    fn read(&mut self, from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            let mut length = [0];
            if from.read(&mut length)? == 0 {
                return Ok(0);
            }
            let mut text = vec![0; usize::from(length[0]) * 16];
            from.read_exact(&mut text)?;
            self.last = title(&text).or(self.last.take());
            self.left = self.every;
        }
        let most = buffer.len().min(self.left);
        let read = from.read(&mut buffer[..most])?;
        self.left -= read;
        Ok(read)
    }
}

/// `StreamTitle='…';`, where the title itself may hold apostrophes.
fn title(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let (_, rest) = text.split_once("StreamTitle='")?;
    let (title, _) = rest.split_once("';").or_else(|| rest.rsplit_once('\''))?;
    let title: String = title.trim().chars().filter(|c| !c.is_control()).collect();
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(every: usize, sound: &[u8], texts: &[&str]) -> Vec<u8> {
        let mut texts = texts.iter();
        let mut bytes = Vec::new();
        for part in sound.chunks(every) {
            bytes.extend_from_slice(part);
            if part.len() == every {
                let text = texts.next().copied().unwrap_or_default().as_bytes();
                bytes.push(u8::try_from(text.len().div_ceil(16)).unwrap());
                bytes.extend_from_slice(text);
                bytes.resize(bytes.len() + text.len().next_multiple_of(16) - text.len(), 0);
            }
        }
        bytes
    }

    proptest::proptest! {
        #[test]
        fn what_the_station_says_is_not_in_the_sound(
            sound: Vec<u8>,
            every in 1usize..40,
            name in "[a-zA-Z' é]{0,60}",
            step in 1usize..50,
        ) {
            let text = format!("StreamTitle='{name}';StreamUrl='';");
            let bytes = packed(every, &sound, &["", &text, ""]);
            let mut titles = Titles::every(every);
            let (mut from, mut heard, mut buffer) = (&bytes[..], Vec::new(), vec![0; step]);
            loop {
                match titles.read(&mut from, &mut buffer).unwrap() {
                    0 => break,
                    read => heard.extend_from_slice(&buffer[..read]),
                }
            }
            proptest::prop_assert_eq!(&heard, &sound);
            let said = sound.len() >= 2 * every && !name.trim().is_empty();
            let expected = said.then(|| name.trim().to_owned());
            proptest::prop_assert_eq!(titles.last, expected);
        }
    }

    #[test]
    fn titles_are_read_as_stations_write_them() {
        for (text, expected) in [
            ("StreamTitle='The News';", Some("The News")),
            ("StreamTitle='Don't stop';StreamUrl='x';", Some("Don't stop")),
            ("StreamTitle='cut off'", Some("cut off")),
            ("StreamTitle='';", None),
            ("nothing", None),
        ] {
            assert_eq!(title(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }
}
