//! One connection, to an address that was checked, watched while it is open.
//!
//! `ureq` speaks HTTP and TLS over it; it is given no other way to the network. There is no pool: each request makes its
//! own connection, so that each one is checked.

use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, RustlsConnector, Transport,
};
use url::Host;

use crate::{Error, Policy, Stop};

/// How often a wait looks whether it should end.
const LOOK: Duration = Duration::from_millis(100);

/// Where one request may connect to, and for how much.
#[derive(Clone)]
pub(crate) struct Line {
    pub policy: Arc<Policy>,
    pub host: Host<String>,
    /// All that the host was found at; each was checked, and is checked again before it is connected to.
    pub addresses: Vec<SocketAddr>,
    /// Received bytes, framing and head included, beyond which the connection is closed.
    pub budget: u64,
    pub stop: Stop,
}

impl fmt::Debug for Line {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Line({} at {:?})", self.host, self.addresses)
    }
}

/// Gives `ureq` the addresses that were found and checked before; it looks up nothing itself.
impl Resolver for Line {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        for address in self.addresses.iter().take(addresses_kept()) {
            addresses.push(*address);
        }
        if addresses.is_empty() { Err(ureq::Error::HostNotFound) } else { Ok(addresses) }
    }
}

/// As many as `ureq` has room for.
pub(crate) const fn addresses_kept() -> usize {
    16
}

/// Connects where the line leads, then wraps the connection in TLS for https.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub line: Line,
    pub tls: Arc<RustlsConnector>,
}

impl Connector<()> for Guarded {
    type Out = Either<Wire, Box<dyn Transport>>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Self::Out>, ureq::Error> {
        let wire = self.line.connect(&details.addrs, *details.timeout.after, details.config)?;
        if !details.needs_tls() {
            return Ok(Some(Either::A(wire)));
        }
        let wrapped = Connector::<Wire>::connect(&*self.tls, details, Some(wire))?;
        Ok(wrapped.map(|transport| Either::B(Box::new(transport) as Box<dyn Transport>)))
    }
}

impl Line {
    fn connect(
        &self,
        addresses: &[SocketAddr],
        patience: Duration,
        config: &Config,
    ) -> Result<Wire, ureq::Error> {
        let until = Instant::now().checked_add(patience);
        let mut last = None;
        for (at, address) in addresses.iter().enumerate() {
            if self.stop.asked() {
                return Err(ours(Error::Stopped));
            }
            self.policy.reach(&self.host, address.ip(), address.port()).map_err(ours)?;
            let left = until.map_or(patience, |until| until.saturating_duration_since(Instant::now()));
            // What is left is shared among the addresses, so that a dead one leaves time for the next.
            let share = left / u32::try_from(addresses.len() - at).unwrap_or(1).max(1);
            if share.is_zero() {
                break;
            }
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => return Wire::new(stream, self, config),
                Err(error) => last = Some(error),
            }
        }
        match last {
            Some(error) if error.kind() != ErrorKind::TimedOut => Err(ureq::Error::Io(error)),
            _ => Err(ureq::Error::Timeout(ureq::Timeout::Connect)),
        }
    }
}

/// An open connection.
pub(crate) struct Wire {
    stream: TcpStream,
    buffers: LazyBuffers,
    left: u64,
    stop: Stop,
    /// The first bytes were seen, and made HTTP where they were those of an old radio server.
    begun: bool,
}

impl Wire {
    fn new(stream: TcpStream, line: &Line, config: &Config) -> Result<Self, ureq::Error> {
        // What counts is whom the system really connected to.
        let peer = stream.peer_addr()?;
        line.policy.reach(&line.host, peer.ip(), peer.port()).map_err(ours)?;
        stream.set_nodelay(true)?;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Self { stream, buffers, left: line.budget, stop: line.stop.clone(), begun: false })
    }

    /// Waits for bytes, looking several times a second whether the wait should end.
    fn receive(&mut self, timeout: NextTimeout) -> Result<usize, ureq::Error> {
        let timeout = timeout.for_read();
        let until = Instant::now().checked_add(*timeout.after);
        loop {
            if self.stop.asked() {
                return Err(ours(Error::Stopped));
            }
            let left = until.map_or(LOOK, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(ureq::Error::Timeout(timeout.reason));
            }
            self.stream.set_read_timeout(Some(left.min(LOOK)))?;
            let room = self.buffers.input_append_buf();
            // The first bytes may grow when they are made HTTP.
            let most = if self.begun { room.len() } else { room.len() / 2 };
            match self.stream.read(&mut room[..most]) {
                Ok(read) => {
                    self.left = match self.left.checked_sub(read as u64) {
                        Some(left) => left,
                        None => return Err(ours(OverBudget)),
                    };
                    self.buffers.input_appended(read);
                    return Ok(read);
                }
                Err(error) if is_pause(error.kind()) => {}
                // Told apart from an orderly end, which for some bodies is the only sign that they are whole.
                Err(error) => return Err(ours(Broken(error.to_string()))),
            }
        }
    }
}

impl Transport for Wire {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let timeout = timeout.for_write();
        if timeout.after.is_zero() {
            return Err(ureq::Error::Timeout(timeout.reason));
        }
        let until = Instant::now().checked_add(*timeout.after);
        let mut output = &self.buffers.output()[..amount];
        while !output.is_empty() {
            if self.stop.asked() {
                return Err(ours(Error::Stopped));
            }
            let left = until.map_or(LOOK, |until| until.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Err(ureq::Error::Timeout(timeout.reason));
            }
            self.stream.set_write_timeout(Some(left.min(LOOK)))?;
            match self.stream.write(output) {
                Ok(0) => return Err(ours(Broken("it takes no more".into()))),
                Ok(written) => output = output.get(written..).unwrap_or_default(),
                Err(error) if is_pause(error.kind()) => {}
                Err(error) => return Err(ours(Broken(error.to_string()))),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        const OLD: &[u8] = b"ICY ";
        let mut read = self.receive(timeout)?;
        // Shoutcast answers `ICY 200 OK`, which is HTTP/1.0 in all but name.
        while !self.begun && read > 0 {
            let input = self.buffers.input();
            let common = input.iter().zip(OLD).take_while(|(a, b)| a == b).count();
            if common == OLD.len() {
                let rest = input[OLD.len()..].to_vec();
                self.buffers.input_consume(OLD.len() + rest.len());
                let line = [b"HTTP/1.0 ", &rest[..]].concat();
                let room = self.buffers.input_append_buf();
                let fits = line.len().min(room.len());
                room[..fits].copy_from_slice(&line[..fits]);
                self.buffers.input_appended(fits);
            } else if common == input.len() {
                read = self.receive(timeout)?;
                continue;
            }
            self.begun = true;
        }
        Ok(read > 0)
    }

    fn is_open(&mut self) -> bool {
        // Nothing is used twice.
        false
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Wire({:?})", self.stream.peer_addr())
    }
}

/// True for a wait that ended without bytes. On Unix `TimedOut` is something else: the connection itself is dead.
fn is_pause(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::Interrupted)
        || cfg!(windows) && kind == ErrorKind::TimedOut
}

/// The connection broke: not an end.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(pub String);

/// More came than any body within the limits takes.
#[derive(Debug, thiserror::Error)]
#[error("more was sent than was asked for")]
pub(crate) struct OverBudget;

fn ours(error: impl std::error::Error + Send + Sync + 'static) -> ureq::Error {
    ureq::Error::Other(Box::new(error))
}
