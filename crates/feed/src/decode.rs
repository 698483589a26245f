//! From bytes to text, whatever the document claims to be written in.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Begin of a document in which its declaration must stand, and that is enough to guess from.
const LOOKED_AT: usize = 1024;

/// Bytes that a guess is made from; more do not make it better.
const GUESSED_FROM: usize = 1 << 20;

/// The text of a document, and what was wrong with what it said of its encoding.
pub(crate) struct Decoded<'a> {
    pub text: Cow<'a, str>,
    pub complaint: Option<(&'static str, String)>,
}

/// Decodes by byte order mark, else as UTF-8 when it is that, else by what is declared, else by a guess.
///
/// Valid UTF-8 goes before any declaration: text in another encoding is almost never valid UTF-8 by accident, while
/// wrong declarations are common.
pub(crate) fn decode<'a>(bytes: &'a [u8], content_type: Option<&str>) -> Decoded<'a> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return with(encoding, &bytes[mark..], None);
    }
    if let Some(encoding) = wide(bytes) {
        return with(encoding, bytes, Some(("no byte order mark", encoding.name().to_owned())));
    }
    let declared = declared_in_document(bytes).or_else(|| declared_in_header(content_type?));
    let declared = declared.and_then(|label| Encoding::for_label(label.as_bytes()));
    // Seven-bit encodings are valid UTF-8 and mean something else.
    let is_seven_bit = |encoding: &&'static Encoding| {
        !encoding.is_ascii_compatible() && !matches!(encoding.name(), "UTF-16LE" | "UTF-16BE" | "replacement")
    };
    if let Some(encoding) = declared.filter(is_seven_bit) {
        return with(encoding, bytes, None);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let wrong = declared.filter(|encoding| *encoding != UTF_8 && !text.is_ascii());
        let complaint = wrong.map(|encoding| ("UTF-8, but declared otherwise", encoding.name().to_owned()));
        return Decoded { text: Cow::Borrowed(text), complaint };
    }
    match declared {
        Some(encoding) if encoding != UTF_8 && encoding.is_ascii_compatible() => with(encoding, bytes, None),
        _ if is_damaged_utf8(bytes) => with(UTF_8, bytes, Some(("bytes that are not UTF-8", String::new()))),
        _ => {
            let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
            detector.feed(&bytes[..bytes.len().min(GUESSED_FROM)], bytes.len() <= GUESSED_FROM);
            let encoding = detector.guess(None, Utf8Detection::Deny);
            with(
                encoding,
                bytes,
                Some(("the declared encoding is wrong; taken for", encoding.name().to_owned())),
            )
        }
    }
}

fn with<'a>(
    encoding: &'static Encoding,
    bytes: &'a [u8],
    complaint: Option<(&'static str, String)>,
) -> Decoded<'a> {
    let (text, bad) = encoding.decode_without_bom_handling(bytes);
    let unreadable =
        bad.then(|| ("bytes that cannot be read in the document's encoding", encoding.name().to_owned()));
    Decoded { text, complaint: complaint.or(unreadable) }
}

/// UTF-16 without a mark: markup and JSON begin with ASCII, every second byte of which is 0.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0, b'<' | b'{', 0, next, ..] if *next != 0 => Some(UTF_16BE),
        [b'<' | b'{', 0, next, 0, ..] if *next != 0 => Some(UTF_16LE),
        _ => None,
    }
}

/// The encoding in `<?xml … encoding="…"?>`.
fn declared_in_document(bytes: &[u8]) -> Option<String> {
    let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(LOOKED_AT)]).into_owned();
    let (_, after) = begin.split_once("<?xml")?;
    let (declaration, _) = after.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    value[1..].split_once(quote).map(|(label, _)| label.trim().to_owned())
}

/// The encoding in `text/xml; charset=…`.
fn declared_in_header(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';').skip(1).filter_map(|part| part.split_once('='));
    let (_, label) = parts.find(|(key, _)| key.trim().eq_ignore_ascii_case("charset"))?;
    Some(label.trim().trim_matches(['"', '\'']).to_owned())
}

/// True when most of what is beyond ASCII is UTF-8: some bytes of it are damaged, it is not written in anything else.
fn is_damaged_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad, mut at) = (0usize, 0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|letter| !letter.is_ascii()).count();
        at += chunk.valid().len() + chunk.invalid().len();
        // A letter that the end of the document cuts in two is no sign of another encoding.
        bad += usize::from(!chunk.invalid().is_empty() && at < bytes.len());
    }
    good > bad || bad == 0
}

#[cfg(test)]
mod tests {
    use super::decode;

    const RUSSIAN: &str = "<?xml version=\"1.0\" encoding=\"DECLARED\"?><rss><channel><title>Вечерние новости о погоде \
                           и дорогах, каждый день в семь часов</title></channel></rss>";

    #[test]
    fn any_declaration_gives_the_same_text() {
        for (declared, written) in [
            ("utf-8", "utf-8"),
            ("windows-1251", "windows-1251"),
            ("windows-1251", "utf-8"),
            ("iso-8859-1", "utf-8"),
            ("utf-8", "windows-1251"),
            ("koi8-r", "koi8-r"),
            ("no-such-thing", "utf-8"),
            ("no-such-thing", "windows-1251"),
            ("utf-16", "utf-8"),
        ] {
            let text = RUSSIAN.replace("DECLARED", declared);
            let encoding = encoding_rs::Encoding::for_label(written.as_bytes()).expect("a known encoding");
            let (bytes, _, _) = encoding.encode(&text);
            assert_eq!(decode(&bytes, None).text, text, "{written} declared as {declared}");
        }
    }

    #[test]
    fn utf_16_with_and_without_mark() {
        let text = "<rss><channel><title>Погода</title></channel></rss>";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [(&b"\xff\xfe"[..], &little), (b"\xfe\xff", &big), (b"", &little), (b"", &big)] {
            assert_eq!(decode(&[mark, bytes].concat(), None).text, text);
        }
    }

    #[test]
    fn the_header_counts_when_the_document_is_silent() {
        let bytes = b"<rss><title>\xcf\xee\xe3\xee\xe4\xe0</title></rss>";
        assert_eq!(
            decode(bytes, Some("text/xml; charset=\"windows-1251\"")).text,
            "<rss><title>Погода</title></rss>"
        );
    }

    #[test]
    fn one_bad_byte_costs_one_letter() {
        let decoded = decode(b"<title>caf\xc3\xa9 \xff na\xc3\xafve</title>", None);
        assert_eq!(decoded.text, "<title>café \u{fffd} naïve</title>");
        assert!(decoded.complaint.is_some());
    }
}
