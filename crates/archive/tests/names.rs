//! Lists of names, rules, and repairs that come as generations over what people did.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use archive::{
    Author, AuthorKind, Change, Error, Evidence, Fix, GlossaryName, NameRule, NewOffer, OfferState,
    Repairable, Repaired, Stage, Stated, Text, Undone, Verdict,
};
use model::{HearingId, Word};
use serde_json::json;
use support::{LEASE, Place};

fn machine() -> Author {
    Author { kind: AuthorKind::Machine, name: "names/1".into() }
}

fn person() -> Author {
    Author { kind: AuthorKind::Person, name: "Eve".into() }
}

/// The words with these indices become `text`, one word, in the time of all of them.
fn change(base: &[Repairable], words: std::ops::Range<usize>, text: &str, author: Author) -> Change {
    let span = &base[words];
    let (first, last) = (&span[0].live.word, &span[span.len() - 1].live.word);
    Change {
        author,
        evidence: "notes, line 1".into(),
        consumes: span.iter().map(|word| word.live.id).collect(),
        produces: vec![Word { text: text.into(), end: last.end, ..first.clone() }],
    }
}

fn generation(place: &Place, hearing: HearingId, repairs: &[Change], offers: &[NewOffer]) -> Repaired {
    let episode = place.archive.episodes(None).unwrap()[0].episode.id;
    place.archive.require_repair(episode).unwrap();
    let claim = place.archive.claim(&[Stage::REPAIR], "mender", LEASE).unwrap().expect("repairs are due");
    place.archive.store_repairs(&claim, hearing, "names/1", repairs, offers).unwrap()
}

fn text(place: &Place, hearing: HearingId) -> String {
    let words = place.archive.transcript(hearing, Text::Revised).unwrap().words;
    words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_generation_takes_the_place_of_the_one_before() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let lecornu = change(&base, 3..5, "Lecornu", machine());
    let made = generation(&place, hearing, &[lecornu.clone(), change(&base, 6..7, "Touday", machine())], &[]);
    assert_eq!(made, Repaired { made: 2, ..Repaired::default() });
    assert_eq!(text(&place, hearing), "we met the Lecornu minister Touday");
    let before = place.archive.revisions(hearing).unwrap();

    assert_eq!(place.archive.repairable(hearing).unwrap(), base, "repairs start from what was heard");
    let made = generation(&place, hearing, std::slice::from_ref(&lecornu), &[]);
    assert_eq!(made, Repaired { kept: 1, retired: 1, ..Repaired::default() });
    assert_eq!(text(&place, hearing), "we met the Lecornu minister today");
    assert_eq!(place.archive.revisions(hearing).unwrap(), before[..1], "what stays keeps its identity");
    let history = place.archive.history(hearing).unwrap();
    assert_eq!(history.len(), 2, "what went is on record");
    assert!(history[1].retired.is_some());
    assert_eq!(history[1].revision.consumes, before[1].consumes);
    generation(&place, hearing, &[], &[]);
    assert_eq!(text(&place, hearing), "we met the local new minister today");
    assert_eq!(
        place.archive.transcript(hearing, Text::Revised).unwrap(),
        place.archive.transcript(hearing, Text::AsHeard).unwrap()
    );
    place.sound();
}

#[test]
fn what_people_did_outranks_every_generation() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let repairs = [change(&base, 3..5, "Lecornu", machine()), change(&base, 6..7, "Touday", machine())];
    generation(&place, hearing, &repairs, &[]);
    // One repair is put back, the other corrected further.
    let revisions = place.archive.revisions(hearing).unwrap();
    place.archive.undo(revisions[0].id, &person(), "").unwrap();
    let live = place.archive.live_words(hearing).unwrap();
    let last = live.last().unwrap();
    let hers = Change {
        author: person(),
        evidence: String::new(),
        consumes: vec![last.id],
        produces: vec![Word { text: "Tuesday".into(), ..last.word.clone() }],
    };
    place.archive.revise(hearing, &hers).unwrap();
    let base = place.archive.repairable(hearing).unwrap();
    let by_person: Vec<_> =
        base.iter().filter(|word| word.by_person).map(|word| word.live.word.text.as_str()).collect();
    assert_eq!(by_person, ["local", "new", "Tuesday"]);
    assert_eq!(generation(&place, hearing, &[], &[]), Repaired::default());
    assert_eq!(text(&place, hearing), "we met the local new minister Tuesday");
    place.sound();
}

#[test]
fn a_repair_of_a_word_that_a_person_changed_meanwhile_is_refused() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let late = change(&base, 0..1, "Wu", machine());
    place.archive.revise(hearing, &change(&base, 0..1, "They", person())).unwrap();
    let episode = place.archive.episodes(None).unwrap()[0].episode.id;
    place.archive.require_repair(episode).unwrap();
    let claim = place.archive.claim(&[Stage::REPAIR], "mender", LEASE).unwrap().unwrap();
    let refused = place.archive.store_repairs(&claim, hearing, "names/1", &[late], &[]);
    assert!(matches!(refused, Err(Error::Conflict)), "{refused:?}");
    place.archive.heartbeat(&claim, LEASE).unwrap();
    assert_eq!(text(&place, hearing), "They met the local new minister today");
    place.sound();
}

#[test]
fn offers_wait_for_a_person_and_are_declined_once() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let offer = |words, text| {
        let change = change(&base, words, text, machine());
        NewOffer {
            consumes: change.consumes,
            produces: change.produces,
            evidence: change.evidence,
            score: 0.5,
        }
    };
    let offers = [offer(3..5, "Lecornu"), offer(6..7, "Touday")];
    assert_eq!(generation(&place, hearing, &[], &offers).offers, 2);
    assert_eq!(text(&place, hearing), "we met the local new minister today", "an offer changes nothing");
    let open = place.archive.offers(hearing).unwrap();
    place.archive.decide_offer(open[1].id, false, &person()).unwrap();
    assert!(matches!(place.archive.decide_offer(open[1].id, true, &person()), Err(Error::Conflict)));
    assert_eq!(generation(&place, hearing, &[], &offers).offers, 1, "a declined one is not made again");
    let open = place.archive.offers(hearing).unwrap();
    let lecornu = open.iter().find(|offer| offer.state == OfferState::Open).unwrap();
    let revision = place.archive.decide_offer(lecornu.id, true, &person()).unwrap().unwrap();
    assert_eq!(revision.author, person());
    assert_eq!(text(&place, hearing), "we met the Lecornu minister today");
    place.sound();
}

#[test]
fn lists_and_rules_make_repairs_due() {
    let place = Place::new();
    let (recording, hearing) = place.heard();
    let due = || {
        let claim = place.archive.claim(&[Stage::REPAIR], "mender", LEASE).unwrap();
        claim.inspect(|claim| place.archive.finish(claim, "names/1").unwrap()).is_some()
    };
    assert!(due() && !due(), "a text that is shown is repaired");
    place.archive.set_shown(recording, hearing).unwrap();
    assert!(due() && !due());
    let episode = place.archive.episodes(None).unwrap()[0].episode.id;
    let says = |notes: &str| Stated { notes: Some(notes.into()), ..Stated::default() };
    place.archive.say(episode, &says("With Lecornu")).unwrap();
    assert!(due() && !due(), "notes name people");
    place.archive.say(episode, &says("With Lecornu")).unwrap();
    assert!(!due());
    let names =
        [GlossaryName { spelling: "Lecornu".into(), entry: json!({ "spelling": "Lecornu" }).to_string() }];
    let (glossary, new) = place.archive.set_glossary(None, "list.txt", "hash 1", &names).unwrap();
    assert!(new && due() && !due());
    assert!(!place.archive.set_glossary(None, "list.txt", "hash 1", &names).unwrap().1, "the same list");
    assert!(!due());
    let version = place.archive.names_version().unwrap();
    assert_eq!(place.archive.glossary_names(glossary).unwrap(), names);
    let show = place.archive.shows().unwrap()[0].show.id;
    let rule = |show, right: Option<&str>| NameRule {
        id: 0,
        show,
        heard: "local new".into(),
        right: right.map(str::to_owned),
        author: "Eve".into(),
    };
    place.archive.set_name_rule(&rule(None, Some("Lecornu"))).unwrap();
    let id = place.archive.set_name_rule(&rule(Some(show), None)).unwrap();
    assert!(due() && place.archive.names_version().unwrap() > version);
    let rules = place.archive.name_rules(Some(show)).unwrap();
    assert_eq!(rules.iter().map(|rule| rule.right.as_deref()).collect::<Vec<_>>(), [None, Some("Lecornu")]);
    place.archive.remove_name_rule(id).unwrap();
    place.archive.remove_glossary(glossary).unwrap();
    assert!(due());
    assert!(place.archive.glossaries().unwrap().is_empty());
    place.sound();
}

#[test]
fn changes_everywhere_are_made_together_or_not_at_all() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let one = change(&base, 0..1, "They", person());
    let two = change(&base, 3..5, "Lecornu", person());
    let clash = [(hearing, one.clone()), (hearing, change(&base, 0..2, "You", person()))];
    assert!(matches!(place.archive.revise_all(&clash), Err(Error::Conflict)));
    assert_eq!(text(&place, hearing), "we met the local new minister today");
    assert_eq!(place.archive.revise_all(&[(hearing, one), (hearing, two)]).unwrap().len(), 2);
    assert_eq!(text(&place, hearing), "They met the Lecornu minister today");
    place.sound();
}

fn never(heard: &str) -> NameRule {
    NameRule { id: 0, show: None, heard: NameRule::key(heard), right: None, author: "Eve".into() }
}

#[test]
fn a_repair_is_kept_or_put_back_for_good() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let repairs = [change(&base, 3..5, "Lecornu", machine()), change(&base, 6..7, "Touday", machine())];
    generation(&place, hearing, &repairs, &[]);
    let made = place.archive.revisions(hearing).unwrap();
    let kept = place.archive.judge(made[0].id, Verdict::Keep, None, &person()).unwrap();
    assert_eq!((kept.evidence.as_str(), &kept.produces), ("notes, line 1", &made[0].produces));
    let again = place.archive.judge(made[0].id, Verdict::Keep, None, &person());
    assert!(matches!(again, Err(Error::Conflict)), "{again:?}");
    place.archive.judge(made[1].id, Verdict::PutBack, Some(&never("Today,")), &person()).unwrap();
    assert_eq!(place.archive.name_rules(None).unwrap()[0].heard, "today");
    generation(&place, hearing, &[], &[]);
    assert_eq!(
        text(&place, hearing),
        "we met the Lecornu minister today",
        "both outlive the next generation"
    );
    place.archive.judge(kept.id, Verdict::PutBack, None, &person()).unwrap();
    assert_eq!(text(&place, hearing), "we met the local new minister today", "what was kept can be put back");
    assert!(place.archive.repairable(hearing).unwrap().iter().filter(|word| word.by_person).count() == 3);
    place.sound();
}

#[test]
fn never_takes_back_at_once_what_the_program_made_of_the_same_words_here() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    let repair = |words, heard: &str| {
        let evidence = Evidence { heard: heard.into(), because: "notes".into(), ..Evidence::default() };
        Change { evidence: evidence.text(), ..change(&base, words, "Xu", machine()) }
    };
    generation(&place, hearing, &[repair(0..1, "we"), repair(2..3, "We,"), repair(6..7, "today")], &[]);
    assert_eq!(text(&place, hearing), "Xu met Xu local new minister Xu");
    let made = place.archive.revisions(hearing).unwrap();
    place.archive.judge(made[0].id, Verdict::PutBack, Some(&never("we")), &person()).unwrap();
    assert_eq!(text(&place, hearing), "we met the local new minister Xu");
    place.sound();
}

#[test]
fn a_fix_is_taken_back_as_a_whole_with_its_rule() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let base = place.archive.repairable(hearing).unwrap();
    assert_eq!(place.archive.last_fix().unwrap(), None);
    let fix = |words, id: &str, heard: &str, right: &str| {
        let fix = Some(Fix { id: id.into(), show: None, replaced: None });
        let evidence = Evidence { heard: heard.into(), right: right.into(), fix, ..Evidence::default() };
        Change { evidence: evidence.text(), ..change(&base, words, right, person()) }
    };
    let rule = NameRule { right: Some("Lecornu".into()), ..never("Local new,") };
    place.archive.fix(&[(hearing, fix(3..5, "one", "local new", "Lecornu"))], Some(&rule)).unwrap();
    place.archive.fix(&[(hearing, fix(0..1, "two", "we", "They"))], None).unwrap();
    assert_eq!(place.archive.last_fix().unwrap().as_deref(), Some("two"));
    assert_eq!(place.archive.undo_fix("two", &person()).unwrap(), Undone { taken_back: 1, left: 0 });
    assert_eq!(place.archive.undo_fix("two", &person()).unwrap(), Undone { taken_back: 0, left: 1 });
    assert_eq!(place.archive.last_fix().unwrap().as_deref(), Some("one"));
    assert_eq!(place.archive.name_rules(None).unwrap().len(), 1);
    place.archive.undo_fix("one", &person()).unwrap();
    assert_eq!(place.archive.name_rules(None).unwrap(), [], "its rule goes with it");
    assert_eq!(place.archive.last_fix().unwrap(), None);
    assert_eq!(text(&place, hearing), "we met the local new minister today");
    assert!(matches!(place.archive.undo_fix("three", &person()), Err(Error::NotFound { .. })));

    // A rule that it came in the place of comes back.
    place.archive.set_name_rule(&never("Local new,")).unwrap();
    let base = place.archive.repairable(hearing).unwrap();
    let fourth = Change {
        consumes: base[3..5].iter().map(|word| word.live.id).collect(),
        ..fix(3..5, "four", "local new", "Lecornu")
    };
    place.archive.fix(&[(hearing, fourth)], Some(&rule)).unwrap();
    assert_eq!(place.archive.name_rules(None).unwrap()[0].right.as_deref(), Some("Lecornu"));
    place.archive.undo_fix("four", &person()).unwrap();
    assert_eq!(place.archive.name_rules(None).unwrap()[0].right, None);
    place.sound();
}

#[test]
fn only_what_people_and_feeds_said_is_confirmed_nearby() {
    let place = Place::new();
    let (_, hearing) = place.heard();
    let people = vec![model::Person { name: "Anne Applebaum".into(), role: Some("guest".into()) }];
    let first = place.archive.episodes(None).unwrap()[0].episode.id;
    let stated = Stated { show: Some("Talks".into()), people, ..Stated::default() };
    place.archive.say(first, &stated).unwrap();
    let base = place.archive.repairable(hearing).unwrap();
    let named = |words, right: &str| {
        let evidence =
            Evidence { name: Some(right.into()), because: "it fits".into(), ..Evidence::default() };
        Change { evidence: evidence.text(), ..change(&base, words, right, machine()) }
    };
    generation(&place, hearing, &[named(3..5, "Lecornu"), named(6..7, "Touday")], &[]);
    let made = place.archive.revisions(hearing).unwrap();
    place.archive.judge(made[0].id, Verdict::Keep, None, &person()).unwrap();
    let stated = Stated { show: Some("Talks".into()), ..Stated::default() };
    let second = place.add("second.mp3", b"another talk", &stated);
    let names = |episode| -> Vec<String> {
        let confirmed = place.archive.confirmed_nearby(episode, 5).unwrap();
        confirmed.into_iter().map(|confirmed| confirmed.person.name).collect()
    };
    assert_eq!(names(second), ["Anne Applebaum", "Lecornu"]);
    assert!(names(first).is_empty());
}
