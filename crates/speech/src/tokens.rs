//! Whisper's vocabulary: byte-level pieces of text, and special tokens (Radford et al. 2022, §2.3).

use crate::LoadError;
use std::collections::HashMap;
use std::path::Path;

/// A number of the vocabulary.
pub(crate) type Token = u32;

/// What the decoder needs to know of the vocabulary.
pub(crate) struct Vocabulary {
    /// Bytes of each text token; empty for special ones.
    pieces: Vec<Vec<u8>>,
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

    /// The text of tokens; incomplete characters become U+FFFD.
    pub fn text(&self, tokens: &[Token]) -> String {
        let bytes: Vec<u8> = tokens.iter().flat_map(|token| self.piece(*token)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
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
