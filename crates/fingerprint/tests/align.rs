//! Copies are found and mapped, other recordings are not.

mod sound;

use fingerprint::{Index, align, keys, shared};
use model::Millis;
use sound::{copied, jingle, noise, print, silence, talk, tone};

/// How many of the times in `pieces` (start in a, start in b, length; seconds) are mapped within `within` seconds, and how
/// many of those in `foreign` (start in a, length) are not mapped; shares.
fn share_right(
    found: &fingerprint::Alignment,
    pieces: &[(f64, f64, f64)],
    foreign: &[(f64, f64)],
    within: f64,
) -> (f64, f64) {
    let times =
        |start: f64, length: f64| (0..(length * 20.0) as usize).map(move |step| start + step as f64 / 20.0);
    let (mut right, mut all) = (0, 0);
    for (a, b, length) in pieces {
        for time in times(*a, *length) {
            all += 1;
            let mapped = found.map(Millis::from_seconds(time));
            right += usize::from(mapped.is_some_and(|own| (own.seconds() - (b + time - a)).abs() <= within));
        }
    }
    let (mut unmapped, mut outside) = (0, 0);
    for (start, length) in foreign {
        for time in times(*start, *length) {
            outside += 1;
            unmapped += usize::from(found.map(Millis::from_seconds(time)).is_none());
        }
    }
    (right as f64 / f64::from(all.max(1)), unmapped as f64 / f64::from(outside.max(1)))
}

#[test]
fn the_same_programme_with_advertisements_at_other_places_is_mapped() {
    let programme = talk(180.0, 1);
    let (first, second, third) = (talk(30.0, 50), talk(20.3, 51), jingle(17.7, 52));
    let cut = |seconds: f64| (seconds * sound::RATE as f64) as usize;
    // a: programme with the first advertisement at 60 s; b: another before, two in the middle, none at 60 s.
    let a = [&programme[..cut(60.0)], &first, &programme[cut(60.0)..]].concat();
    let b = [&third, &programme[..cut(100.4)], &second, &first, &programme[cut(100.4)..]].concat();
    let found = align(&print(&a), &print(&copied(&b, 0.4, 3))).expect("one programme");
    let pieces = [(0.0, 17.7, 60.0), (90.0, 77.7, 40.4), (130.4, 168.4, 79.6)];
    let (right, _) = share_right(&found, &pieces, &[], 0.05);
    assert!(right >= 0.99, "{right} of the times are within 50 ms: {found:?}");
    // The first advertisement is in both, but in another order: it is not mapped.
    let (_, unmapped) = share_right(&found, &[], &[(60.5, 29.0)], 0.05);
    assert_eq!(unmapped, 1.0, "{found:?}");
    let (_, unmapped) = share_right(&found.reversed(), &[], &[(0.5, 16.7), (118.6, 49.3)], 0.05);
    assert_eq!(unmapped, 1.0, "{found:?}");
}

#[test]
fn a_replaced_advertisement_of_the_same_length_is_not_mapped() {
    let programme = talk(120.0, 2);
    let half = programme.len() / 2;
    let a = [&programme[..half], &talk(30.0, 60), &programme[half..]].concat();
    let b = [&programme[..half], &talk(30.0, 61), &programme[half..]].concat();
    let found = align(&print(&a), &print(&copied(&b, 1.5, 4))).expect("one programme");
    let (right, unmapped) =
        share_right(&found, &[(0.0, 0.0, 60.0), (90.0, 90.0, 60.0)], &[(60.5, 29.0)], 0.05);
    assert!(right >= 0.99 && unmapped == 1.0, "{right} {unmapped} {found:?}");
}

#[test]
fn any_delay_is_found_to_a_few_milliseconds() {
    let programme = talk(20.0, 3);
    let print_of_all = print(&programme);
    for delay in [1, 100, 255, 256, 257, 300, 511, 512, 513, 5000] {
        let later = [vec![0.0; delay], programme.clone()].concat();
        let found = align(&print_of_all, &print(&later)).expect("one recording");
        let mapped = found.map(Millis(10_000)).expect("the middle is mapped").seconds();
        let error = mapped - 10.0 - delay as f64 / sound::RATE as f64;
        assert!(error.abs() < 0.006, "{delay} samples: {error} s off");
    }
}

#[test]
fn a_clock_that_runs_a_little_fast_is_followed() {
    let programme = talk(200.0, 11);
    for per_million in [50.0, -100.0, 400.0] {
        let speed = 1.0 + per_million * 1e-6;
        // Every sample from between two others.
        let fast: Vec<f32> = (0..(programme.len() as f64 / speed) as usize - 1)
            .map(|n| {
                let at = n as f64 * speed;
                let (whole, part) = (at as usize, at.fract() as f32);
                programme[whole] * (1.0 - part) + programme[whole + 1] * part
            })
            .collect();
        let found = align(&print(&programme), &print(&fast)).expect("one programme");
        let mut worst = 0.0_f64;
        for time in 1..198 {
            let mapped = found
                .map(Millis(time * 1000))
                .unwrap_or_else(|| panic!("{per_million} {time} {found:?}"))
                .seconds();
            worst = worst.max((mapped - time as f64 / speed).abs());
        }
        assert!(worst < 0.05, "{per_million} in a million: {worst} s off");
    }
}

#[test]
fn other_recordings_are_not_one_programme() {
    let prints: Vec<_> = (0..6).map(|seed| print(&talk(60.0, 100 + seed))).collect();
    for (index, one) in prints.iter().enumerate() {
        for other in &prints[index + 1..] {
            assert_eq!(align(one, other), None);
            assert!(shared(one, other).stretches.is_empty());
        }
    }
}

#[test]
fn episodes_with_the_same_jingles_and_advertisement_are_not_one_programme() {
    let (opening, closing, advertisement) = (jingle(12.0, 5), jingle(8.0, 6), talk(30.0, 7));
    let episode =
        |seed| [&opening[..], &talk(50.0, seed), &advertisement, &talk(50.0, seed + 1), &closing].concat();
    let (a, b) = (print(&episode(200)), print(&copied(&episode(300), 0.7, 5)));
    assert_eq!(align(&a, &b), None);
    let common = shared(&a, &b);
    let seconds: f64 = common.stretches.iter().map(|stretch| stretch.length.seconds()).sum();
    assert!((48.0..52.0).contains(&seconds), "{common:?}");
}

#[test]
fn an_excerpt_is_found_in_the_whole_but_is_not_the_whole() {
    let whole = talk(400.0, 8);
    let excerpt = &whole[200 * sound::RATE..230 * sound::RATE];
    let (whole, excerpt) = (print(&whole), print(&copied(excerpt, 0.5, 6)));
    assert_eq!(align(&excerpt, &whole), None);
    let common = shared(&excerpt, &whole);
    let mapped = common.map(Millis(15_000)).expect("found").seconds();
    assert!((mapped - 215.0).abs() < 0.05 && common.share_of_a > 0.95, "{common:?}");
}

#[test]
fn where_nothing_is_to_be_recognised_nothing_is() {
    let nothing = [
        print(&[]),
        print(&[0.5; 100]),
        print(&silence(60.0)),
        print(&tone(60.0, 440.0)),
        print(&tone(60.0, 1000.0)),
        print(&noise(60.0, 1e-4, 1)),
        print(&[f32::NAN; 40_000]),
        print(&[f32::INFINITY; 40_000]),
    ];
    for one in &nothing {
        for other in &nothing {
            assert_eq!(align(one, other), None);
        }
    }
    // Two recordings that share only their room.
    let room = noise(20.0, 2e-4, 2);
    let a = print(&[&talk(20.0, 1)[..], &room, &talk(20.0, 2)].concat());
    let b = print(&[&talk(20.0, 3)[..], &room, &talk(20.0, 4)].concat());
    assert_eq!(align(&a, &b), None);
}

#[test]
fn a_recording_of_two_seconds_has_no_copy_and_one_of_ten_has() {
    let short = talk(2.0, 9);
    assert_eq!(align(&print(&short), &print(&short)), None);
    let longer = talk(10.0, 9);
    let found = align(&print(&longer), &print(&copied(&longer, 0.5, 7))).expect("one recording");
    let (right, _) = share_right(&found, &[(0.0, 0.0, 10.0)], &[], 0.02);
    assert!(right >= 0.99, "{found:?}");
}

#[test]
fn a_copy_is_among_the_candidates_and_others_are_not() {
    let mut index = Index::new();
    let episodes: Vec<Vec<f32>> = (0..20).map(|seed| talk(60.0, 400 + seed)).collect();
    for (id, episode) in (0_u32..).zip(&episodes) {
        index.insert(id, &print(episode));
    }
    let inserted =
        [&episodes[7][..30 * sound::RATE], &talk(30.0, 1), &episodes[7][30 * sound::RATE..]].concat();
    let copy = print(&copied(&inserted, 0.5, 8));
    let candidates = index.candidates(&copy, 5);
    assert_eq!(candidates.first().map(|own| own.id), Some(7), "{candidates:?}");
    assert!(candidates[0].shared >= 5, "{candidates:?}");
    assert_eq!(index.candidates(&print(&talk(60.0, 999)), 5), []);
    let own: Vec<u32> = keys(&copy).collect();
    assert!(own.is_sorted() && own.len() == 320, "{}", own.len());
}
