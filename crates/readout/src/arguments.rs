//! What may stand on the command line, and the help that teaches it.

mod names;
pub mod shows;

pub use self::names::{AddName, Fix, Names, NamesVerb};

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::civil::Date;
use model::{Millis, Quality};
use shows::{Network, Shows, Treatment, Which};
use transcript::Format;

/// Turns broadcasts into a record that can be read, played word by word, checked and cited.
#[derive(Debug, Parser)]
#[command(
    name = "readout",
    version,
    max_term_width = 100,
    after_help = "\
First steps:
  readout demo                            hear the sample episode and read it in the browser
  readout transcribe talk.mp3             one file to a transcript, no archive
  readout add talk.mp3 ~/Podcasts         put recordings into the archive …
  readout add https://show.example/feed   … or subscribe to a show …
  readout run                             … fetch and hear what is due …
  readout serve                           … and read them

Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part.
`readout help VERB` says more about each, with examples."
)]
pub struct Arguments {
    #[command(flatten)]
    pub everywhere: Everywhere,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Everywhere {
    /// Folder of the archive [default: readout in the system's folder for a user's data]
    #[arg(long, global = true, value_name = "DIR", env = "READOUT_ARCHIVE", hide_env_values = true)]
    pub archive: Option<PathBuf>,
    /// Print one JSON object a line instead of text
    #[arg(long, global = true)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Hear the sample episode that ships with the program, and serve its page
    Demo(Demo),
    /// Put recordings into the archive, or subscribe to shows
    Add(Add),
    /// Do all work that is due: look at feeds, fetch and hear what is new
    Run(Run),
    /// What is subscribed to: list, change, pause, remove
    Shows(Shows),
    /// What is done, waiting and failed, and why; how long the rest will take
    #[command(after_help = STATUS_EXAMPLES)]
    Status,
    /// Read an episode in the terminal
    Show(Show),
    /// List the texts of an episode (heard, the publisher's, added), or choose the one that is shown
    Texts(Texts),
    /// Hear one file and print its transcript; no archive needed
    Transcribe(Transcribe),
    /// Write an episode's transcript in a standard format
    Export(Export),
    /// Find what was said, by word and by sound
    Search(Search),
    /// An episode's chapters: list, correct, write
    Chapters(Chapters),
    /// Write the archive, or one show, as a site that any web server can hand out
    Publish(Publish),
    /// Names: make them known, correct them everywhere, see why they stand there, take it back
    Names(Names),
    /// Prove the archive sound
    Check(Check),
    /// The models that hear: list, fetch, verify
    Models(Models),
    /// Serve the pages of the archive on this machine; does the work that is due, too
    Serve(Serve),
    /// Decode a media file to standard output, for this program itself
    #[command(hide = true)]
    DecodeWorker(DecodeWorker),
}

const STATUS_EXAMPLES: &str = "\
Examples:
  readout status
  readout status --json | jq 'select(.type == \"problem\")'";

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout demo                  hear the sample, then serve its page until Ctrl-C
  readout demo --no-serve       end after printing what was done

The first time, the models are fetched (about 150 MB). The second time needs no network.")]
pub struct Demo {
    /// End after printing what was done
    #[arg(long)]
    pub no_serve: bool,
    /// Port of the page on this machine; 0 takes any that is free
    #[arg(long, default_value_t = 0, conflicts_with = "no_serve")]
    pub port: u16,
    #[command(flatten)]
    pub hearing: Hearing,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout add talk.mp3
  readout add ~/Podcasts/Frontier --show Frontier --names guests.txt
  readout add talk.mp3 --title 'The call' --date 2024-04-06 --notes notes.txt --language fr
  readout add talk.vtt --episode 'The call'
  readout add https://show.example/feed.xml --since 2024-01-01
  readout add podcasts.opml --latest 3 --keep nothing

Title, show, date and notes come from the file's tags where they are not said here. A file that is
in the archive already is not added twice. A transcript goes to the episode whose recording has its
name, in the archive or beside it; else it becomes an episode that waits for its sound. A feed is looked at at once; `readout run`
fetches the sound of its newest ten episodes, and of those to come, unless --since, --latest or
--all say otherwise, and hears what was added.")]
pub struct Add {
    /// Media files, folders with media files, addresses of feeds, lists of feeds (OPML), addresses of
    /// media files, transcripts (vtt, srt, json, ctm, txt, md, html, readout)
    #[arg(required = true, value_name = "SOURCE")]
    pub sources: Vec<PathBuf>,
    /// Title of the show
    #[arg(long, value_name = "TITLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub show: Option<String>,
    /// Title of the episode (with one file)
    #[arg(long, value_name = "TITLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub title: Option<String>,
    /// Day it was broadcast, as 2024-04-06
    #[arg(long, value_name = "DATE")]
    pub date: Option<Date>,
    /// Text file with the show notes (with one file)
    #[arg(long, value_name = "FILE")]
    pub notes: Option<PathBuf>,
    /// List of names to be known in that show: a name a line, CSV, or lines of Wikidata
    #[arg(long, value_name = "FILE")]
    pub names: Option<PathBuf>,
    /// Language that is spoken, as en or de; detected when not said
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub language: Option<String>,
    /// Episode that the transcripts named here are of: title, SHOW/TITLE, or the beginning of an id
    #[arg(long, value_name = "EPISODE")]
    pub episode: Option<String>,
    #[command(flatten, next_help_heading = "Feeds")]
    pub which: Which,
    #[command(flatten, next_help_heading = "Feeds")]
    pub treatment: Treatment,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout run                   until nothing is due
  readout run --watch --nice    keep doing what becomes due, politely
  readout run --workers 1       use one processor core
  readout run --no-fetch        leave the network alone

Ctrl-C stops after what is in hand; again ends at once. The next run goes on where this one was.")]
pub struct Run {
    /// Keep running and do what becomes due
    #[arg(long)]
    pub watch: bool,
    /// Look at no feeds and fetch no sound
    #[arg(long)]
    pub no_fetch: bool,
    #[command(flatten)]
    pub hearing: Hearing,
    #[command(flatten)]
    pub network: Network,
}

/// How to hear.
#[derive(Clone, Debug, Args)]
pub struct Hearing {
    /// fast, or accurate: slower, with fewer wrong words
    #[arg(long, value_enum, default_value_t = Care::Accurate)]
    pub quality: Care,
    /// Model to hear with (`readout models list`) [default: whisper-base]
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Processor cores to use [default: all]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub workers: Option<u16>,
    /// Let every other program go first
    #[arg(long)]
    pub nice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Care {
    Fast,
    Accurate,
}

impl From<Care> for Quality {
    fn from(care: Care) -> Self {
        match care {
            Care::Fast => Self::Fast,
            Care::Accurate => Self::Accurate,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout show 'One call, two readouts'
  readout show 'The Open Line/One call, two readouts'
  readout show 0192e4c7 | less
  readout show 'One call, two readouts' --at 12:34    where that is in its other places

EPISODE is its title, SHOW/TITLE, or any unique beginning of its id (`readout status` lists them).")]
pub struct Show {
    /// Title, SHOW/TITLE, or the beginning of an id
    #[arg(value_name = "EPISODE")]
    pub episode: String,
    /// The text as the recogniser wrote it
    #[arg(long)]
    pub no_repairs: bool,
    /// Which of its texts: heard, publisher, imported, or an id that `readout texts` lists
    #[arg(long, value_name = "WHICH")]
    pub hearing: Option<String>,
    /// Say at which time this time is in the other places of the same recording, and nothing else
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub at: Option<Millis>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout texts 'One call, two readouts'
  readout texts 'One call, two readouts' --show heard

The one with an asterisk is shown, exported and published.")]
pub struct Texts {
    /// Title, SHOW/TITLE, or the beginning of an id
    #[arg(value_name = "EPISODE")]
    pub episode: String,
    /// Show this one from now on: heard, publisher, imported, or the beginning of its id
    #[arg(long, value_name = "WHICH")]
    pub show: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Words are found in every inflection, \"phrases\" as they stand, prefix* by their begin, ~name by its sound. Words side by
side must all be in a passage; OR, NOT (or -) and brackets work, and so do NEAR/5, speaker:, show:, date:2024-04..2024-06
and has:gap. What sounds like a name that was misheard comes after what is written so; exact:name leaves it out.

Examples:
  readout search Lecornu
  readout search '\"peace negotiations\" OR ceasefire'
  readout search 'exact:Moscow speaker:\"Ann Lee\" date:2024'
  readout search --json --queries names.txt > hits.jsonl")]
pub struct Search {
    /// What to look for
    #[arg(value_name = "QUERY", required_unless_present = "queries", num_args = 1..)]
    pub query: Vec<String>,
    /// Search for each line of this file
    #[arg(long, value_name = "FILE", conflicts_with = "query")]
    pub queries: Option<PathBuf>,
    /// Most episodes that are shown
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub limit: usize,
    /// Most passages of each
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub passages: usize,
    /// Only what is written so: nothing by its sound
    #[arg(long)]
    pub exact: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Chapters come from a person, else from the publisher, else they are found in the text. What is added or removed here
makes the list yours; --reset gives it up.

Examples:
  readout chapters 'Two readouts'
  readout chapters 'Two readouts' --add '12:30 The ferry'
  readout chapters 'Two readouts' --remove 3
  readout chapters 'Two readouts' --set chapters.json
  readout chapters 'Two readouts' --format vtt > chapters.vtt")]
pub struct Chapters {
    /// Title, SHOW/TITLE, or the beginning of an id
    #[arg(value_name = "EPISODE")]
    pub episode: String,
    /// Take the chapters of this file (Podcasting 2.0 JSON)
    #[arg(long, value_name = "FILE", group = "change")]
    pub set: Option<PathBuf>,
    /// Add a chapter, or rename the one at this time
    #[arg(long, value_name = "'TIME TITLE'", group = "change")]
    pub add: Option<String>,
    /// Remove the chapter with this number
    #[arg(long, value_name = "N", group = "change")]
    pub remove: Option<usize>,
    /// Give up your own chapters
    #[arg(long, group = "change")]
    pub reset: bool,
    /// Write them as a file
    #[arg(long, value_enum, conflicts_with = "change")]
    pub format: Option<ChapterFormat>,
}

/// A format that chapters are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ChapterFormat {
    /// Podcasting 2.0
    Json,
    /// WebVTT, for players in browsers
    Vtt,
    /// FFmpeg metadata, to write them into a media file
    Ffmetadata,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout transcribe talk.mp3
  readout transcribe film.mkv --format srt > film.srt
  readout transcribe talk.mp3 --format json --quality fast --language de
  readout transcribe talk.mp3 --names guests.txt

The transcript goes to standard output, progress to standard error. Exit code 3 says that the file
could be read only in part.")]
pub struct Transcribe {
    /// Media file: audio, or a video's sound
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// txt, md, html, docx, srt, vtt, json (Podcasting 2.0), ctm or readout (everything)
    #[arg(long, value_name = "FORMAT", default_value = "txt", value_parser = format)]
    pub format: Format,
    /// Language that is spoken, as en or de; detected when not said
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub language: Option<String>,
    /// List of names that may be said: a name a line, CSV, or lines of Wikidata
    #[arg(long, value_name = "FILE", conflicts_with = "no_repairs")]
    pub names: Option<PathBuf>,
    /// The text as the recogniser wrote it
    #[arg(long)]
    pub no_repairs: bool,
    #[command(flatten)]
    pub hearing: Hearing,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout export 'One call, two readouts' --format vtt > call.vtt
  readout export 0192e4c7 --format docx --output call.docx
  readout export 0192e4c7 --format readout --hearing heard > call.readout

Formats: txt, md and html (text with names and times), docx (for a word processor), srt and vtt
(captions), json (Podcasting 2.0), ctm (words with times, NIST), rttm (who speaks when, NIST), readout
(everything, can be imported without loss). A text without times has no captions, json, ctm or rttm.")]
pub struct Export {
    /// Title, SHOW/TITLE, or the beginning of an id
    #[arg(value_name = "EPISODE")]
    pub episode: String,
    /// txt, md, html, docx, srt, vtt, json, ctm, rttm or readout
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    pub format: Format,
    /// File to write to [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The text as the recogniser wrote it
    #[arg(long)]
    pub no_repairs: bool,
    /// Which of its texts: heard, publisher, imported, or an id that `readout texts` lists
    #[arg(long, value_name = "WHICH")]
    pub hearing: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout publish site --address https://example.org/archive/
  readout publish site --show Frontier
  readout publish site --no-audio          pages to read, without the recordings

The folder must be new, empty, or written by this verb before: then only what changed is written, and
what is no longer in the archive is removed. Links are relative, so it may lie anywhere; feeds for
podcast apps need to know where, and are written with --address only.")]
pub struct Publish {
    /// Folder for the site
    #[arg(value_name = "DIR")]
    pub folder: PathBuf,
    /// One show: its title, or the beginning of its id
    #[arg(long, value_name = "SHOW")]
    pub show: Option<String>,
    /// Address at which the folder will be found
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Leave the recordings out
    #[arg(long)]
    pub no_audio: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout check                 everything, reading every recording
  readout check --sample 0.1    reading a tenth of the recordings

Changes nothing. Exit code 1 when something is not as it should be.")]
pub struct Check {
    /// Share of the recordings whose bytes are read, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 1.0, value_parser = share)]
    pub sample: f64,
}

#[derive(Debug, Args)]
pub struct Models {
    #[command(subcommand)]
    pub verb: ModelsVerb,
}

#[derive(Debug, Subcommand)]
pub enum ModelsVerb {
    /// What can be fetched, what is there, and where
    List,
    /// Fetch models and check them; without names, those that hearing needs
    #[command(after_help = "\
Examples:
  readout models pull
  readout models pull whisper-tiny.en silero-vad

READOUT_CACHE names the folder to keep models in; READOUT_MODELS a list of models to use instead of
the built-in one.")]
    Pull {
        /// Names, as `readout models list` shows them
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Hash the models that are there; damaged ones are fetched again by the next pull
    Verify {
        /// Only this one
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout serve                 on a free port, which is printed
  readout serve --port 8080
  readout serve --no-work       only pages; another `readout run` hears

The pages are served to this machine only.")]
pub struct Serve {
    /// Port on this machine; 0 takes any that is free
    #[arg(long, default_value_t = 7373)]
    pub port: u16,
    /// Serve pages and do no other work
    #[arg(long)]
    pub no_work: bool,
    /// Look at no feeds and fetch no sound
    #[arg(long)]
    pub no_fetch: bool,
    #[command(flatten)]
    pub hearing: Hearing,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Args)]
pub struct DecodeWorker {
    pub path: PathBuf,
}

fn format(name: &str) -> Result<Format, String> {
    name.parse().map_err(|error: transcript::UnknownFormat| error.to_string())
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0 to 1".into()),
    }
}

/// The languages that Whisper knows, by the codes it knows them by (openai/whisper, `tokenizer.py`).
const LANGUAGES: &str = "af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw he hi hr \
    ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl nn no oc pa pl ps pt ro ru sa sd \
    si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt uk ur uz vi yi yo yue zh";

/// The language of a tag (BCP 47): its first part, which is all that Whisper tells apart.
/// A time in a recording: `75`, `1:15`, `1:02:03.5`.
fn time(text: &str) -> Result<Millis, String> {
    let wrong = || "write a time as 12:34 or 1:02:03".to_owned();
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return Err(wrong());
    }
    let mut seconds = 0.0;
    for part in parts {
        let number: f64 = part.parse().map_err(|_| wrong())?;
        if !part.starts_with(|c: char| c.is_ascii_digit()) || !number.is_finite() {
            return Err(wrong());
        }
        seconds = 60.0 * seconds + number;
    }
    Ok(Millis::from_seconds(seconds))
}

fn language(tag: &str) -> Result<String, String> {
    let primary = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    match LANGUAGES.split_whitespace().any(|known| known == primary) {
        true => Ok(primary),
        false => Err("give a language code that Whisper knows, such as en, de or fr".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        for (text, seconds) in [("75", 75.0), ("1:15", 75.0), ("1:02:03.5", 3723.5), ("0:00", 0.0)] {
            assert_eq!(time(text), Ok(Millis::from_seconds(seconds)), "{text}");
        }
        for wrong in ["", ":", "1:", "-3", "+3", "inf", "nan", "1:2:3:4", "1h"] {
            assert!(time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn languages_are_tags() {
        assert_eq!(language("EN").as_deref(), Ok("en"));
        assert_eq!(language("pt-BR").as_deref(), Ok("pt"));
        assert_eq!(LANGUAGES.split_whitespace().count(), 100);
        for wrong in ["", "e", "english", "xx", "en_GB", "日本"] {
            assert!(language(wrong).is_err(), "{wrong}");
        }
    }
}
