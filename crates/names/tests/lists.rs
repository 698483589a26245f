//! Lists of names in every format and in every state of disrepair.

use names::{Complaint, Kind, ListLimits, Name, Rank, read_list, read_list_from};
use proptest::prelude::*;

/// One line a name: spelling / kind / role / aliases / language / sounds / cite.
fn told(names: &[Name]) -> Vec<String> {
    names
        .iter()
        .map(|name| {
            let kind = name.kind.map_or(String::new(), |kind| format!("{kind:?}"));
            let (role, language) =
                (name.role.clone().unwrap_or_default(), name.language.clone().unwrap_or_default());
            let parts = [
                &name.spelling,
                &kind,
                &role,
                &name.aliases.join("|"),
                &language,
                &name.sounds.join("|"),
                &name.source.cite,
            ];
            parts.iter().map(|part| part.as_str()).collect::<Vec<_>>().join(" / ")
        })
        .collect()
}

fn read(text: &str) -> (Vec<String>, Vec<Complaint>) {
    let (names, complaints) = read_list(text.as_bytes(), "list", Rank::ShowGlossary);
    assert!(names.iter().all(|name| name.source.rank == Rank::ShowGlossary));
    (told(&names), complaints)
}

#[test]
fn plain_text_is_read_a_name_a_line() {
    let text = "\u{feff}# people of the show\r\n\
        Sébastien Lecornu - Defence Minister\r\n\
        \r\n\
        - Maria Isabel Vega – the VP of Legal Affairs\r\n\
        2. Jane Doe, professor of physics\r\n\
        Doe, Peter\r\n\
        Martin Luther King, Jr.\r\n\
        Acme, Inc.\r\n\
        Kherson - place\r\n\
        Volodymyr Zelensky\tZelenskyy|Volodymyr Zelenskiy\r\n\
        Jean-Luc Picard -- captain\r\n\
        Ann Poe (politician)\r\n\
        ceasefire";
    let (names, complaints) = read(text);
    assert_eq!(
        names,
        [
            "Sébastien Lecornu / Person / Defence Minister /  /  /  / list, line 2",
            "Maria Isabel Vega / Person / VP of Legal Affairs /  /  /  / list, line 4",
            "Jane Doe / Person / professor of physics /  /  /  / list, line 5",
            "Peter Doe / Person /  /  /  /  / list, line 6",
            "Martin Luther King, Jr. / Person /  /  /  /  / list, line 7",
            "Acme, Inc. / Organisation /  /  /  /  / list, line 8",
            "Kherson / Place /  /  /  /  / list, line 9",
            "Volodymyr Zelensky / Person /  / Zelenskyy|Volodymyr Zelenskiy /  /  / list, line 10",
            "Jean-Luc Picard / Person / captain /  /  /  / list, line 11",
            "Ann Poe / Person / politician /  /  /  / list, line 12",
            "ceasefire /  /  /  /  /  / list, line 13",
        ]
    );
    assert_eq!(complaints, []);
}

#[test]
fn csv_is_read_by_its_header() {
    for (text, expected) in [
        (
            "Role,NAME,also known as,Type,Pronunciation,lang\n\
             \"Minister, of Defence\",Sébastien Lecornu,Lecornu|Le Cornu,person,luh-kor-NOO,fr\n\
             ,\"Doe, Jane\",,,,\n\
             city,Kherson,,place,,\n",
            vec![
                "Sébastien Lecornu / Person / Minister, of Defence / Lecornu|Le Cornu / fr / luh-kor-NOO / list, line 2",
                "Jane Doe / Person /  /  /  /  / list, line 3",
                "Kherson / Place / city /  /  /  / list, line 4",
            ],
        ),
        (
            "last name;first name;job\nO'Brien;Pat;host\n\"Van \"\"Dutch\"\" Houten\";Milou;\"guest;\n and more\"\n",
            vec![
                "Pat O'Brien / Person / host /  /  /  / list, line 2",
                "Milou Van \"Dutch\" Houten / Person / guest; and more /  /  /  / list, line 3",
            ],
        ),
        (
            "name\nRokfin\nBitChute\n",
            vec!["Rokfin /  /  /  /  /  / list, line 2", "BitChute /  /  /  /  /  / list, line 3"],
        ),
        ("spelling\tkind\nOdysee\toutlet\n", vec!["Odysee / Outlet /  /  /  /  / list, line 2"]),
    ] {
        let (names, complaints) = read(text);
        assert_eq!(names, expected);
        assert_eq!(complaints, []);
    }
}

#[test]
fn entities_and_rows_of_wikidata_are_read() {
    let entity = r#"{"type":"item","id":"Q1","labels":{"en":{"language":"en","value":"Ada Example"}},"aliases":{"en":[{"value":"A. Example"}]},"descriptions":{"en":{"value":"minister"}},"claims":{"P31":[{"rank":"normal","mainsnak":{"datavalue":{"value":{"id":"Q5"}}}}],"P898":[{"mainsnak":{"datavalue":{"value":"ˈeɪdə"}}}]},"modified":"2024-03-01T10:00:00Z"}"#;
    let dump = format!("[\n{entity},\n{{\"id\":\"Q2\",\"labels\":{{}}}},\n{{\"id\": broken,\n{entity}\n]\n");
    let (names, complaints) = read_list(dump.as_bytes(), "dump.json", Rank::Imported);
    assert_eq!(
        told(&names)[0],
        "Ada Example / Person / minister / A. Example /  / ˈeɪdə / dump.json, line 2"
    );
    assert_eq!(names[0].source.date, Some(jiff::civil::date(2024, 3, 1)));
    assert_eq!(names.len(), 2);
    assert_eq!(complaints.iter().map(|complaint| complaint.line).collect::<Vec<_>>(), [3, 4]);

    let rows = r#"{"item":"http://x/Q1","itemLabel":"Kherson","itemDescription":"city in Ukraine","type":"city"}
{"item":{"value":"http://x/Q2"},"itemLabel":{"type":"literal","value":"Oleksandr Syrsky"},"itemAltLabel":{"value":"Syrskyi, Alexander Syrsky"}}
{"itemLabel":"Q77"}
{"name":"Odysee","kind":"outlet","aliases":["odysee.com"],"sounds":["ODD-i-see"]}"#;
    let (names, complaints) = read(rows);
    assert_eq!(
        names,
        [
            "Kherson / Place / city in Ukraine /  /  /  / list, line 1",
            "Oleksandr Syrsky / Person /  / Syrskyi|Alexander Syrsky /  /  / list, line 2",
            "Odysee / Outlet /  / odysee.com /  / ODD-i-see / list, line 4",
        ]
    );
    assert_eq!(complaints.len(), 1);

    for document in [
        "[{\"itemLabel\":\"Kherson\"},{\"itemLabel\":\"Bucha\"}]",
        "{\n \"head\": {},\n \"results\": {\"bindings\": [\n {\"itemLabel\": {\"value\": \"Kherson\"}},\n{\"itemLabel\": {\"value\": \"Bucha\"}}]}}",
        "[\n  {\n    \"name\": \"Kherson\"\n  },\n  {\n    \"name\": \"Bucha\"\n  }\n]\n",
        "[\"Kherson\", \"Bucha\"]",
    ] {
        let (names, complaints) = read(document);
        assert_eq!(names.len(), 2, "{document}: {complaints:?}");
        assert_eq!(complaints, []);
    }
}

#[test]
fn names_that_were_written_as_json_are_read_back() {
    let (names, _) = read_list("Sébastien Lecornu\tLecornu\nKherson - place".as_bytes(), "a", Rank::Imported);
    let json: String =
        names.iter().map(|name| serde_json::to_string(name).expect("plain data") + "\n").collect();
    let (again, complaints) = read_list(json.as_bytes(), "b", Rank::Imported);
    let bare = |names: &[Name]| {
        names.iter().map(|name| (name.spelling.clone(), name.kind, name.aliases.clone())).collect::<Vec<_>>()
    };
    assert_eq!(bare(&names), bare(&again));
    assert_eq!(complaints, []);
}

#[test]
fn encodings_are_understood() {
    let text = "Sébastien Lecornu - Minister\nJosé Muñoz\n";
    let utf16: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
    let little: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = utf16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    let latin: Vec<u8> = text.chars().map(|c| c as u8).collect();
    for (bytes, complaints) in [(text.as_bytes(), 0), (&little, 0), (&big, 0), (&latin, 1)] {
        let (names, complained) = read_list(bytes, "list", Rank::Imported);
        let spellings: Vec<&str> = names.iter().map(|name| name.spelling.as_str()).collect();
        assert_eq!(spellings, ["Sébastien Lecornu", "José Muñoz"]);
        assert_eq!(complained.len(), complaints);
    }
}

#[test]
fn broken_lines_are_told_and_the_rest_is_read() {
    for (text, kept, complained) in [
        ("", 0, vec![]),
        ("\n\n  \n", 0, vec![]),
        ("# only a comment\n", 0, vec![]),
        ("Jane Doe\n---\n12345\nPeter Roe\n", 2, vec![2, 3]),
        ("Jane Doe\nZelens\u{43a}y\n", 1, vec![2]),
        ("Kherson - place\nKherson - company\n", 2, vec![2]),
        ("Jane Doe\tPeter Roe\nPeter Roe\n", 2, vec![2]),
        ("Jane Doe\nJane Doe\n", 2, vec![]),
        ("name,role\n\"Jane Doe,host\nPeter Roe,guest\n", 2, vec![2]),
        ("name,role\nJane Doe,host,what,is,this\nPeter Roe,guest\n", 1, vec![2]),
        ("name,role\n,host\nPeter Roe,guest\n", 1, vec![2]),
        ("{\"name\": \"Jane Doe\"\n{\"name\": \"Peter Roe\"}\n", 1, vec![1]),
        ("{", 0, vec![1]),
        ("[[[[", 0, vec![1]),
    ] {
        let (names, complaints) = read(text);
        assert_eq!(names.len(), kept, "{text}: {names:?}");
        assert_eq!(
            complaints.iter().map(|complaint| complaint.line).collect::<Vec<_>>(),
            complained,
            "{text}"
        );
    }
    let long = format!("Jane Doe\n{}\n{}\nPeter Roe", "x".repeat(9 << 20), "y ".repeat(300));
    let (names, complaints) = read(&long);
    assert_eq!((names.len(), complaints.len()), (2, 2));
}

#[test]
fn a_list_without_end_is_bounded() {
    let limits = ListLimits { names: 1000, complaints: 10, ..ListLimits::default() };
    let mut count = 0;
    let endless = std::io::Read::take(std::io::repeat(b'a'), 64 << 20);
    let complaints = read_list_from(endless, "list", Rank::Imported, &limits, |_| count += 1);
    assert_eq!((count, complaints.len()), (0, 1));

    let bad = "1\n".repeat(100_000) + &"Jane Doe\n".repeat(100_000);
    let complaints = read_list_from(bad.as_bytes(), "list", Rank::Imported, &limits, |_| count += 1);
    assert_eq!((count, complaints.len()), (1000, 11));
    assert!(complaints[10].reason.contains("99991 more"), "{}", complaints[10].reason);
}

#[test]
fn a_list_whose_names_are_said_by_the_kind_they_have() {
    let (names, _) =
        read_list(b"Jane Doe\nStanford University\nThe Daily Courier\nLake Baikal\n", "list", Rank::Imported);
    let kinds: Vec<Option<Kind>> = names.iter().map(|name| name.kind).collect();
    assert_eq!(kinds, [Some(Kind::Person), Some(Kind::Organisation), Some(Kind::Outlet), Some(Kind::Place)]);
}

#[test]
fn participants_of_calls_are_read_as_names_and_roles() {
    let Ok(folders) = std::fs::read_dir("../../../shared/data/earnings21") else {
        eprintln!("skipped: no ../shared/data/earnings21");
        return;
    };
    let mut lists = 0;
    for folder in folders.flatten() {
        let Ok(bytes) = std::fs::read(folder.path().join("participants.txt")) else { continue };
        let (names, complaints) = read_list(&bytes, "participants.txt", Rank::ShowGlossary);
        let lines = String::from_utf8_lossy(&bytes).lines().filter(|line| !line.trim().is_empty()).count();
        assert_eq!(
            (names.len(), complaints.len()),
            (lines, 0),
            "{}: {complaints:?}",
            folder.path().display()
        );
        let people = names.iter().filter(|name| name.kind == Some(Kind::Person)).count();
        assert!(people * 10 >= names.len() * 8, "{}: {:?}", folder.path().display(), told(&names));
        lists += 1;
    }
    assert!(lists > 0);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_a_list(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (names, _) = read_list(&bytes, "list", Rank::Imported);
        for name in names {
            prop_assert!(!name.spelling.is_empty() && name.spelling.trim() == name.spelling);
        }
    }

    #[test]
    fn any_text_of_the_signs_that_matter_is_a_list(text in "(name|role|Jane|Doe|[\",;|\t\n \r#\\[\\]{}:'-]|\u{200b}|é){0,60}") {
        let (names, _) = read_list(text.as_bytes(), "list", Rank::Imported);
        for name in &names {
            prop_assert!(!names::forms(name).is_empty(), "{:?}", name);
        }
    }

    #[test]
    fn every_fit_line_between_broken_ones_is_read(broken in proptest::collection::vec("[0-9 .,;:!?-]{0,20}", 0..8)) {
        let text: String = broken.iter().map(|line| format!("{line}\nJane Doe - host\n")).collect();
        let (names, _) = read_list(text.as_bytes(), "list", Rank::Imported);
        prop_assert_eq!(names.iter().filter(|name| name.spelling == "Jane Doe").count(), broken.len());
    }
}
