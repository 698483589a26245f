//! What waits for the network: feeds, publishers' texts, sounds. All goes through the guarded fetcher.

mod pace;
mod record;
mod refresh;
mod sound;
mod texts;

pub use record::Recording;
pub(crate) use record::{call_streams, lost_of, record};
pub use refresh::Looked;
pub(crate) use refresh::refresh;
pub(crate) use sound::fetch;
pub(crate) use texts::texts;

use crate::hearing::Ended;
use std::time::Duration;

/// Pause before something is fetched again that the network was in the way of, when its server names none.
const LATER: Duration = Duration::from_secs(10 * 60);

/// What a failed fetch means for the work.
fn ended(error: &fetch::Error) -> Ended {
    match error {
        fetch::Error::Stopped => Ended::Stopped,
        error if error.is_retryable() => {
            Ended::Later { reason: error.to_string(), after: error.retry_after().unwrap_or(LATER) }
        }
        error => Ended::Failed { reason: error.to_string(), again: false },
    }
}
