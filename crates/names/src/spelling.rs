//! Names as they come from outside, made fit to be kept.

use unicode_normalization::UnicodeNormalization;

/// The text composed (NFC), without what cannot be seen (controls, zero-width and direction marks, soft hyphens), with single spaces.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for c in text.nfc() {
        if c.is_whitespace() {
            if !cleaned.is_empty() && !cleaned.ends_with(' ') {
                cleaned.push(' ');
            }
        } else if !is_invisible(c) {
            cleaned.push(c);
        }
    }
    cleaned.truncate(cleaned.trim_end().len());
    cleaned
}

/// Characters that take no room: they may hide in a name and make it another one.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether one word of the text mixes letters of Latin, Greek and Cyrillic script, which look alike: never by honest accident in a
/// name.
pub fn mixes_scripts(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let scripts = word.chars().filter(|c| c.is_alphabetic()).map(script);
        let mut seen = [false; 3];
        for script in scripts.flatten() {
            seen[script] = true;
        }
        seen.iter().filter(|seen| **seen).count() > 1
    })
}

/// Latin, Greek, Cyrillic as 0, 1, 2; `None` for letters of all others, which nobody confuses.
fn script(c: char) -> Option<usize> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Some(0),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(1),
        '\u{400}'..='\u{52f}' => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_left_out() {
        assert_eq!(clean("  Se\u{301}bastien\u{200b}\t\u{202e}Lecornu\u{feff}\r\n"), "Sébastien Lecornu");
        assert_eq!(clean("\u{200b}\u{0}"), "");
        assert!(mixes_scripts("Zelens\u{43a}y")); // Cyrillic к
        assert!(
            !mixes_scripts("Зеленський Zelensky") && !mixes_scripts("Ωμέγα 3") && !mixes_scripts("東京Tokyo")
        );
    }
}
