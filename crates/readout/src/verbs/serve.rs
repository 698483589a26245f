use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use archive::Archive;
use serde_json::json;
use serve::{Options, Server};

use super::{json_line, line};
use crate::arguments::{Everywhere, Serve};
use crate::failure::{self, Outcome};
use crate::hearing::{self, Shown};
use crate::{network, place, stop};

pub fn serve(everywhere: &Everywhere, serve: &Serve) -> Result<Outcome> {
    let archive = place::create(everywhere)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, serve.port));
    let server = Server::bind(archive.clone(), address, Options::default())?;
    let stop = stop::on_interrupt("stopping after what is in hand; Ctrl-C again ends at once")?;
    let url = format!("http://{}/", server.address());
    match everywhere.json {
        true => json_line(&json!({ "type": "serving", "url": url, "archive": archive.dir() }))?,
        false => {
            line(format_args!("The pages of {} are at {url} (Ctrl-C ends)", place::shown(archive.dir())))?
        }
    }
    let searching = keep_searchable(&archive, stop.clone())?;
    let worker = match serve.no_work {
        true => None,
        false => Some(work(everywhere, serve, archive, stop.clone())?),
    };
    let served = server.run(stop.clone());
    stop.store(true, Ordering::SeqCst);
    let _ = searching.join();
    if let Some(worker) = worker {
        // A panic there has been printed; the pages were served all the same.
        let _ = worker.join();
    }
    served?;
    Ok(Outcome::Done)
}

/// Keeps what can be searched up to date with the archive.
fn keep_searchable(archive: &Archive, stop: Arc<AtomicBool>) -> Result<thread::JoinHandle<()>> {
    let archive = archive.clone();
    let begun = thread::Builder::new().name("index".into()).spawn(move || {
        let kept =
            place::index(&archive).and_then(|index| Ok(work::keep_searchable(&archive, &index, &stop)?));
        if let Err(error) = kept {
            failure::print(&error);
            eprintln!("note: the pages are still served; what is new cannot be searched");
        }
    });
    Ok(begun?)
}

/// Does the work that becomes due, beside the pages. When it cannot go on it says why, and the pages stay.
fn work(
    everywhere: &Everywhere,
    serve: &Serve,
    archive: Archive,
    stop: Arc<AtomicBool>,
) -> Result<thread::JoinHandle<()>> {
    let mut ears = hearing::ears(&serve.hearing)?;
    let mut options = hearing::options(&serve.hearing, true)?;
    options.fetcher = (!serve.no_fetch).then(|| network::fetcher(&serve.network));
    let everywhere = everywhere.clone();
    let begun = thread::Builder::new().name("work".into()).spawn(move || {
        let mut shown = Shown::new(&everywhere);
        let done = work::run(&archive, &options, &mut ears, &stop, &mut |event| shown.event(&event));
        shown.end();
        if let Err(error) = done {
            failure::print(&error.into());
            eprintln!(
                "note: the pages are still served; nothing more is heard until this program is started again"
            );
        }
    });
    Ok(begun?)
}
