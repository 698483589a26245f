//! In a network of its own (Linux): every private address is there and listens, and nothing connects to them.
//!
//! The test starts itself again under `unshare`, in a network namespace where it may give itself any address. The kernel
//! counts the connections that are begun there; none may be, but those to the one public server.

#![cfg(target_os = "linux")]

use std::io;
use std::net::{IpAddr, TcpListener};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::corpus::{NAMES, TRICKS};
use crate::hostile::{Hostile, file, quick_limits, redirect, reply};
use crate::{Error, Fetcher, Limits, LiveSource, Policy, Request, Resolve};

const INSIDE: &str = "READOUT_FETCH_INSIDE";
/// What a test inside says when it came to its end.
const DONE: &str = "everything was tried";
const PUBLIC: [u8; 4] = [93, 184, 215, 14];

/// Gives the namespace all kinds of addresses, then runs what follows.
const SETUP: &str = "set -e
ip link set lo up
for a in 10.0.0.5/8 172.16.0.1/12 192.168.0.1/16 169.254.169.254/16 169.254.170.2/16 100.64.0.1/10 \\
    100.100.100.200/32 168.63.129.16/32 198.18.0.1/15 192.0.0.8/24 192.0.2.1/24 198.51.100.1/24 203.0.113.1/24 \\
    93.184.215.14/32 1.1.1.1/32; do ip addr add $a dev lo; done
for a in fd00::5/8 fd00:ec2::254/128 fec0::1/10 fe80::1/64 2001:db8::1/32 2002:7f00:1::/16 64:ff9b::a00:5/128 \\
    64:ff9b::a9fe:a9fe/128; do ip -6 addr add $a dev lo nodad 2>/dev/null || true; done
exec \"$@\"";

/// Runs one of the tests below in a network and with mounts of its own, or says that this cannot be had.
fn run_inside(test: &str) {
    let possible = |flags: &&[&str]| {
        let tried = Command::new("unshare").args(*flags).args(["ip", "link", "set", "lo", "up"]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let ways = [&["--net", "--mount"][..], &["--net", "--mount", "--map-root-user"]];
    let Some(flags) = ways.into_iter().find(possible) else {
        eprintln!(
            "SKIPPED: no network namespace can be made here (it takes unshare, ip, and the right to use them)"
        );
        return;
    };
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", SETUP, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", &format!("tests::namespace::{test}"), "--nocapture"]).env(INSIDE, "1");
    // A proxy on the way would be a connection too (item 4).
    for proxy in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env(proxy, "http://10.0.0.5:8080");
    }
    let output = command.output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains(DONE), "{said}");
}

#[test]
fn nothing_private_is_connected_to_h6() {
    run_inside("all_tricks");
}

#[test]
fn a_full_disk_mixes_nothing_7() {
    run_inside("full_disk");
}

/// Connections that were begun in this namespace, by the kernel's count (`Tcp: ActiveOpens`, RFC 1213).
fn begun() -> u64 {
    let table = std::fs::read_to_string("/proc/net/snmp").unwrap();
    let mut rows = table.lines().filter_map(|line| line.strip_prefix("Tcp: "));
    let (names, values) = (rows.next().unwrap(), rows.next().unwrap());
    let at = names.split(' ').position(|name| name == "ActiveOpens").unwrap();
    values.split(' ').nth(at).unwrap().parse().unwrap()
}

/// Says first what is public, then what is private: a name that is rebound.
struct Rebinding(AtomicUsize);

impl Resolve for Rebinding {
    fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        if let Some((_, addresses)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(addresses.iter().map(|address| address.parse().unwrap()).collect());
        }
        match self.0.fetch_add(1, Ordering::SeqCst) % 2 {
            0 => Ok(vec![PUBLIC.into()]),
            _ => Ok(vec![[10, 0, 0, 5].into()]),
        }
    }
}

/// What runs in the namespace; nothing, outside.
#[test]
fn all_tricks() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let ports = [22, 25, 80, 443, 6379, 8080, 11211];
    let listeners: Vec<_> = ports
        .into_iter()
        .flat_map(|port| [TcpListener::bind(("0.0.0.0", port)), TcpListener::bind(("::", port))])
        .filter_map(Result::ok)
        .collect();
    assert!(listeners.len() >= ports.len());
    // The ports are open: without the guard each trick would have been heard.
    let control = begun();
    std::net::TcpStream::connect("10.0.0.5:80").unwrap();
    assert_eq!(begun(), control + 1);
    for listener in &listeners {
        listener.set_nonblocking(true).unwrap();
        while listener.accept().is_ok() {}
    }

    let targets: Vec<String> = TRICKS
        .iter()
        .map(|trick| (*trick).to_owned())
        .chain(NAMES.iter().map(|(name, _)| format!("http://{name}/")))
        .collect();
    let limits = || Limits { at_once: 100, ..quick_limits() };
    let resolver = || Arc::new(Rebinding(AtomicUsize::new(0)));
    let dir = tempfile::tempdir().unwrap();
    let ask = |fetcher: &Fetcher, address: &str| {
        let request = Request::new(address);
        assert!(fetcher.get(&request).is_err(), "{address}");
        assert!(fetcher.download(&request, &dir.path().join("x"), &mut |_| {}).is_err(), "{address}");
        assert!(fetcher.stream(&request).is_err(), "{address}");
        let live = LiveSource::open(fetcher, &request).and_then(|mut live| live.next().transpose());
        assert!(live.is_err(), "{address}");
    };
    // Each by itself: not one connection.
    let fetcher = Fetcher::with_resolver(Policy::default(), limits(), resolver());
    let before = begun();
    targets.iter().for_each(|target| ask(&fetcher, target));
    assert_eq!(begun(), before);

    // Each as the target of a redirect and of a playlist from a public server: only that one is connected to.
    let server = {
        let targets = targets.clone();
        Hostile::start_at(PUBLIC.into(), move |seen| {
            let (kind, number) = seen.path[1..].split_once('/').unwrap_or(("ok", "0"));
            let target = number.parse().ok().and_then(|number: usize| targets.get(number));
            let target = target.cloned().unwrap_or_default();
            match kind {
                "redirect" => redirect(302, &target),
                "m3u" => reply(200, &[], format!("#EXTM3U\n{target}\n").as_bytes()),
                "hls" => {
                    reply(200, &[], format!("#EXTM3U\n#EXT-X-ENDLIST\n#EXTINF:1,\n{target}\n").as_bytes())
                }
                _ => reply(200, &[], b"ok"),
            }
        })
    };
    let before = begun();
    for (number, target) in targets.iter().enumerate() {
        // An empty target, or one without a scheme, is the public server itself; a field or line cannot hold control
        // characters.
        if target.contains(char::is_control) || !target.trim_start().starts_with("http:/") || target.len() < 9
        {
            continue;
        }
        ask(&fetcher, &server.url(&format!("/redirect/{number}")));
        for kind in ["m3u", "hls"] {
            let request = Request::new(server.url(&format!("/{kind}/{number}")));
            let live = LiveSource::open(&fetcher, &request).and_then(|mut live| live.next().transpose());
            assert!(live.is_err(), "{kind} {target}: {live:?}");
        }
    }
    let public = server.connections() as u64;
    assert!(public > 400, "{public}");
    assert_eq!(begun() - before, public);

    // A name that is public when it is judged and private a moment later.
    let fetcher = Fetcher::with_resolver(Policy::default(), limits(), resolver());
    let before = (begun(), server.connections() as u64);
    let name = server.url_at("rebinding.example.org", "/ok");
    assert!(fetcher.get(&Request::new(name.clone())).is_ok());
    assert!(fetcher.get(&Request::new(name)).is_err());
    assert_eq!((begun(), server.connections() as u64), (before.0 + 1, before.1 + 1));

    for listener in &listeners {
        assert!(listener.accept().is_err(), "{:?} was connected to", listener.local_addr());
    }
    // And what the user allows is reached: the count can rise.
    let policy = Policy { allow: vec!["10.0.0.5".parse().unwrap()], ..Policy::default() };
    let before = begun();
    assert!(Fetcher::new(policy, limits()).get(&Request::new("http://10.0.0.5:8080/")).is_err());
    assert_eq!(begun(), before + 1);
    println!("{DONE}");
}

/// The disk fills up while a download is under way; nothing, outside.
#[test]
fn full_disk() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mount = ["-t", "tmpfs", "-o", "size=1m", "none"];
    assert!(Command::new("mount").args(mount).arg(dir.path()).status().unwrap().success());
    let body: Vec<u8> = (0..600_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let sent = body.clone();
    let server = Hostile::start(move |seen| file(seen, "\"v1\"", &sent));
    let fetcher = Fetcher::new(server.policy(), limits_of_a_slow_machine());
    let (partial, filler) = (dir.path().join("episode.part"), dir.path().join("filler"));
    let request = Request::new(server.url("/a.mp3"));
    let mut fill = |progress: crate::Progress| {
        if progress.done > 200_000 && !filler.exists() {
            let full = std::fs::write(&filler, vec![0; 1 << 20]);
            assert!(full.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull));
        }
    };
    let error = fetcher.download(&request, &partial, &mut fill).unwrap_err();
    assert!(matches!(error, Error::Disk { .. }) && error.is_retryable(), "{error}");
    std::fs::remove_file(&filler).unwrap();
    let done = fetcher.download(&request, &partial, &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(&done.path).unwrap(), body);
    assert_eq!(done.hash.0, *blake3::hash(&body).as_bytes());
    println!("{DONE}");
}

fn limits_of_a_slow_machine() -> Limits {
    let long = std::time::Duration::from_secs(20);
    Limits { head: long, idle: long, download: long, ..quick_limits() }
}
