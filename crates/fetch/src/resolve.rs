//! Names to addresses.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use url::Host;

use crate::{Error, Policy, Stop};

/// Finds the addresses of a name. Whatever it finds is judged before anything is connected to.
pub trait Resolve: Send + Sync {
    /// All addresses of `name`; may block.
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's resolver.
#[derive(Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
    }
}

/// Threads that wait for a resolver which does not answer; a system's resolver cannot be interrupted.
const MOST_WAITING: usize = 64;

#[derive(Default)]
pub(crate) struct Lookups {
    waiting: Arc<Mutex<usize>>,
}

impl Lookups {
    /// Finds a host, and judges everything that was found. One address that may not be reached refuses the host: an
    /// honest name does not lead to public and to private addresses at once.
    pub fn find(
        &self,
        resolver: &Arc<dyn Resolve>,
        policy: &Policy,
        host: &Host<String>,
        port: u16,
        patience: Duration,
        stop: &Stop,
    ) -> Result<Vec<SocketAddr>, Error> {
        let found = match host {
            Host::Ipv4(address) => vec![IpAddr::from(*address)],
            Host::Ipv6(address) => vec![IpAddr::from(*address)],
            Host::Domain(name) => self.ask(resolver, name, patience, stop)?,
        };
        for address in &found {
            policy.reach(host, *address, port)?;
        }
        if found.is_empty() {
            return Err(Error::NoHost { host: host.to_string(), why: "it has none".into() });
        }
        Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    fn ask(
        &self,
        resolver: &Arc<dyn Resolve>,
        name: &str,
        patience: Duration,
        stop: &Stop,
    ) -> Result<Vec<IpAddr>, Error> {
        let timeout = || Error::Timeout { host: name.into(), phase: "to be found", after: patience };
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if *waiting >= MOST_WAITING {
                return Err(timeout());
            }
            *waiting += 1;
        }
        let (send, receive) = mpsc::sync_channel(1);
        let (waiting, resolver, asked) = (Arc::clone(&self.waiting), Arc::clone(resolver), name.to_owned());
        std::thread::spawn(move || {
            // Nobody may be listening any more.
            let _ = send.send(resolver.resolve(&asked));
            *waiting.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        });
        let until = Instant::now() + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if stop.asked() {
                return Err(Error::Stopped);
            }
            match receive.recv_timeout(left.min(Duration::from_millis(100))) {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(error)) => {
                    return Err(Error::NoHost { host: name.into(), why: error.to_string() });
                }
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(timeout()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Error::NoHost { host: name.into(), why: "the resolver failed".into() });
                }
            }
        }
    }
}
