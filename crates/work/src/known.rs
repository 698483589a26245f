//! All that is known of names while an episode is repaired, strongest first: what people corrected, what is written about the
//! episode, the lists of its show, what was confirmed in episodes near it, the lists of the archive.

use crate::lists::names_of;
use archive::{Archive, EpisodeEntry, Error, Glossary, NameRule};
use names::{EpisodeText, Known, Layer, Name, NotesLimits, Rank, Source, Speech, names_in};
use std::sync::Arc;

/// Episodes near this one whose confirmed names are expected in it, too: guests come again within months.
const NEIGHBOURS: u32 = 12;

/// Of the names found in notes those are expected that are at least as sure as this: a surname without a first name, a place
/// after "in".
const SURE_ENOUGH: f32 = 0.5;

/// Lists made ready, kept from one episode to the next: the archive's, and those of the show that was last looked at.
#[derive(Default)]
pub(crate) struct Shelf {
    archive: Option<Ready>,
    show: Option<Ready>,
}

/// Lists made ready, by their numbers and content.
struct Ready {
    lists: Vec<(i64, String)>,
    layer: Arc<Layer>,
}

impl Shelf {
    /// What is known for this episode.
    pub fn known(
        &mut self,
        archive: &Archive,
        episode: &EpisodeEntry,
        rules: &[NameRule],
        speech: &Speech,
    ) -> Result<Known, Error> {
        let lists = archive.glossaries()?;
        let (of_archive, of_shows): (Vec<_>, Vec<_>) =
            lists.into_iter().partition(|list| list.show.is_none());
        let of_show = of_shows.into_iter().filter(|list| list.show == Some(episode.show.id)).collect();
        let own = Arc::new(Layer::expected(own(archive, episode, rules)?, speech));
        let show = ready(&mut self.show, archive, of_show, |names| Layer::expected(names, speech))?;
        let everywhere =
            ready(&mut self.archive, archive, of_archive, |names| Layer::background(names, speech))?;
        Ok(Known::new(vec![own, show, everywhere]))
    }
}

fn ready(
    shelf: &mut Option<Ready>,
    archive: &Archive,
    lists: Vec<Glossary>,
    build: impl FnOnce(Vec<Name>) -> Layer,
) -> Result<Arc<Layer>, Error> {
    let wanted: Vec<(i64, String)> = lists.into_iter().map(|list| (list.id, list.content)).collect();
    if let Some(ready) = shelf.as_ref().filter(|ready| ready.lists == wanted) {
        return Ok(ready.layer.clone());
    }
    // What was ready is not needed any more: two long lists need not be in memory at once.
    *shelf = None;
    let mut names = Vec::new();
    for (list, _) in &wanted {
        names.append(&mut names_of(archive, *list)?);
    }
    let layer = Arc::new(build(names));
    *shelf = Some(Ready { lists: wanted, layer: layer.clone() });
    Ok(layer)
}

/// The names that a text about an episode names for sure.
pub(crate) fn found_in(text: &EpisodeText<'_>) -> Vec<Name> {
    let found = names_in(text, &NotesLimits::default()).into_iter();
    found.filter(|found| found.certainty >= SURE_ENOUGH).map(|found| found.name).collect()
}

/// What people corrected, what is written about the episode, and what was confirmed near it.
fn own(archive: &Archive, episode: &EpisodeEntry, rules: &[NameRule]) -> Result<Vec<Name>, Error> {
    let corrected = rules.iter().filter_map(|rule| {
        let cite = format!("rule {} by {}", rule.id, rule.author);
        let source = Source { rank: Rank::Correction, cite, date: None };
        rule.right.as_ref().map(|right| Name::new(right.clone(), source))
    });
    let mut names: Vec<Name> = corrected.collect();
    let written = EpisodeText {
        show_title: &episode.show.title,
        title: &episode.episode.title,
        notes: episode.episode.notes.as_deref().unwrap_or_default(),
        people: &episode.episode.people,
    };
    names.extend(found_in(&written));
    for confirmed in archive.confirmed_nearby(episode.episode.id, NEIGHBOURS)? {
        let cite = format!("confirmed in “{}”", confirmed.title);
        let source = Source { rank: Rank::Neighbour, cite, date: None };
        let mut name = Name::new(confirmed.person.name, source);
        name.role = confirmed.person.role;
        if names.iter().all(|known| known.spelling != name.spelling) {
            names.push(name);
        }
    }
    Ok(names)
}
