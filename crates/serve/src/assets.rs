//! Style sheet, scripts and icon, embedded in the program.
//!
//! All share one folder that is named by the hash of their contents, so that they may be cached for ever and scripts
//! can import each other by their plain names.

use crate::failure::Failure;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::LazyLock;

struct Asset {
    name: &'static str,
    mime: &'static str,
    body: &'static str,
}

macro_rules! asset {
    ($name:literal, $mime:literal) => {
        Asset { name: $name, mime: $mime, body: include_str!(concat!("../assets/", $name)) }
    };
}

const ASSETS: &[Asset] = &[
    asset!("readout.css", "text/css; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("library.js", "text/javascript; charset=utf-8"),
    asset!("episode.js", "text/javascript; charset=utf-8"),
    asset!("fragment.js", "text/javascript; charset=utf-8"),
    asset!("transcript.js", "text/javascript; charset=utf-8"),
    asset!("player.js", "text/javascript; charset=utf-8"),
    asset!("strip.js", "text/javascript; charset=utf-8"),
    asset!("follow.js", "text/javascript; charset=utf-8"),
    asset!("keys.js", "text/javascript; charset=utf-8"),
    asset!("quote.js", "text/javascript; charset=utf-8"),
    asset!("find.js", "text/javascript; charset=utf-8"),
    asset!("names.js", "text/javascript; charset=utf-8"),
    asset!("live.js", "text/javascript; charset=utf-8"),
    asset!("seek.js", "text/javascript; charset=utf-8"),
    asset!("search.js", "text/javascript; charset=utf-8"),
];

/// Hash of every asset, which names their folder.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = blake3::Hasher::new();
    for asset in ASSETS {
        hasher.update(asset.name.as_bytes()).update(&[0]).update(asset.body.as_bytes()).update(&[0]);
    }
    hasher.finalize().to_hex().chars().take(16).collect()
});

/// Where an asset is, below the top.
pub(crate) fn path(name: &str) -> String {
    debug_assert!(ASSETS.iter().any(|asset| asset.name == name), "no asset {name}");
    format!("static/{}/{name}", *EDITION)
}

/// All assets, where they are and what is in them.
pub(crate) fn all() -> impl Iterator<Item = (String, &'static str)> {
    ASSETS.iter().map(|asset| (path(asset.name), asset.body))
}

pub(crate) async fn asset(Path((edition, name)): Path<(String, String)>) -> Response {
    let asset = ASSETS.iter().find(|asset| asset.name == name).filter(|_| edition == *EDITION);
    match asset {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.mime),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.body).into_response()
        }
        None => Failure::not_found("there is no such file in this version of Readout").into_response(),
    }
}
