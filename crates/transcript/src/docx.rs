//! Office Open XML (ECMA-376), for newsrooms: title, source, and paragraphs with name and time in a line of their own.

use crate::wording::{note, one_line, running_text};
use crate::{About, ExportError, Paragraph, paragraphs, prose};
use docx_rs::{Docx, Paragraph as Block, Run, RunFonts, Style, StyleType};
use model::{Millis, Transcript};

/// Grey of what is no speech.
const GREY: &str = "666666";

pub(crate) fn docx(about: &About, transcript: &Transcript) -> Result<Vec<u8>, ExportError> {
    let title = allowed(&one_line(&about.title));
    let mut document = Docx::new()
        .default_fonts(RunFonts::new().ascii("Georgia").hi_ansi("Georgia").cs("Georgia"))
        .default_size(22)
        .add_style(Style::new("Title", StyleType::Paragraph).name("Title").size(36).bold());
    if !title.is_empty() {
        document = document.add_paragraph(Block::new().style("Title").add_run(Run::new().add_text(title)));
    }
    if let Some(source) = prose::source(about) {
        document = document.add_paragraph(remark(&source));
    }
    for piece in paragraphs(transcript) {
        match piece {
            Paragraph::Spoken(spoken) => {
                let mut head = Block::new().keep_next(true);
                let (name, start) = (prose::speaker(&spoken), spoken.start());
                let headed = name.is_some() || start.is_some();
                if let Some(name) = name {
                    head = head.add_run(Run::new().bold().add_text(allowed(&name)).add_text("  "));
                }
                if let Some(start) = start {
                    head = head.add_run(Run::new().color(GREY).add_text(start.to_string()));
                }
                if headed {
                    document = document.add_paragraph(head);
                }
                let text = allowed(&running_text(spoken.words));
                document = document.add_paragraph(Block::new().add_run(Run::new().add_text(text)));
            }
            Paragraph::Unspoken(stretch) => {
                let Millis(_) = stretch.start;
                document = document.add_paragraph(remark(&format!("{}  {}", stretch.start, note(stretch))));
            }
        }
    }
    for caveat in prose::caveat(transcript) {
        document = document.add_paragraph(remark(&caveat));
    }
    let mut bytes = std::io::Cursor::new(Vec::new());
    document.build().pack(&mut bytes).map_err(|error| ExportError::Document(error.to_string()))?;
    Ok(bytes.into_inner())
}

fn remark(text: &str) -> Block {
    Block::new().add_run(Run::new().italic().color(GREY).add_text(allowed(text)))
}

/// Without the few characters that XML cannot hold.
fn allowed(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
