//! A server on loopback that does what a test tells it, byte by byte: for tests, behind the feature `hostile-server`.
//!
//! Goes in: a function from each request to what the connection does. Comes out: an address, and a record of what was
//! asked. Let the fetcher reach it with [`Hostile::policy`].

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::{Allowed, Limits, Policy};

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which request this is, counted from 0 over all connections.
    pub number: usize,
    /// Path and query.
    pub path: String,
    /// Header fields in the order they came, names in lower case.
    pub fields: Vec<(String, String)>,
}

impl Seen {
    /// The first field of this name (in lower case).
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| &value[..])
    }
}

/// A thing that a connection does; after the last one it is closed.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends bytes.
    Send(Vec<u8>),
    /// Sends bytes one at a time with a pause before each.
    Drip(Vec<u8>, Duration),
    /// Sends these bytes again and again until the other side goes.
    Endless(Vec<u8>),
    /// Sends nothing and waits until the other side goes.
    Hold,
    /// Breaks the connection instead of ending it (RST).
    Reset,
}

type Script = dyn Fn(&Seen) -> Vec<Act> + Send + Sync;

/// A running server; it ends when it is dropped.
pub struct Hostile {
    address: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
}

struct Shared {
    script: Box<Script>,
    tls: Option<Arc<rustls::ServerConfig>>,
    seen: Mutex<Vec<Seen>>,
    number: AtomicUsize,
    connections: AtomicUsize,
    over: AtomicBool,
    napping: Mutex<()>,
    woken: Condvar,
}

impl Hostile {
    /// Starts a server that answers as `script` says.
    pub fn start(script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::listen(Ipv4Addr::LOCALHOST, None, script)
    }

    /// The same on another address of this machine, such as 127.0.0.2.
    pub fn start_at(address: Ipv4Addr, script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        Self::listen(address, None, script)
    }

    /// The same over TLS.
    pub fn start_tls(
        config: Arc<rustls::ServerConfig>,
        script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        Self::listen(Ipv4Addr::LOCALHOST, Some(config), script)
    }

    fn listen(
        address: Ipv4Addr,
        tls: Option<Arc<rustls::ServerConfig>>,
        script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            script: Box::new(script),
            tls,
            seen: Mutex::default(),
            number: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            napping: Mutex::default(),
            woken: Condvar::new(),
        });
        let inside = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if inside.over.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                inside.connections.fetch_add(1, Ordering::Relaxed);
                let inside = Arc::clone(&inside);
                std::thread::spawn(move || inside.serve(stream));
            }
        });
        Self { address, scheme, shared }
    }

    /// `http://127.0.0.1:PORT` and the path.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The same with another host, for fetchers whose resolver knows it.
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.address.port())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A policy that allows this server and nothing else.
    pub fn policy(&self) -> Policy {
        Policy { allow: vec![self.allowed()], ..Policy::default() }
    }

    /// This server, as a user would allow it.
    pub fn allowed(&self) -> Allowed {
        self.address.to_string().parse().expect("a socket address is a host with a port")
    }

    /// What was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        self.shared.woken.notify_all();
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) {
        // Errors here are the other side's going, which is what tests are about.
        let _ = stream.set_nodelay(true);
        let _ = match &self.tls {
            None => self.play(&stream, &stream),
            Some(config) => rustls::ServerConnection::new(Arc::clone(config))
                .map_err(std::io::Error::other)
                .and_then(|tls| self.play(rustls::StreamOwned::new(tls, &stream), &stream)),
        };
    }

    fn play(&self, mut talk: impl Read + Write, stream: &TcpStream) -> std::io::Result<()> {
        // The last byte of the request stays unread until the answer begins: closing with unread bytes is a reset.
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r") {
            let mut byte = [0];
            talk.read_exact(&mut byte)?;
            head.extend(byte);
        }
        let seen = self.read(&head);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(seen.clone());
        let acts = (self.script)(&seen);
        if !acts.iter().any(|act| matches!(act, Act::Reset)) {
            talk.read_exact(&mut [0])?;
        }
        for act in acts {
            match act {
                Act::Send(bytes) => talk.write_all(&bytes)?,
                Act::Drip(bytes, pause) => {
                    for byte in bytes {
                        self.nap(pause)?;
                        talk.write_all(&[byte])?;
                        talk.flush()?;
                    }
                }
                Act::Endless(bytes) => loop {
                    self.nap(Duration::ZERO)?;
                    talk.write_all(&bytes)?;
                },
                Act::Hold => {
                    stream.set_read_timeout(Some(Duration::from_millis(20)))?;
                    while !matches!(talk.read(&mut [0]), Ok(0)) {
                        self.nap(Duration::from_millis(1))?;
                    }
                    return Ok(());
                }
                Act::Reset => return Ok(()),
            }
            talk.flush()?;
        }
        Ok(())
    }

    /// Waits, but not beyond the end of the server.
    fn nap(&self, time: Duration) -> std::io::Result<()> {
        if self.over.load(Ordering::Relaxed) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        if !time.is_zero() {
            let guard = self.napping.lock().unwrap_or_else(PoisonError::into_inner);
            drop(self.woken.wait_timeout(guard, time));
        }
        Ok(())
    }

    fn read(&self, head: &[u8]) -> Seen {
        let text = String::from_utf8_lossy(head);
        let mut lines = text.lines();
        let path = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default().to_owned();
        let fields = lines.filter_map(|line| line.split_once(':'));
        let fields =
            fields.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned())).collect();
        Seen { number: self.number.fetch_add(1, Ordering::Relaxed), path, fields }
    }
}

/// Limits for tests: times in tenths of seconds, no pause between requests, no space kept free.
pub fn quick_limits() -> Limits {
    Limits {
        resolve: Duration::from_secs(2),
        connect: Duration::from_secs(5),
        head: Duration::from_millis(400),
        idle: Duration::from_millis(300),
        document: Duration::from_secs(5),
        download: Duration::from_secs(10),
        pace: 1 << 10,
        pace_over: Duration::from_millis(200),
        reserve: 0,
        interval: Duration::ZERO,
        queue: Duration::from_secs(2),
        reload: Duration::from_millis(5),
        stalled: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// A whole answer: status line, fields, `Content-Length`, body.
pub fn reply(status: u16, fields: &[(&str, &str)], body: &[u8]) -> Vec<Act> {
    let mut bytes = head(status, fields);
    let end = format!("content-length: {}\r\n\r\n", body.len());
    bytes.extend_from_slice(end.as_bytes());
    bytes.extend_from_slice(body);
    vec![Act::Send(bytes)]
}

/// Status line and fields without the empty line that ends them.
pub fn head(status: u16, fields: &[(&str, &str)]) -> Vec<u8> {
    let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("HTTP/1.1 {status} so\r\n{fields}").into_bytes()
}

/// A redirect.
pub fn redirect(status: u16, to: &str) -> Vec<Act> {
    reply(status, &[("location", to)], b"")
}

/// A file that can be asked for in parts, as an honest server sends it (RFC 9110, sections 13.1.5 and 14).
pub fn file(seen: &Seen, etag: &str, body: &[u8]) -> Vec<Act> {
    let first = seen
        .field("range")
        .filter(|_| seen.field("if-range").is_none_or(|known| known == etag && !known.starts_with("W/")))
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match first {
        Some(first) if first < body.len() => {
            let range = format!("bytes {first}-{}/{}", body.len() - 1, body.len());
            reply(206, &[("etag", etag), ("content-range", &range)], &body[first..])
        }
        Some(_) => reply(416, &[], b""),
        None => reply(200, &[("etag", etag)], body),
    }
}

/// The first `keep` bytes of what an answer sends after its head, then a broken connection.
pub fn cut(answer: Vec<Act>, keep: usize) -> Vec<Act> {
    let mut bytes: Vec<u8> = answer
        .into_iter()
        .flat_map(|act| match act {
            Act::Send(bytes) => bytes,
            _ => Vec::new(),
        })
        .collect();
    let body = bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
    bytes.truncate(body + keep);
    vec![Act::Send(bytes)]
}

/// Zeros, packed with gzip: about a thousandth of `bytes`.
pub fn gzip_bomb(bytes: u64) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::repeat(0).take(bytes), &mut packer).expect("memory takes what is written");
    packer.finish().expect("memory takes what is written")
}
