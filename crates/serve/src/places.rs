//! Where everything is: the addresses that pages link to, on a server and in a folder of files.

use crate::assets;
use model::{BlobHash, EpisodeId, ShowId};
use std::fmt::Display;

/// Addresses as one page writes them.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// What leads from the page to the top: `/` on a server, `../../` in a folder of files.
    root: String,
    /// True in a folder of files, where a page is a file and has its name.
    files: bool,
}

impl Places {
    /// On a server.
    pub fn served() -> Self {
        Self { root: "/".into(), files: false }
    }

    /// In a folder of files, for a page so many folders deep. Links are relative, so that the folder may lie anywhere.
    pub fn in_folder(depth: usize) -> Self {
        Self { root: "../".repeat(depth), files: true }
    }

    fn page(&self, path: impl Display) -> String {
        format!("{}{path}{}", self.root, if self.files { "/index.html" } else { "" })
    }

    /// The library.
    pub fn library(&self) -> String {
        if self.files { format!("{}index.html", self.root) } else { self.root.clone() }
    }

    /// A page of the list of shows, counted from 1.
    pub fn library_page(&self, number: usize) -> String {
        match (number, self.files) {
            (1, _) => self.library(),
            (_, true) => format!("{}shows-{number}.html", self.root),
            (_, false) => format!("{}?page={number}", self.root),
        }
    }

    /// A show's page of episodes, counted from 1.
    pub fn show_page(&self, show: &ShowId, number: usize) -> String {
        match (number, self.files) {
            (1, _) => self.page(format_args!("show/{show}")),
            (_, true) => format!("{}show/{show}/page-{number}.html", self.root),
            (_, false) => format!("{}show/{show}?page={number}", self.root),
        }
    }

    /// A show's feed.
    pub fn feed(&self, show: &ShowId) -> String {
        format!("{}show/{show}/feed.xml", self.root)
    }

    /// An episode.
    pub fn episode(&self, episode: &EpisodeId) -> String {
        self.page(format_args!("episode/{episode}"))
    }

    /// A file that belongs to an episode: `transcript.vtt`, `chapters.json`.
    pub fn of_episode(&self, episode: &EpisodeId, name: impl Display) -> String {
        format!("{}episode/{episode}/{name}", self.root)
    }

    /// A recording. `ending` is that of its format; players outside look at it.
    pub fn audio(&self, blob: &BlobHash, ending: &str) -> String {
        format!("{}audio/{blob}.{ending}", self.root)
    }

    /// Where everything is searched: only a server can.
    pub fn search(&self) -> String {
        format!("{}search", self.root)
    }

    /// True on a server, where pages can ask for more.
    pub fn are_served(&self) -> bool {
        !self.files
    }

    /// A file of the program's own.
    pub fn asset(&self, name: &str) -> String {
        format!("{}{}", self.root, assets::path(name))
    }
}
