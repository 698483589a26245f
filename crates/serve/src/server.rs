//! The routes, and the life of the server.

use crate::{Error, Searched, assets, audio, episode, failure, guard, library, live, names, searching, show};
use archive::Archive;
use axum::Router;
use axum::routing::{get, post};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How often the flag that ends the server is looked at, and how long open connections get to end after that.
const STOP_CHECK: Duration = Duration::from_millis(100);
const GRACE: Duration = Duration::from_secs(2);

/// Choices of who runs the server.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Host names, beside those of the loopback interface and plain addresses, under which the pages may be asked for:
    /// the names of a reverse proxy or of this machine in its network. Any other name is refused, so that a foreign
    /// page cannot read the archive by letting its own name resolve to this machine (DNS rebinding).
    pub hosts: Vec<String>,
    /// What the search page searches.
    pub searched: Searched,
}

/// What every route can use.
#[derive(Clone)]
pub(crate) struct App {
    pub archive: Archive,
    pub options: Arc<Options>,
    /// Turns true when the server is to end; long-lived answers end with it.
    pub stopping: watch::Receiver<bool>,
}

impl App {
    /// Runs blocking work on the archive away from the threads that serve.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Archive) -> archive::Result<T> + Send + 'static,
    ) -> Result<T, failure::Failure> {
        let archive = self.archive.clone();
        match tokio::task::spawn_blocking(move || work(&archive)).await {
            Ok(result) => result.map_err(failure::Failure::from),
            Err(_) => Err(failure::Failure::internal("the page could not be made: see the program's log")),
        }
    }
}

/// A server that holds its address and waits to be run.
pub struct Server {
    archive: Archive,
    options: Options,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Takes the address. Port 0 lets the system choose; [`Server::address`] says which it chose.
    ///
    /// # Errors
    /// [`Error::Listen`] when the address is taken or not this machine's.
    pub fn bind(archive: Archive, address: SocketAddr, options: Options) -> Result<Self, Error> {
        let refused = |reason| Error::Listen { address, reason };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { archive, options, listener, address })
    }

    /// The address it listens on, with the port that was chosen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` becomes true; answers under way get two seconds to end.
    ///
    /// # Errors
    /// [`Error::Serving`] when the system gives no threads or the listener fails.
    pub fn run(self, stop: Arc<AtomicBool>) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("serve")
            .enable_all()
            .build()
            .map_err(Error::Serving)?;
        let result = runtime.block_on(self.serve(stop));
        runtime.shutdown_timeout(GRACE);
        result
    }

    async fn serve(self, stop: Arc<AtomicBool>) -> Result<(), Error> {
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(Error::Serving)?;
        let (stopping, stopped) = watch::channel(false);
        let mut serving = tokio::spawn({
            let router = router(self.archive, self.options, stopped.clone());
            let mut stopped = stopped;
            let until = async move {
                let _ = stopped.wait_for(|stopping| *stopping).await;
            };
            async move { axum::serve(listener, router).with_graceful_shutdown(until).await }
        });
        while !stop.load(Ordering::Relaxed) {
            if let Ok(ended) = tokio::time::timeout(STOP_CHECK, &mut serving).await {
                return ended
                    .unwrap_or_else(|panic| Err(std::io::Error::other(panic)))
                    .map_err(Error::Serving);
            }
        }
        stopping.send_replace(true);
        // What has not ended by then is cut off: a browser that holds a connection open must not hold the program.
        let _ = tokio::time::timeout(GRACE, serving).await;
        Ok(())
    }
}

pub(crate) fn router(archive: Archive, options: Options, stopping: watch::Receiver<bool>) -> Router {
    let app = App { archive, options: Arc::new(options), stopping };
    Router::new()
        .route("/", get(library::page))
        .route("/show/{id}", get(show::page))
        .route("/show/{id}/feed.xml", get(show::feed))
        .route("/episode/{id}", get(episode::page))
        .route("/episode/{id}/passages", get(episode::passages))
        .route("/episode/{id}/events", get(live::events))
        .route("/episode/{id}/repairs/{revision}", post(names::judge))
        .route("/episode/{id}/offers/{offer}", post(names::decide))
        .route("/episode/{id}/{export}", get(episode::export))
        .route("/audio/{blob}", get(audio::audio))
        .route("/static/{edition}/{name}", get(assets::asset))
        .route("/search", get(searching::page))
        .route("/search.json", get(searching::json))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { failure::Failure::not_found("there is no such page") })
        .method_not_allowed_fallback(|| async { failure::Failure::method() })
        .layer(axum::middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
