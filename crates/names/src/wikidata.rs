//! Names as Wikidata gives them: entities of a dump, rows of a query; and names as Readout itself writes them as JSON.

use serde_json::Value;

use crate::entries::{Entry, kind_named};
use crate::kinds::likely_kind;
use crate::known::Kind;

/// Classes of Wikidata (values of P31) and what they say of the kind.
#[rustfmt::skip]
const CLASSES: &[(Kind, &[u32])] = &[
    (Kind::Person, &[5, 15632617, 95074]),
    (Kind::Outlet, &[
        11032, 1110794, 41298, 1616075, 14350, 15265344, 192283, 24634210, 1153191, 17232649, 11033, 1002697, 561068,
    ]),
    (Kind::Organisation, &[
        43229, 4830453, 6881511, 783794, 891723, 7278, 3918, 327333, 192350, 163740, 215380, 5741069, 476028, 245065, 484652, 22687, 66344,
        31855, 4438121, 2659904, 7210356, 17149090, 8473, 176799, 2085381, 18127, 847017, 38723, 875538, 15936437, 1664720, 79913, 157031,
    ]),
    (Kind::Place, &[
        6256, 515, 486972, 3957, 532, 3624078, 35657, 4022, 23442, 8502, 5119, 1549591, 1093829, 10864048, 1637706, 82794, 56061, 7930989, 23397,
        165, 39816, 34442, 41176, 12280, 1248784, 15284, 484170, 262166, 747074, 22865, 13220204, 5107, 46831, 39594, 1907114,
    ]),
    (Kind::Work, &[
        11424, 571, 7725634, 8261, 482994, 7366, 134556, 5398426, 7889, 47461344, 386724, 24856, 21191270, 25379, 105543609, 3305213, 7397, 820655,
        1261214, 506240, 93184, 1555508,
    ]),
];

/// Everything that one JSON value says of names: an entity, a row, or an array or query result of them. What holds no name is an error
/// that says so.
pub fn entries(value: &Value, most_aliases: usize) -> Vec<Result<Entry, String>> {
    let rows = value.get("results").and_then(|results| results.get("bindings")).unwrap_or(value);
    match rows {
        Value::Array(rows) => rows.iter().map(|row| entry(row, most_aliases)).collect(),
        row => vec![entry(row, most_aliases)],
    }
}

fn entry(value: &Value, most_aliases: usize) -> Result<Entry, String> {
    let Value::Object(fields) = value else {
        return match value {
            Value::String(name) => {
                Ok(Entry { spelling: name.clone(), kind: likely_kind(name), ..Entry::default() })
            }
            _ => Err("no object and no name; left out".into()),
        };
    };
    if fields.contains_key("labels") { entity(value, most_aliases) } else { row(value, most_aliases) }
}

/// An entity of a dump.
fn entity(value: &Value, most_aliases: usize) -> Result<Entry, String> {
    let id = value.get("id").and_then(Value::as_str).unwrap_or("an item");
    let labels = value.get("labels");
    let in_language = |of: Option<&Value>, language: &str| {
        of.and_then(|of| of.get(language)?.get("value")?.as_str().map(str::to_owned))
    };
    let spelling =
        ["en", "mul", "en-gb", "de", "fr", "es"].iter().find_map(|language| in_language(labels, language));
    let Some(spelling) = spelling else { return Err(format!("{id} has no label in English; left out")) };
    let aliases = ["en", "mul"]
        .iter()
        .filter_map(|language| value.get("aliases")?.get(*language)?.as_array())
        .flatten();
    let aliases = aliases
        .filter_map(|alias| alias.get("value")?.as_str().map(str::to_owned))
        .take(most_aliases)
        .collect();
    let kind = statements(value, "P31").filter_map(|class| class.get("id")?.as_str()).find_map(kind_of_class);
    let sounds =
        statements(value, "P898").filter_map(|sound| sound.as_str().map(str::to_owned)).take(8).collect();
    let day = value.get("modified").and_then(Value::as_str).and_then(|time| time.get(..10)?.parse().ok());
    Ok(Entry {
        kind: kind.or_else(|| likely_kind(&spelling)),
        spelling,
        aliases,
        role: in_language(value.get("descriptions"), "en"),
        language: None,
        sounds,
        date: day,
    })
}

/// Values of a property, the preferred and normal ones.
fn statements<'a>(entity: &'a Value, property: &str) -> impl Iterator<Item = &'a Value> {
    let claims = entity.get("claims").and_then(|claims| claims.get(property)?.as_array());
    claims.into_iter().flatten().take(64).filter_map(|claim| {
        (claim.get("rank").and_then(Value::as_str) != Some("deprecated")).then_some(())?;
        claim.get("mainsnak")?.get("datavalue")?.get("value")
    })
}

fn kind_of_class(id: &str) -> Option<Kind> {
    let number: u32 = id.rsplit('/').next()?.strip_prefix('Q')?.parse().ok()?;
    CLASSES.iter().find(|(_, classes)| classes.contains(&number)).map(|(kind, _)| *kind)
}

/// A row of a query, whose fields are values or objects with a `value`; or a name as Readout writes it.
fn row(value: &Value, most_aliases: usize) -> Result<Entry, String> {
    let said = |keys: &[&str]| keys.iter().find_map(|key| text(value.get(*key)?));
    let labelled = || {
        let fields = value.as_object()?;
        fields
            .iter()
            .find(|(key, _)| {
                key.ends_with("Label") && !key.starts_with("class") && !key.starts_with("instance")
            })
            .and_then(|(_, value)| text(value))
    };
    let spelling =
        said(&["spelling", "name", "label", "itemLabel", "personLabel", "title"]).or_else(labelled);
    let Some(spelling) = spelling else {
        return Err("no name in it (spelling, name, label, itemLabel); left out".into());
    };
    if spelling.strip_prefix('Q').is_some_and(|id| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("{spelling} has no label; left out"));
    }
    let kind = said(&["kind", "type", "class", "classLabel", "instanceLabel", "instance"]);
    let kind = kind.and_then(|kind| kind_named(&kind).or_else(|| kind_of_class(&kind)));
    Ok(Entry {
        kind: kind.or_else(|| likely_kind(&spelling)),
        aliases: list(value, &["aliases", "alias", "itemAltLabel", "altLabel"], most_aliases),
        role: said(&["role", "itemDescription", "description"]),
        language: said(&["language", "lang"]),
        sounds: list(value, &["sounds", "pronunciation", "ipa"], 8),
        date: said(&["date", "modified"]).and_then(|time| time.get(..10)?.parse().ok()),
        spelling,
    })
}

fn text(value: &Value) -> Option<String> {
    let inner = value.get("value").unwrap_or(value);
    inner.as_str().map(str::to_owned).filter(|text| !text.trim().is_empty())
}

/// An array of texts, or one text with commas or bars.
fn list(row: &Value, keys: &[&str], most: usize) -> Vec<String> {
    let Some(value) = keys.iter().find_map(|key| row.get(*key)) else { return Vec::new() };
    match value {
        Value::Array(values) => values.iter().filter_map(text).take(most).collect(),
        value => text(value)
            .unwrap_or_default()
            .split([',', '|'])
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .take(most)
            .collect(),
    }
}
