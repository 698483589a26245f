//! Chapters: their files, and where the text itself begins a new one.

mod files;

pub use files::{ReadChapters, export_ffmetadata, export_json, export_vtt, import_json};
