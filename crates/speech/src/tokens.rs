//! Whisper's vocabulary: byte-level pieces of text, and special tokens (Radford et al. 2022, §2.3).

use crate::LoadError;
use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

/// A number of the vocabulary.
pub(crate) type Token = u32;

/// What the decoder needs to know of the vocabulary.
pub(crate) struct Vocabulary {
    /// Bytes of each text token; empty for special ones.
    pieces: Vec<Vec<u8>>,
    /// The token of each piece, once somebody asked.
    numbers: OnceLock<HashMap<Vec<u8>, Token>>,
    pub start_of_transcript: Token,
    pub end_of_text: Token,
    pub transcribe: Token,
    pub no_timestamps: Token,
    pub no_speech: Option<Token>,
    /// Code (BCP 47) and token of each language; empty for an English-only model.
    pub languages: Vec<(String, Token)>,
}

#[derive(serde::Deserialize)]
struct TokenizerFile {
    model: TokenizerModel,
    added_tokens: Vec<AddedToken>,
}

#[derive(serde::Deserialize)]
struct TokenizerModel {
    vocab: HashMap<String, Token>,
}

#[derive(serde::Deserialize)]
struct AddedToken {
    id: Token,
    content: String,
}

impl Vocabulary {
    /// Reads a `tokenizer.json`; `size` is the number of rows of the model's embedding table.
    pub fn read(path: &Path, size: usize) -> Result<Self, LoadError> {
        let text = std::fs::read(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
        let malformed = |reason: String| LoadError::Malformed { file: path.display().to_string(), reason };
        let file: TokenizerFile =
            serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
        let special: HashMap<&str, Token> =
            file.added_tokens.iter().map(|token| (token.content.as_str(), token.id)).collect();
        let byte_of = bytes_by_character();
        let mut pieces = vec![Vec::new(); size];
        for (text, token) in &file.model.vocab {
            if special.contains_key(text.as_str()) {
                continue;
            }
            if let Some(piece) = pieces.get_mut(*token as usize) {
                *piece = text.chars().filter_map(|character| byte_of.get(&character).copied()).collect();
            }
        }
        let find = |names: &[&str]| {
            names.iter().find_map(|name| special.get(name).copied()).filter(|t| (*t as usize) < size)
        };
        let need =
            |name: &str| find(&[name]).ok_or_else(|| malformed(format!("the token {name} is missing")));
        let start_of_transcript = need("<|startoftranscript|>")?;
        let translate = need("<|translate|>")?;
        // Languages stand between the start of the transcript and the tasks. An English-only vocabulary lists them too,
        // but its model was never taught to choose; it is recognised by its size.
        let mut languages: Vec<(String, Token)> = Vec::new();
        if size > 51_864 {
            for token in &file.added_tokens {
                let code = token.content.strip_prefix("<|").and_then(|rest| rest.strip_suffix("|>"));
                if let Some(code) = code
                    && token.id > start_of_transcript
                    && token.id < translate
                    && (code.len() == 2 || code.len() == 3)
                    && code.chars().all(|character| character.is_ascii_lowercase())
                {
                    languages.push((code.to_owned(), token.id));
                }
            }
            languages.sort_by_key(|(_, token)| *token);
        }
        Ok(Self {
            pieces,
            numbers: OnceLock::new(),
            start_of_transcript,
            end_of_text: need("<|endoftext|>")?,
            transcribe: need("<|transcribe|>")?,
            no_timestamps: need("<|notimestamps|>")?,
            no_speech: find(&["<|nospeech|>", "<|nocaptions|>"]),
            languages,
        })
    }

    /// The token of a language.
    pub fn language(&self, code: &str) -> Option<Token> {
        self.languages.iter().find(|(known, _)| known == code).map(|(_, token)| *token)
    }

    /// Bytes of a text token, empty for any other.
    pub fn piece(&self, token: Token) -> &[u8] {
        self.pieces.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// The tokens that Whisper writes a text with, each word with a space before it: byte-pair encoding (Sennrich et al. 2016),
    /// in which of two neighbours those are joined first whose token has the lowest number. White space that is more than a
    /// space is none here.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        let numbers = self.numbers.get_or_init(|| {
            let known = (0..).zip(&self.pieces).filter(|(_, piece)| !piece.is_empty());
            known.map(|(token, piece)| (piece.clone(), token)).collect()
        });
        let number = |bytes: &[u8]| numbers.get(bytes).copied();
        let mut tokens = Vec::new();
        for word in text.split_whitespace() {
            for (at, part) in parts(word).into_iter().enumerate() {
                let written = if at == 0 { format!(" {part}") } else { part.to_owned() };
                // Longer ones are no words; the work grows with the square of the length.
                let bytes: Vec<u8> = written.bytes().take(256).collect();
                let mut pieces: Vec<&[u8]> = bytes.chunks(1).collect();
                loop {
                    let joined = |at: usize| {
                        let length = pieces[at].len() + pieces[at + 1].len();
                        let begin: usize = pieces[..at].iter().map(|piece| piece.len()).sum();
                        &bytes[begin..begin + length]
                    };
                    let pairs =
                        (0..pieces.len().saturating_sub(1)).filter_map(|at| Some((number(joined(at))?, at)));
                    let Some((_, at)) = pairs.min() else { break };
                    pieces[at] = joined(at);
                    pieces.remove(at + 1);
                }
                tokens.extend(pieces.into_iter().filter_map(number));
            }
        }
        tokens
    }

    /// The text of tokens; incomplete characters become U+FFFD.
    pub fn text(&self, tokens: &[Token]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| self.piece(*token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The parts of a word that are encoded each by itself, as in GPT-2: letters, digits, other signs, and endings like `'s`.
fn parts(word: &str) -> Vec<&str> {
    let kind = |c: char| match () {
        () if c.is_alphabetic() => 0,
        () if c.is_numeric() => 1,
        () => 2,
    };
    let mut parts = Vec::new();
    let mut rest = word;
    while let Some(first) = rest.chars().next() {
        let ending =
            ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].into_iter().find(|ending| rest.starts_with(ending));
        let length = match ending {
            Some(ending) => ending.len(),
            None => rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len()),
        };
        let (part, after) = rest.split_at(length);
        parts.push(part);
        rest = after;
    }
    parts
}

/// The inverse of GPT-2's table from bytes to printable characters: printable Latin-1 stands for itself, the other bytes
/// follow from U+0100 on.
fn bytes_by_character() -> HashMap<char, u8> {
    let mut next = 0x100_u32;
    (0..=255_u8)
        .map(|byte| {
            let printable = matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
            let character = if printable {
                char::from(byte)
            } else {
                next += 1;
                char::from_u32(next - 1).unwrap_or(char::REPLACEMENT_CHARACTER)
            };
            (character, byte)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(pieces: &[&str]) -> Vocabulary {
        let single = (0..=255_u8).map(|byte| vec![byte]);
        Vocabulary {
            pieces: single.chain(pieces.iter().map(|piece| piece.as_bytes().to_vec())).collect(),
            numbers: OnceLock::new(),
            start_of_transcript: 0,
            end_of_text: 0,
            transcribe: 0,
            no_timestamps: 0,
            no_speech: None,
            languages: Vec::new(),
        }
    }

    #[test]
    fn of_two_neighbours_the_lower_number_is_joined_first() {
        let vocabulary = vocabulary(&["ab", "bc", " a", "abc"]);
        let text = |text: &str| vocabulary.tokens(text);
        assert_eq!(text("abc"), [u32::from(b' '), 256 + 3], "`ab` comes before ` a`");
        assert_eq!(text("bc  a"), [u32::from(b' '), 257, 258]);
        assert!(text("").is_empty());
        assert_eq!(text("é"), [b' ', 0xc3, 0xa9].map(u32::from));
        assert!(text(&"x".repeat(10_000)).len() <= 256);
    }

    #[test]
    fn words_are_parted_where_the_kind_of_sign_changes() {
        for (word, expected) in [
            ("Lecornu's,", vec!["Lecornu", "'s", ","]),
            ("2,000", vec!["2", ",", "000"]),
            ("'tis", vec!["'t", "is"]),
            ("\u{201c}Okwuosa-Brandt\u{201d}", vec!["\u{201c}", "Okwuosa", "-", "Brandt", "\u{201d}"]),
        ] {
            assert_eq!(parts(word), expected, "{word}");
        }
    }
}
