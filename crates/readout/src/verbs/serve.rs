use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Result;
use archive::Archive;
use search::Index;
use serde_json::json;
use serve::{Options, Searched, Server};

use super::{json_line, line};
use crate::arguments::{Everywhere, Serve};
use crate::failure::{self, Outcome};
use crate::hearing::{self, Shown};
use crate::{network, place, stop};

pub fn serve(everywhere: &Everywhere, serve: &Serve) -> Result<Outcome> {
    let archive = place::create(everywhere)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, serve.port));
    let index = searchable(&archive);
    let searched = match &index {
        Ok(index) => Searched::By(index.clone()),
        Err(reason) => Searched::Not(reason.clone()),
    };
    let server = Server::bind(archive.clone(), address, Options { searched, ..Options::default() })?;
    let stop = stop::on_interrupt("stopping after what is in hand; Ctrl-C again ends at once")?;
    let url = format!("http://{}/", server.address());
    match everywhere.json {
        true => json_line(&json!({ "type": "serving", "url": url, "archive": archive.dir() }))?,
        false => {
            line(format_args!("The pages of {} are at {url} (Ctrl-C ends)", place::shown(archive.dir())))?
        }
    }
    let searching = match index {
        Ok(index) => Some(keep_searchable(&archive, index, stop.clone())?),
        Err(_) => None,
    };
    let worker = match serve.no_work {
        true => None,
        false => Some(work(everywhere, serve, archive, stop.clone())?),
    };
    let served = server.run(stop.clone());
    stop.store(true, Ordering::SeqCst);
    for thread in [searching, worker].into_iter().flatten() {
        // A panic there has been printed; the pages were served all the same.
        let _ = thread.join();
    }
    served?;
    Ok(Outcome::Done)
}

/// What is searched on the pages; or why nothing can be, which has been said then.
fn searchable(archive: &Archive) -> Result<Arc<Index>, String> {
    place::index(archive).map(Arc::new).map_err(|error| {
        failure::print(&error);
        eprintln!("note: the pages are served all the same; nothing can be searched");
        error.to_string()
    })
}

/// Keeps what can be searched up to date with the archive.
fn keep_searchable(
    archive: &Archive,
    index: Arc<Index>,
    stop: Arc<AtomicBool>,
) -> Result<thread::JoinHandle<()>> {
    let archive = archive.clone();
    let begun = thread::Builder::new().name("index".into()).spawn(move || {
        if let Err(error) = work::keep_searchable(&archive, &index, &stop) {
            failure::print(&error.into());
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
