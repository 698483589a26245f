//! A live programme as pieces of sound, however its station sends it.

use std::collections::VecDeque;
use std::io::Read;
use std::time::{Duration, Instant};

use crate::hls::{self, Media, Playlist, Segment};
use crate::stream::Stream;
use crate::turns::Lane;
use crate::{Error, Fetcher, PublicUrl, Request};

/// A piece of a live programme.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Sound as the station sends it; pieces put together are the programme.
    pub bytes: Vec<u8>,
    /// What came before does not lead up to this: something was lost, or the station changed over. A decoder begins anew
    /// here.
    pub discontinuity: bool,
    /// How much is known to be lost before this piece.
    pub lost: Duration,
    /// What the station says that it plays, when it just said so.
    pub title: Option<String>,
}

/// A live programme. As an iterator it gives pieces until the programme ends (`None`) or an error, which is the last; a
/// retryable error means: open again, and what passed meanwhile is lost.
pub struct LiveSource<'a> {
    kind: Kind<'a>,
    over: bool,
    /// `Content-Type` of the sound where the station says so.
    pub content_type: Option<String>,
    /// What the station calls itself.
    pub station: Option<String>,
}

enum Kind<'a> {
    Stream { stream: Box<Stream>, first: Vec<u8>, title: Option<String> },
    Segments(Box<Segments<'a>>),
}

/// Bytes of a piece of a stream: a second or two.
const PIECE: usize = 32 << 10;
/// Bytes of a playlist.
const PLAYLIST: u64 = 4 << 20;
/// Playlists that lead to playlists.
const DEEP: usize = 4;

impl<'a> LiveSource<'a> {
    /// Opens the address of a stream, or of a playlist that leads to one (HLS, M3U, PLS).
    pub fn open(fetcher: &'a Fetcher, request: &Request) -> Result<Self, Error> {
        let mut request = request.clone();
        for _ in 0..DEEP {
            let mut stream = fetcher.stream(&request)?;
            let mut first = read_up_to(&mut stream, 512)?;
            if !is_playlist(&first) {
                if looks_like_page(&first) {
                    let why = "this is a web page; give the address of the stream itself".to_owned();
                    return Err(Error::Playlist { shown: stream.address.to_string(), why });
                }
                let (content_type, station) = (stream.content_type.clone(), stream.station.clone());
                let kind = Kind::Stream { stream: Box::new(stream), first, title: None };
                return Ok(Self { kind, over: false, content_type, station });
            }
            let limit = PLAYLIST + 1 - first.len() as u64;
            let mut rest = (&mut stream).take(limit);
            let read = rest.read_to_end(&mut first);
            read.map_err(|error| stream.error(error))?;
            let base = stream.address;
            if first.len() as u64 > PLAYLIST {
                return Err(Error::TooLarge { shown: base.to_string(), limit: PLAYLIST });
            }
            let next = match hls::parse(&String::from_utf8_lossy(&first)).0 {
                Playlist::Media(media) => {
                    let segments = Box::new(Segments::begin(fetcher, &request, base, media)?);
                    let kind = Kind::Segments(segments);
                    return Ok(Self { kind, over: false, content_type: None, station: None });
                }
                Playlist::Variants(variants) => hls::choose(&variants).map(|variant| variant.uri.clone()),
                Playlist::Addresses(addresses) => addresses.into_iter().next(),
            };
            let Some(next) = next else {
                let why = "the playlist is empty; is the station on the air?".to_owned();
                return Err(Error::Playlist { shown: base.to_string(), why });
            };
            request = fetcher.follow(&request, &base, &next)?;
        }
        let why = "playlists lead to playlists without end; give the address of the stream itself".to_owned();
        Err(Error::Playlist { shown: crate::shown_address(&request.address), why })
    }
}

impl Iterator for LiveSource<'_> {
    type Item = Result<Chunk, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let next = match &mut self.kind {
            Kind::Stream { stream, first, title } => piece(stream, first, title),
            Kind::Segments(segments) => segments.next(),
        };
        self.over = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

/// The next piece of a plain stream; its end is the station's.
fn piece(
    stream: &mut Stream,
    first: &mut Vec<u8>,
    said: &mut Option<String>,
) -> Result<Option<Chunk>, Error> {
    let mut bytes = std::mem::take(first);
    let mut more = read_up_to(stream, PIECE - bytes.len().min(PIECE))?;
    bytes.append(&mut more);
    if bytes.is_empty() {
        return Ok(None);
    }
    let title = stream.title().filter(|title| said.as_deref() != Some(title)).map(str::to_owned);
    if title.is_some() {
        said.clone_from(&title);
    }
    Ok(Some(Chunk { bytes, title, ..Chunk::default() }))
}

fn read_up_to(stream: &mut Stream, most: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; most];
    let mut filled = 0;
    while filled < most {
        match stream.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            // What came before a break is sound too; the break comes again with the next piece.
            Err(_) if filled > 0 => break,
            Err(error) => return Err(stream.error(error)),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn is_playlist(first: &[u8]) -> bool {
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let begins =
        |with: &str| text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with.as_bytes()));
    // A bare list of addresses is an M3U too.
    ["#EXTM3U", "[playlist]", "http://", "https://"].iter().any(|with| begins(with))
}

fn looks_like_page(first: &[u8]) -> bool {
    first.trim_ascii_start().starts_with(b"<")
}

impl Fetcher {
    /// A request for what a playlist names, seen from the playlist: as careful as with a redirect.
    fn follow(&self, request: &Request, base: &PublicUrl, uri: &str) -> Result<Request, Error> {
        let next = self.join(base, uri)?;
        let (start, in_address) = self.check_with_credentials(&request.address)?;
        let credentials = request.credentials.clone().or(in_address).filter(|_| start.same_origin(&next));
        Ok(Request { address: next.as_str().to_owned(), credentials, ..request.clone() })
    }
}

/// A programme in pieces (HLS).
struct Segments<'a> {
    fetcher: &'a Fetcher,
    request: Request,
    playlist: PublicUrl,
    target: Duration,
    waiting: VecDeque<Segment>,
    /// Number of the piece that comes next.
    next: u64,
    /// Addresses of the newest pieces: a programme that counts anew is told from a playlist that is out of date.
    recent: VecDeque<String>,
    map: Option<String>,
    discontinuity: bool,
    lost: Duration,
    ended: bool,
    /// When something new came last.
    new: Instant,
    read: Instant,
}

/// Pieces before the newest one at which a live programme is joined (RFC 8216, section 6.3.3).
const JOIN: usize = 3;

impl<'a> Segments<'a> {
    fn begin(
        fetcher: &'a Fetcher,
        request: &Request,
        playlist: PublicUrl,
        media: Media,
    ) -> Result<Self, Error> {
        let now = Instant::now();
        let mut segments = Self {
            fetcher,
            request: request.clone(),
            playlist,
            target: media.target,
            waiting: VecDeque::new(),
            next: 0,
            recent: VecDeque::new(),
            map: None,
            discontinuity: false,
            lost: Duration::ZERO,
            ended: false,
            new: now,
            read: now,
        };
        let skip = if media.ended { 0 } else { media.segments.len().saturating_sub(JOIN) };
        segments.next = media.segments.get(skip).map_or(0, |segment| segment.number);
        segments.take_in(media)?;
        Ok(segments)
    }

    fn next(&mut self) -> Result<Option<Chunk>, Error> {
        loop {
            if self.request.stop.asked() {
                return Err(Error::Stopped);
            }
            if let Some(segment) = self.waiting.pop_front() {
                if let Some(chunk) = self.fetch(segment)? {
                    return Ok(Some(chunk));
                }
            } else if self.ended {
                return Ok(None);
            } else {
                self.reload()?;
            }
        }
    }

    /// Fetches a piece; one that is gone, or fails twice, is lost.
    fn fetch(&mut self, segment: Segment) -> Result<Option<Chunk>, Error> {
        self.discontinuity |= segment.discontinuity;
        let mut bytes = Vec::new();
        if segment.map.is_some() && (self.map != segment.map || self.discontinuity) {
            bytes = self.get(segment.map.as_deref().unwrap_or_default())?;
            self.map.clone_from(&segment.map);
        }
        let got = match self.get(&segment.uri) {
            Err(error) if error.is_retryable() && !matches!(error, Error::Stopped) => self.get(&segment.uri),
            other => other,
        };
        match got {
            Ok(mut sound) => bytes.append(&mut sound),
            Err(error @ (Error::Stopped | Error::Refused { .. } | Error::Port { .. })) => return Err(error),
            Err(error)
                if error.is_retryable() || matches!(error, Error::NotFound { .. } | Error::Gone { .. }) =>
            {
                self.discontinuity = true;
                self.lost += segment.duration;
                return Ok(None);
            }
            Err(error) => return Err(error),
        }
        let discontinuity = std::mem::take(&mut self.discontinuity);
        let lost = std::mem::take(&mut self.lost);
        Ok(Some(Chunk { bytes, discontinuity, lost, title: None }))
    }

    fn get(&self, uri: &str) -> Result<Vec<u8>, Error> {
        let mut request = self.fetcher.follow(&self.request, &self.playlist, uri)?;
        request.max_bytes = Some(self.fetcher.limits.segment_bytes);
        let response = self.fetcher.get_in(Lane::Live, &request)?;
        Ok(response.document().map(|document| document.bytes).unwrap_or_default())
    }

    /// Reads the playlist again, when it is time.
    fn reload(&mut self) -> Result<(), Error> {
        let limits = &self.fetcher.limits;
        // Half the length of a piece while nothing new comes (RFC 8216, section 6.3.4).
        let pause = (self.target / 2).max(limits.reload).min(limits.stalled);
        self.wait_until(self.read + pause)?;
        self.read = Instant::now();
        let stalled = limits.stalled.max(self.target * 3);
        let request = Request { max_bytes: Some(PLAYLIST), ..self.request.clone() };
        match self.fetcher.get_in(Lane::Live, &request) {
            Ok(response) => {
                self.playlist = response.address.clone();
                let bytes = response.document().map(|document| document.bytes).unwrap_or_default();
                if let (Playlist::Media(media), _) = hls::parse(&String::from_utf8_lossy(&bytes)) {
                    self.take_in(media)?;
                }
            }
            Err(error) if !error.is_retryable() || self.new.elapsed() > stalled => return Err(error),
            Err(Error::Stopped) => return Err(Error::Stopped),
            Err(_) => {}
        }
        if self.waiting.is_empty() && !self.ended && self.new.elapsed() > stalled {
            let host = self.playlist.host().to_string();
            return Err(Error::Timeout {
                host,
                phase: "without a new piece of the programme",
                after: stalled,
            });
        }
        Ok(())
    }

    fn wait_until(&self, until: Instant) -> Result<(), Error> {
        loop {
            if self.request.stop.asked() {
                return Err(Error::Stopped);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(Duration::from_millis(100)));
        }
    }

    /// Puts what is new in a playlist in line.
    fn take_in(&mut self, media: Media) -> Result<(), Error> {
        self.target = media.target;
        self.ended = media.ended;
        let (Some(first), Some(last)) = (media.segments.first(), media.segments.last()) else {
            return Ok(());
        };
        let known = |segment: &Segment| self.recent.contains(&segment.uri);
        if last.number + 1 < self.next && !media.segments.iter().any(known) {
            self.next = first.number;
            self.discontinuity = true;
        }
        if first.number > self.next {
            let missed = u32::try_from(first.number - self.next).unwrap_or(u32::MAX);
            self.lost += media.target.saturating_mul(missed).min(self.new.elapsed());
            self.discontinuity = true;
        }
        let next = self.next;
        for segment in media.segments.into_iter().filter(|segment| segment.number >= next) {
            let shown = || self.playlist.to_string();
            if let Some(method) = &segment.encrypted {
                let method = crate::address::shorten(method);
                let why = format!(
                    "the programme is encrypted ({method}), and is not recorded; ask the station for an open stream"
                );
                return Err(Error::Playlist { shown: shown(), why });
            }
            if segment.part {
                let why = "its pieces are parts of larger files, which are not read; ask the station for another stream";
                return Err(Error::Playlist { shown: shown(), why: why.to_owned() });
            }
            self.next = segment.number + 1;
            self.new = Instant::now();
            self.recent.push_back(segment.uri.clone());
            if self.recent.len() > 64 {
                self.recent.pop_front();
            }
            self.waiting.push_back(segment);
        }
        Ok(())
    }
}
