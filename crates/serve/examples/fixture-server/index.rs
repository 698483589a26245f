//! What can be searched of the made-up archive.

use archive::{Archive, OfferState, Text};
use model::Millis;
use search::{About, Index, Offered, Source};
use std::path::Path;

/// An index of every text of the archive, as it stands now.
pub fn index(archive: &Archive, folder: &Path) -> crate::Result<Index> {
    let (index, _) = Index::open(folder)?;
    let mut writer = index.writer()?;
    for (episode, version) in archive.versions()? {
        let Some(reading) = archive.reading(episode, Text::Revised)? else { continue };
        let entry = archive.episode(episode)?;
        let about = About {
            episode,
            show: entry.show.title.clone(),
            title: entry.episode.title.clone(),
            date: entry.episode.broadcast,
            language: reading.transcript.language.clone(),
            people: entry.episode.people.iter().map(|person| person.name.clone()).collect(),
            notes: entry.episode.notes.clone().unwrap_or_default(),
        };
        let heard = archive.transcript(reading.hearing.id, Text::AsHeard)?;
        let words = archive.live_words(reading.hearing.id)?;
        let mut offered = Vec::new();
        for offer in archive.offers(reading.hearing.id)? {
            let mut spans = words.iter().filter(|live| offer.consumes.contains(&live.id));
            let (first, last) = (spans.next(), spans.next_back());
            if let (OfferState::Open, Some(first)) = (offer.state, first) {
                let text: Vec<&str> = offer.produces.iter().map(|word| word.text.as_str()).collect();
                let end: Millis = last.unwrap_or(first).word.end;
                offered.push(Offered { text: text.join(" "), start: first.word.start, end });
            }
        }
        let heard = (heard.words != reading.transcript.words).then_some(&heard);
        writer.put(&Source { about, version, shown: Some(&reading.transcript), heard, offered })?;
    }
    writer.commit()?;
    drop(writer);
    Ok(index)
}
