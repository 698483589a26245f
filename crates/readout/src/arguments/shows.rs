//! What may be said of subscriptions, and of the way to the network.

use archive::{Keep, ShowSettings, Wanted};
use clap::{Args, Subcommand, ValueEnum};
use fetch::{Allowed, Policy};
use jiff::civil::Date;
use work::Schedule;

use super::{Care, language};

/// What of the network may be reached.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Network")]
pub struct Network {
    /// Reach this host or network although it is not public, as nas.example, 10.0.0.5:8080 or
    /// 10.0.0.0/8; may be said several times
    #[arg(
        long = "allow-host",
        value_name = "HOST",
        env = "READOUT_ALLOW_HOSTS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub allow_hosts: Vec<Allowed>,
    /// Follow redirects from https to http
    #[arg(long)]
    pub allow_http_redirects: bool,
}

impl Network {
    /// The same as the fetcher wants it.
    pub fn policy(&self) -> Policy {
        Policy {
            allow: self.allow_hosts.clone(),
            http_redirects: self.allow_http_redirects,
            ..Policy::default()
        }
    }
}

/// Of which episodes the sound is wanted.
#[derive(Clone, Debug, Default, Args)]
#[group(multiple = false)]
pub struct Which {
    /// Fetch the sound of episodes published on this day or later
    #[arg(long, value_name = "DATE")]
    pub since: Option<Date>,
    /// Fetch the sound of the newest N episodes, and of those to come
    #[arg(long, value_name = "N")]
    pub latest: Option<u32>,
    /// Fetch the sound of all episodes
    #[arg(long)]
    pub all: bool,
}

impl Which {
    /// What is wanted, if anything was said of it.
    pub fn wanted(&self) -> Option<Wanted> {
        let since = self.since.map(Wanted::Since);
        since.or(self.latest.map(Wanted::Latest)).or(self.all.then_some(Wanted::All))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KeepSound {
    /// As it was published
    Original,
    /// As small Opus for speech (one channel, 32 kbit/s), with the same times
    Opus,
    /// Not at all, once all is done that needs it
    Nothing,
}

impl From<KeepSound> for Keep {
    fn from(keep: KeepSound) -> Self {
        match keep {
            KeepSound::Original => Self::Original,
            KeepSound::Opus => Self::Opus,
            KeepSound::Nothing => Self::Nothing,
        }
    }
}

/// How the episodes of a show are treated.
#[derive(Clone, Debug, Default, Args)]
pub struct Treatment {
    /// How carefully the show is heard, whatever `readout run` is told
    #[arg(long = "quality", value_name = "QUALITY", value_enum)]
    pub care: Option<Care>,
    /// What becomes of the sound once everything that needs it is done
    #[arg(long, value_enum)]
    pub keep: Option<KeepSound>,
    /// Hear episodes also where the publisher has a good transcript
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub always_hear: Option<bool>,
    /// List of the names that come up in the show
    #[arg(long, value_name = "FILE")]
    pub glossary: Option<std::path::PathBuf>,
}

impl Treatment {
    /// True when nothing was said.
    pub fn is_empty(&self) -> bool {
        self.care.is_none() && self.keep.is_none() && self.always_hear.is_none() && self.glossary.is_none()
    }

    /// The settings `before`, with what was said.
    pub fn over(&self, before: ShowSettings, language: Option<&str>) -> ShowSettings {
        ShowSettings {
            language: match language {
                Some("auto") => None,
                said => said.map(str::to_owned).or(before.language),
            },
            quality: self.care.map(Into::into).or(before.quality),
            keep: self.keep.map_or(before.keep, Into::into),
            always_hear: self.always_hear.unwrap_or(before.always_hear),
            glossary: match &self.glossary {
                Some(file) => Some(std::path::absolute(file).unwrap_or(file.clone()).display().to_string()),
                None => before.glossary,
            },
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout shows                          what is subscribed to, and how it goes
  readout shows add https://radio.example/live --record 'Mon-Fri 07:00-09:00'
  readout shows edit Frontier --all      fetch the whole back catalogue
  readout shows pause Frontier
  readout shows remove Frontier          says what that would erase
  readout shows export > feeds.opml      for any other podcast program

SHOW is a title, the beginning of an id, or the address of a feed.")]
pub struct Shows {
    #[command(subcommand)]
    pub verb: Option<ShowsVerb>,
}

#[derive(Debug, Subcommand)]
pub enum ShowsVerb {
    /// Shows with their feeds (also when no verb is given)
    List,
    /// Record a live stream by schedule, each time into an episode
    Add(AddStream),
    /// Change how a show is treated, which sound is wanted, where its feed is
    Edit(Edit),
    /// Stop looking at the feeds of a show; its episodes stay
    Pause {
        /// Title, the beginning of an id, or the address of a feed
        #[arg(value_name = "SHOW")]
        show: String,
    },
    /// Look at the feeds of a show again
    Resume {
        /// Title, the beginning of an id, or the address of a feed
        #[arg(value_name = "SHOW")]
        show: String,
    },
    /// Erase a show with its episodes, their sound and all that was heard in them
    Remove {
        /// Title, the beginning of an id, or the address of a feed
        #[arg(value_name = "SHOW")]
        show: String,
        /// Do it; without this only what would be erased is said
        #[arg(long)]
        yes: bool,
    },
    /// Write the feeds as a list (OPML) to standard output
    Export,
    /// Fetch the sound of episodes that their show does not ask for
    Fetch {
        /// Title, SHOW/TITLE, or the beginning of an id
        #[arg(required = true, value_name = "EPISODE")]
        episodes: Vec<String>,
    },
    /// Say that an episode is another programme than the one it was taken to be a copy of
    Split {
        /// Title, SHOW/TITLE, or the beginning of an id
        #[arg(value_name = "EPISODE")]
        episode: String,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout shows edit Frontier --since 2024-01-01 --keep nothing
  readout shows edit Frontier --language de --glossary names.txt
  readout shows edit Frontier --address https://new.example/feed.xml

A language holds for episodes that come from now on.")]
pub struct Edit {
    /// Title, the beginning of an id, or the address of a feed
    #[arg(value_name = "SHOW")]
    pub show: String,
    /// Where its feed is now
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// Language that is spoken, as en or de; auto: detected for each episode
    #[arg(long, value_name = "LANG", value_parser = language_or_auto)]
    pub language: Option<String>,
    #[command(flatten)]
    pub which: Which,
    #[command(flatten)]
    pub treatment: Treatment,
    #[command(flatten)]
    pub network: Network,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  readout shows add https://radio.example/live --record 'Mon-Fri 07:00-09:00'
  readout shows add https://radio.example/live.m3u8 --record 'Sat 22:00-00:30, daily 12:00-12:30' --title Noon

Times are those of this machine's clock. Only `readout run --watch` and `readout serve` record. When
the station drops, it is called again; what was lost is marked as a gap.")]
pub struct AddStream {
    /// Address of the stream, or of a playlist that leads to it (Icecast, HLS, M3U, PLS)
    #[arg(value_name = "STREAM")]
    pub stream: String,
    /// When: days of the week and times, several with commas between
    #[arg(long, value_name = "SCHEDULE")]
    pub record: Schedule,
    /// Title of the show [default: what the station calls itself]
    #[arg(long, value_name = "TITLE", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub title: Option<String>,
    /// Language that is spoken, as en or de; detected when not said
    #[arg(long, value_name = "LANG", value_parser = language)]
    pub language: Option<String>,
    #[command(flatten)]
    pub treatment: Treatment,
    #[command(flatten)]
    pub network: Network,
}

fn language_or_auto(tag: &str) -> Result<String, String> {
    if tag == "auto" { Ok(tag.to_owned()) } else { language(tag) }
}
