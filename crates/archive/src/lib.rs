//! The durable record: recordings, what was heard in them, what people and repairs made of it, and the ledger of work.
//!
//! Goes in: media files, windows as they are heard, revisions. Comes out: the same, after any crash. Never: a
//! network connection, a half-written record that is visible, an acknowledged word that is lost.
//!
//! # On disk
//! A folder: `archive.sqlite` (and its write-ahead log), `blobs/xx/yyyy…` (one file a recording, named by the BLAKE3
//! hash of its bytes, written once) and `tmp/`. Several processes may use it at once. [`Archive`] is cheap to clone
//! and may be shared between threads; every call is blocking and short (except [`Archive::add_file`], which copies a
//! file, and [`Archive::check`]).
//!
//! # The API in one look
//! ```text
//! Archive::open(dir)                     an existing archive            Archive::create(dir)   … made when absent
//! add_file(path, &Stated) -> Added       idempotent by content          say(episode, &Stated)  what a person states
//! add_text(path, &Stated, &Imported)     a transcript from elsewhere    attach_text(episode, path?, &Imported)
//! shows() episodes(show?) episode(id)    -> ShowEntry, EpisodeEntry     remove_episode(id)     erases wholly
//! set_chapters(episode, source, …) chapters(episode)                    set_show_facts(…) set_episode_facts(…)
//! find_episode("id | TITLE | SHOW/TITLE")                               find_show("id | TITLE")
//! open_blob(&hash) -> File               blob_path(&hash)
//!
//! reading(episode) -> Option<Reading>    the text shown (or, while the first hearing runs, what is heard so far)
//! transcript(hearing, Text)              Text::Revised | Text::AsHeard (`--no-repairs`)
//! hearings(recording) windows(hearing, from) set_shown(recording, hearing)
//! live_words(hearing) -> Vec<LiveWord>   revise(hearing, &Change) -> Revision    undo(revision, …)   revisions(hearing)
//!
//! subscribe(&Subscribe) feeds(show?) edit_feed(…) call_feeds()          store_refresh(&claim, …) outlets(episode)
//! show_settings(show) set_show_settings(…) remove_show(show)            want_sound(episode) drop_sound(episode)
//!
//! set_glossary(…) glossaries() set_name_rule(…)   repairable(hearing) store_repairs(&claim, …) offers(hearing) decide_offer(…)
//! judge(revision, Keep | PutBack, rule?, …) fix(changes, rule?) undo_fix(fix, …)    what people decide of names
//!
//! require(subject, stage, input, prio)   ask(subject, stage)            mark_stale(stage, tool)
//! register_worker() -> Worker            reclaim()                     work of killed programs is due again
//! claim(&[stage], worker, lease) -> Option<Claim>    heartbeat(&claim, lease)    release(&claim)
//! finish(&claim, tool)   fail(&claim, reason, Retry)  cells(subject)  status() -> Status
//! record_probe(&claim, …)                                               the result of stage `probe`, finishing it
//! begin_hearing(&claim, …) -> Begun; store_window(&claim, …)*; complete_hearing(&claim, …)   stage `hear`
//!
//! alignment(episode) -> Option<Alignment>; store_alignment(&claim, &alignment, &transcript, engine)   stage `align`
//! store_chapters(&claim, &chapters, tool)                               stage `chapters`
//! store_fingerprint(&claim, …) alike(episode, keys, …) fingerprint(episode); finish_fingerprint(&claim, &found, tool)
//! fingerprints_of_show(show); store_repeats(&claim, …) repeats(episode)  stage `repeats`, of a show
//!
//! copies(episode) main_of(episode) time_in(from, to, time)              one recording in several places   split(episode)
//!
//! check(&CheckOptions) -> Vec<Finding>   proves the invariants of `invariants.rs`       sweep(grace)
//! ```
//! An [`Error::Paused`] means that nothing was changed and that the same call can be made again once its cause (a full
//! disk, a failing one, a writer that does not end) is gone.

mod archive;
mod blobs;
mod copies;
mod error;
mod evidence;
mod feeds;
pub mod invariants;
mod ledger;
mod names;
mod reading;
mod records;
mod respelling;
mod revisions;
mod sqlite;
mod workers;

pub use archive::Archive;
pub use copies::{Copy, FoundCopy, NewRepeat, Same, TimeMap};
pub use error::Error;
pub use evidence::{Evidence, Fix, Sound};
pub use feeds::{
    FeedEdit, FeedEntry, FeedKind, FeedState, Incoming, Keep, KnownOutlet, Outlet, Refresh, Refreshed,
    ShowSettings, Subscribe, Takedown, Validators, Wanted,
};
pub use invariants::{CheckOptions, Finding, Invariant};
pub use ledger::{Cell, Claim, MAX_ATTEMPTS, MAX_LEASE, Priority, Retry, Stage, State, Subject};
pub use names::{
    Confirmed, Glossary, GlossaryName, NameRule, NewOffer, Offer, OfferState, PastRevision, Repairable,
    Repaired, Undone, Verdict,
};
pub use reading::{Reading, Text, recognised};
pub use records::{
    Added, Alignment, Begun, Coverage, EpisodeEntry, HearingRequest, HearingResult, Imported, Problem,
    Removed, ShowEntry, StageCount, Stated, Status, TextAdded,
};
pub use respelling::{in_place_of, respelled};
pub use revisions::{Author, AuthorKind, Change, LiveWord, Revision, WordId, WordSource};
pub use workers::Worker;

/// Result of everything that touches an archive.
pub type Result<T, E = Error> = std::result::Result<T, E>;
