//! What holds for every request and every answer: the host's name is ours, and the browser is told to be strict.

use crate::failure::Failure;
use crate::server::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

/// Nothing but our own files, no inline script or style, no frames, no strings as markup.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     media-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'";
/// For bytes that came from elsewhere: should a browser ever show them as a page, it may do nothing.
pub(crate) const FOREIGN_POLICY: &str = "default-src 'none'; sandbox; frame-ancestors 'none'";

/// For what players on other sites read: transcripts and chapters (Podcasting 2.0 asks for it). Their addresses cannot be
/// guessed, and say nothing of what else is here.
pub(crate) const FOR_OTHERS: [(HeaderName, &str); 2] = [
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
    (HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
];

const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, PAGE_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Browsers then say the origin of our own forms, and nothing to anybody else.
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if !host_is_ours(request.headers(), &app.options.hosts) {
        Failure::host().into_response()
    } else if !reads && !is_from_our_page(request.headers()) {
        Failure::foreign().into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// True when a page of this server sent the request: the browser says so itself (Fetch Metadata), or names the origin of the page,
/// which is the host that was asked. Of a request that says neither nobody knows where it comes from.
fn is_from_our_page(headers: &HeaderMap) -> bool {
    let one = |name| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).and_then(|value: &HeaderValue| value.to_str().ok())
    };
    if headers.contains_key("sec-fetch-site") {
        return one("sec-fetch-site") == Some("same-origin");
    }
    let origin = one("origin").and_then(|origin| origin.split_once("://"));
    let (Some(("http" | "https", origin)), Some(host)) = (origin, one("host")) else { return false };
    origin.eq_ignore_ascii_case(host)
}

/// True when the request names this machine: by a plain address (which no foreign page can take over), by a name of the
/// loopback interface, or by one of the names that were allowed.
fn host_is_ours(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    let Some(name) = host.to_str().ok().and_then(host_name) else { return false };
    let literal = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    if literal.parse::<IpAddr>().is_ok() {
        return true;
    }
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(&name))
}

/// The host of `host[:port]`, or `None` when the port is no number.
fn host_name(host: &str) -> Option<&str> {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, port),
        _ => (host, "0"),
    };
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_change_something() {
        for (site, origin, expected) in [
            ("same-origin", "", true),
            ("same-origin", "null", true),
            ("same-site", "http://localhost:80", false),
            ("cross-site", "http://localhost:80", false),
            ("none", "http://localhost:80", false),
            ("", "http://localhost:80", true),
            ("", "https://LOCALHOST:80", true),
            ("", "http://localhost", false),
            ("", "http://evil.example", false),
            ("", "file://localhost:80", false),
            ("", "null", false),
            ("", "", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("localhost:80"));
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if !value.is_empty() {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_from_our_page(&headers), expected, "{site:?} {origin:?}");
        }
    }

    #[test]
    fn only_our_own_names_are_answered() {
        for (host, expected) in [
            ("localhost:8080", true),
            ("LocalHost", true),
            ("localhost.", true),
            ("readout.localhost:80", true),
            ("127.0.0.1:8080", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("192.168.1.5", true),
            ("nas.example:8080", true),
            ("NAS.example.", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("evillocalhost", false),
            ("localhost:8080@evil.example", false),
            ("localhost:", false),
            ("[::1]evil.example", false),
            ("", false),
            (":80", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).expect("header"));
            assert_eq!(host_is_ours(&headers, &["nas.example".into()]), expected, "{host}");
            headers.append(header::HOST, HeaderValue::from_static("localhost"));
            assert!(!host_is_ours(&headers, &[]), "two hosts");
        }
        assert!(!host_is_ours(&HeaderMap::new(), &[]), "no host");
    }
}
