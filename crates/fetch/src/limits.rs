//! Everything a fetch is bounded by.

use std::time::Duration;

/// How much of everything a server may take. Each value has its reason; tests shorten the times.
#[derive(Clone, Debug)]
pub struct Limits {
    /// To find the addresses of a host. Resolvers give up by themselves after 5 to 30 s.
    pub resolve: Duration,
    /// To connect and to agree on TLS, over all addresses of the host together.
    pub connect: Duration,
    /// From the request to the end of the answer's head: also what stops a head that comes a byte at a time.
    pub head: Duration,
    /// Between two bytes of a body. Longer than the pauses of a mobile line, shorter than patience.
    pub idle: Duration,
    /// A small document as a whole, with all redirects.
    pub document: Duration,
    /// A download as a whole: a long programme over a slow line, but not a server that never ends.
    pub download: Duration,
    /// Bytes a second that a body must bring, measured over `pace_over`: slower than any line in use.
    pub pace: u64,
    /// The stretch over which `pace` is measured.
    pub pace_over: Duration,
    /// Bytes of an answer's head. Real heads have 1 to 4 kB; content-security headers make some 16 kB.
    pub head_bytes: usize,
    /// Redirects in a row. Podcasts pass through up to six measuring services; browsers stop at 20.
    pub redirects: usize,
    /// Bytes of a document after decoding. A feed of twenty thousand episodes has 30 to 60 MB.
    pub document_bytes: u64,
    /// How many times larger than what was received a decoded document may be, beyond its first megabyte. Feeds,
    /// which repeat themselves, reach 30.
    pub ratio: u64,
    /// Bytes of a download: more than a day of sound in the usual formats, or two hours of video.
    pub download_bytes: u64,
    /// Bytes that a download leaves free on the disk, so that the archive can go on writing.
    pub reserve: u64,
    /// Requests at once to one host: small documents and downloads are counted apart.
    pub at_once: usize,
    /// Between the beginnings of two requests to one host.
    pub interval: Duration,
    /// To wait for a turn at a host before giving up for now.
    pub queue: Duration,
    /// The longest a server may make others wait (`Retry-After`); a longer wish is shortened to this.
    pub longest_wait: Duration,
    /// The longest that one answer (429, 503) silences a whole host: one address that is always busy must not stop the
    /// other shows of a large publisher.
    pub longest_quiet: Duration,
    /// Times a download goes on by itself after it was cut off and had gained something.
    pub resumes: u32,
    /// The least time between two readings of a live playlist, whatever the playlist says of itself.
    pub reload: Duration,
    /// A live playlist that has brought nothing new for this long is over.
    pub stalled: Duration,
    /// Bytes of one segment of a live playlist: a minute of high-definition video.
    pub segment_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            resolve: Duration::from_secs(10),
            connect: Duration::from_secs(15),
            head: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            document: Duration::from_secs(180),
            download: Duration::from_secs(6 * 3600),
            pace: 512,
            pace_over: Duration::from_secs(60),
            head_bytes: 64 << 10,
            redirects: 12,
            document_bytes: 96 << 20,
            ratio: 400,
            download_bytes: 4 << 30,
            reserve: 1 << 30,
            at_once: 2,
            interval: Duration::from_millis(250),
            queue: Duration::from_secs(600),
            longest_wait: Duration::from_secs(24 * 3600),
            longest_quiet: Duration::from_secs(15 * 60),
            resumes: 10,
            reload: Duration::from_secs(1),
            stalled: Duration::from_secs(60),
            segment_bytes: 128 << 20,
        }
    }
}
