//! Words with the sounds that must be among their pronunciations, and names with what may be heard for them.

use pronounce::{Distance, Phones, Pronouncer, Pronunciation, SoundIndex};

/// Words, and in one-letter ARPAbet what must be among their pronunciations.
const SAID: &[(&str, &str)] = &[
    // Known words, in any case and with the endings and signs of text.
    ("minister", "mInAstAr"),
    ("Minister's", "mInAstArz"),
    ("boss's", "bcsAz"),
    ("\"thanks\",", "T@Gks"),
    ("record", "rAkcrd"),
    ("record", "rEkArd"),
    // Letters and numbers.
    ("IBM", "YbiEm"),
    ("U.N.", "yuEn"),
    ("BYD", "biwYdi"),
    ("NATO", "neto"),
    ("7", "sEvAn"),
    ("1984", "nYntinetifcr"),
    ("Q4", "kyufcr"),
    ("G20", "JitwEnti"),
    // Parts.
    ("O'Brien", "obrYIn"),
    ("McDonald", "mAkdanAld"),
    ("YouTube", "yutyub"),
    ("Jean-Luc", "ZEnluk"),
    // By rule, in the language that the name looks like.
    ("Renault", "rAno"),
    ("Delacroix", "dAlakrwa"),
    ("Boisseau", "bwaso"),
    ("Besançon", "bAzanson"),
    ("Hölzl", "hAltsl"),
    ("Tschentscher", "CEnCAr"),
    ("Pfitzner", "pfItsnAr"),
    ("Dijkhuizen", "dYkhWzAn"),
    ("Echeverría", "eCebEria"),
    ("Ibáñez", "ibanyes"),
    ("Simões", "simOns"),
    ("Vecchiarelli", "vEkiarEli"),
    ("Wojciechowski", "vOCEhovski"),
    ("Przybylski", "pZIbIlski"),
    ("Kovačević", "kovaCEviC"),
    ("Shcherbatenko", "SCErbatEnko"),
    ("Yılmazoğlu", "yAlmazolu"),
    ("Xiang", "SyaG"),
    ("Qinghua", "CiGhwa"),
    ("Khalidi", "halidi"),
    ("Bhattacharya", "bAtACAryA"),
    ("Sjöström", "SAstrAm"),
    ("Kovács", "kovaC"),
    // Other scripts.
    ("Петров", "pEtrav"),
    ("北京", "beZIG"),
];

fn sounds(ways: &[Pronunciation]) -> Vec<String> {
    ways.iter().map(|way| way.phones.codes()).collect()
}

#[test]
fn words_are_said_as_they_should_be() {
    let pronouncer = Pronouncer::new();
    let missing: Vec<String> = SAID
        .iter()
        .map(|(word, wanted)| (word, wanted, sounds(&pronouncer.word(word))))
        .filter(|(_, wanted, found)| !found.iter().any(|found| found == *wanted))
        .map(|(word, wanted, found)| format!("{word}: {wanted} is not among {found:?}"))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// A name, what it may be heard as, and what it may not.
const HEARD: &[(&str, &str, &str)] = &[
    ("Besançon", "bee on song", "businessman"),
    ("Moreau", "more oh", "tomorrow"),
    ("Przybylski", "shib ill ski", "president"),
    ("Wojciechowski", "voice he hoff ski", "which is how"),
    ("Echeverría", "itch of area", "every year"),
    ("Kovačević", "kova chevy itch", "conversation"),
    ("Nakamura", "knock a mirror", "economy"),
    ("Adeyemi", "add a yemi", "academy"),
    ("Thompson", "Tomsen", "Johnson"),
    ("Fitzgerald", "fits Gerald", "federal"),
];

#[test]
fn mishearings_are_nearer_than_other_words() {
    let (pronouncer, distance) = (Pronouncer::new(), Distance::new());
    let ways = |text: &str| pronouncer.phrase(&text.split(' ').collect::<Vec<_>>());
    let evidence = |said: &str, heard: &str| {
        let (said, heard) = (ways(said), ways(heard));
        let pairs = said.iter().flat_map(|said| heard.iter().map(move |heard| (said, heard)));
        pairs
            .map(|(said, heard)| distance.evidence(&said.phones, &heard.phones))
            .fold(f32::NEG_INFINITY, f32::max)
    };
    for (said, heard, other) in HEARD {
        let (right, wrong) = (evidence(said, heard), evidence(said, other));
        assert!(right > wrong + 1.0, "{said}: {heard} {right}, {other} {wrong}");
    }
}

#[test]
fn more_of_the_same_is_more_evidence() {
    let distance = Distance::new();
    let same = |codes: &str| distance.evidence(&Phones::from_codes(codes), &Phones::from_codes(codes));
    assert!(same("li") < same("limI") && same("limI") < same("limItrav"));
    let (said, heard) = (Phones::from_codes("limItrav"), Phones::from_codes("ston"));
    assert!(distance.evidence(&said, &heard) < 0.0);
}

#[test]
fn a_short_list_is_found_best_first_and_no_longer() {
    let (pronouncer, distance) = (Pronouncer::new(), Distance::new());
    let names = ["Larsen", "Larson", "Carson", "Lawson", "Parsons", "Hernandez"];
    let forms: Vec<(u32, Phones)> = (0..)
        .zip(names)
        .flat_map(|(id, name)| pronouncer.word(name).into_iter().map(move |way| (id, way.phones)))
        .collect();
    let index = SoundIndex::build(forms.iter().map(|(id, phones)| (*id, phones)));
    let heard = pronouncer.word("Larsen");
    let found = index.near(&distance, &heard[0].phones, 10.0, 3);
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], (0, 0.0));
    assert!(found.iter().all(|(id, _)| names[*id as usize] != "Hernandez"));
    assert!(index.near(&distance, &heard[0].phones, f32::NAN, 3).is_empty());
    assert!(index.near(&distance, &heard[0].phones, 10.0, 0).is_empty());
    assert!(SoundIndex::default().near(&distance, &heard[0].phones, 10.0, 3).is_empty());
}
