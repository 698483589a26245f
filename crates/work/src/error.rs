use media::MediaError;
use weights::WeightsError;

/// Why the work as a whole cannot go on. What concerns one episode only is in the ledger instead.
#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    /// The archive cannot be used or is paused.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The recogniser's weights cannot be had.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The recogniser's weights cannot be loaded.
    #[error(transparent)]
    Load(#[from] speech::LoadError),
    /// What can be searched cannot be brought up to date.
    #[error(transparent)]
    Search(#[from] search::Error),
    /// A file that was to be transcribed gives no sound.
    #[error(transparent)]
    Media(#[from] MediaError),
}
