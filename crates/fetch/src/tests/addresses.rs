//! Which addresses are read as public, and what is shown of them.

use proptest::prelude::*;

use super::corpus::TRICKS;
use crate::network::not_public;
use crate::{Allowed, Error, Policy, PublicUrl, shown_address};

fn allowing(hosts: &[&str]) -> Policy {
    Policy { allow: hosts.iter().map(|host| host.parse().unwrap()).collect(), ..Policy::default() }
}

#[test]
fn no_trick_is_read_as_public_1() {
    for trick in TRICKS {
        let read = PublicUrl::parse(trick, &Policy::default());
        assert!(read.is_err(), "{trick:?} is read as {read:?}");
    }
}

#[test]
fn public_addresses_are_read_1() {
    for (text, read) in [
        ("https://example.org/feed.xml", "https://example.org/feed.xml"),
        ("http://example.org", "http://example.org/"),
        ("https://EXAMPLE.org./a#part", "https://example.org/a"),
        ("https://user:pass@example.org/a", "https://example.org/a"),
        ("https://bücher.example.org/ä?ö=ü", "https://xn--bcher-kva.example.org/%C3%A4?%C3%B6=%C3%BC"),
        ("http://radio.example.org:8000/live", "http://radio.example.org:8000/live"),
        ("https://1.1.1.1:443/", "https://1.1.1.1/"),
        ("http://[2606:4700:4700::1111]:8080/", "http://[2606:4700:4700::1111]:8080/"),
        ("http://[64:ff9b::808:808]/", "http://[64:ff9b::808:808]/"),
        ("http://11.0.0.1/", "http://11.0.0.1/"),
        ("http://172.32.0.1/", "http://172.32.0.1/"),
        ("http://100.128.0.1/", "http://100.128.0.1/"),
        ("http://my_show.example.org/", "http://my_show.example.org/"),
        // A backslash is a slash: the host ends before it, here and for whoever is asked to connect.
        ("http://example.org\\@127.0.0.1/", "http://example.org/@127.0.0.1/"),
        ("http://localhost.example.org/", "http://localhost.example.org/"),
    ] {
        assert_eq!(PublicUrl::parse(text, &Policy::default()).unwrap().as_str(), read, "{text}");
    }
}

#[test]
fn what_the_user_allows_is_allowed_and_nothing_beside_it() {
    for (allow, yes, no) in [
        ("10.0.0.5", "http://10.0.0.5/", "http://10.0.0.6/"),
        ("10.0.0.5", "http://10.0.0.5:8080/", "http://10.0.0.5:22/"),
        ("10.0.0.5:22", "http://10.0.0.5:22/", "http://10.0.0.5:23/"),
        ("10.0.0.5:8080", "http://10.0.0.5:8080/", "http://10.0.0.5/"),
        ("10.0.0.0/8", "http://10.200.0.1/", "http://11.0.0.1:22/"),
        ("192.168.0.0/16", "http://3232235777/", "http://[::ffff:192.168.1.1]/"),
        ("fd00::/8", "http://[fd12::1]/", "http://[fc00::1]/"),
        ("[fd00::5]:8080", "http://[fd00::5]:8080/", "http://[fd00::5]/"),
        ("nas", "http://nas/", "http://nas2/"),
        ("NAS.local.", "http://nas.local:8080/", "http://other.local/"),
        ("localhost:8000", "http://localhost:8000/", "http://127.0.0.1:8000/"),
        ("example.org:25", "http://example.org:25/", "http://example.org:22/"),
    ] {
        let policy = allowing(&[allow]);
        assert!(PublicUrl::parse(yes, &policy).is_ok(), "{allow} allows {yes}");
        assert!(PublicUrl::parse(no, &policy).is_err(), "{allow} does not allow {no}");
        let written = policy.allow[0].to_string();
        assert_eq!(written.parse::<Allowed>(), Ok(policy.allow[0].clone()), "{allow} → {written}");
    }
    for wrong in ["", "10.0.0.0/33", "a/8", "host:port", "a b", "http://nas/", "::1/129", "."] {
        assert!(wrong.parse::<Allowed>().is_err(), "{wrong}");
    }
}

#[test]
fn refusals_say_how_to_allow() {
    for (text, said) in [
        ("http://10.0.0.5/", "refused: 10.0.0.5 is a private address; allow it with --allow-host 10.0.0.5"),
        (
            "http://nas.local/",
            "refused: nas.local is a name of the local network; allow it with --allow-host nas.local",
        ),
        (
            "http://169.254.169.254/",
            "refused: 169.254.169.254 is the address of a cloud's metadata service; allow it with --allow-host 169.254.169.254",
        ),
        (
            "http://example.org:6379/",
            "refused: port 6379 of example.org is not one that web servers use; allow it with --allow-host example.org:6379",
        ),
    ] {
        let error = PublicUrl::parse(text, &Policy::default()).unwrap_err();
        assert_eq!(error.to_string(), said);
        let (Error::Refused { allow, .. } | Error::Port { allow, .. }) = error else { panic!("{text}") };
        assert!(PublicUrl::parse(text, &allowing(&[&allow])).is_ok(), "{allow} allows {text}");
    }
}

#[test]
fn secrets_are_not_shown() {
    for (address, shown) in [
        ("https://ann:pw@example.org/feed?key=secret#x", "https://example.org/feed?…"),
        ("https://example.org/rss/0123456789abcdef0123/feed.xml", "https://example.org/rss/…/feed.xml"),
        ("https://example.org/3f2504e0-4f89-11d3-9a0c-0305e82c3301.rss", "https://example.org/….rss"),
        (
            "https://example.org/2024/11/a-long-title-of-an-episode-12.mp3",
            "https://example.org/2024/11/a-long-title-of-an-episode-12.mp3",
        ),
        ("http://ann:pw@[::bad/feed?key=secret", "http://[::bad/feed?key=secret"),
        ("data:text/plain,secret", "data:…"),
        ("no address\n\u{202e}", "no address\u{fffd}\u{fffd}"),
    ] {
        assert_eq!(shown_address(address), shown, "{address}");
    }
}

proptest! {
    /// However an address is spelt, what is read as public has a public host.
    #[test]
    fn what_is_read_is_public(address: u32, form in 0usize..8, port in 1024u16..2000) {
        let [a, b, c, d] = address.to_be_bytes();
        let rest = u32::from_be_bytes([0, b, c, d]);
        let host = match form {
            0 => format!("{a}.{b}.{c}.{d}"),
            1 => format!("{address}"),
            2 => format!("0x{address:x}"),
            3 => format!("0{address:o}"),
            4 => format!("{a}.{rest}"),
            5 => format!("0{a:o}.0x{b:X}.{}", u16::from_be_bytes([c, d])),
            6 => format!("%{:02x}{}.{b}.{c}.{d}.", format!("{a}").as_bytes()[0], &format!("{a}")[1..]),
            _ => format!("user@{a}.{b}.{c}.{d}"),
        };
        let expected = not_public(std::net::Ipv4Addr::from(address).into());
        let read = PublicUrl::parse(&format!("http://{host}:{port}/"), &Policy::default());
        let services = matches!(read, Err(Error::Port { .. }));
        prop_assert!(services || read.is_ok() == expected.is_none(), "{} {:?}", host, read);
        for inside in [format!("[::ffff:{a}.{b}.{c}.{d}]"), format!("[2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1]")] {
            let read = PublicUrl::parse(&format!("http://{inside}/"), &Policy::default());
            prop_assert!(read.is_err());
        }
    }

    /// Any text is read or refused, and what is read is read again as the same.
    #[test]
    fn any_text_is_survived(text in "(https?://)?[ -~\u{80}-\u{3000}]{0,60}") {
        let _ = shown_address(&text);
        if let Ok(read) = PublicUrl::parse(&text, &Policy::default()) {
            prop_assert_eq!(PublicUrl::parse(read.as_str(), &Policy::default()).unwrap(), read);
        }
    }
}
