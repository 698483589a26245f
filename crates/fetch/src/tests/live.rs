//! Live programmes: streams, playlists, pieces.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::hostile::{Act, Hostile, Seen, head, quick_limits, redirect, reply};
use crate::{Chunk, Error, Fetcher, LiveSource, Request};

fn heard(server: &Hostile, path: &str) -> (Vec<Chunk>, Option<Error>) {
    let fetcher = Fetcher::new(server.policy(), quick_limits());
    let source = match LiveSource::open(&fetcher, &Request::new(server.url(path))) {
        Ok(source) => source,
        Err(error) => return (Vec::new(), Some(error)),
    };
    let mut chunks = Vec::new();
    for chunk in source.take(100) {
        match chunk {
            Ok(chunk) => chunks.push(chunk),
            Err(error) => return (chunks, Some(error)),
        }
    }
    (chunks, None)
}

fn sound(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().flat_map(|chunk| chunk.bytes.clone()).collect()
}

#[test]
fn a_stream_is_its_sound_and_its_titles() {
    let body: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    for line in ["HTTP/1.0 200 OK", "ICY 200 OK"] {
        let sent = body.clone();
        let server = Hostile::start(move |seen| {
            assert_eq!(seen.field("icy-metadata"), Some("1"));
            let mut bytes =
                format!("{line}\r\nicy-metaint: 8192\r\nicy-name: Radio One\r\n\r\n").into_bytes();
            for (number, part) in sent.chunks(8192).enumerate() {
                bytes.extend_from_slice(part);
                if part.len() == 8192 {
                    let title = format!("StreamTitle='Part {}';", number / 4);
                    bytes.push(u8::try_from(title.len().div_ceil(16)).unwrap());
                    bytes.extend_from_slice(title.as_bytes());
                    bytes.resize(bytes.len() + title.len().next_multiple_of(16) - title.len(), 0);
                }
            }
            vec![Act::Send(bytes)]
        });
        let (chunks, error) = heard(&server, "/live");
        assert!(error.is_none(), "{line}: {error:?}");
        assert_eq!(sound(&chunks), body, "{line}");
        let titles: Vec<_> = chunks.iter().filter_map(|chunk| chunk.title.as_deref()).collect();
        assert_eq!(titles, ["Part 0", "Part 1", "Part 2"], "{line}");
    }
}

#[test]
fn a_stream_that_breaks_says_so_after_its_sound() {
    let server = Hostile::start(|_| {
        vec![Act::Send([head(200, &[]), b"\r\n".to_vec(), vec![7; 50_000]].concat()), Act::Hold]
    });
    let (chunks, error) = heard(&server, "/live");
    assert_eq!(sound(&chunks).len(), 50_000);
    assert!(error.is_some_and(|error| error.is_retryable()));
}

#[test]
fn playlists_lead_to_streams_14() {
    let server = Hostile::start(|seen| match &seen.path[..] {
        "/a.m3u" => reply(200, &[], b"#EXTM3U\n#EXTINF:-1,Radio\n/b.pls\n"),
        "/b.pls" => reply(200, &[], b"[playlist]\nFile1=live\nTitle1=x\nNumberOfEntries=1\n"),
        "/live" => reply(200, &[], &[9; 1000]),
        "/loop.m3u" => reply(200, &[], b"#EXTM3U\nloop.m3u\n"),
        "/private.m3u" => reply(200, &[], b"#EXTM3U\nhttp://10.0.0.5/live\n"),
        "/empty.m3u8" => reply(200, &[], b"#EXTM3U\n"),
        _ => reply(200, &[("content-type", "text/html")], b"<!doctype html><title>Radio</title>"),
    });
    assert_eq!(sound(&heard(&server, "/a.m3u").0), [9; 1000]);
    for path in ["/loop.m3u", "/empty.m3u8", "/page"] {
        let (_, error) = heard(&server, path);
        assert!(matches!(error, Some(Error::Playlist { .. })), "{path}: {error:?}");
    }
    assert!(matches!(heard(&server, "/private.m3u").1, Some(Error::Refused { .. })));
}

/// A programme of numbered pieces that shows `window` of them and moves on with each reading of the playlist.
fn programme(window: usize, last: usize, entry: impl Fn(usize) -> String + Send + Sync + 'static) -> Hostile {
    let read = AtomicUsize::new(0);
    Hostile::start(move |seen: &Seen| {
        match &seen.path[..] {
        "/master.m3u8" => reply(
            200,
            &[],
            b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"avc1.4d,mp4a.40.2\",RESOLUTION=640x360\nvideo.m3u8\n\
              #EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS=\"mp4a.40.2\"\nlive/index.m3u8\n",
        ),
        "/live/index.m3u8" => {
            let first = (read.fetch_add(1, Ordering::SeqCst)).min(last + 1 - window);
            let pieces: String = (first..first + window).map(&entry).collect();
            let end = if first + window > last { "#EXT-X-ENDLIST\n" } else { "" };
            let text = format!("#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXT-X-MEDIA-SEQUENCE:{first}\n{pieces}{end}");
            reply(200, &[], text.as_bytes())
        }
        path => match path.strip_prefix("/live/").and_then(|name| name.strip_suffix(".ts")) {
            Some("gone") => reply(404, &[], b""),
            Some(name) => reply(200, &[], format!("<{name}>").as_bytes()),
            None => reply(500, &[], b""),
        },
    }
    })
}

#[test]
fn every_piece_of_a_programme_comes_once() {
    let server = programme(5, 12, |n| format!("#EXTINF:2.0,\n{n}.ts\n"));
    let (chunks, error) = heard(&server, "/master.m3u8");
    assert!(error.is_none(), "{error:?}");
    let text = String::from_utf8(sound(&chunks)).unwrap();
    // Joined three pieces before the newest one.
    assert_eq!(text, (2..=12).map(|n| format!("<{n}>")).collect::<String>());
    assert!(chunks.iter().all(|chunk| !chunk.discontinuity));
}

#[test]
fn what_is_lost_is_told() {
    let server = programme(3, 8, |n| match n {
        4 => "#EXTINF:2.5,\ngone.ts\n".into(),
        6 => "#EXT-X-DISCONTINUITY\n#EXTINF:2,\n6.ts\n".into(),
        n => format!("#EXTINF:2,\n{n}.ts\n"),
    });
    let (chunks, error) = heard(&server, "/master.m3u8");
    assert!(error.is_none(), "{error:?}");
    let told: Vec<_> = chunks.iter().filter(|chunk| chunk.discontinuity).collect();
    assert_eq!(told.len(), 2);
    assert_eq!((&told[0].bytes[..], told[0].lost.as_millis()), (&b"<5>"[..], 2500));
    assert_eq!((&told[1].bytes[..], told[1].lost.as_millis()), (&b"<6>"[..], 0));
}

#[test]
fn pieces_that_need_a_beginning_get_it() {
    let server = programme(3, 4, |n| format!("#EXT-X-MAP:URI=\"init{}.ts\"\n#EXTINF:2,\n{n}.ts\n", n / 2));
    let (chunks, _) = heard(&server, "/master.m3u8");
    assert_eq!(String::from_utf8(sound(&chunks)).unwrap(), "<init0><0><1><init1><2><3><init2><4>");
}

#[test]
fn encrypted_programmes_are_refused_with_a_reason() {
    let key = "#EXT-X-KEY:METHOD=AES-128,URI=\"http://10.0.0.5/key\"\n";
    let server = programme(3, 4, move |n| format!("{key}#EXTINF:2,\n{n}.ts\n"));
    let (chunks, error) = heard(&server, "/master.m3u8");
    assert!(chunks.is_empty());
    assert!(error.is_some_and(|error| error.to_string().contains("encrypted (AES-128)")));
    let open = programme(3, 4, |n| format!("#EXT-X-KEY:METHOD=NONE\n#EXTINF:2,\n{n}.ts\n"));
    assert_eq!(heard(&open, "/master.m3u8").0.len(), 5);
}

#[test]
fn pieces_at_private_addresses_are_refused_3() {
    let server = programme(3, 4, |n| format!("#EXTINF:2,\nhttp://192.168.0.1/{n}.ts\n"));
    assert!(matches!(heard(&server, "/master.m3u8").1, Some(Error::Refused { .. })));
    let server = Hostile::start(|seen| match &seen.path[..] {
        "/live" => reply(200, &[], b"#EXTM3U\n#EXT-X-ENDLIST\n#EXTINF:2,\n/piece\n"),
        _ => redirect(302, "http://169.254.169.254/"),
    });
    assert!(matches!(heard(&server, "/live").1, Some(Error::Refused { .. })));
}

#[test]
fn a_programme_that_stands_still_ends() {
    let server = Hostile::start(|seen| match &seen.path[..] {
        "/live" => reply(200, &[], b"#EXTM3U\n#EXT-X-TARGETDURATION:0\n#EXTINF:2,\n/piece\n"),
        _ => reply(200, &[], b"piece"),
    });
    let (chunks, error) = heard(&server, "/live");
    assert_eq!(sound(&chunks), b"piece");
    assert!(error.is_some_and(|error| error.is_retryable()));
}
