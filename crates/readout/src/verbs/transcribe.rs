use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use model::Millis;
use serde_json::json;
use transcript::About;
use work::{Transcribed, Transcribing};

use super::{bytes, json_line};
use crate::arguments::{Everywhere, Transcribe};
use crate::console::clock;
use crate::failure::Outcome;
use crate::hearing::{self, Shown};
use crate::stop;

pub fn transcribe(everywhere: &Everywhere, transcribe: &Transcribe) -> Result<Outcome> {
    hearing::be_nice(&transcribe.hearing);
    let options = hearing::options(&transcribe.hearing, false)?;
    // The file first: what is wrong with it should not be told after a fetch of models.
    hearing::look_at(&transcribe.file)?;
    if let Some(names) = &transcribe.names {
        File::open(names).with_context(|| format!("the list of names {} cannot be read", names.display()))?;
    }
    let mut shown = Shown::new(everywhere);
    let hearer = hearing::ears(&transcribe.hearing)?.get(&mut |event| shown.event(&event))?;
    let stop = stop::on_interrupt("stopping after what is in hand; Ctrl-C again ends at once")?;
    let how = Transcribing {
        quality: options.quality,
        language: transcribe.language.clone(),
        workers: options.workers,
        decoder: options.decoder,
        repair: !transcribe.no_repairs,
        names: transcribe.names.clone(),
    };
    let name =
        transcribe.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let transcribed = work::transcribe(&transcribe.file, &how, hearer.as_ref(), &stop, &mut |pace| {
        shown.pace(&name, &pace)
    });
    shown.end();
    let transcribed = transcribed?;
    let Transcribed { transcript, spent, .. } = &transcribed;
    let about = about(name, &transcribed, hearer.engine());
    if everywhere.json {
        json_line(&json!({
            "file": about.file, "title": about.title, "engine": about.engine, "seconds": spent.as_secs_f64(),
            "coverage": transcript.coverage(), "transcript": transcript, "names": transcribed.names,
        }))?;
    } else {
        bytes(&transcript::export(transcribe.format, &about, transcript)?)?;
    }
    let gaps = transcript.gaps().count() as u64;
    eprintln!(
        "{} heard in {:.1} s ({:.0} × real time), {} words, {}",
        clock(transcript.duration.0),
        spent.as_secs_f64(),
        transcript.duration.seconds() / spent.as_secs_f64().max(0.001),
        transcript.words.len(),
        hearing::understood(transcript.recognised, transcript.speech, gaps),
    );
    let (right, left) = (transcribed.names.len(), transcribed.names_left);
    if right > 0 || left > 0 {
        eprintln!(
            "names: {right} set right, {left} left in doubt; --no-repairs gives the text as it was heard"
        );
    }
    if let Some(why) = &transcript.partial {
        eprintln!("note: the file could be read only in part: {why}");
    }
    if !transcript.complete {
        let heard = transcript.words.last().map_or(Millis(0), |word| word.end);
        eprintln!("note: stopped before the end, at {}", clock(heard.0));
    }
    Ok(if transcript.partial.is_some() || !transcript.complete { Outcome::Partial } else { Outcome::Done })
}

fn about(file: String, Transcribed { media, tags, .. }: &Transcribed, engine: String) -> About {
    let stem = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    About {
        show: tags.show.clone().unwrap_or_default(),
        title: tags.title.clone().or(stem).unwrap_or_else(|| media.container.clone()),
        date: tags.date,
        notes: tags.notes.clone(),
        people: Vec::new(),
        file,
        audio: None,
        engine,
    }
}
