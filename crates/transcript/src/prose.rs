use crate::import::{HEADER_LINES, UNKNOWN, header_key, is_head, label, split_time, time_marks};
use crate::spacing::is_wide;
use crate::wording::{describe, long_date, name, note, one_line, running_text, sound};
use crate::{About, Paragraph, Spoken, paragraphs};
use model::Transcript;

/// Stands before the title of the show.
pub(crate) const FROM: &str = "From ";
/// How a file says that its markup is Readout's, and says all that is to be known.
pub(crate) const GENERATOR: &str = "Readout";
/// Stands for a colon that would be taken for that of a name, a time or a header, where a format has no escapes
/// (U+2236 RATIO).
const RATIO: &str = "\u{2236}";

const UNFINISHED: &str = "not all of the recording has been heard yet";
const PARTIAL: &str = "the recording could be read only in part: ";

/// The words in paragraphs with an empty line between, names before them, stretches as notes in square brackets.
pub(crate) fn plain(transcript: &Transcript) -> String {
    let mut lines = 0;
    let blocks = paragraphs(transcript).into_iter().map(|piece| {
        let text = match piece {
            Paragraph::Spoken(spoken) => {
                let text = running_text(spoken.words);
                let top = lines < HEADER_LINES;
                match speaker(&spoken) {
                    Some(name) if !text.is_empty() => {
                        let text = labelled(&name, &guarded(&text, false, false));
                        if top && header_key(&text) { text.replace([':', '：'], RATIO) } else { text }
                    }
                    _ => guarded(&text, top, true),
                }
            }
            Paragraph::Unspoken(stretch) => note(stretch),
        };
        lines += usize::from(!text.is_empty());
        text
    });
    let blocks: Vec<String> = blocks.collect();
    join(blocks.into_iter().chain(caveat(transcript).map(|text| format!("[{text}]"))))
}

/// CommonMark: heading, source, and paragraphs that begin with their time and name, as far as they have them.
pub(crate) fn markdown(about: &About, transcript: &Transcript) -> String {
    let mut blocks = Vec::new();
    let title = one_line(&about.title);
    if !title.is_empty() {
        blocks.push(format!("# {}", escape(&title)));
        blocks.extend(source(about).map(|source| format!("*{}*", escape(&source))));
    }
    for piece in paragraphs(transcript) {
        blocks.push(match piece {
            Paragraph::Spoken(spoken) => {
                let text = running_text(spoken.words);
                let start = spoken.start().map(|start| start.to_string());
                let name = speaker(&spoken).map(|name| format!("{}:", escape(&unlike_time(&name))));
                let lead: Vec<String> = start.into_iter().chain(name).collect();
                match lead.is_empty() {
                    _ if text.is_empty() => String::new(),
                    false => format!("**{}** {}", lead.join(" "), escape_text(&text, false)),
                    true => escape_text(&text, true),
                }
            }
            Paragraph::Unspoken(stretch) => format!("**{}** *{}*", stretch.start, escape(&note(stretch))),
        });
    }
    blocks.extend(caveat(transcript).map(|text| format!("*{}*", escape(&text))));
    join(blocks.into_iter())
}

/// Show and day, as the line below a title says them.
pub(crate) fn source(about: &About) -> Option<String> {
    let show = one_line(&about.show);
    let show = (!show.is_empty()).then(|| format!("{FROM}{show}"));
    let parts: Vec<String> = show.into_iter().chain(about.date.map(long_date)).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The name to write before a paragraph.
pub(crate) fn speaker(spoken: &Spoken<'_>) -> Option<String> {
    spoken.begins_turn.then(|| match spoken.speaker.map(name) {
        Some(name) if !name.is_empty() => name,
        _ => UNKNOWN.to_owned(),
    })
}

/// What a reader must know when the transcript is not the whole recording.
pub(crate) fn caveat(transcript: &Transcript) -> impl Iterator<Item = String> {
    let unfinished = (!transcript.complete).then(|| UNFINISHED.to_owned());
    let partial = transcript.partial.as_ref().map(|reason| format!("{PARTIAL}{}", one_line(reason)));
    unfinished.into_iter().chain(partial)
}

/// Takes a text for what it is if [`caveat`] wrote it.
pub(crate) fn take_caveat(text: &str, complete: &mut bool, partial: &mut Option<String>) -> bool {
    if text == UNFINISHED {
        *complete = false;
        return true;
    }
    match text.strip_prefix(PARTIAL.trim_end()) {
        Some(reason) => {
            *partial = Some(reason.trim().to_owned());
            true
        }
        None => false,
    }
}

/// A name with its colon, in plain text, and what is said.
pub(crate) fn labelled(name: &str, text: &str) -> String {
    let timed = split_time(name).1.is_some() || time_marks(name);
    let name = if timed { name.replace(':', RATIO) } else { unlabelled(name) };
    match name.chars().next_back().is_some_and(is_wide) {
        true => format!("{name}：{text}"),
        false => format!("{name}: {text}"),
    }
}

/// The same in a caption, where names have no times.
pub(crate) fn labelled_caption(name: &str, text: &str) -> String {
    let name = unlabelled(name);
    match name.chars().next_back().is_some_and(is_wide) {
        true => format!("{name}：{text}"),
        false => format!("{name}: {text}"),
    }
}

/// Text of a caption without a name of which a name would not be told as it is; with `never`, none at all.
pub(crate) fn guarded_caption(text: &str, never: bool) -> String {
    let taken = label(text).is_some_and(|(name, rest)| {
        let nobody = name.eq_ignore_ascii_case(UNKNOWN) || rest.is_empty();
        let rewritten = sound(rest).is_some_and(|kind| rest != format!("[{}]", describe(kind)));
        never || nobody || rewritten || text != labelled_caption(name, rest)
    });
    if taken { text.replace([':', '：'], RATIO) } else { text.to_owned() }
}

/// A name without a colon that would end it.
fn unlabelled(name: &str) -> String {
    let name = format!("{} ", name.replace('：', RATIO)).replace(": ", &format!("{RATIO} "));
    name.trim_end().to_owned()
}

/// Running text that plain text would not say as it is: a colon in it would be taken for that of a name without
/// words, of a time or of a header.
pub(crate) fn guarded(text: &str, header: bool, begins: bool) -> String {
    let taken = begins
        && label(text).is_some_and(|(name, rest)| {
            let otherwise = name.eq_ignore_ascii_case(UNKNOWN) && name != UNKNOWN;
            let timed = time_marks(rest) || split_time(name).1.is_some();
            rest.is_empty() || timed || otherwise || text != labelled(name, rest)
        });
    let head = begins && is_head(text);
    if taken || head || (header && header_key(text)) || time_marks(text) {
        return text.replace([':', '：'], RATIO);
    }
    text.to_owned()
}

/// A name that neither begins nor ends like a time.
fn unlike_time(name: &str) -> String {
    if time_marks(name) || split_time(name).1.is_some() { name.replace(':', RATIO) } else { name.to_owned() }
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

/// Escapes the text of a paragraph; `begins`: nothing stands before it in its line.
fn escape_text(text: &str, begins: bool) -> String {
    // A wide colon has no escape.
    let wide = begins
        && label(text)
            .is_some_and(|(name, _)| text.get(name.len()..).is_some_and(|rest| rest.starts_with('：')));
    let text = if wide { &text.replace('：', RATIO) } else { text };
    let meant = begins && (label(text).is_some() || header_key(text) || is_head(text));
    let escaped = escape(text);
    let escaped = if meant || time_marks(text) { escaped.replace(':', "\\:") } else { escaped };
    if !begins {
        return escaped;
    }
    // The sign of a list or a rule.
    let digits = escaped.bytes().take_while(u8::is_ascii_digit).count();
    match escaped.as_bytes().get(digits) {
        Some(b'-' | b'+' | b'=' | b'!') if digits == 0 => format!("\\{escaped}"),
        Some(b'.' | b')') if (1..10).contains(&digits) => {
            format!("{}\\{}", &escaped[..digits], &escaped[digits..])
        }
        _ => escaped,
    }
}
