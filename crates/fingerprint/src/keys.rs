//! Keys: what two copies have in common exactly, to be looked up.

use crate::Fingerprint;
use crate::frames::NOTHING;

/// Frames between the two that make a key: enough that their bits are not the same ones.
const APART: usize = 8;
/// Bits of each of the two frames in a seed. With 12 a third of the seeds survives re-encoding, and what they meet by chance
/// is told at once by the frames around it.
const OF_A_SEED: u32 = 12;
/// Keys an hour of recording, and at least for any recording that has them.
const AN_HOUR: usize = 600;
const AT_LEAST: usize = 320;
/// The most frames that give keys: a day of sound. Longer recordings are recognised by their first day.
const MOST_FRAMES: usize = 2_700_000;

/// Every frame with its two values, where there is something to recognise.
fn pairs(frames: &[u16]) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
    let pairs = frames.iter().zip(frames.iter().skip(APART)).take(MOST_FRAMES).zip(0_u32..);
    let sounding = pairs.filter(|((one, two), _)| **one != NOTHING && **two != NOTHING);
    sounding.map(|((one, two), frame)| (u32::from(*one), u32::from(*two), frame))
}

/// Seeds of what two recordings may have in common: (seed, frame).
pub(crate) fn seeds(frames: &[u16]) -> impl Iterator<Item = (u32, u32)> + '_ {
    let mask = (1_u32 << OF_A_SEED) - 1;
    pairs(frames).map(move |(one, two, frame)| ((one & mask) << OF_A_SEED | two & mask, frame))
}

/// Mixes a key so that small ones are a fair sample of all (the finaliser of MurmurHash3).
pub(crate) fn mixed(key: u32) -> u32 {
    let key = (key ^ (key >> 16)).wrapping_mul(0x85eb_ca6b);
    let key = (key ^ (key >> 13)).wrapping_mul(0xc2b2_ae35);
    key ^ (key >> 16)
}

/// The keys under which a recording is kept and looked up, each once, in ascending order: 600 an hour, at least 320
/// where there are as many. They are those of its keys that come first after mixing (a bottom-k sketch, Broder 1997), so
/// that two copies choose the same ones whatever was inserted elsewhere.
///
/// A table of (key, episode) answers which episodes are worth [`align`](crate::align)ing:
/// those that share [`enough_shared`] keys, most first.
pub fn keys(fingerprint: &Fingerprint) -> impl Iterator<Item = u32> + use<> {
    // All bits: a fifth of the keys survives re-encoding, and of two hours' none are the same by chance; with the bits of
    // a seed one in ten would be.
    let mut own: Vec<u32> = pairs(&fingerprint.frames).map(|(one, two, _)| mixed(one << 16 | two)).collect();
    own.sort_unstable();
    own.dedup();
    let hours = fingerprint.duration().seconds() / 3600.0;
    own.truncate(((hours * AN_HOUR as f64) as usize).max(AT_LEAST));
    own.into_iter()
}

/// How many of its `keys` a recording must share with another for that to be worth a closer look: unrelated ones share
/// none, copies a fifth of them, those by the worst codecs one in forty.
pub fn enough_shared(keys: usize) -> usize {
    (keys / 128).max(3)
}
