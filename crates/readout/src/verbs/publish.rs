use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use anyhow::Result;
use serde_json::json;
use serve::{NotPublished, Publishing};

use super::{json_line, line};
use crate::arguments::{Everywhere, Publish};
use crate::console::{Meter, Unit};
use crate::failure::Outcome;
use crate::{place, stop};

pub fn publish(everywhere: &Everywhere, publish: &Publish) -> Result<Outcome> {
    let archive = place::open(everywhere)?;
    let show = publish.show.as_deref().map(|show| archive.find_show(show)).transpose()?;
    let publishing = Publishing { show, address: publish.address.clone(), without_audio: publish.no_audio };
    let stop = stop::on_interrupt("stopping; what was written stays, and the next time goes on from there")?;
    let meter = Mutex::new(Meter::new("publishing", Unit::Episodes, 0));
    let published = serve::publish(&archive, &publish.folder, &publishing, &|done, all| {
        let mut meter = meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.set(done as u64, all as u64, "");
        !stop.load(Ordering::SeqCst)
    });
    drop(meter);
    let published = match published {
        Err(NotPublished::Stopped) => return Ok(Outcome::Partial),
        published => published?,
    };
    let folder = place::shown(&publish.folder);
    if everywhere.json {
        json_line(&json!({ "type": "published", "folder": publish.folder, "site": published }))?;
        return Ok(Outcome::Done);
    }
    line(format_args!(
        "{} episodes of {} shows in {folder}: {} files, {} of them written now, {} removed",
        published.episodes, published.shows, published.files, published.written, published.removed
    ))?;
    if publish.address.is_none() {
        eprintln!("note: without --address there are no feeds, which need to know where they will be found");
    }
    Ok(Outcome::Done)
}
