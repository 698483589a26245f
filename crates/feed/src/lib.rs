//! Feeds as publishers write them: RSS, Atom, JSON Feed and OPML.
//!
//! Goes in: bytes, and what the archive knows of a show's episodes. Comes out: what was understood, complaints about the
//! rest, and which item is which episode. Never: the network, a clock, or failure on one bad element.

mod address;
mod complaint;
mod container;
mod dates;
mod decode;
mod elements;
mod html;
mod identity;
mod item;
mod json;
mod limits;
mod opml;
mod podcast;
mod prose;
mod read;
mod show;
mod xml;

pub use complaint::Complaint;
pub use dates::{Published, parse_date};
pub use html::{Notes, NotesLink, SafeHtml};
pub use identity::{Keys, KnownItem, Matcher, Placement};
pub use item::{
    AlternateEnclosure, Chapter, ChaptersLink, Enclosure, EpisodeKind, EpisodeNumber, Item, LiveState,
    LiveTime, Season, Soundbite, Source, TranscriptLink,
};
pub use limits::Limits;
pub use opml::{Outline, OutlineList, parse_opml, write_opml};
pub use read::{NotAFeed, Parsed, parse, parse_items};
pub use show::{Feed, Format, Funding, Location, Owner, Person, RemoteFeed, ShowKind, Trailer};
