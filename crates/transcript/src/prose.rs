use crate::wording::{long_date, note, one_line, running_text};
use crate::{About, Paragraph, paragraphs};
use model::Transcript;

/// The words in paragraphs with an empty line between, stretches as notes in square brackets.
pub(crate) fn plain(transcript: &Transcript) -> String {
    let blocks = paragraphs(transcript).into_iter().map(|piece| match piece {
        Paragraph::Spoken(spoken) => running_text(spoken.words, str::to_owned),
        Paragraph::Unspoken(stretch) => note(stretch),
    });
    join(blocks.chain(caveat(transcript).map(|text| format!("[{text}]"))))
}

/// CommonMark: heading, date, and paragraphs that begin with their time.
pub(crate) fn markdown(about: &About, transcript: &Transcript) -> String {
    let mut blocks = Vec::new();
    if !about.title.is_empty() {
        blocks.push(format!("# {}", escape(&one_line(&about.title))));
    }
    let show = (!about.show.is_empty()).then(|| escape(&one_line(&about.show)));
    let source: Vec<String> = show.into_iter().chain(about.date.map(long_date)).collect();
    if !source.is_empty() {
        blocks.push(source.join(", "));
    }
    for piece in paragraphs(transcript) {
        blocks.push(match piece {
            Paragraph::Spoken(spoken) => {
                let start = spoken.words.first().map(|word| word.start).unwrap_or_default();
                format!("**{start}** {}", running_text(spoken.words, escape))
            }
            Paragraph::Unspoken(stretch) => format!("**{}** *{}*", stretch.start, escape(&note(stretch))),
        });
    }
    blocks.extend(caveat(transcript).map(|text| format!("*{}*", escape(&text))));
    join(blocks.into_iter())
}

/// What a reader must know when the transcript is not the whole recording.
pub(crate) fn caveat(transcript: &Transcript) -> impl Iterator<Item = String> {
    let unfinished = (!transcript.complete).then(|| "not all of the recording has been heard yet".to_owned());
    let partial = transcript
        .partial
        .as_ref()
        .map(|reason| format!("the recording could be read only in part: {}", one_line(reason)));
    unfinished.into_iter().chain(partial)
}

fn join(blocks: impl Iterator<Item = String>) -> String {
    let mut text = blocks.filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n");
    text.push('\n');
    text
}

/// Escapes what CommonMark would take for markup inside a line (CommonMark 0.31, section 2.4).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '#' | '~' | '|') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
