//! HTML as Podcasting 2.0 has it for transcripts: `cite` for who speaks, `time` for when, `p` for what is said.

use crate::prose::{self, GENERATOR};
use crate::wording::{note, one_line, running_text};
use crate::{About, Paragraph, paragraphs};
use model::{Millis, Transcript};
use std::fmt::Write as _;

/// A whole document, without scripts or styles.
pub(crate) fn html(about: &About, transcript: &Transcript) -> String {
    let language =
        transcript.language.as_deref().map(|tag| format!(" lang=\"{}\"", escape(tag))).unwrap_or_default();
    let title = escape(&one_line(&about.title));
    let shown = if title.is_empty() { "Transcript" } else { &title };
    let mut text = format!(
        "<!doctype html>\n<html{language}>\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"generator\" content=\"{GENERATOR}\">\n<title>{shown}</title>\n</head>\n<body>\n"
    );
    if !title.is_empty() {
        let _ = writeln!(text, "<h1>{title}</h1>");
        if let Some(source) = prose::source(about) {
            let _ = writeln!(text, "<div class=\"note\">{}</div>", escape(&source));
        }
    }
    for piece in paragraphs(transcript) {
        match piece {
            Paragraph::Spoken(spoken) => {
                let said = running_text(spoken.words);
                if said.is_empty() {
                    continue;
                }
                if let Some(name) = prose::speaker(&spoken) {
                    let _ = writeln!(text, "<cite>{}:</cite>", escape(&name));
                }
                if let Some(start) = spoken.start() {
                    time(&mut text, start);
                }
                let _ = writeln!(text, "<p>{}</p>", escape(&said));
            }
            Paragraph::Unspoken(stretch) => {
                time(&mut text, stretch.start);
                let _ = writeln!(text, "<p class=\"note\">{}</p>", escape(&note(stretch)));
            }
        }
    }
    for caveat in prose::caveat(transcript) {
        let _ = writeln!(text, "<p class=\"note\">{}</p>", escape(&caveat));
    }
    text.push_str("</body>\n</html>\n");
    text
}

/// As HTML writes a time without a further attribute, which is what other programs look for.
fn time(text: &mut String, time: Millis) {
    let _ = writeln!(text, "<time>{}</time>", crate::captions::stamp(time, '.'));
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
