//! The command line of Readout.
//!
//! Goes in: words on a command line. Comes out: what the crates beside this one did, as text for people or, with
//! `--json`, one JSON object a line. Never: logic of its own beyond choosing, wiring and wording.
//!
//! Exit codes: 0 done, 1 failed, 2 wrong use, 3 done in part (what is missing is said).

mod arguments;
mod console;
mod failure;
mod hearing;
mod network;
mod place;
mod stop;
mod verbs;

use std::process::ExitCode;

use arguments::{Arguments, Verb};
use clap::Parser;
use failure::Outcome;

fn main() -> ExitCode {
    let Arguments { everywhere, verb } = Arguments::parse();
    let done = match verb {
        Verb::Demo(demo) => verbs::demo::demo(&everywhere, &demo),
        Verb::Add(add) => verbs::add::add(&everywhere, &add),
        Verb::Run(run) => verbs::run::run(&everywhere, &run),
        Verb::Status => verbs::status::status(&everywhere),
        Verb::Shows(shows) => verbs::shows::shows(&everywhere, &shows),
        Verb::Show(show) => verbs::show::show(&everywhere, &show),
        Verb::Texts(texts) => verbs::texts::texts(&everywhere, &texts),
        Verb::Transcribe(transcribe) => verbs::transcribe::transcribe(&everywhere, &transcribe),
        Verb::Export(export) => verbs::show::export(&everywhere, &export),
        Verb::Search(search) => verbs::search::search(&everywhere, &search),
        Verb::Chapters(chapters) => verbs::chapters::chapters(&everywhere, &chapters),
        Verb::Publish(publish) => verbs::publish::publish(&everywhere, &publish),
        Verb::Names(names) => verbs::names::names(&everywhere, &names),
        Verb::Check(check) => verbs::check::check(&everywhere, &check),
        Verb::Models(models) => verbs::models::models(&everywhere, &models),
        Verb::Serve(serve) => verbs::serve::serve(&everywhere, &serve),
        Verb::DecodeWorker(worker) => verbs::decode_worker(&worker.path),
    };
    match done {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Partial) => ExitCode::from(3),
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(error) => failure::tell(&error),
    }
}
