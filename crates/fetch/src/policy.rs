//! What the user allows beyond public addresses.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use ureq::tls::{Certificate, PemItem, parse_pem};
use url::Host;

use crate::Error;
use crate::network::{local_name, not_public, web_port, within};

/// What may be fetched besides public addresses. The default allows nothing more.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Hosts and networks that may be reached although they are not public (`--allow-host`).
    pub allow: Vec<Allowed>,
    /// A redirect from https to http is followed (`--allow-http-redirects`).
    pub http_redirects: bool,
    /// Certificates to trust instead of those that the program brings: for servers with an authority of their own.
    pub authorities: Option<Authorities>,
}

/// Certificates of authorities.
#[derive(Clone, Debug)]
pub struct Authorities(pub(crate) Arc<Vec<Certificate<'static>>>);

impl Authorities {
    /// Reads the certificates in a PEM file; `None` when it holds none.
    pub fn from_pem(pem: &[u8]) -> Option<Self> {
        let certificates: Vec<_> = parse_pem(pem)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        (!certificates.is_empty()).then(|| Self(Arc::new(certificates)))
    }
}

/// A host, or a network, with a port or without: `nas.example`, `nas.example:8080`, `10.0.0.5`, `10.0.0.0/8`,
/// `[fd00::5]:8080`, `fd00::/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    what: What,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Name(String),
    Block(IpAddr, u32),
}

/// A text that names neither a host nor a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{0}” is neither a host (nas.example, 10.0.0.5, nas.example:8080) nor a network (10.0.0.0/8)")]
pub struct NotAllowed(String);

impl FromStr for Allowed {
    type Err = NotAllowed;

    fn from_str(text: &str) -> Result<Self, NotAllowed> {
        let wrong = || NotAllowed(text.to_owned());
        let text = text.trim();
        if let Some((address, bits)) = text.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_| wrong())?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?;
            return Ok(Self { what: What::Block(address, bits), port: None });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::address(address, None));
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok(Self::address(socket.ip(), Some(socket.port())));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        match Host::parse(host.trim_end_matches('.')).map_err(|_| wrong())? {
            Host::Domain(name) if !name.is_empty() => Ok(Self { what: What::Name(name), port }),
            Host::Domain(_) => Err(wrong()),
            Host::Ipv4(address) => Ok(Self::address(address.into(), port)),
            Host::Ipv6(address) => Ok(Self::address(address.into(), port)),
        }
    }
}

impl Allowed {
    fn address(address: IpAddr, port: Option<u16>) -> Self {
        Self { what: What::Block(address, if address.is_ipv4() { 32 } else { 128 }), port }
    }

    fn names(&self, host: &str) -> bool {
        matches!(&self.what, What::Name(name) if name == host)
    }

    fn holds(&self, address: IpAddr) -> bool {
        matches!(self.what, What::Block(block, bits) if within(address, block, bits))
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Name(name) => out.write_str(name)?,
            What::Block(address, bits) if *bits == if address.is_ipv4() { 32 } else { 128 } => {
                match (address, self.port) {
                    (IpAddr::V6(address), Some(_)) => write!(out, "[{address}]")?,
                    _ => write!(out, "{address}")?,
                }
            }
            What::Block(address, bits) => write!(out, "{address}/{bits}")?,
        }
        self.port.map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}

impl Policy {
    /// Judges a host as an address spells it, before any look-up.
    pub(crate) fn host(&self, host: &Host<String>, port: u16) -> Result<(), Error> {
        match host {
            Host::Ipv4(address) => self.reach(host, (*address).into(), port),
            Host::Ipv6(address) => self.reach(host, (*address).into(), port),
            Host::Domain(name) => {
                let named = self.allow.iter().any(|allowed| allowed.names(name));
                // Where a network is allowed, a local name may lead into it: the look-up will tell.
                let may_lead_there = self.allow.iter().any(|allowed| matches!(allowed.what, What::Block(..)));
                match local_name(name) {
                    Some(why) if !named && !may_lead_there => {
                        Err(Error::Refused { what: name.clone(), why, allow: name.clone() })
                    }
                    _ if web_port(port) || self.named_port(name, port) || may_lead_there => Ok(()),
                    _ => Err(refused_port(name, port)),
                }
            }
        }
    }

    /// Judges where a host leads: an address it was found at, at the time when it is connected to.
    pub(crate) fn reach(&self, host: &Host<String>, address: IpAddr, port: u16) -> Result<(), Error> {
        let name = host.to_string();
        let fits = |allowed: &&Allowed| allowed.names(&name) || allowed.holds(address);
        let of_host = || self.allow.iter().filter(fits);
        if let Some(why) = not_public(address) {
            let mut ports = of_host().filter(|allowed| allowed.port.is_none_or(|only| only == port));
            if ports.next().is_none() {
                let what = match host {
                    Host::Domain(name) => format!("{name}, found at {address},"),
                    _ => address.to_string(),
                };
                let allow = match host {
                    Host::Domain(name) => name.clone(),
                    _ => address.to_string(),
                };
                return Err(Error::Refused { what, why, allow });
            }
        }
        if web_port(port) || of_host().any(|allowed| allowed.port == Some(port)) {
            return Ok(());
        }
        Err(refused_port(&name, port))
    }

    fn named_port(&self, name: &str, port: u16) -> bool {
        self.allow.iter().any(|allowed| allowed.names(name) && allowed.port == Some(port))
    }
}

fn refused_port(host: &str, port: u16) -> Error {
    Error::Port { host: host.to_owned(), port, allow: format!("{host}:{port}") }
}
