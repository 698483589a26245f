use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use serde_json::json;
use serve::{Options, Server};

use super::json_line;
use crate::arguments::{Everywhere, Serve};
use crate::failure::Outcome;
use crate::{place, stop};

pub fn serve(everywhere: &Everywhere, serve: &Serve) -> Result<Outcome> {
    let archive = place::create(everywhere)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, serve.port));
    let server = Server::bind(archive.clone(), address, Options::default())?;
    let stop = stop::on_interrupt("stopping; Ctrl-C again ends at once")?;
    say_where(everywhere, &server, place::shown(archive.dir()))?;
    server.run(stop)?;
    Ok(Outcome::Done)
}

/// Prints the address of the pages.
pub fn say_where(everywhere: &Everywhere, server: &Server, archive: String) -> Result<()> {
    let url = format!("http://{}/", server.address());
    if everywhere.json {
        return json_line(&json!({ "url": url, "archive": archive }));
    }
    println!("The pages of {archive} are at {url} (Ctrl-C ends)");
    Ok(())
}
