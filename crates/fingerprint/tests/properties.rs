//! Laws that hold for any recording and any bytes.

mod sound;

use fingerprint::{Fingerprint, Fingerprinter, NotAFingerprint, align, repeats, shared};
use model::Millis;
use proptest::prelude::*;
use sound::{RATE, copied, print, silence, talk};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn bytes_are_read_back(seconds in 0.0..8.0, seed: u64) {
        let own = print(&talk(seconds, seed));
        let bytes = own.to_bytes();
        prop_assert_eq!(Fingerprint::from_bytes(&bytes), Ok(own.clone()));
        prop_assert!(own.duration().seconds() - seconds < 0.001);
        // 3.75 kB a minute and the head.
        prop_assert!(bytes.len() as f64 <= 62.5 * seconds + 20.0);
    }

    #[test]
    fn damaged_bytes_are_refused(seed: u64, at: prop::sample::Index, bit in 0_u8..8, cut: prop::sample::Index) {
        let bytes = print(&talk(4.0, seed)).to_bytes();
        let mut damaged = bytes.clone();
        damaged[at.index(bytes.len())] ^= 1_u8 << bit;
        prop_assert!(Fingerprint::from_bytes(&damaged).is_err());
        prop_assert!(Fingerprint::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        let longer = [bytes, vec![0; 2]].concat();
        prop_assert_eq!(Fingerprint::from_bytes(&longer), Err(NotAFingerprint::Damaged));
    }

    #[test]
    fn garbage_is_refused(mut bytes: Vec<u8>, named: bool) {
        if named {
            bytes.splice(0..bytes.len().min(5), *b"RdFp\x01");
        }
        prop_assert!(Fingerprint::from_bytes(&bytes).is_err());
    }

    #[test]
    fn how_samples_are_cut_into_blocks_does_not_matter(seed: u64, sizes in prop::collection::vec(1_usize..20_000, 1..8)) {
        let samples = talk(6.0, seed);
        let mut maker = Fingerprinter::new();
        let mut rest = samples.as_slice();
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (now, later) = rest.split_at((*size).min(rest.len()));
            maker.push(now);
            rest = later;
        }
        prop_assert_eq!(maker.finish(), print(&samples));
    }

    #[test]
    fn a_recording_lies_on_itself(seed: u64, seconds in 8.0..30.0) {
        let own = print(&talk(seconds, seed));
        let found = align(&own, &own).expect("itself");
        prop_assert_eq!(found.agreement, 1.0);
        let end = own.duration().0 - 1;
        for time in [0, end / 3, end / 2, end] {
            prop_assert_eq!(found.map(Millis(time)), Some(Millis(time)), "{:?}", &found);
        }
    }

    #[test]
    fn the_map_is_in_order_and_inside_whatever_was_put_together(
        parts in prop::collection::vec((0_u64..6, 1.0..12.0), 1..6),
        others in prop::collection::vec((0_u64..6, 1.0..12.0), 1..6),
    ) {
        let make = |parts: &[(u64, f64)]| {
            let part = |(seed, seconds): &(u64, f64)| {
                if *seed == 0 { silence(*seconds) } else { talk(*seconds, *seed) }
            };
            parts.iter().flat_map(part).collect::<Vec<f32>>()
        };
        let (a, b) = (make(&parts), copied(&make(&others), 0.7, 1));
        let (a, b) = (print(&a), print(&b));
        let found = shared(&a, &b);
        let (mut a_end, mut b_end) = (Millis(0), Millis(0));
        for stretch in &found.stretches {
            prop_assert!(stretch.a_start >= a_end && stretch.b_start >= b_end, "{:?}", &found);
            a_end = Millis(stretch.a_start.0 + stretch.length.0);
            b_end = Millis(stretch.b_start.0 + stretch.length.0);
        }
        prop_assert!(a_end <= a.duration() && b_end <= b.duration(), "{:?}", &found);
        for own in repeats(&[(0, &a), (1, &b)]) {
            prop_assert!(own.occurrences.len() >= 2);
            for place in own.occurrences {
                prop_assert!(place.start < place.end && place.end <= [&a, &b][place.id].duration());
            }
        }
    }
}

#[test]
fn a_version_to_come_is_told_as_such() {
    let mut bytes = print(&talk(1.0, 1)).to_bytes();
    bytes[4] = 2;
    assert_eq!(Fingerprint::from_bytes(&bytes), Err(NotAFingerprint::Format(2)));
    assert_eq!(Fingerprint::from_bytes(b"ID3"), Err(NotAFingerprint::Foreign));
}

#[test]
fn hours_of_the_same_bar_take_no_time() {
    let bar = talk(1.024, 1);
    let loops: Vec<f32> = bar.iter().cycle().take(300 * RATE).copied().collect();
    let own = print(&loops);
    // No claim on what is found: every place is like every other. It must only end.
    let _ = shared(&own, &own);
    let _ = repeats(&[(0, &own), (1, &own)]);
}
