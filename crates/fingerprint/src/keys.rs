//! Keys: what two copies have in common exactly, to be looked up.

use crate::Fingerprint;
use crate::frames::NOTHING;

/// Frames between the two that make a key: enough that their bits are not the same ones.
const APART: usize = 8;
/// Bits of each of the two frames. With 12 a third of the keys survives re-encoding; with 16 a fifth.
const BITS: u32 = 12;
/// Keys an hour of recording, and at least for any recording that has them.
const AN_HOUR: usize = 480;
const AT_LEAST: usize = 160;
/// The most frames that give keys: a day of sound. Longer recordings are recognised by their first day.
const MOST_FRAMES: usize = 2_700_000;

/// Every frame's key with the frame; `None` where there is nothing to recognise.
pub(crate) fn all(frames: &[u16]) -> impl Iterator<Item = (u32, u32)> + '_ {
    let pairs = frames.iter().zip(frames.iter().skip(APART)).take(MOST_FRAMES);
    let mask = (1_u32 << BITS) - 1;
    let key = move |(one, two): (&u16, &u16)| {
        let sounds = *one != NOTHING && *two != NOTHING;
        sounds.then(|| (u32::from(*one) & mask) << BITS | u32::from(*two) & mask)
    };
    pairs.map(key).zip(0_u32..).filter_map(|(key, frame)| Some((key?, frame)))
}

/// Mixes a key so that small ones are a fair sample of all (the finaliser of MurmurHash3).
pub(crate) fn mixed(key: u32) -> u32 {
    let key = (key ^ (key >> 16)).wrapping_mul(0x85eb_ca6b);
    let key = (key ^ (key >> 13)).wrapping_mul(0xc2b2_ae35);
    key ^ (key >> 16)
}

/// The keys under which a recording is kept and looked up, each once, in ascending order: 480 an hour, at least 160
/// where there are as many. They are those of its keys that come first after mixing (a bottom-k sketch, Broder 1997), so
/// that two copies choose the same ones whatever was inserted elsewhere.
///
/// A table of (key, episode) answers which episodes are worth [`align`](crate::align)ing:
/// those that share [`enough_shared`] keys, most first.
pub fn keys(fingerprint: &Fingerprint) -> impl Iterator<Item = u32> + use<> {
    let mut own: Vec<u32> = all(&fingerprint.frames).map(|(key, _)| mixed(key)).collect();
    own.sort_unstable();
    own.dedup();
    let hours = fingerprint.duration().seconds() / 3600.0;
    own.truncate(((hours * AN_HOUR as f64) as usize).max(AT_LEAST));
    own.into_iter()
}

/// How many of its `keys` a recording must share with another for that to be worth a closer look.
pub fn enough_shared(keys: usize) -> usize {
    (keys / 64).max(2)
}
