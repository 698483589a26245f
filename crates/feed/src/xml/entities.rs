//! Character and entity references.

use std::borrow::Cow;

use quick_xml::escape::resolve_html5_entity;

/// What the reference `name` (between `&` and `;`) stands for: a character by its number, or an entity of HTML.
pub(crate) fn resolve(name: &str) -> Option<Cow<'static, str>> {
    let Some(number) = name.strip_prefix('#') else {
        return resolve_html5_entity(name).map(Cow::Borrowed);
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    let letter = match number.ok()? {
        // Numbers of windows-1252 where Unicode has control characters: HTML reads them so, and so they are meant.
        number @ 0x80..=0x9f => {
            let byte = [u8::try_from(number).ok()?];
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte);
            text.chars().next()?
        }
        0 => char::REPLACEMENT_CHARACTER,
        number => char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some(Cow::Owned(letter.to_string()))
}

/// Longest name of an entity of HTML, with room.
const LONGEST_NAME: usize = 40;

/// `text` with its references resolved; what is not known stays as it is written.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.bytes().take(LONGEST_NAME).position(|byte| byte == b';');
        match end.and_then(|end| Some((end, resolve(rest.get(1..end)?)?))) {
            Some((end, meant)) => {
                decoded.push_str(&meant);
                rest = &rest[end + 1..];
            }
            None => {
                decoded.push('&');
                rest = &rest[1..];
            }
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn references_as_people_write_them() {
        for (written, meant) in [
            ("a &amp; b", "a & b"),
            ("caf&eacute;", "café"),
            ("it&#8217;s", "it’s"),
            ("it&#146;s", "it’s"),
            ("it&#x2019;s", "it’s"),
            ("a&nbsp;b", "a\u{a0}b"),
            ("R&D &amp lonely &; &#; &#xzz; &unknown; &", "R&D &amp lonely &; &#; &#xzz; &unknown; &"),
            ("&#0;&#xd800;&#99999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("&", "&"),
        ] {
            assert_eq!(decode(written), meant, "{written}");
        }
    }
}
