//! When to look at a feed again: as often as its show publishes, within bounds, and not all at once.

use jiff::Timestamp;
use model::FeedId;
use std::time::Duration;

/// The shortest pause between two looks: what hosts of podcasts ask for.
const SHORTEST: Duration = Duration::from_secs(15 * 60);
/// The longest: a show that has slept for years is still looked at once a day.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Looks in the usual time between two episodes: an episode is then found within a twelfth of it.
const LOOKS: u32 = 12;
/// Episodes whose dates say how often the show publishes.
const RECENT: usize = 12;
/// The first pause after a failure; it doubles with each further one.
const FIRST_RETRY: Duration = Duration::from_secs(10 * 60);

/// Pause until a feed is looked at again.
///
/// `published`: instants of its episodes in any order. `asked`: the least that feed or server ask for. `lot`: spreads feeds
/// that were added together, by up to a tenth either way.
pub(super) fn pause(
    mut published: Vec<Timestamp>,
    now: Timestamp,
    asked: Option<Duration>,
    lot: u64,
) -> Duration {
    published.retain(|moment| *moment <= now);
    published.sort_unstable_by(|one, other| other.cmp(one));
    published.truncate(RECENT);
    let mut gaps: Vec<i64> = published
        .windows(2)
        .filter_map(|pair| Some(pair.first()?.as_second() - pair.get(1)?.as_second()))
        .collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or(7 * 24 * 3600);
    // A show that has been silent for longer than it used to is looked at less often.
    let silent = published.first().map_or(0, |newest| now.as_second() - newest.as_second());
    let gap = usual.max(silent / 4).max(0).unsigned_abs();
    let pause = (Duration::from_secs(gap) / LOOKS).clamp(SHORTEST, LONGEST);
    spread(pause.max(asked.unwrap_or_default().min(LONGEST)), lot)
}

/// Pause until a feed is tried again that failed so often in a row, this time included.
pub(super) fn retry(failures: u32, asked: Option<Duration>, lot: u64) -> Duration {
    let pause = FIRST_RETRY.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(LONGEST);
    spread(pause.max(asked.unwrap_or_default().min(LONGEST)), lot)
}

/// A number that is another for each feed and each look, and the same when the same look is made again.
pub(super) fn lot(feed: FeedId, checked: Option<Timestamp>) -> u64 {
    let text = format!("{feed} {}", checked.map(|moment| moment.as_millisecond()).unwrap_or_default());
    let hash = blake3::hash(text.as_bytes());
    u64::from_le_bytes(hash.as_bytes().first_chunk::<8>().copied().unwrap_or_default())
}

fn spread(pause: Duration, lot: u64) -> Duration {
    let tenth = pause / 10;
    pause - tenth + tenth.mul_f64(2.0 * (lot % 1000) as f64 / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every(seconds: i64, number: i64, now: i64) -> Vec<Timestamp> {
        (0..number).map(|index| Timestamp::from_second(now - index * seconds).expect("a moment")).collect()
    }

    #[test]
    fn follows_how_often_a_show_publishes() {
        let now = 1_800_000_000;
        let look =
            |published| pause(published, Timestamp::from_second(now).expect("a moment"), None, 500).as_secs();
        assert_eq!(look(every(3600, 20, now)), 15 * 60, "hourly news");
        assert_eq!(look(every(24 * 3600, 20, now)), 2 * 3600, "daily");
        assert_eq!(look(every(7 * 24 * 3600, 20, now)), 14 * 3600, "weekly");
        assert_eq!(look(every(24 * 3600, 20, now - 400 * 24 * 3600)), 24 * 3600, "asleep");
        assert_eq!(look(vec![]), 14 * 3600, "nothing known");
        assert_eq!(
            look(every(24 * 3600, 3, now + 9 * 24 * 3600)),
            14 * 3600,
            "dates of the future say nothing"
        );
    }

    #[test]
    fn honours_wishes_and_spreads_within_a_tenth() {
        let now = Timestamp::from_second(1_800_000_000).expect("a moment");
        let wish = Some(Duration::from_secs(5 * 3600));
        for lot in [0, 1, 499, 500, 999, u64::MAX] {
            let pause = pause(every(3600, 9, now.as_second()), now, wish, lot).as_secs_f64();
            assert!((0.9..=1.1).contains(&(pause / 18_000.0)), "{pause}");
        }
        assert!(retry(1, None, 500) < retry(2, None, 500));
        assert_eq!(retry(u32::MAX, None, 500), LONGEST);
        assert_eq!(retry(1, Some(Duration::from_secs(7200)), 500).as_secs(), 7200);
    }
}
