//! Names that lead astray, and networks of their own to see that nothing is connected to.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::corpus::NAMES;
use crate::hostile::{Hostile, quick_limits, redirect, reply};
use crate::{Error, Fetcher, Policy, Request, Resolve};

/// Answers from a list, one after another, and counts the questions.
pub struct Listed {
    answers: Mutex<Vec<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Listed {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let read = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self { answers: Mutex::new(answers.iter().map(read).collect()), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Listed {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

#[test]
fn names_of_private_addresses_are_refused_2() {
    for (name, addresses) in NAMES {
        let resolver = Listed::new(&[addresses]);
        let fetcher = Fetcher::with_resolver(Policy::default(), quick_limits(), resolver);
        let error = fetcher.get(&Request::new(format!("http://{name}/"))).unwrap_err();
        assert!(matches!(error, Error::Refused { .. }), "{name}: {error}");
        assert!(error.to_string().ends_with(&format!("--allow-host {name}")), "{error}");
    }
}

#[test]
fn a_name_that_changes_between_check_and_connection_gains_nothing_2() {
    // First the address that is allowed, then another of this machine, where a secret lies.
    let secret = Hostile::start_at([127, 0, 0, 2].into(), |_| reply(200, &[], b"secret"));
    let server = Hostile::start(|_| reply(200, &[], b"public"));
    let port = server.address().port();
    let resolver = Listed::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let fetcher = Fetcher::with_resolver(server.policy(), quick_limits(), Arc::clone(&resolver) as _);
    let request = Request::new(format!("http://rebinding.example.org:{port}/"));
    let answer = fetcher.get(&request).unwrap();
    assert_eq!(answer.document().unwrap().bytes, b"public");
    // One question: what was checked is what was connected to.
    assert_eq!(resolver.asked.load(Ordering::SeqCst), 1);
    // The next request asks again, and is judged again.
    let error = fetcher.get(&request).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!(secret.connections(), 0);
}

#[test]
fn each_redirect_asks_and_is_judged_again_2() {
    let server = Hostile::start(|_| redirect(302, "/again"));
    let port = server.address().port();
    let resolver = Listed::new(&[&["127.0.0.1"], &["10.0.0.5"]]);
    let fetcher = Fetcher::with_resolver(server.policy(), quick_limits(), resolver);
    let error = fetcher.get(&Request::new(format!("http://rebinding.example.org:{port}/"))).unwrap_err();
    assert!(matches!(error, Error::Refused { .. }), "{error}");
    assert_eq!(server.connections(), 1);
}

#[test]
fn the_connection_itself_is_judged() {
    // What stands between the look-up and the socket: were it given an address that was not judged, it would refuse.
    let server = Hostile::start(|_| reply(200, &[], b"never"));
    let line = crate::wire::Line {
        policy: Arc::new(Policy::default()),
        host: url::Host::Domain("public.example.org".into()),
        addresses: vec![server.address()],
        budget: 1 << 20,
        stop: crate::Stop::default(),
    };
    let guarded = crate::wire::Guarded { line: line.clone(), tls: Arc::default() };
    let agent = ureq::Agent::with_parts(ureq::config::Config::builder().proxy(None).build(), guarded, line);
    let error = agent.get("http://public.example.org/").call().unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_resolver_that_fails_or_hangs_is_told_of_2() {
    struct Fails;
    impl Resolve for Fails {
        fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            Err(io::Error::other("no such name"))
        }
    }
    struct Hangs;
    impl Resolve for Hangs {
        fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            std::thread::park_timeout(Duration::from_secs(5));
            Ok(Vec::new())
        }
    }
    let ask = |resolver: Arc<dyn Resolve>| {
        let mut limits = quick_limits();
        limits.resolve = Duration::from_millis(50);
        let fetcher = Fetcher::with_resolver(Policy::default(), limits, resolver);
        fetcher.get(&Request::new("http://example.org/")).unwrap_err()
    };
    let fails = ask(Arc::new(Fails));
    assert!(matches!(fails, Error::NoHost { .. }) && fails.is_retryable(), "{fails}");
    let hangs = ask(Arc::new(Hangs));
    assert!(matches!(hangs, Error::Timeout { .. }) && hangs.is_retryable(), "{hangs}");
    assert!(matches!(ask(Listed::new(&[&[]])), Error::NoHost { .. }));
}
