use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result};
use archive::{Archive, Stated};
use model::EpisodeId;
use serde_json::json;
use serve::{Options, Server};
use weights::Cache;
use work::{Event, HeardEpisode};

use super::{json_line, line, text};
use crate::arguments::{Demo, Everywhere};
use crate::console::clock;
use crate::failure::{Outcome, hinted};
use crate::hearing::{self, Shown};
use crate::{place, stop};

/// The sample is part of the program, so that the demo works from any folder.
const SOUND: &[u8] = include_bytes!("../../../../samples/the-open-line.mp3");
const SOUND_NAME: &str = "the-open-line.mp3";
const NOTES: &str = include_str!("../../../../samples/notes.txt");

pub fn demo(everywhere: &Everywhere, demo: &Demo) -> Result<Outcome> {
    let cache = Cache::of_this_user()?;
    let folder = cache.folder().join("demo");
    if !everywhere.json {
        line(format_args!("Models are kept in {}", place::shown(cache.folder())))?;
        line(format_args!("The archive of the demo is in {}", place::shown(&folder)))?;
    }
    let (archive, episode) = prepared(&folder)?;
    let stop = stop::on_interrupt("stopping; Ctrl-C again ends at once")?;
    let Some(heard) = hear(everywhere, demo, &archive, &stop)? else { return Ok(Outcome::Partial) };
    let names = names_in(&archive, episode)?;
    if everywhere.json {
        json_line(&json!({
            "type": "demo", "cache": cache.folder(), "archive": folder, "episode": episode,
            "duration_ms": heard.duration, "words": heard.words, "seconds": heard.spent.as_secs_f64(),
            "speed": heard.speed, "speech_ms": heard.speech, "recognised_ms": heard.recognised, "gaps": heard.gaps,
            "names_set_right": names.0, "names_offered": names.1,
        }))?;
    } else {
        text(&report(&archive.episode(episode)?.episode.title, &heard, names))?;
    }
    if demo.no_serve {
        return Ok(Outcome::Done);
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, demo.port));
    let server = Server::bind(archive, address, Options::default())?;
    let url = format!("http://{}/episode/{episode}", server.address());
    match everywhere.json {
        true => json_line(&json!({ "type": "serving", "url": url }))?,
        false => line(format_args!("Read it, and click any word, at {url} (Ctrl-C ends)"))?,
    }
    server.run(stop)?;
    Ok(Outcome::Done)
}

/// An archive with the sample in it, to be heard anew.
fn prepared(folder: &Path) -> Result<(Archive, EpisodeId)> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let archive = Archive::create(folder)?;
    for earlier in archive.episodes(None)? {
        archive.remove_episode(earlier.episode.id)?;
    }
    let path = folder.join(SOUND_NAME);
    fs::write(&path, SOUND).with_context(|| format!("cannot write {}", path.display()))?;
    let stated = Stated { notes: Some(NOTES.trim().to_owned()), ..Stated::default() };
    let added = archive.add_file(&path, &stated)?;
    // The archive has its own copy; the file is only in the way now.
    let _ = fs::remove_file(&path);
    Ok((archive, added.episode))
}

/// Hears the sample; `None` when Ctrl-C came first.
fn hear(
    everywhere: &Everywhere,
    demo: &Demo,
    archive: &Archive,
    stop: &Arc<AtomicBool>,
) -> Result<Option<HeardEpisode>> {
    let mut ears = hearing::ears(&demo.hearing)?;
    let options = hearing::options(&demo.hearing, false)?;
    let mut shown = Shown::new(everywhere);
    if !everywhere.json {
        shown = shown.cache_is_named();
    }
    let mut made = None;
    let mut failed = None;
    let summary = work::run(archive, &options, &mut ears, stop, &mut |event| match &event {
        Event::Heard { heard, .. } => made = Some(heard.clone()),
        Event::Failed { reason, .. } => failed = Some((*reason).to_owned()),
        _ => shown.event(&event),
    });
    shown.end();
    let summary = summary?;
    if let Some(reason) = failed {
        return Err(hinted(
            format!("the sample could not be heard: {reason}"),
            "`readout models verify` may say why",
        ));
    }
    if made.is_none() && !summary.stopped {
        return Err(hinted(
            "the sample was not heard: another `readout demo` is at it",
            "wait for that one to end",
        ));
    }
    Ok(made)
}

/// Names that were set right, and those that wait for a person.
fn names_in(archive: &Archive, episode: EpisodeId) -> Result<(usize, usize)> {
    let Some(hearing) = archive.episode(episode)?.hearing else { return Ok((0, 0)) };
    Ok((archive.revisions(hearing.id)?.len(), archive.offers(hearing.id)?.len()))
}

fn report(title: &str, heard: &HeardEpisode, (right, offered): (usize, usize)) -> String {
    let speed = heard.speed.map(|speed| format!(", {speed:.0} × real time")).unwrap_or_default();
    let understood = hearing::understood(heard.recognised, heard.speech, heard.gaps);
    format!(
        "Heard \"{title}\":\n  length   {}\n  words    {}\n  took     {:.1} s{speed}\n  speech   {}, {understood}\n  \
         names    {right} set right, {offered} offered\n",
        clock(heard.duration.0),
        heard.words,
        heard.spent.as_secs_f64(),
        clock(heard.speech.0),
    )
}
