//! Where words end: at spaces, and in scripts that write none, at each sign.

/// True for signs of scripts that put no space between words: Han, kana, Bopomofo, and their punctuation.
pub(crate) fn is_wide(c: char) -> bool {
    matches!(c,
        '\u{2e80}'..='\u{30ff}' | '\u{3100}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' | '\u{31f0}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff9f}'
        | '\u{20000}'..='\u{323af}')
}

/// True when two texts that meet at the end of a line are read without a space between them.
pub(crate) fn meet(before: &str, after: &str) -> bool {
    before.chars().next_back().is_some_and(is_wide) && after.chars().next().is_some_and(is_wide)
}

fn opens(c: char) -> bool {
    matches!(
        c,
        '「' | '『'
            | '（'
            | '《'
            | '〈'
            | '【'
            | '〔'
            | '“'
            | '‘'
            | '('
            | '['
            | '"'
            | '\''
            | '«'
            | '¿'
            | '¡'
    )
}

/// Cuts text into words: each with whether it joins the one before without a space. Put together again, with a space
/// before those that do not join, they are the text with its white space and control characters made single spaces.
pub(crate) fn words(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let parts = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|part| !part.is_empty());
    parts.flat_map(|part| Signs { rest: part, joined: false })
}

/// Cuts a text without spaces before each letter of a wide script, and after a run of them.
struct Signs<'t> {
    rest: &'t str,
    joined: bool,
}

impl<'t> Iterator for Signs<'t> {
    type Item = (&'t str, bool);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        // A word is what opens it, a sign or a run of other letters, and the punctuation after it.
        let mut kind = None;
        let mut closed = false;
        let end = self.rest.char_indices().find(|(_, c)| {
            let letter = c.is_alphanumeric();
            let starts = kind.is_some()
                && match (letter, is_wide(*c)) {
                    (true, true) => true,
                    (true, false) => kind == Some(true),
                    // Brackets within a word of letters are part of it.
                    (false, _) => {
                        opens(*c) && (kind == Some(true) || is_wide(*c)) && closed_or_sign(kind, closed)
                    }
                };
            if !starts {
                if letter {
                    kind = Some(is_wide(*c));
                } else if kind.is_some() {
                    closed = true;
                }
            }
            starts
        });
        let (word, rest) = self.rest.split_at(end.map_or(self.rest.len(), |(at, _)| at));
        self.rest = rest;
        Some((word, std::mem::replace(&mut self.joined, true)))
    }
}

fn closed_or_sign(kind: Option<bool>, closed: bool) -> bool {
    kind == Some(true) || closed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_spaces_and_signs() {
        for (text, expected) in [
            ("Good  evening,\tall.", "Good evening, all."),
            ("我们听。好", "我 ~们 ~听。 ~好"),
            ("他说「你好」，对吗？", "他 ~说 ~「你 ~好」， ~对 ~吗？"),
            ("GDP増加 3%です", "GDP ~増 ~加 3% ~で ~す"),
            ("don't (ever) [so]-called f(x)", "don't (ever) [so]-called f(x)"),
            ("한국어 단어", "한국어 단어"),
            ("…", "…"),
            (" \u{0} \u{a0}", ""),
        ] {
            let found: Vec<String> = words(text)
                .map(|(word, joined)| format!("{}{word}", if joined { "~" } else { "" }))
                .collect();
            assert_eq!(found.join(" "), expected, "{text}");
        }
        assert!(meet("你", "好") && !meet("a", "好") && !meet("", "好") && !meet("한", "국"));
    }
}
