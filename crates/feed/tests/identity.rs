//! Which item is which episode: single cases, and a feed that does everything wrong for a hundred refreshes.

use std::collections::HashMap;

use feed::{Enclosure, Item, Keys, KnownItem, Matcher, Placement, parse_date};
use model::Millis;
use proptest::prelude::*;

/// An item by its GUID, title, date, recording and page; empty means that it has none.
fn item(guid: &str, title: &str, date: &str, recording: &str, page: &str) -> Keys {
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let enclosure = |address| Enclosure { address, ..Enclosure::default() };
    Keys::of(&Item {
        guid: text(guid),
        title: text(title),
        published: parse_date(date),
        enclosures: text(recording).map(enclosure).into_iter().collect(),
        link: text(page),
        ..Item::default()
    })
}

fn example(guid: &str, title: &str, date: &str, file: &str) -> Keys {
    item(guid, title, date, &format!("https://media.example.org/{file}"), "")
}

#[derive(Debug, PartialEq)]
enum Expected {
    Same(u32),
    New,
    Ambiguous,
}
use Expected::{Ambiguous, New, Same};

fn verdict(placement: &Placement<u32>) -> Expected {
    match placement {
        Placement::Same { id, .. } => Same(*id),
        Placement::New => New,
        Placement::Ambiguous { .. } => Ambiguous,
    }
}

/// Three episodes of an ordinary show.
fn known() -> Matcher<u32> {
    Matcher::new([
        KnownItem::new(1, &example("a-1", "The ferry that waited", "2024-04-06T20:00:00Z", "show/ferry.mp3")),
        KnownItem::new(
            2,
            &example("a-2", "Salt in the harbour", "2024-04-13T20:00:00Z", "show/salt-in-the-harbour.mp3"),
        ),
        KnownItem::new(3, &example("a-3", "The long night", "2024-04-20T20:00:00Z", "show/night.mp3")),
    ])
}

#[test]
fn an_item_of_an_ordinary_show() {
    let at = "2024-04-06T20:00:00Z";
    for (what, keys, expected) in [
        ("unchanged", example("a-1", "The ferry that waited", at, "show/ferry.mp3"), Same(1)),
        ("another GUID", example("zz", "The ferry that waited", at, "show/ferry.mp3"), Same(1)),
        ("no GUID", example("", "The ferry that waited", at, "show/ferry.mp3"), Same(1)),
        (
            "no GUID, moved",
            item("", "The ferry that waited", at, "https://cdn.example.com/x/9.mp3", ""),
            Same(1),
        ),
        ("another title", example("a-1", "Ferries and fog", at, "show/ferry.mp3"), Same(1)),
        ("another title, no GUID", example("", "Ferries and fog", at, "show/ferry.mp3"), Same(1)),
        ("another recording", example("a-1", "The ferry that waited", at, "show/ferry-v2.mp3"), Same(1)),
        ("another title and recording", example("a-1", "Ferries and fog", at, "show/fog.mp3"), Same(1)),
        (
            "published again later",
            example("a-1", "The ferry that waited", "2024-06-01T06:00:00Z", "show/ferry.mp3"),
            Same(1),
        ),
        (
            "published again as a repeat",
            example("a-9", "Repeat: The ferry that waited", "2024-06-01T06:00:00Z", "show/ferry.mp3"),
            Ambiguous,
        ),
        ("a token", example("a-1", "The ferry that waited", at, "show/ferry.mp3?token=1&expires=2"), Same(1)),
        (
            "a counting host, no GUID",
            item("", "Ferries", at, "http://count.example.net/r.mp3/media.example.org/show/ferry.mp3", ""),
            Same(1),
        ),
        ("only a title", item("", "The ferry that waited", "", "", ""), Ambiguous),
        ("only a GUID", item("a-1", "", "", "", ""), Same(1)),
        ("nothing", item("", "", "", "", ""), New),
        ("a new one", example("a-4", "Fog", "2024-04-27T20:00:00Z", "show/fog.mp3"), New),
        ("a new one without GUID", example("", "Fog", "2024-04-27T20:00:00Z", "show/fog.mp3"), New),
        ("a new one on the same day", example("a-4", "Fog", at, "show/fog.mp3"), New),
        (
            "a second part",
            example("a-4", "The ferry that waited, part 2", "2024-04-27T20:00:00Z", "show/ferry2.mp3"),
            New,
        ),
        ("a GUID used again", example("a-1", "Fog", "2024-04-27T20:00:00Z", "show/fog.mp3"), Ambiguous),
    ] {
        let placement = known().place(&keys);
        assert_eq!(verdict(&placement), expected, "{what}: {placement:?}");
    }
}

/// A show of one GUID, one title, one page, whose recordings differ by a parameter: nothing but that and the date tells.
#[test]
fn shows_whose_items_look_alike() {
    let news = |day: u32| {
        item(
            "news",
            "News at nine",
            &format!("2024-04-{day:02}T09:00:00Z"),
            &format!("https://example.org/play?id={day}&token={day}xyz"),
            "https://example.org/news",
        )
    };
    let mut matcher = Matcher::new([]);
    for day in 1..=20 {
        let keys = news(day);
        // Of the second one nobody can say yet whether it is the first one, published again.
        let expected = if day == 2 { Ambiguous } else { New };
        assert_eq!(verdict(&matcher.place(&keys)), expected, "day {day}");
        matcher.learn(day, &keys);
    }
    for day in 1..=20 {
        assert_eq!(verdict(&matcher.place(&news(day))), Same(day));
    }
}

#[test]
fn the_newest_under_a_fixed_address_is_not_taken_for_the_last_one() {
    let latest =
        |guid: &str, day: &str| example(guid, "News at nine", &format!("{day}T09:00:00Z"), "latest.mp3");
    let mut matcher = Matcher::new([]);
    matcher.learn(1, &latest("n-1", "2024-04-01"));
    assert_eq!(verdict(&matcher.place(&latest("n-2", "2024-04-02"))), New);
}

#[test]
fn the_same_item_twice_in_a_document_is_one() {
    let one = example("x-1", "Salt", "2024-04-13T20:00:00Z", "salt.mp3");
    let twin = example("x-1-copy", "Salt", "2024-04-13T20:00:00Z", "salt.mp3");
    let mut matcher = Matcher::new([]);
    matcher.survey([&one, &twin]);
    assert_eq!(verdict(&matcher.place(&one)), New);
    matcher.learn(1, &one);
    assert_eq!(verdict(&matcher.place(&twin)), Same(1));
}

#[test]
fn reasons_are_for_people() {
    let keys = example("zz", "The ferry that waited", "2024-04-06T20:00:00Z", "show/ferry.mp3");
    let Placement::Same { reason, .. } = known().place(&keys) else { panic!("the same") };
    assert_eq!(reason, "same recording's address, title, date; another guid");
}

#[test]
fn keys_that_change_at_each_fetch_do_not_pile_up() {
    let mut matcher = known();
    for refresh in 0..1000 {
        let keys = example(
            &format!("r-{refresh}"),
            "The ferry that waited",
            "2024-04-06T20:00:00Z",
            "show/ferry.mp3",
        );
        let Placement::Same { id, .. } = matcher.place(&keys) else { panic!("the same") };
        matcher.learn(id, &keys);
    }
    let known = matcher.into_known();
    assert_eq!(known.len(), 3);
    assert!(known.iter().all(|item| item.guids.len() <= 8 && item.guids[0].starts_with("a-")));
}

/// A source of chance that the test can name.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64 (Steele, Lea, Flood 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Guids {
    Stable,
    None,
    Rotating,
    AllTheSame,
    Doubled,
}

/// How a publisher does it.
#[derive(Clone, Copy, Debug)]
struct Habits {
    guids: Guids,
    /// All episodes have the same title.
    one_title: bool,
    /// The parameter of the address says which recording it is.
    by_parameter: bool,
    /// All link to the same page.
    one_page: bool,
}

/// An episode as it is in truth.
struct Episode {
    number: u64,
    title: String,
    minute: u64,
    /// Host and file change when it is moved or published again.
    host: u64,
    version: u64,
    length: u64,
    /// It was changed since it last stood in a document.
    unseen: bool,
}

const WORDS: [&str; 24] = [
    "ferry", "salt", "harbour", "night", "winter", "signal", "border", "letter", "engine", "garden",
    "witness", "storm", "bridge", "copper", "island", "market", "mirror", "orchard", "printer", "quarry",
    "railway", "station", "theatre", "village",
];

impl Episode {
    fn new(number: u64, habits: Habits, dice: &mut Dice) -> Self {
        let mut word = || WORDS[usize::try_from(dice.roll(24)).expect("small")];
        let title = if habits.one_title {
            "News at nine".to_owned()
        } else {
            format!("The {} and the {} of {}", word(), word(), word())
        };
        let hour = dice.roll(3) * 60;
        Self {
            number,
            title,
            minute: number * 24 * 60 + hour,
            host: 0,
            version: 0,
            length: 1200 + dice.roll(2400),
            unseen: false,
        }
    }

    /// Something that publishers do to an episode that is out already, now and then, one thing at a time.
    ///
    /// Where neither GUID nor page says which episode it is, not twice while nobody looks: an item whose title, time and
    /// recording are all others cannot be recognised by anybody.
    fn change(&mut self, habits: Habits, dice: &mut Dice) {
        if self.unseen && habits.one_page && habits.guids != Guids::Stable {
            return;
        }
        self.unseen = true;
        match dice.roll(5) {
            0 if !habits.one_title => {
                self.title = format!("{} [corrected]", self.title.trim_end_matches(" [corrected]"))
            }
            // A mistaken zone.
            1 => self.minute += 60,
            2 => (self.version, self.length) = (self.version + 1, self.length + dice.roll(60)),
            3 => self.host += 1,
            _ => {}
        }
    }

    fn keys(&self, habits: Habits, refresh: u64, dice: &mut Dice) -> Keys {
        let guid = match habits.guids {
            Guids::Stable => format!("guid-{}", self.number),
            Guids::None => String::new(),
            Guids::Rotating => format!("guid-{}-{refresh}-{}", self.number, dice.roll(1000)),
            Guids::AllTheSame => "guid".to_owned(),
            Guids::Doubled => format!("guid-{}", self.number / 2),
        };
        let scheme = ["http", "https"][usize::try_from(dice.roll(2)).expect("small")];
        let counter = if dice.one_in(3) { "count.example.net/e/" } else { "" };
        let file = if habits.by_parameter {
            "play.php".to_owned()
        } else {
            format!("episode-{:04}-v{}.mp3", self.number, self.version)
        };
        let which =
            if habits.by_parameter { format!("id={}v{}&", self.number, self.version) } else { String::new() };
        let recording = format!(
            "{scheme}://{counter}media{}.example.org/show/{file}?{which}token={refresh}x{}",
            self.host,
            dice.roll(100)
        );
        let page = if habits.one_page {
            "https://example.org/show".to_owned()
        } else {
            format!("https://example.org/show/{}", self.number)
        };
        let (day, minute) = (self.minute / 1440, self.minute % 1440);
        let date = jiff::civil::date(2024, 1, 1)
            .saturating_add(jiff::Span::new().days(i64::try_from(day).expect("small")));
        let mut keys = item(
            &guid,
            &self.title,
            &format!("{date}T{:02}:{:02}:00Z", minute / 60, minute % 60),
            &recording,
            &page,
        );
        keys.duration = Some(Millis(self.length * 1000));
        keys
    }
}

/// What came of a hundred refreshes.
#[derive(Debug, Default)]
struct Outcome {
    placed: u64,
    ambiguous: u64,
}

/// Publishes, changes, drops and brings back episodes, and keeps an archive of them as the program does. What is
/// ambiguous is settled as the sound would settle it.
fn hundred_refreshes(habits: Habits, seed: u64) -> Result<Outcome, String> {
    let mut dice = Dice(seed);
    let mut episodes: Vec<Episode> = (0..12).map(|number| Episode::new(number, habits, &mut dice)).collect();
    let mut known: Vec<KnownItem<u64>> = Vec::new();
    let mut truth: HashMap<u64, u64> = HashMap::new();
    let mut next_id = 0;
    let mut outcome = Outcome::default();
    for refresh in 0..100 {
        if dice.one_in(2) {
            let number = episodes.len() as u64;
            episodes.push(Episode::new(number, habits, &mut dice));
        }
        for episode in &mut episodes {
            if dice.one_in(20) {
                episode.change(habits, &mut dice);
            }
        }
        // The window moves, and is sometimes wide: what had dropped out comes back.
        let width = if dice.one_in(10) { episodes.len() } else { 10 };
        let mut document: Vec<(u64, Keys)> = Vec::new();
        for episode in episodes.iter_mut().rev().take(width).filter(|_| !is_empty(refresh, seed)) {
            episode.unseen = false;
            document.push((episode.number, episode.keys(habits, refresh, &mut dice)));
            if dice.one_in(15) {
                document.push((episode.number, episode.keys(habits, refresh, &mut dice)));
            }
        }
        if dice.one_in(4) {
            document.reverse();
        }
        let mut matcher = Matcher::new(std::mem::take(&mut known));
        matcher.survey(document.iter().map(|(_, keys)| keys));
        for (number, keys) in &document {
            outcome.placed += 1;
            let right = truth.iter().find(|(_, own)| *own == number).map(|(id, _)| *id);
            let id = match matcher.place(keys) {
                Placement::Same { id, reason } => {
                    if right != Some(id) {
                        return Err(format!(
                            "refresh {refresh}: episode {number} taken for {:?}: {reason}",
                            truth.get(&id)
                        ));
                    }
                    id
                }
                Placement::New => {
                    if let Some(right) = right {
                        return Err(format!(
                            "refresh {refresh}: episode {number} added again beside {right}"
                        ));
                    }
                    next_id += 1;
                    next_id
                }
                Placement::Ambiguous { candidates, .. } => {
                    outcome.ambiguous += 1;
                    match right {
                        Some(right) if candidates.contains(&right) => right,
                        Some(right) => {
                            return Err(format!("refresh {refresh}: {right} is not among {candidates:?}"));
                        }
                        None => {
                            next_id += 1;
                            next_id
                        }
                    }
                }
            };
            truth.insert(id, *number);
            matcher.learn(id, keys);
        }
        known = matcher.into_known();
    }
    let seen: std::collections::HashSet<_> = truth.values().collect();
    if seen.len() != truth.len() || known.len() != truth.len() {
        return Err(format!("{} episodes, {} of them known", seen.len(), known.len()));
    }
    Ok(outcome)
}

/// Some documents come empty.
fn is_empty(refresh: u64, seed: u64) -> bool {
    (refresh ^ seed) % 17 == 3
}

fn habits() -> impl Strategy<Value = Habits> {
    let guids = prop::sample::select(vec![
        Guids::Stable,
        Guids::None,
        Guids::Rotating,
        Guids::AllTheSame,
        Guids::Doubled,
    ]);
    (guids, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(guids, one_title, by_parameter, one_page)| Habits { guids, one_title, by_parameter, one_page },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn a_hundred_refreshes_add_nothing_twice_and_lose_nothing(habits in habits(), seed in any::<u64>()) {
        let outcome = hundred_refreshes(habits, seed);
        prop_assert!(outcome.is_ok(), "{habits:?}: {outcome:?}");
    }
}

/// What the sound would have to settle, of all placements, for each habit.
#[test]
fn little_is_left_open() {
    let mut report = String::new();
    let (mut placed, mut ambiguous) = (0, 0);
    for guids in [Guids::Stable, Guids::None, Guids::Rotating, Guids::AllTheSame, Guids::Doubled] {
        for flags in 0..8u8 {
            let habits = Habits {
                guids,
                one_title: flags & 1 > 0,
                by_parameter: flags & 2 > 0,
                one_page: flags & 4 > 0,
            };
            match hundred_refreshes(habits, 7 + u64::from(flags)) {
                Ok(outcome) => {
                    report.push_str(&format!("{habits:?}: {} of {}\n", outcome.ambiguous, outcome.placed));
                    placed += outcome.placed;
                    ambiguous += outcome.ambiguous;
                }
                Err(error) => report.push_str(&format!("{habits:?}: {error}\n")),
            }
        }
    }
    println!("{report}{ambiguous} of {placed}");
    assert!(ambiguous * 100 < placed, "{report}");
}
