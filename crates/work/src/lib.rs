//! Does the work that the ledger says is due: probes recordings, hears them, stores every window as it is heard.
//!
//! Goes in: an archive, the way to a recogniser, a stop flag. Comes out: the archive with its work done, and events for
//! a progress bar. Never: an episode that stops the others, a transaction that lasts, a window that waits to be stored.
//!
//! ```text
//! run(&archive, &options, &mut ears, &stop, &mut observer) -> Result<Summary, WorkError>
//!     ears: Ears::of_model("whisper-base")     weights from the cache, fetched and loaded when first needed
//!           Ears::ready(hearer)                anything that implements `Hearer` (tests; a loaded speech::Models)
//!     observer: &mut (dyn FnMut(Event<'_>) + Send)      called by one thread at a time
//!     stages of texts (align, repair, chapters) need no weights; `witness` asks the sound where `repair` is in doubt
//! read_names(&archive, show?, path, &mut progress) -> Result<ListRead>      a list of names   add_name(&archive, show?, &name)
//! transcribe(path, &Transcribing, &hearer, &stop, &mut observer) -> Result<Transcribed, WorkError>     no archive
//! ```
//! `run` returns when nothing is due (or, with `watch`, when told to stop). When `stop` is set it finishes and stores the
//! windows in flight, gives the work back and returns with `Summary::stopped`. A killed run costs the windows in
//! flight; the next one goes on at once.

mod board;
mod copies;
mod ears;
mod error;
mod event;
mod hearing;
mod known;
mod lease;
mod line;
mod lists;
mod named;
mod repair;
mod run;
mod schedule;
mod searchable;
mod shrink;
mod sound;
mod texts;
mod transcribe;
mod witness;

pub use ears::{Ears, Hearer, VOICE_DETECTOR};
pub use error::WorkError;
pub use event::{Event, HeardEpisode, Pace};
pub use line::{Looked, Recording};
pub use lists::{BY_HAND, ListRead, add_name, names_of, read_names};
pub use run::{Options, Summary, look, run};
pub use schedule::{NotASchedule, Schedule, Window};
pub use searchable::{Indexed, keep_searchable, make_searchable};
pub use sound::Decoder;
pub use transcribe::{Transcribed, Transcribing, transcribe};
