use anyhow::Result;

use crate::arguments::{Demo, Everywhere};
use crate::failure::{Outcome, hinted};

pub fn demo(_: &Everywhere, _: &Demo) -> Result<Outcome> {
    Err(hinted("not wired yet", "wait"))
}
