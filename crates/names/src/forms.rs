//! The ways in which a name is said: in full, by surname, by first name, as a nickname, by its initials.

use serde::{Deserialize, Serialize};

use crate::kinds::{is_legal_form, likely_kind};
use crate::known::{Kind, Name};
use crate::nicknames::{long_forms, short_forms};
use crate::parts::{Parts, is_initials, is_particle, parts, plain};
use crate::words::{capital_share, commonness, is_given_name, is_surname};

/// How a form relates to the name it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormKind {
    /// The whole name without titles: `Sébastien Lecornu`.
    Full,
    /// Another name that the source states.
    Alias,
    /// The surname alone, with its particles: `van der Leyen`.
    Surname,
    /// The surname after a title that the source states: `Dr. Goodall`; the first name after `Sir`.
    Honorific,
    /// The first name alone.
    Given,
    /// A usual short form of the first name, alone or before the surname: `Bob`, `Bob Woodward`.
    Nickname,
    /// Letters: `J. K. Rowling` as `JK Rowling`, `European Central Bank` as `ECB`.
    Initials,
    /// A part of the name that is said for the whole: `Acme` for `Acme Holdings Inc.`
    Short,
}

/// One way to say a name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Form {
    /// The words as they are to be written, with single spaces between them.
    pub text: String,
    /// How it relates to the name.
    pub what: FormKind,
    /// How likely the name is said so rather than in full, 0 to 1; 1 for the full name. A prior, set by hand: it orders candidates
    /// and is no probability.
    pub weight: f32,
}

/// Bytes beyond which a text is no form of a name: nobody says it in one breath.
const LONGEST: usize = 120;
/// Aliases of one name beyond which they are not read: Wikidata has some with hundreds, in every script.
const MOST_ALIASES: usize = 50;

/// All forms of a name, the full one first, each text once, by falling weight.
///
/// A name of unknown kind that looks like a person's is treated as one. Forms of one or two letters are left out unless they are the
/// name itself.
pub fn forms(name: &Name) -> Vec<Form> {
    let mut found = Collected::default();
    let kind = name.kind.or_else(|| likely_kind(&name.spelling));
    add_all(&mut found, &name.spelling, kind, 1.0);
    for alias in name.aliases.iter().take(MOST_ALIASES) {
        found.add(alias.split_whitespace().collect::<Vec<_>>().join(" "), FormKind::Alias, 0.7);
        if kind == Some(Kind::Person) {
            add_all(&mut found, alias, kind, 0.5);
        }
    }
    found.forms.sort_by(|a, b| {
        (b.what == FormKind::Full).cmp(&(a.what == FormKind::Full)).then(b.weight.total_cmp(&a.weight))
    });
    found.forms
}

#[derive(Default)]
struct Collected {
    forms: Vec<Form>,
}

impl Collected {
    fn add(&mut self, text: String, what: FormKind, weight: f32) {
        let letters = text.chars().filter(|c| c.is_alphanumeric()).count();
        let short = letters < 3 && text.is_ascii() && !matches!(what, FormKind::Full | FormKind::Alias);
        if letters > 0
            && (text.len() <= LONGEST || what == FormKind::Full)
            && !short
            && self.forms.iter().all(|form| form.text != text)
        {
            self.forms.push(Form { text, what, weight });
        }
    }
}

/// The forms of one spelling; `scale` is 1 for the name itself, less for an alias.
fn add_all(found: &mut Collected, spelling: &str, kind: Option<Kind>, scale: f32) {
    let full = if scale < 1.0 { FormKind::Alias } else { FormKind::Full };
    match kind {
        Some(Kind::Person) => match parts(spelling) {
            Some(parts) => add_person(found, &parts, full, scale),
            None => found.add(spelling.to_owned(), full, scale),
        },
        Some(Kind::Work) => {
            found.add(spelling.to_owned(), full, scale);
            if let Some((title, _)) = spelling.split_once(": ") {
                found.add(title.to_owned(), FormKind::Short, 0.8 * scale);
            }
        }
        Some(Kind::Place) => {
            found.add(spelling.to_owned(), full, scale);
            if let Some((place, _)) = spelling.split_once(", ") {
                found.add(place.to_owned(), FormKind::Short, 0.8 * scale);
            }
            for front in ["City of ", "Republic of ", "State of ", "Kingdom of ", "Province of "] {
                if let Some(rest) = spelling.trim_start_matches("The ").strip_prefix(front) {
                    found.add(rest.to_owned(), FormKind::Short, 0.8 * scale);
                }
            }
        }
        Some(Kind::Organisation | Kind::Outlet) => add_body(found, spelling, full, scale),
        Some(Kind::Term) | None => found.add(spelling.to_owned(), full, scale),
    }
}

fn add_person(found: &mut Collected, parts: &Parts, full: FormKind, scale: f32) {
    found.add(parts.full(), full, scale);
    let surname = parts.surname.join(" ");
    let Some(first) = parts.given.first() else {
        if let Some(title) = parts.titles.last() {
            found.add(format!("{title} {surname}"), FormKind::Honorific, 0.5 * scale);
        }
        return;
    };
    found.add(surname.clone(), FormKind::Surname, 0.8 * scale);
    let given = parts.given.join(" ");
    let joined = |given: &str| {
        if parts.family_first { format!("{surname} {given}") } else { format!("{given} {surname}") }
    };
    found.add(joined(&given), FormKind::Short, 0.9 * scale);
    add_longer_surnames(found, parts, scale);

    // First names of Far Eastern names are rarely said alone.
    let alone = if parts.family_first { 0.1 } else { 0.5 };
    found.add(given.clone(), FormKind::Given, alone * scale);
    if let Some(second) = parts.middle.first().filter(|word| is_given_name(word)) {
        found.add(format!("{given} {second}"), FormKind::Given, 0.15 * scale);
    }
    let nicknames = parts.called.as_deref().map(|called| (called, 0.5)).into_iter();
    let nicknames = nicknames.chain(short_forms(first).iter().map(|short| (*short, 0.3)));
    for (nickname, weight) in nicknames.chain(long_forms(first).iter().map(|long| (*long, 0.1))) {
        found.add(joined(nickname), FormKind::Nickname, weight * scale);
        found.add(nickname.to_owned(), FormKind::Nickname, 0.6 * weight * scale);
    }
    if parts.given.iter().chain(&parts.middle).all(|word| is_initials(word)) {
        let letters: String = parts
            .given
            .iter()
            .chain(&parts.middle)
            .flat_map(|word| word.chars())
            .filter(|c| c.is_alphabetic())
            .collect();
        found.add(joined(&letters), FormKind::Initials, 0.8 * scale);
    } else if parts.middle.len() == 1 && !parts.family_first {
        found.add(initials(&parts.full()), FormKind::Initials, 0.05 * scale);
    }
    if let Some(title) = parts.titles.last() {
        let called = if parts.title_before_first_name() { first } else { &surname };
        found.add(format!("{title} {called}"), FormKind::Honorific, 0.5 * scale);
    }
}

/// Surnames of which only the last word was certain: two Spanish surnames, a maiden name in front, particles left off.
fn add_longer_surnames(found: &mut Collected, parts: &Parts, scale: f32) {
    let surname = parts.surname.join(" ");
    if let Some(middle) =
        parts.middle.last().filter(|word| !is_initials(word) && !is_given_name(word) && word.len() > 2)
    {
        found.add(format!("{middle} {surname}"), FormKind::Surname, 0.4 * scale);
        if is_surname(middle) {
            found.add(middle.clone(), FormKind::Surname, 0.2 * scale);
        }
    }
    let bare: Vec<&str> =
        parts.surname.iter().map(String::as_str).skip_while(|word| is_particle(word)).collect();
    if !bare.is_empty() && bare.len() < parts.surname.len() {
        found.add(bare.join(" "), FormKind::Surname, 0.2 * scale);
    }
    for front in ["al-", "el-", "Al-", "El-"] {
        if let Some(rest) = surname.strip_prefix(front) {
            found.add(rest.to_owned(), FormKind::Surname, 0.4 * scale);
        }
    }
}

/// Companies, offices, newspapers.
fn add_body(found: &mut Collected, spelling: &str, full: FormKind, scale: f32) {
    let (body, inside) = match spelling.split_once(" (") {
        Some((body, inside)) => (body, inside.strip_suffix(')')),
        None => (spelling, None),
    };
    found.add(body.to_owned(), full, scale);
    let mut words: Vec<&str> = body.split_whitespace().collect();
    while words.len() > 1 && words.last().is_some_and(|word| is_legal_form(word)) {
        words.pop();
    }
    let short = words.join(" ").trim_end_matches(',').to_owned();
    found.add(short.clone(), FormKind::Short, 0.95 * scale);
    let bare = short.strip_prefix("The ").unwrap_or(&short);
    found.add(bare.to_owned(), FormKind::Short, 0.9 * scale);
    if let Some(letters) = inside.filter(|inside| inside.len() <= 12) {
        found.add(letters.to_owned(), FormKind::Initials, 0.7 * scale);
    }
    let letters = initials(bare);
    if (3..=6).contains(&letters.len()) {
        found.add(letters, FormKind::Initials, 0.3 * scale);
    }
    // "Acme" for "Acme Holdings": a first word that is no ordinary word, before words that any company has.
    let mut rest = bare.split(' ');
    if let Some(first) = rest.next()
        && rest.clone().next().is_some()
        && rest.all(|word| GENERIC.contains(&plain(word).as_str()))
        && first.len() > 3
        && (commonness(first) < 3.0 || capital_share(first).is_some_and(|share| share > 0.8))
    {
        found.add(first.to_owned(), FormKind::Short, 0.5 * scale);
    }
}

/// Words of which companies' names are made beside the one that tells them apart.
#[rustfmt::skip]
const GENERIC: &[&str] = &[
    "&", "and", "associates", "bancorp", "bank", "brands", "brothers", "capital", "communications", "companies", "company",
    "consulting", "corporation", "energy", "enterprises", "entertainment", "financial", "foods", "foundation", "global", "group",
    "health", "healthcare", "holding", "holdings", "industries", "insurance", "international", "laboratories", "labs",
    "logistics", "management", "media", "motors", "networks", "partners", "pharma", "pharmaceuticals", "records", "resources",
    "securities", "services", "software", "solutions", "studios", "systems", "technologies", "technology", "therapeutics",
    "ventures", "worldwide",
];

/// First letters of the words that begin with a capital.
fn initials(words: &str) -> String {
    let firsts = words.split([' ', '-']).filter_map(|word| word.chars().next());
    firsts.filter(|c| c.is_uppercase()).collect()
}

/// A heard word and the ending that a repair keeps: `Lecornu's` is `Lecornu` and `'s`.
///
/// Knows the possessive (`'s`, and `'` after s), and the short forms of verbs (`'ll`, `'d`, `'ve`, `'re`). The ending is empty when
/// there is none. Punctuation around the word is the caller's.
pub fn inflection(heard: &str) -> (&str, &str) {
    for ending in ["s", "ll", "d", "ve", "re", "S", "LL", "D", "VE", "RE"] {
        if let Some(base) = heard.strip_suffix(ending)
            && let Some(bare) = base.strip_suffix(['\'', '’'])
            && bare.ends_with(char::is_alphanumeric)
        {
            return heard.split_at(bare.len());
        }
    }
    match heard.strip_suffix(['\'', '’']) {
        Some(base) if base.ends_with(['s', 'S', 'z', 'x']) => heard.split_at(base.len()),
        _ => (heard, ""),
    }
}

/// A name with an ending from [`inflection`]: a bare apostrophe, which stands only after s, becomes `'s` where the right name has
/// none.
pub fn inflected(name: &str, ending: &str) -> String {
    match ending {
        "'" | "’" if !name.ends_with(['s', 'S', 'z', 'x']) => format!("{name}{ending}s"),
        _ => format!("{name}{ending}"),
    }
}

/// The word of which this may be the plural: `Clintons` of `Clinton`, `Joneses` of `Jones`. `None` when it is no plural; whether
/// it is one only the names that are known can say.
pub fn singular(word: &str) -> Option<&str> {
    let es = word
        .strip_suffix("es")
        .filter(|base| base.ends_with(['s', 'x', 'z']) || base.ends_with("ch") || base.ends_with("sh"));
    es.or_else(|| word.strip_suffix('s').filter(|base| !base.ends_with(['s', '\'', '’'])))
        .filter(|base| base.chars().count() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::known::{Rank, Source};

    fn name(spelling: &str, kind: Option<Kind>) -> Name {
        let source = Source { rank: Rank::Episode, cite: "notes, line 1".into(), date: None };
        Name { kind, ..Name::new(spelling, source) }
    }

    #[test]
    fn people_are_said_in_many_ways() {
        for (spelling, said, unsaid) in [
            ("Sébastien Lecornu", "Sébastien Lecornu|Lecornu|Sébastien", "SL"),
            ("Ursula von der Leyen", "Ursula von der Leyen|von der Leyen|Leyen|Ursula", "der Leyen"),
            ("Bashar al-Assad", "Bashar al-Assad|al-Assad|Assad|Bashar", "al"),
            ("Robert Upshur Woodward", "Robert Woodward|Bob Woodward|Woodward|Bob|RUW", "Upshur Bob"),
            ("Bob Woodward", "Bob Woodward|Robert Woodward|Woodward|Bob", "Upshur"),
            ("Dr. Jane Goodall, PhD", "Jane Goodall|Goodall|Jane|Dr. Goodall", "PhD|Dr. Jane Goodall, PhD"),
            ("Sir Keir Starmer", "Keir Starmer|Starmer|Keir|Sir Keir", "Sir Starmer"),
            (
                "Gabriel García Márquez",
                "García Márquez|Márquez|García|Gabriel|Gabriel Márquez",
                "Gabriel García",
            ),
            ("J. K. Rowling", "J. K. Rowling|JK Rowling|Rowling", "J."),
            ("Xi Jinping", "Xi Jinping|Jinping", "Xi"),
            ("KIM Seung Nam", "Kim Seung Nam|Kim|Seung Nam", "KIM"),
            ("Robert \"Bo\" Jackson", "Robert Jackson|Bo Jackson|Jackson", "Bo"),
            (
                "Carolina Dybeck Happe",
                "Carolina Dybeck Happe|Dybeck Happe|Happe|Carolina|Carolina Happe",
                "Carolina Dybeck",
            ),
            ("Madonna", "Madonna", "Mad"),
        ] {
            let found = forms(&name(spelling, Some(Kind::Person)));
            let texts: Vec<&str> = found.iter().map(|form| form.text.as_str()).collect();
            for said in said.split('|') {
                assert!(texts.contains(&said), "{spelling} said as {said}: {texts:?}");
            }
            for unsaid in unsaid.split('|') {
                assert!(!texts.contains(&unsaid), "{spelling} said as {unsaid}: {texts:?}");
            }
            assert!(found[0].what == FormKind::Full && found[0].weight == 1.0);
            assert!(found[1..].is_sorted_by(|a, b| a.weight >= b.weight));
        }
    }

    #[test]
    fn companies_and_places_have_short_forms() {
        for (spelling, kind, said) in [
            ("Acme Holdings, Inc.", Kind::Organisation, "Acme Holdings, Inc.|Acme Holdings|Acme"),
            ("European Central Bank (ECB)", Kind::Organisation, "European Central Bank|ECB"),
            ("The New York Times", Kind::Outlet, "The New York Times|New York Times|NYT"),
            ("Le Monde", Kind::Outlet, "Le Monde"),
            ("Nextera Energy", Kind::Organisation, "Nextera Energy|Nextera"),
            ("City of Kherson", Kind::Place, "City of Kherson|Kherson"),
            ("Bucha, Ukraine", Kind::Place, "Bucha, Ukraine|Bucha"),
            ("Sapiens: A Brief History of Humankind", Kind::Work, "Sapiens"),
        ] {
            let texts: Vec<String> =
                forms(&name(spelling, Some(kind))).into_iter().map(|form| form.text).collect();
            for said in said.split('|') {
                assert!(texts.iter().any(|text| text == said), "{spelling} said as {said}: {texts:?}");
            }
        }
        let general = forms(&name("General Motors Company", Some(Kind::Organisation)));
        assert!(general.iter().all(|form| form.text != "General"), "{general:?}");
    }

    #[test]
    fn aliases_are_forms_and_an_unknown_kind_is_guessed() {
        let mut known = name("Volodymyr Zelensky", None);
        known.aliases = vec!["Volodymyr Zelenskyy".into()];
        let found = forms(&known);
        for (text, what) in [
            ("Volodymyr Zelensky", FormKind::Full),
            ("Zelensky", FormKind::Surname),
            ("Volodymyr Zelenskyy", FormKind::Alias),
            ("Zelenskyy", FormKind::Surname),
        ] {
            assert!(found.iter().any(|form| form.text == text && form.what == what), "{text}: {found:?}");
        }
        assert_eq!(forms(&name("denazification", None)).len(), 1);
    }

    #[test]
    fn endings_are_kept_and_fit_the_right_name() {
        for (heard, base, ending, right, written) in [
            ("Leufkornu's", "Leufkornu", "'s", "Lecornu", "Lecornu's"),
            ("Le’Cornu’s", "Le’Cornu", "’s", "Lecornu", "Lecornu’s"),
            ("Cornus'", "Cornus", "'", "Lecornu", "Lecornu's"),
            ("Jones'", "Jones", "'", "Johns", "Johns'"),
            ("Smith'll", "Smith", "'ll", "Smyth", "Smyth'll"),
            ("O'Brien", "O'Brien", "", "O'Brien", "O'Brien"),
            ("D'S", "D", "'S", "D", "D'S"),
            ("'s", "'s", "", "x", "x"),
            ("", "", "", "x", "x"),
        ] {
            assert_eq!(inflection(heard), (base, ending), "{heard}");
            assert_eq!(inflected(right, ending), written);
        }
        assert_eq!(singular("Clintons"), Some("Clinton"));
        assert_eq!(singular("Joneses"), Some("Jones"));
        for none in ["Jones's", "Bass", "is", "Lecornu", ""] {
            assert_eq!(singular(none), None, "{none}");
        }
    }
}
