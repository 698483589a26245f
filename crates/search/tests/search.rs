//! Archives in miniature are put in and searched.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{EpisodeId, Millis, Timing, Transcript, Turn, Word};
use proptest::prelude::*;
use search::{About, Answer, Index, Offered, Opened, Options, Reason, Source};

fn spoken(text: &str) -> Transcript {
    let word = |(number, text): (usize, &str)| Word {
        text: text.into(),
        start: Millis(number as u64 * 500),
        end: Millis(number as u64 * 500 + 400),
        confidence: 0.9,
        joined: false,
        timing: Timing::Measured,
    };
    let words: Vec<Word> = text.split_whitespace().enumerate().map(word).collect();
    Transcript { duration: Millis(words.len() as u64 * 500), words, ..Transcript::default() }
}

fn about(title: &str, day: &str) -> About {
    About {
        episode: EpisodeId(uuid::Uuid::now_v7()),
        show: "Frontier Report".into(),
        title: title.into(),
        date: Some(day.parse().unwrap()),
        language: Some("en".into()),
        people: vec!["Ann Lee".into()],
        notes: "Of two readouts.".into(),
    }
}

struct Place {
    folder: tempfile::TempDir,
    index: Index,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let (index, opened) = Index::open(&folder.path().join("index")).unwrap();
    assert_eq!(opened, Opened::New);
    Place { folder, index }
}

impl Place {
    fn put(&self, about: &About, version: u64, shown: &Transcript, heard: Option<&Transcript>) {
        self.put_with(about, version, shown, heard, Vec::new());
    }

    fn put_with(
        &self,
        about: &About,
        version: u64,
        shown: &Transcript,
        heard: Option<&Transcript>,
        offered: Vec<Offered>,
    ) {
        let mut writer = self.index.writer().unwrap();
        writer.put(&Source { about: about.clone(), version, shown: Some(shown), heard, offered }).unwrap();
        writer.commit().unwrap();
    }

    fn ask(&self, query: &str) -> Answer {
        self.index.search(query, &Options::default()).unwrap()
    }

    /// The words found, each with its reason.
    fn found(&self, query: &str) -> Vec<(String, Reason)> {
        let answer = self.ask(query);
        let hits = answer.episodes.iter().flat_map(|episode| &episode.hits);
        let spans = hits.flat_map(|hit| {
            let text = |span: &search::Span| {
                hit.words[span.first..span.end]
                    .iter()
                    .map(|word| word.0.as_str())
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            hit.spans.iter().map(move |span| (text(span), span.reason)).collect::<Vec<_>>()
        });
        spans.collect()
    }
}

const CALL: &str = "Good evening. The French minister Lecornu called Moscow, and they talked about peace negotiations. \
Growth was 7.7 % in May, and the state-of-the-art lamp burns.";

#[test]
fn words_phrases_and_numbers_are_found_with_their_seconds() {
    let place = place();
    place.put(&about("A call", "2024-05-07"), 1, &spoken(CALL), None);
    for (query, expected) in [
        ("lecornu", "Lecornu"),
        ("LECORNU", "Lecornu"),
        ("negotiation", "negotiations."),
        ("\"peace negotiations\"", "peace negotiations."),
        ("negotiat*", "negotiations."),
        ("\"seven point seven percent\"", "7.7 %"),
        ("7.7%", "7.7 %"),
        ("\"state of the art\"", "state-of-the-art"),
        ("minister -lamb", "minister"),
        ("exact:Moscow", "Moscow,"),
    ] {
        assert_eq!(place.found(query), [(expected.to_owned(), Reason::Exact)], "{query}");
    }
    let answer = place.ask("moscow");
    let hit = &answer.episodes[0].hits[0];
    assert_eq!((hit.start, hit.end), (Millis(7 * 500), Millis(7 * 500 + 400)));
    assert_eq!(answer.months.get("2024-05"), Some(&1));
    assert_eq!(place.found("French NEAR/3 Lecornu").len(), 2);
    for none in
        ["\"negotiations peace\"", "minister -moscow", "zebra", "French NEAR/1 Moscow", "exact:negotiation"]
    {
        assert_eq!(place.found(none), [], "{none}");
    }
    // A part is better than nothing, and said to be one.
    let part = place.ask("moscow zebra");
    assert_eq!(part.episodes.len(), 1);
    assert!(part.notes.iter().any(|note| note.contains("a part")), "{:?}", part.notes);
}

#[test]
fn what_was_repaired_is_found_by_both_and_says_so() {
    let place = place();
    let heard = spoken("The French minister local new called Moscow about it");
    let mut shown = heard.clone();
    shown.words[3].text = "Lecornu".into();
    shown.words[3].end = shown.words[4].end;
    shown.words.remove(4);
    place.put(&about("A call", "2024-05-07"), 1, &shown, Some(&heard));
    assert_eq!(place.found("Lecornu"), [("Lecornu".to_owned(), Reason::Repaired)]);
    assert_eq!(place.found("\"local new\""), [("Lecornu".to_owned(), Reason::Repaired)]);
    let answer = place.ask("Lecornu");
    assert_eq!(answer.episodes[0].hits[0].spans[0].heard.as_deref(), Some("local new"));
    assert_eq!(place.found("moscow"), [("Moscow".to_owned(), Reason::Exact)]);
    assert_eq!(place.ask("has:repair moscow").episodes.len(), 1);
}

#[test]
fn an_offer_is_found_as_one() {
    let place = place();
    let shown = spoken("The minister local new called");
    let offered = vec![Offered { text: "Lecornu".into(), start: Millis(1_000), end: Millis(1_900) }];
    place.put_with(&about("A call", "2024-05-07"), 1, &shown, None, offered);
    let found = place.found("lecornu");
    assert_eq!(found, [("local new".to_owned(), Reason::Offered)]);
}

#[test]
fn what_sounds_like_a_name_comes_after_what_is_written_so() {
    let place = place();
    place.put(
        &about("Exact", "2024-05-07"),
        1,
        &spoken("Then Lecornu spoke about the budget of the year"),
        None,
    );
    for number in 0..30 {
        let text = format!("Number {number} is about ferries and harbours and nothing else at all");
        place.put(&about("Other", "2024-05-08"), 1, &spoken(&text), None);
    }
    let heard = "The minister Leufkornu said so";
    place.put(&about("Misheard", "2024-05-09"), 1, &spoken(heard), None);
    let answer = place.index.search("Lecornu", &Options { threshold: 0.02, ..Options::default() }).unwrap();
    let titles: Vec<&str> = answer.episodes.iter().map(|episode| episode.about.title.as_str()).collect();
    assert_eq!(titles, ["Exact", "Misheard"]);
    let hit = &answer.episodes[1].hits[0];
    assert_eq!((hit.reason, hit.spans[0].heard.as_deref()), (Reason::SoundsLike, Some("Leufkornu")));
    for exact in ["exact:Lecornu", "exact: Lecornu"] {
        let options = Options { threshold: 0.02, ..Options::default() };
        assert_eq!(place.index.search(exact, &options).unwrap().episodes.len(), 1, "{exact}");
    }
    // A name that was heard as two common words.
    place.put(&about("Split", "2024-05-09"), 1, &spoken("We asked local new about it"), None);
    let forms = place.index.forms(&["lecornu"]).unwrap();
    assert!(forms.iter().any(|form| form.tokens == ["local", "new"]), "{forms:?}");
}

#[test]
fn filters_choose_passages() {
    let place = place();
    let mut talk = spoken("Peace is near. No, peace is far.");
    talk.turns = vec![
        Turn { first: 0, speaker: Some("Ann Lee".into()) },
        Turn { first: 3, speaker: Some("Bob Ray".into()) },
    ];
    place.put(&about("A", "2024-05-07"), 1, &talk, None);
    place.put(&about("B", "2023-01-01"), 1, &spoken("Peace at last"), None);
    for (query, count) in [
        ("peace", 3),
        ("peace speaker:ann", 1),
        ("peace speaker:\"Ann Lee\"", 1),
        ("peace -speaker:ann", 2),
        ("peace date:2024", 2),
        ("peace date:2024-05..", 2),
        ("peace date:..2023-12-31", 1),
        ("peace show:frontier", 3),
        ("peace show:nothing", 0),
        ("speaker:bob", 1),
        ("has:gap", 0),
    ] {
        let answer = place.ask(query);
        let hits: usize = answer.episodes.iter().map(|episode| episode.hits.len()).sum();
        assert_eq!((answer.passages, hits), (count as u64, count), "{query}");
    }
}

#[test]
fn an_episode_takes_its_own_place_and_leaves() {
    let place = place();
    let known = about("A", "2024-05-07");
    place.put(&known, 1, &spoken("the ferry"), None);
    place.put(&known, 2, &spoken("the harbour"), None);
    assert_eq!(place.found("ferry"), []);
    assert_eq!(place.found("harbour").len(), 1);
    assert_eq!(place.index.versions().unwrap().get(&known.episode), Some(&2));
    let mut writer = place.index.writer().unwrap();
    assert!(matches!(place.index.writer(), Err(search::Error::Busy)));
    writer.remove(known.episode);
    writer.commit().unwrap();
    drop(writer);
    assert_eq!(place.found("harbour"), []);
    assert!(place.index.versions().unwrap().is_empty());
    assert!(place.ask("readouts").episodes.is_empty());
}

#[test]
fn a_damaged_index_is_begun_again() {
    let place = place();
    place.put(&about("A", "2024-05-07"), 1, &spoken("the ferry"), None);
    let folder = place.folder.path().join("index");
    drop(place.index);
    let (index, opened) = Index::open(&folder).unwrap();
    assert_eq!(opened, Opened::Whole);
    index.validate().unwrap();
    drop(index);
    std::fs::write(folder.join("meta.json"), b"{\"segments\": [").unwrap();
    let (index, opened) = Index::open(&folder).unwrap();
    assert!(matches!(opened, Opened::Again(_)), "{opened:?}");
    assert!(index.versions().unwrap().is_empty());
    drop(index);
    std::fs::write(folder.join("format"), b"another").unwrap();
    assert!(matches!(Index::open(&folder).unwrap().1, Opened::Again(_)));
}

#[test]
fn titles_and_people_are_found_too() {
    let place = place();
    place.put(&about("The lighthouse", "2024-05-07"), 1, &spoken("of other things"), None);
    let answer = place.ask("lighthouse");
    assert_eq!(answer.episodes.len(), 1);
    assert!(answer.episodes[0].in_about && answer.episodes[0].hits.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_query_breaks_it(query in "[a-c*~\"() :éß漢😀-]{0,60}|(\\*{1,40})|(the ){0,200}") {
        thread_local! { static PLACE: Place = {
            let place = place();
            place.put(&about("A", "2024-05-07"), 1, &spoken("a b c abc the 漢字 ferry"), None);
            place
        } }
        PLACE.with(|place| place.ask(&query));
    }
}
