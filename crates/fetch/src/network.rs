//! Which addresses and ports are public.
//!
//! The blocks are those of the IANA registries of special-purpose addresses (RFC 6890 and its updates) that are not
//! "globally reachable", and those of IPv6 that carry an IPv4 address inside.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const METADATA: &str = "the address of a cloud's metadata service";
const PRIVATE: &str = "a private address";
const LOOPBACK: &str = "an address of this machine";
const LINK_LOCAL: &str = "a link-local address";
const SHARED: &str = "an address inside a provider's network";
const DOCUMENTATION: &str = "an address for documentation";
const MULTICAST: &str = "a multicast address";
const RESERVED: &str = "a reserved address";
const TUNNEL: &str = "an IPv6 address with an IPv4 address inside";

/// First block that matches wins.
const V4: &[([u8; 4], u32, &str)] = &[
    ([169, 254, 169, 254], 32, METADATA),
    ([169, 254, 170, 2], 32, METADATA),
    ([100, 100, 100, 200], 32, METADATA),
    ([192, 0, 0, 192], 32, METADATA),
    ([168, 63, 129, 16], 32, METADATA), // looks public, and is answered by the host of the virtual machine
    ([0, 0, 0, 0], 8, LOOPBACK),        // "this network" (RFC 1122); systems connect 0.0.0.0 to themselves
    ([10, 0, 0, 0], 8, PRIVATE),
    ([100, 64, 0, 0], 10, SHARED),
    ([127, 0, 0, 0], 8, LOOPBACK),
    ([169, 254, 0, 0], 16, LINK_LOCAL),
    ([172, 16, 0, 0], 12, PRIVATE),
    ([192, 0, 0, 0], 24, RESERVED),
    ([192, 0, 2, 0], 24, DOCUMENTATION),
    ([192, 88, 99, 0], 24, RESERVED),
    ([192, 168, 0, 0], 16, PRIVATE),
    ([198, 18, 0, 0], 15, RESERVED),
    ([198, 51, 100, 0], 24, DOCUMENTATION),
    ([203, 0, 113, 0], 24, DOCUMENTATION),
    ([224, 0, 0, 0], 4, MULTICAST),
    ([240, 0, 0, 0], 4, RESERVED),
];

const V6: &[(Ipv6Addr, u32, &str)] = &[
    (Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254), 128, METADATA),
    (Ipv6Addr::UNSPECIFIED, 128, LOOPBACK),
    (Ipv6Addr::LOCALHOST, 128, LOOPBACK),
    (Ipv6Addr::UNSPECIFIED, 96, TUNNEL), // IPv4-compatible
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, TUNNEL), // IPv4-mapped
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, TUNNEL), // IPv4-translated (SIIT)
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, TUNNEL), // NAT64 of one network (RFC 8215)
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, TUNNEL), // Teredo
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, TUNNEL), // 6to4
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, RESERVED),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, DOCUMENTATION),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, DOCUMENTATION),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, PRIVATE),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, LINK_LOCAL),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, PRIVATE), // site-local, deprecated
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, MULTICAST),
];

/// NAT64 with the prefix that all networks share (RFC 6052).
const NAT64: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);
/// What is given out as global unicast (RFC 4291, section 2.4).
const GLOBAL: Ipv6Addr = Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0);

/// Why an address is not public; `None` for one that is.
///
/// NAT64 is judged by the IPv4 address inside: on a network with IPv6 alone every IPv4 host is reached that way.
pub(crate) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => v4(address),
        IpAddr::V6(address) if within(address.into(), NAT64.into(), 96) => {
            let [.., a, b, c, d] = address.octets();
            v4(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(address) => {
            let known = V6.iter().find(|(block, bits, _)| within(address.into(), (*block).into(), *bits));
            let global = within(address.into(), GLOBAL.into(), 3);
            known.map(|(_, _, why)| *why).or((!global).then_some(RESERVED))
        }
    }
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    let block = V4.iter().find(|(block, bits, _)| within(address.into(), IpAddr::from(*block), *bits));
    block.map(|(_, _, why)| *why)
}

/// True when the first `bits` of both are the same, and both are of one family.
pub(crate) fn within(address: IpAddr, block: IpAddr, bits: u32) -> bool {
    match (address, block) {
        (IpAddr::V4(address), IpAddr::V4(block)) => {
            (address.to_bits() ^ block.to_bits()).checked_shr(32 - bits.min(32)).unwrap_or(0) == 0
        }
        (IpAddr::V6(address), IpAddr::V6(block)) => {
            (address.to_bits() ^ block.to_bits()).checked_shr(128 - bits.min(128)).unwrap_or(0) == 0
        }
        _ => false,
    }
}

/// Why a name belongs to the local network (RFC 6761, 6762, 7686, 8375, 9476 and the reserved `internal`); `None`
/// for others. A name without a dot is one that the local network completes.
pub(crate) fn local_name(host: &str) -> Option<&'static str> {
    const LOCAL: &[&str] =
        &["localhost", "local", "internal", "home.arpa", "lan", "home", "corp", "intranet", "onion", "alt"];
    let ends =
        |suffix: &str| host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let local = !host.contains('.') || LOCAL.iter().any(|suffix| ends(suffix));
    local.then_some("a name of the local network")
}

/// Ports above 1023 that belong to services which must not be spoken to: those that browsers block (Fetch standard,
/// "bad port"), and databases, caches and control ports that take commands from anybody who reaches them.
const SERVICES: &[u16] = &[
    1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5060, 5061, 5432, 5672,
    5900, 5984, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9042, 9092, 9200, 9300,
    10080, 10250, 11211, 27017,
];

/// True for 80, 443 and those from 1024 on that are not known for something else: radio stations use many.
pub(crate) fn web_port(port: u16) -> bool {
    matches!(port, 80 | 443) || port >= 1024 && !SERVICES.contains(&port)
}
