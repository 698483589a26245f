//! Cuts JSON into the texts of its parts, without parsing them.

/// Gives key and text of each member of the object that `text` begins with to `each`; false when it breaks off.
pub(super) fn members(text: &str, each: &mut dyn FnMut(&str, &str)) -> bool {
    let Some(mut rest) = text.trim_start().strip_prefix('{') else { return false };
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if rest.starts_with('}') {
            return true;
        }
        let Some((key, after)) = value(rest).filter(|(key, _)| key.starts_with('"')) else { return false };
        let Some(after) = after.trim_start().strip_prefix(':') else { return false };
        let name = key.trim_matches('"');
        let Some((found, after)) = value(after.trim_start()) else {
            // A value that breaks off still has parts that do not.
            each(name, after.trim_start());
            return false;
        };
        each(name, found);
        rest = after;
    }
}

/// Gives the text of each element of the array that `text` begins with to `each`; false when it breaks off.
pub(super) fn elements(text: &str, each: &mut dyn FnMut(&str)) -> bool {
    let Some(mut rest) = text.trim_start().strip_prefix('[') else { return false };
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', ',']);
        if rest.starts_with(']') {
            return true;
        }
        let Some((found, after)) = value(rest) else { return false };
        each(found);
        rest = after;
    }
}

/// The value at the begin of `text`, and what follows it; `None` when it breaks off or there is none.
///
/// Brackets are counted and strings are passed over; what lies between is not looked at.
fn value(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    let mut quoted = false;
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    quoted = false;
                    if depth == 0 {
                        return Some(text.split_at(at + 1));
                    }
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return (at > 0).then(|| text.split_at(at)),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(text.split_at(at + 1));
                }
            }
            b',' if depth == 0 => return (at > 0).then(|| text.split_at(at)),
            b':' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}
