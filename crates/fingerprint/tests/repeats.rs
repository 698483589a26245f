//! What comes again in the episodes of a show is found, and only that.

mod sound;

use fingerprint::{Fingerprint, Repeat, RepeatKind, repeats};
use sound::{RATE, copied, jingle, noise, print, silence, talk, tone};

fn found(episodes: &[Fingerprint]) -> Vec<Repeat<usize>> {
    repeats(&episodes.iter().enumerate().collect::<Vec<_>>())
}

/// Whether the repeat lies at these places (episode, start, end in seconds), within half a second.
fn lies_at(repeat: &Repeat<usize>, places: &[(usize, f64, f64)]) -> bool {
    repeat.occurrences.len() == places.len()
        && repeat.occurrences.iter().zip(places).all(|(own, (id, start, end))| {
            own.id == *id
                && (own.start.seconds() - start).abs() < 0.5
                && (own.end.seconds() - end).abs() < 0.5
        })
}

#[test]
fn a_jingle_and_an_advertisement_are_found_wherever_they_are() {
    let (tune, advertisement) = (jingle(10.0, 1), talk(30.0, 2));
    let part = |seconds, seed| talk(seconds, seed);
    let episodes = [
        [&tune[..], &part(40.0, 10), &advertisement, &part(20.0, 11)].concat(),
        copied(&[&part(33.3, 12)[..], &tune, &part(30.0, 13)].concat(), 0.5, 1),
        // The jingle directly before the advertisement: two things all the same.
        copied(&[&part(25.7, 14)[..], &tune, &advertisement, &part(30.0, 15)].concat(), 1.2, 2),
        copied(&[&part(20.0, 16)[..], &tune, &part(30.0, 17), &tune].concat(), 0.8, 3),
        part(60.0, 18),
    ];
    let prints: Vec<_> = episodes.iter().map(|episode| print(episode)).collect();
    let repeats = found(&prints);
    assert_eq!(repeats.len(), 2, "{repeats:#?}");
    let jingles = [(0, 0.0, 10.0), (1, 33.3, 43.3), (2, 25.7, 35.7), (3, 20.0, 30.0), (3, 60.0, 70.0)];
    assert!(lies_at(&repeats[0], &jingles), "{:#?}", repeats[0]);
    assert_eq!(repeats[0].kind, RepeatKind::Jingle);
    assert!(lies_at(&repeats[1], &[(0, 50.0, 80.0), (2, 35.7, 65.7)]), "{:#?}", repeats[1]);
    assert_eq!(repeats[1].kind, RepeatKind::Advertisement);
}

#[test]
fn silence_tones_and_steady_beds_do_not_repeat() {
    let bed: Vec<f32> = [261.6, 329.6, 392.0, 523.3]
        .map(|hertz| tone(40.0, hertz))
        .into_iter()
        .reduce(|mut sum, next| {
            sum.iter_mut().zip(next).for_each(|(sum, next)| *sum = 0.4 * (*sum + next));
            sum
        })
        .expect("four tones");
    let episode = |seed| {
        let over_bed: Vec<f32> = talk(40.0, seed + 1).iter().zip(&bed).map(|(a, b)| a + 0.1 * b).collect();
        [&talk(30.0, seed)[..], &silence(20.0), &tone(20.0, 440.0), &bed, &over_bed, &noise(20.0, 1e-4, 9)]
            .concat()
    };
    let prints: Vec<_> = [20, 40, 60].map(|seed| print(&copied(&episode(seed), 0.9, seed))).into();
    assert_eq!(found(&prints), []);
    assert_eq!(found(&[]), []);
    assert_eq!(found(&[print(&[])]), []);
}

#[test]
fn a_beat_is_not_a_repeat_of_itself() {
    let bar = jingle(2.0, 3);
    let beat: Vec<f32> = bar.iter().cycle().take(60 * RATE).copied().collect();
    let episode = [&talk(20.0, 1)[..], &beat, &talk(20.0, 2)].concat();
    assert_eq!(found(&[print(&episode)]), []);
}

#[test]
fn a_broadcast_that_is_repeated_is_a_rerun() {
    let again = talk(200.0, 5);
    let one = [&again[..], &talk(30.0, 6)].concat();
    let two = copied(&[&talk(50.0, 7)[..], &again].concat(), 0.6, 8);
    let repeats = found(&[print(&one), print(&two)]);
    assert_eq!(repeats.len(), 1, "{repeats:#?}");
    assert_eq!(repeats[0].kind, RepeatKind::Rerun);
}
