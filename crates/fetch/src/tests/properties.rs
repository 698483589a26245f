//! Readers of other people's fields and playlists: any text is survived, and what is written is read.

use std::time::{Duration, SystemTime};

use proptest::prelude::*;

use crate::headers::{ContentRange, content_range, disposition, file_name, max_age, retry_after};
use crate::hls::{self, Playlist};
use crate::hostile::{Act, Hostile, quick_limits};
use crate::{Fetcher, Request};

#[test]
fn fields_are_read_as_servers_write_them_8() {
    let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:07 GMT").unwrap();
    for (value, seconds) in [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
        ("Sunday, 06-Nov-94 08:49:37 GMT", Some(30)),
        ("Sun Nov  6 08:49:37 1994", Some(30)),
        ("Sat, 06 Nov 1993 08:49:37 GMT", Some(0)),
        ("99999999999999999999999", Some(u64::MAX)),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("", None),
        ("tomorrow", None),
    ] {
        assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
    }
    for (value, seconds) in [
        ("max-age=60", Some(60)),
        ("public, max-age=\"60\"", Some(60)),
        ("no-cache", Some(0)),
        ("max-age=60, no-store", Some(0)),
        ("s-maxage=60", None),
        ("max-age=-1", None),
    ] {
        assert_eq!(max_age(value), seconds.map(Duration::from_secs), "{value}");
    }
    for (value, read) in [
        ("bytes 0-9/10", Some((0, 9, Some(10)))),
        ("Bytes 5-9/*", Some((5, 9, None))),
        ("bytes 9-5/10", None),
        ("bytes 0-10/10", None),
        ("bytes */10", None),
        ("items 0-9/10", None),
        ("bytes 0-18446744073709551616/*", None),
        ("bytes=0-9/10", None),
    ] {
        let read = read.map(|(first, last, total)| ContentRange { first, last, total });
        assert_eq!(content_range(value), read, "{value}");
    }
}

#[test]
fn names_of_files_are_only_names_13() {
    for (value, name) in [
        ("attachment; filename=\"show.mp3\"", Some("show.mp3")),
        ("attachment; filename=show.mp3; size=3", Some("show.mp3")),
        ("attachment; filename=\"a \\\"b\\\".mp3\"", Some("a _b_.mp3")),
        ("attachment; filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.mp3", Some("€ rates.mp3")),
        ("attachment; filename*=iso-8859-1'en'%A3.mp3", Some("£.mp3")),
        ("attachment; filename=\"../../etc/passwd\"", Some("passwd")),
        ("attachment; filename=\"C:\\Users\\x\\a.mp3\"", Some("a.mp3")),
        ("attachment; filename*=UTF-8''..%2f..%2fa.mp3", Some("a.mp3")),
        ("attachment; filename=\"a\u{202e}3pm.exe\"", Some("a3pm.exe")),
        ("attachment; filename=\"con.mp3\"", Some("_con.mp3")),
        ("attachment; filename=\"...\"", None),
        ("attachment; filename=\"\"", None),
        ("attachment", None),
        ("", None),
    ] {
        assert_eq!(disposition(value).as_deref(), name, "{value}");
    }
}

#[test]
fn playlists_are_read_with_complaints() {
    let text = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n#EXTINF:5.9,first\na.ts\n#EXT-X-KEY:METHOD=AES-128,URI=\"a,b=c\"\n\
                #EXTINF:x,\nb.ts\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:-3,\n\n#EXT-X-BYTERANGE:9@0\nc.ts\n";
    let (Playlist::Media(media), complaints) = hls::parse(text) else { panic!() };
    assert_eq!(media.target, Duration::from_secs(6));
    let numbers: Vec<_> = media.segments.iter().map(|segment| (segment.number, &segment.uri[..])).collect();
    assert_eq!(numbers, [(7, "a.ts"), (8, "b.ts"), (9, "c.ts")]);
    assert_eq!(media.segments[1].encrypted.as_deref(), Some("AES-128"));
    assert!(media.segments[2].part && !media.ended);
    assert_eq!(complaints, ["line 6: a length that is none", "line 9: a length that is none"]);
    let sound = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"A, B\",DEFAULT=YES,URI=\"sound.m3u8\"\n\
                 #EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1,mp4a\"\nvideo.m3u8\n";
    let (Playlist::Variants(variants), _) = hls::parse(sound) else { panic!() };
    assert_eq!(hls::choose(&variants).map(|it| &it.uri[..]), Some("sound.m3u8"));
}

proptest! {
    #[test]
    fn any_field_is_survived(value in "\\PC{0,80}") {
        let _ = (retry_after(&value, SystemTime::UNIX_EPOCH), max_age(&value));
        let _ = (content_range(&value), disposition(&value));
    }

    #[test]
    fn ranges_are_read_as_written(first: u64, length in 1u64..1 << 40, more in proptest::option::of(0u64..99)) {
        let first = first >> 1;
        let last = first + length - 1;
        let total = more.map(|more| last + 1 + more);
        let written = total.map_or("*".to_owned(), |total| total.to_string());
        let read = content_range(&format!("bytes {first}-{last}/{written}"));
        prop_assert_eq!(read, Some(ContentRange { first, last, total }));
    }

    #[test]
    fn dates_and_seconds_say_the_same(seconds in 0u64..4_000_000_000) {
        let now = SystemTime::UNIX_EPOCH;
        let date = httpdate::fmt_http_date(now + Duration::from_secs(seconds));
        prop_assert_eq!(retry_after(&date, now), retry_after(&seconds.to_string(), now));
    }

    #[test]
    fn a_file_name_is_safe(text in "\\PC{0,200}", ending in "(/|\\\\|\\.|\u{202e}|\u{0}|CON|\n){0,3}") {
        if let Some(name) = file_name(&format!("{ending}{text}{ending}")) {
            prop_assert!(!name.is_empty() && name.len() <= 121);
            prop_assert!(!name.contains(['/', '\\', ':', '\0']) && !name.starts_with('.'));
            prop_assert!(!name.chars().any(char::is_control));
            prop_assert_eq!(std::path::Path::new(&name).file_name().and_then(|it| it.to_str()), Some(&name[..]));
            prop_assert_eq!(file_name(&name), Some(name));
        }
    }

    #[test]
    fn any_playlist_is_survived(
        lines in proptest::collection::vec(
            "(#EXTM3U|#EXTINF:|#EXT-X-KEY:|#EXT-X-MAP:|#EXT-X-STREAM-INF:|#EXT-X-MEDIA:|#EXT-X-MEDIA-SEQUENCE:|#)?\\PC{0,30}",
            0..30,
        )
    ) {
        let text = lines.join("\n");
        let (read, complaints) = hls::parse(&text);
        let entries = match read {
            Playlist::Media(media) => media.segments.len(),
            Playlist::Variants(variants) => variants.len(),
            Playlist::Addresses(addresses) => addresses.len(),
        };
        prop_assert!(entries <= lines.len() && complaints.len() <= lines.len());
    }

    #[test]
    fn pieces_are_read_as_written(first in 0u64..1 << 60, lengths in proptest::collection::vec(0u32..9000, 1..40)) {
        let pieces: String =
            lengths.iter().enumerate().map(|(at, ms)| format!("#EXTINF:{},\n{at}.ts\n", f64::from(*ms) / 1e3)).collect();
        let text = format!("#EXTM3U\r\n#EXT-X-MEDIA-SEQUENCE:{first}\n{pieces}#EXT-X-ENDLIST\n");
        let (Playlist::Media(media), complaints) = hls::parse(&text) else { panic!() };
        prop_assert!(complaints.is_empty() && media.ended);
        prop_assert_eq!(media.segments.len(), lengths.len());
        for (at, (segment, ms)) in (0..).zip(media.segments.iter().zip(&lengths)) {
            prop_assert_eq!(segment.number, first + at);
            prop_assert_eq!(segment.duration.as_micros().div_ceil(1000), u128::from(*ms));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// Whatever a server sends: an answer or an error, in time, and no panic, in the libraries neither.
    #[test]
    fn any_answer_is_survived_5(
        status in prop::sample::select(&["HTTP/1.1 200 ok", "HTTP/1.0 200", "HTTP/1.1 206 x", "HTTP/1.1 100 c", "ICY 200 OK", "ICY", "HTTP/9.9 999 x", "HTTP/1.1 301 m"][..]),
        fields in proptest::collection::vec(
            "(Content-Length: [0-9]{1,3}|Transfer-Encoding: (chunked|gzip|chunked, chunked)|Content-Encoding: (gzip|br|deflate)|Location: [ -~\u{e9}]{0,9}|Connection: (close|keep-alive|upgrade)|[!-~]{0,9}: ?[ -~]{0,9})",
            0..5,
        ),
        body in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..60),
            "([0-9a-f]{1,3}(;x)?\r\n[a-z]{0,6}\r\n){0,4}(0\r\n\r\n)?".prop_map(String::into_bytes),
        ],
        reset: bool,
    ) {
        let mut bytes = format!("{status}\r\n{}\r\n\r\n", fields.join("\r\n")).into_bytes();
        bytes.extend(body);
        let acts = if reset { vec![Act::Send(bytes), Act::Reset] } else { vec![Act::Send(bytes)] };
        let server = Hostile::start(move |_| acts.clone());
        let fetcher = Fetcher::new(server.policy(), quick_limits());
        let _ = fetcher.get(&Request::new(server.url("/")));
        let dir = tempfile::tempdir().unwrap();
        let _ = fetcher.download(&Request::new(server.url("/")), &dir.path().join("x"), &mut |_| {});
    }
}
