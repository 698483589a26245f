//! How the program ends when something went wrong: one sentence, and the next step.

use std::io;
use std::process::ExitCode;

use weights::WeightsError;
use work::WorkError;

/// How a verb ended that did not fail as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything was done.
    Done,
    /// Something was done, and what is missing was said.
    Partial,
    /// Nothing was done, and why was said already.
    Failed,
}

/// An error that knows the next step.
#[derive(Debug)]
pub struct Hinted {
    what: String,
    hint: String,
    /// Exit code.
    code: u8,
}

impl std::fmt::Display for Hinted {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.what)
    }
}

impl std::error::Error for Hinted {}

/// An error of one sentence with its next step, both without full stop.
pub fn hinted(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted { what: what.into(), hint: hint.into(), code: 1 }.into()
}

/// The same for words on the command line that do not fit together.
pub fn wrong_use(what: impl Into<String>, hint: impl Into<String>) -> anyhow::Error {
    Hinted { what: what.into(), hint: hint.into(), code: 2 }.into()
}

/// The sentence and the next step. Errors of the crates carry the step after a colon: "…: do this".
pub fn words(error: &anyhow::Error) -> (String, Option<String>) {
    let hint = error.chain().find_map(|cause| {
        let hinted = cause.downcast_ref::<Hinted>().map(|hinted| hinted.hint.clone());
        hinted.or_else(|| weights_error(cause).map(WeightsError::hint))
    });
    (format!("{error:#}"), hint)
}

/// The error of the weights that an error is, or that the work met.
fn weights_error<'error>(cause: &'error (dyn std::error::Error + 'static)) -> Option<&'error WeightsError> {
    match cause.downcast_ref() {
        Some(WorkError::Weights(error)) => Some(error),
        _ => cause.downcast_ref(),
    }
}

/// Prints one line that says what is wrong, and one with the next step where that is known.
pub fn print(error: &anyhow::Error) {
    let (what, hint) = words(error);
    eprintln!("error: {what}");
    if let Some(hint) = hint {
        eprintln!("hint: {hint}");
    }
}

/// Ends the program with an error.
pub fn tell(error: &anyhow::Error) -> ExitCode {
    // Whoever reads our output has heard enough (`readout show … | head`).
    let closed = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    if error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(closed)) {
        return ExitCode::SUCCESS;
    }
    print(error);
    let code = error.chain().find_map(|cause| cause.downcast_ref::<Hinted>()).map_or(1, |hinted| hinted.code);
    ExitCode::from(code)
}
