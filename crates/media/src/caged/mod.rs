//! Decoding in a child process, which can be killed when it hangs, and which cannot take the program down with it.
//!
//! The program starts itself again with a hidden subcommand that calls [`decode_here`]; the parent calls
//! [`open_caged`] and gets the same [`Opened`] as from [`crate::open`]. The child limits its own memory and processor
//! time (on Unix); the parent kills it when nothing comes for [`Limits::stall`].

mod child;
mod ffmpeg;
mod frames;
mod parent;

pub use child::decode_here;
pub(crate) use parent::CagedReader;
pub use parent::open_caged;

use crate::{Limits, Opened};
