//! HTTPS with certificates that are right and wrong.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::hostile::{Act, Hostile, Seen, quick_limits, redirect, reply};
use crate::{Authorities, Error, Fetcher, Policy, Request, Resolve};

struct Loopback;

impl Resolve for Loopback {
    fn resolve(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    Authority { issuer: Issuer::new(params, key), pem }
}

impl Authority {
    /// A server whose certificate is for `host`, and is shaped by `shape`.
    fn server(
        &self,
        host: &str,
        shape: impl FnOnce(&mut CertificateParams),
        script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static,
    ) -> Hostile {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        shape(&mut params);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .unwrap();
        Hostile::start_tls(Arc::new(config), script)
    }

    fn policy(&self, server: &Hostile) -> Policy {
        Policy { authorities: Authorities::from_pem(self.pem.as_bytes()), ..server.policy() }
    }
}

fn get(policy: Policy, address: &str) -> Result<Vec<u8>, Error> {
    let limits = crate::Limits { head: std::time::Duration::from_secs(3), ..quick_limits() };
    let fetcher = Fetcher::with_resolver(policy, limits, Arc::new(Loopback));
    fetcher.get(&Request::new(address)).map(|response| response.document().unwrap().bytes)
}

#[test]
fn certificates_are_checked_9() {
    let authority = authority();
    let ok = |_: &Seen| reply(200, &[], b"ok");
    let good = authority.server("radio.example.org", |_| {}, ok);
    let url = good.url_at("radio.example.org", "/");
    assert_eq!(get(authority.policy(&good), &url).unwrap(), b"ok");
    // Nobody whom the program trusts knows this authority.
    let error = get(good.policy(), &url).unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error}");
    // The name on the certificate is another one.
    let error = get(authority.policy(&good), &good.url_at("other.example.org", "/")).unwrap_err();
    assert!(matches!(error, Error::Certificate { .. }), "{error}");
    let expired =
        authority.server("radio.example.org", |params| params.not_after = date_time_ymd(2020, 1, 1), ok);
    let error = get(authority.policy(&expired), &expired.url_at("radio.example.org", "/")).unwrap_err();
    assert!(matches!(&error, Error::Certificate { why, .. } if why.contains("xpired")), "{error}");
    assert!(!error.is_retryable());
    assert!(good.seen().len() == 1 && expired.seen().is_empty());
}

#[test]
fn what_is_not_tls_is_told_9() {
    let plain = Hostile::start(|_| reply(200, &[], b"plain"));
    // A server that knows only TLS 1.0 answers a greeting with this alert (RFC 8446, section 6: protocol_version).
    let old = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = old.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let (mut stream, _) = old.accept().unwrap();
        let _ = io::Read::read(&mut stream, &mut [0; 4096]);
        let _ = io::Write::write_all(&mut stream, b"\x15\x03\x01\x00\x02\x02\x46");
    });
    let policy = Policy { allow: vec!["127.0.0.1".parse().unwrap()], ..Policy::default() };
    let error = get(policy.clone(), &format!("https://127.0.0.1:{port}/")).unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    let error = get(policy, &plain.url("/").replace("http:", "https:")).unwrap_err();
    assert!(
        matches!(error, Error::Tls { .. } | Error::Timeout { .. } | Error::Unreachable { .. }),
        "{error:?}"
    );
    assert!(plain.seen().is_empty());
}

#[test]
fn encryption_is_not_given_up_on_the_way_3() {
    let authority = authority();
    let plain = Hostile::start(|_| reply(200, &[], b"plain"));
    let to = plain.url("/");
    let server = authority.server("radio.example.org", |_| {}, move |_| redirect(302, &to));
    let mut policy = authority.policy(&server);
    policy.allow.push(plain.allowed());
    let url = server.url_at("radio.example.org", "/");
    let error = get(policy.clone(), &url).unwrap_err();
    assert!(error.to_string().contains("--allow-http-redirects"), "{error}");
    assert_eq!(plain.connections(), 0);
    policy.http_redirects = true;
    assert_eq!(get(policy, &url).unwrap(), b"plain");
}
