//! Playlists of HTTP Live Streaming (RFC 8216): text goes in, what it lists comes out, with complaints.

use std::time::Duration;

/// What a playlist lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Playlist {
    /// The same programme in several qualities, each with a playlist of its own.
    Variants(Vec<Variant>),
    /// Pieces of the programme.
    Media(Media),
    /// A plain list of addresses (M3U or PLS): not HLS.
    Addresses(Vec<String>),
}

/// One quality of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Its playlist, as it is written.
    pub uri: String,
    /// Bits a second at most; 0 where nothing is said.
    pub bandwidth: u64,
    /// True when it is known to have no picture.
    pub audio_only: bool,
}

/// A stretch of a programme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Media {
    /// The longest a piece can be.
    pub target: Duration,
    /// The pieces, in order.
    pub segments: Vec<Segment>,
    /// No more pieces will come.
    pub ended: bool,
}

/// A piece of a programme.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Its address, as it is written.
    pub uri: String,
    /// Its number in the programme.
    pub number: u64,
    /// How long it is said to be.
    pub duration: Duration,
    /// What comes before it does not lead up to it.
    pub discontinuity: bool,
    /// How it is encrypted, when it is (`AES-128` …).
    pub encrypted: Option<String>,
    /// What a player needs before it can play the piece: the address of its `EXT-X-MAP`.
    pub map: Option<String>,
    /// It is a part of a larger file.
    pub part: bool,
}

/// Pieces that are read of one playlist: a day of two-second pieces.
const MOST: usize = 50_000;

/// Reads a playlist. Lines that make no sense are complained about and passed over.
pub fn parse(text: &str) -> (Playlist, Vec<String>) {
    let text = text.trim_start_matches('\u{feff}');
    let mut reading = Reading::default();
    if !text.contains("#EXT-X-") {
        return (Playlist::Addresses(addresses(text)), Vec::new());
    }
    for (number, line) in (1..).zip(text.lines()) {
        if reading.media.segments.len() >= MOST || reading.variants.len() >= MOST {
            reading.complain(number, "the playlist is too long; the rest is not read");
            break;
        }
        reading.line(number, line.trim());
    }
    reading.finish()
}

/// The addresses in a plain playlist: lines of M3U, `FileN=` of PLS.
fn addresses(text: &str) -> Vec<String> {
    let pls = text.lines().any(|line| line.trim().eq_ignore_ascii_case("[playlist]"));
    let file = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let numbered = key.trim().get(..4).is_some_and(|key| key.eq_ignore_ascii_case("file"));
        numbered.then(|| value.trim().to_owned())
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let found: Box<dyn Iterator<Item = String>> =
        if pls { Box::new(lines.filter_map(file)) } else { Box::new(lines.map(str::to_owned)) };
    found.take(MOST).collect()
}

#[derive(Default)]
struct Reading {
    media: Media,
    variants: Vec<Variant>,
    /// Sound without a picture that variants refer to.
    renditions: Vec<(bool, Variant)>,
    /// What the next address is: a variant with these attributes …
    variant: Option<Vec<(String, String)>>,
    /// … or a piece of this kind.
    next: Segment,
    sequence: u64,
    encrypted: Option<String>,
    map: Option<String>,
    complaints: Vec<String>,
}

impl Reading {
    fn complain(&mut self, line: usize, what: &str) {
        if self.complaints.len() < 100 {
            self.complaints.push(format!("line {line}: {what}"));
        }
    }

    fn line(&mut self, number: usize, line: &str) {
        if line.is_empty() {
            return;
        }
        let Some(tag) = line.strip_prefix('#') else { return self.address(line) };
        let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
        match name {
            "EXTINF" => {
                let seconds = value.split(',').next().unwrap_or_default().trim().parse::<f64>();
                match seconds.ok().and_then(seconds_within_a_day) {
                    Some(duration) => self.next.duration = duration,
                    None => self.complain(number, "a length that is none"),
                }
            }
            "EXT-X-TARGETDURATION" => match value.trim().parse::<f64>().ok().and_then(seconds_within_a_day) {
                Some(target) => self.media.target = target,
                None => self.complain(number, "a target duration that is none"),
            },
            "EXT-X-MEDIA-SEQUENCE" => match crate::headers::number(value.trim()) {
                // Numbers of pieces are added to it.
                Some(sequence) if sequence < u64::MAX / 2 => self.sequence = sequence,
                _ => self.complain(number, "a sequence number that is none"),
            },
            "EXT-X-DISCONTINUITY" => self.next.discontinuity = true,
            "EXT-X-BYTERANGE" => self.next.part = true,
            "EXT-X-ENDLIST" => self.media.ended = true,
            "EXT-X-KEY" => {
                let method = attribute(&attributes(value), "METHOD").unwrap_or_default();
                self.encrypted = (method != "NONE").then_some(method);
            }
            "EXT-X-MAP" => {
                let attributes = attributes(value);
                self.next.part |= attribute(&attributes, "BYTERANGE").is_some();
                self.map = attribute(&attributes, "URI");
                if self.map.is_none() {
                    self.complain(number, "a map without an address");
                }
            }
            "EXT-X-STREAM-INF" => self.variant = Some(attributes(value)),
            "EXT-X-MEDIA" => {
                let attributes = attributes(value);
                let sound = attribute(&attributes, "TYPE").as_deref() == Some("AUDIO");
                if let (true, Some(uri)) = (sound, attribute(&attributes, "URI")) {
                    let first = attribute(&attributes, "DEFAULT").as_deref() == Some("YES");
                    self.renditions.push((first, Variant { uri, bandwidth: 0, audio_only: true }));
                }
            }
            _ => {}
        }
    }

    fn address(&mut self, uri: &str) {
        if let Some(attributes) = self.variant.take() {
            let codecs = attribute(&attributes, "CODECS").unwrap_or_default();
            let mut codecs = codecs.split(',').map(str::trim).filter(|codec| !codec.is_empty()).peekable();
            let told = codecs.peek().is_some();
            let pictured = attribute(&attributes, "RESOLUTION").is_some();
            let audio_only = !pictured && told && codecs.all(is_sound);
            let bandwidth = attribute(&attributes, "BANDWIDTH").and_then(|value| value.parse().ok());
            let bandwidth = bandwidth.unwrap_or(0);
            return self.variants.push(Variant { uri: uri.to_owned(), bandwidth, audio_only });
        }
        let segment = std::mem::take(&mut self.next);
        self.media.segments.push(Segment {
            uri: uri.to_owned(),
            number: self.sequence + self.media.segments.len() as u64,
            encrypted: self.encrypted.clone(),
            map: self.map.clone(),
            ..segment
        });
    }

    fn finish(mut self) -> (Playlist, Vec<String>) {
        if self.variants.is_empty() && self.renditions.is_empty() {
            // The sequence may be told after the first pieces.
            for (at, segment) in (0..).zip(&mut self.media.segments) {
                segment.number = self.sequence + at;
            }
            return (Playlist::Media(self.media), self.complaints);
        }
        self.renditions.sort_by_key(|(first, _)| !first);
        self.variants.extend(self.renditions.into_iter().map(|(_, rendition)| rendition));
        (Playlist::Variants(self.variants), self.complaints)
    }
}

/// The variant to record for speech: sound alone if there is such a one, at up to 160 kbit/s, else as small as can be.
pub fn choose(variants: &[Variant]) -> Option<&Variant> {
    const ENOUGH: u64 = 160_000;
    let sound = || variants.iter().filter(|variant| variant.audio_only);
    let good = sound().filter(|variant| variant.bandwidth > 0 && variant.bandwidth <= ENOUGH);
    good.max_by_key(|variant| variant.bandwidth)
        .or_else(|| sound().find(|variant| variant.bandwidth == 0))
        .or_else(|| sound().min_by_key(|variant| variant.bandwidth))
        .or_else(|| variants.iter().min_by_key(|variant| variant.bandwidth))
}

fn is_sound(codec: &str) -> bool {
    const SOUND: &[&str] = &["mp4a", "mp3", "ac-3", "ec-3", "opus", "Opus", "flac", "fLaC", "vorbis", "alac"];
    SOUND.iter().any(|known| codec.starts_with(known))
}

fn seconds_within_a_day(seconds: f64) -> Option<Duration> {
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// `NAME=value,NAME="value"` (RFC 8216, section 4.2).
fn attributes(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => after.split_once(',').map_or((after, ""), |(value, rest)| (value, rest)),
        };
        found.push((name.trim_start_matches(',').trim().to_owned(), value.trim().to_owned()));
        rest = next.trim_start_matches(',');
    }
    found
}

fn attribute(attributes: &[(String, String)], name: &str) -> Option<String> {
    attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
}
