use anyhow::Result;
use serde_json::json;
use weights::{Cache, Listed, State};

use super::{json_line, line};
use crate::arguments::{Everywhere, Models, ModelsVerb};
use crate::console::{Fetching, bytes};
use crate::failure::{self, Outcome};
use crate::hearing;
use crate::place::shown;

pub fn models(everywhere: &Everywhere, models: &Models) -> Result<Outcome> {
    let cache = Cache::of_this_user()?;
    match &models.verb {
        ModelsVerb::List => list(everywhere, &cache),
        ModelsVerb::Pull { names } if names.is_empty() => pull(everywhere, &cache, &hearing::needed(&cache)?),
        ModelsVerb::Pull { names } => pull(everywhere, &cache, names),
        ModelsVerb::Verify { name } => verify(everywhere, &cache, name.as_deref()),
    }
}

fn list(everywhere: &Everywhere, cache: &Cache) -> Result<Outcome> {
    let listed = cache.list();
    if everywhere.json {
        for model in &listed {
            json_line(&as_json(cache, model))?;
        }
        return Ok(Outcome::Done);
    }
    line(format_args!("Models are kept in {}", shown(cache.folder())))?;
    for Listed { model, state, .. } in &listed {
        let state = match state {
            State::Ready => "ready".to_owned(),
            State::Absent => format!("{} to fetch", bytes(model.bytes())),
            State::Damaged(why) => format!("damaged: {why}"),
        };
        let default = if model.default { " (the default)" } else { "" };
        line(format_args!("  {:<24} {state:<18} {}{default}; {}", model.name, model.about, model.licence))?;
    }
    Ok(Outcome::Done)
}

fn as_json(cache: &Cache, Listed { model, state, bytes }: &Listed) -> serde_json::Value {
    let (state, fault) = match state {
        State::Ready => ("ready", None),
        State::Absent => ("absent", None),
        State::Damaged(why) => ("damaged", Some(why)),
    };
    json!({
        "name": model.name, "about": model.about, "licence": model.licence, "default": model.default,
        "state": state, "fault": fault, "bytes_to_fetch": model.bytes(), "bytes_kept": bytes,
        "folder": cache.folder().join("models").join(&model.name),
    })
}

fn pull(everywhere: &Everywhere, cache: &Cache, names: &[String]) -> Result<Outcome> {
    let mut failed = 0;
    for name in names {
        let mut fetching = Fetching::default();
        let pulled = cache.ensure(name, &mut |progress| fetching.show(&progress));
        drop(fetching);
        match pulled {
            Ok(files) if everywhere.json => {
                json_line(&json!({ "name": name, "folder": files.folder, "sha256": files.sha256 }))?;
            }
            Ok(files) => line(format_args!("{name} is ready in {}", shown(&files.folder)))?,
            Err(error) => {
                failed += 1;
                failure::print(&error.into());
            }
        }
    }
    Ok(match failed {
        0 => Outcome::Done,
        _ if failed == names.len() => Outcome::Failed,
        _ => Outcome::Partial,
    })
}

fn verify(everywhere: &Everywhere, cache: &Cache, name: Option<&str>) -> Result<Outcome> {
    let mut damaged = Vec::new();
    let mut told = 0;
    for listed in cache.verify(name)? {
        let model = &listed.model.name;
        match &listed.state {
            State::Damaged(why) => damaged.push((model.clone(), why.clone())),
            _ if everywhere.json => {}
            State::Ready => line(format_args!("{model} is as it should be ({})", bytes(listed.bytes)))?,
            State::Absent if name.is_some() => line(format_args!("{model} has not been fetched"))?,
            State::Absent => continue,
        }
        told += 1;
        if everywhere.json {
            json_line(&as_json(cache, &listed))?;
        }
    }
    if told == 0 {
        line(format_args!(
            "no models have been fetched yet; they would be kept in {}",
            shown(cache.folder())
        ))?;
    }
    for (name, why) in &damaged {
        eprintln!("error: {name} is damaged: {why}\nhint: `readout models pull {name}` fetches it again");
    }
    Ok(if damaged.is_empty() { Outcome::Done } else { Outcome::Failed })
}
