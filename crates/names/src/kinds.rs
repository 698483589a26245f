//! What sort of thing bears a name, judged by the name alone.

use crate::known::Kind;
use crate::parts::{is_initials, is_particle, is_suffix, is_title, plain};
use crate::words::{capital_share, commonness, is_given_name, is_surname};

/// Legal forms after a company's name; folded, without full stops.
#[rustfmt::skip]
const LEGAL_FORMS: &[&str] = &[
    "ab", "ag", "as", "asa", "bv", "co", "corp", "corporation", "gmbh", "inc", "incorporated", "kg", "kk", "limited", "llc",
    "llp", "lp", "ltd", "nv", "oy", "oyj", "plc", "pte", "pty", "sa", "sab", "sarl", "sas", "sca", "se", "spa", "srl",
];

/// Whether a word behind a name is a legal form. The short ones are words and names too (`Sá`, `as`), unless written as forms are.
pub fn is_legal_form(word: &str) -> bool {
    let bare = word.trim_matches(',');
    let folded = plain(bare);
    let formal =
        bare.contains('.') || !bare.chars().any(char::is_lowercase) || matches!(bare, "SpA" | "GmbH");
    let sure = folded.len() > 4
        || matches!(folded.as_str(), "corp" | "inc" | "llc" | "ltd" | "oy" | "plc" | "pte" | "pty");
    LEGAL_FORMS.contains(&folded.as_str()) && (formal || sure) && bare.is_ascii()
}

/// Words that name a body of people; folded.
#[rustfmt::skip]
const BODIES: &[&str] = &[
    "academy", "administration", "agency", "airlines", "airways", "alliance", "army", "assembly", "associates", "association",
    "authority", "bancorp", "bank", "bar", "brigade", "brothers", "bureau", "capital", "center", "centre", "chamber", "church",
    "city", "clinic", "club", "coalition", "college", "commission", "committee", "communications", "community", "company",
    "conference", "congress", "consortium", "consulting", "convention", "cooperative", "corporation", "council", "court",
    "department", "directorate", "endowment", "energy", "enterprises", "entertainment", "faculty", "federation", "financial", "forum",
    "foundation", "fund", "gallery", "group", "guild", "health", "healthcare", "holdings", "hospital", "house", "industries",
    "initiative", "institute", "institution", "insurance", "international", "lab", "laboratories", "laboratory", "labs", "league",
    "library", "logistics", "management", "media", "ministry", "mission", "motors", "movement", "museum", "nations", "network",
    "networks", "office", "orchestra", "organisation", "organization", "parliament", "partners", "partnership", "party", "pharma",
    "pharmaceuticals", "police", "press", "productions", "project", "records", "regiment", "reserve", "resources", "school",
    "securities", "senate", "service", "services", "society", "software", "solutions", "studio", "studios", "syndicate",
    "systems", "team", "technologies", "therapeutics", "treasury", "tribunal", "trust", "union", "university", "ventures",
    "works",
];

/// Words that stand in the names of newspapers, broadcasters and agencies; folded.
#[rustfmt::skip]
const OUTLETS: &[&str] = &[
    "broadcasting", "bulletin", "chronicle", "courier", "daily", "gazette", "globe", "herald", "inquirer", "journal", "magazine",
    "news", "newsletter", "observer", "podcast", "post", "radio", "review", "telegraph", "television", "times", "tribune", "tv",
    "weekly",
];

/// Words that stand in the names of places; folded.
#[rustfmt::skip]
const PLACES: &[&str] = &[
    "airport", "avenue", "basin", "bay", "beach", "boulevard", "bridge", "canal", "canyon", "coast", "county", "creek", "desert",
    "district", "falls", "gulf", "heights", "hill", "hills", "island", "islands", "lake", "mountain", "mountains", "oblast",
    "ocean", "peninsula", "plaza", "province", "republic", "river", "road", "sea", "square", "strait", "street", "territory",
    "town", "valley", "village",
];

/// Countries, states, large cities: names of one word that are places before they are anything else; folded.
#[rustfmt::skip]
const KNOWN_PLACES: &[&str] = &[
    "afghanistan", "africa", "alabama", "alaska", "albania", "algeria", "america", "amsterdam", "andorra", "angola", "ankara",
    "antarctica", "argentina", "arizona", "arkansas", "armenia", "asia", "athens", "atlanta", "auckland", "australia", "austria",
    "azerbaijan", "baghdad", "bahamas", "bahrain", "baltimore", "bangkok", "bangladesh", "barbados", "barcelona", "beijing",
    "beirut", "belarus", "belfast", "belgium", "belgrade", "belize", "benin", "berlin", "bern", "bhutan", "birmingham", "bogota",
    "bolivia", "bosnia", "boston", "botswana", "brazil", "brisbane", "britain", "brooklyn", "brunei", "brussels", "bucharest",
    "budapest", "bulgaria", "burundi", "cairo", "california", "cambodia", "cambridge", "cameroon", "canada", "caracas", "chad", "chechnya",
    "chicago", "chile", "china", "cleveland", "cologne", "colombia", "colorado", "congo", "connecticut", "copenhagen", "crimea",
    "croatia", "cuba", "cyprus", "czechia", "dakar", "dallas", "damascus", "delaware", "delhi", "denmark", "denver", "detroit",
    "djibouti", "dominica", "donbas", "donetsk", "dubai", "dublin", "ecuador", "edinburgh", "egypt", "england", "eritrea",
    "estonia", "eswatini", "ethiopia", "europe", "fiji", "finland", "france", "frankfurt", "gabon", "gambia", "gaza", "geneva",
    "ghana", "glasgow", "greece", "greenland", "grenada", "guatemala", "guinea", "guyana", "haiti", "hamburg", "hanoi", "havana",
    "hawaii", "helsinki", "honduras", "houston", "hungary", "iceland", "idaho", "illinois", "india", "indiana", "indonesia",
    "iowa", "iran", "iraq", "ireland", "israel", "istanbul", "italy", "jakarta", "jamaica", "japan", "jerusalem", "johannesburg",
    "kabul", "kansas", "karachi", "kazakhstan", "kentucky", "kenya", "kherson", "kiev", "kiribati", "kosovo", "kuwait", "kyiv",
    "kyrgyzstan", "lagos", "laos", "latvia", "lebanon", "leeds", "lesotho", "liberia", "libya", "liechtenstein", "lima", "lisbon",
    "lithuania", "liverpool", "london", "louisiana", "luhansk", "luxembourg", "madagascar", "madrid", "maine", "malawi",
    "malaysia", "maldives", "mali", "malta", "manchester", "manhattan", "manila", "mariupol", "maryland", "massachusetts",
    "mauritania", "mauritius", "melbourne", "mexico", "miami", "michigan", "micronesia", "milan", "minneapolis", "minnesota",
    "mississippi", "missouri", "moldova", "monaco", "mongolia", "montana", "montenegro", "montreal", "morocco", "moscow",
    "mozambique", "mumbai", "munich", "myanmar", "nairobi", "namibia", "naples", "nashville", "nauru", "nebraska", "nepal",
    "netherlands", "nevada", "nicaragua", "niger", "nigeria", "norway", "odesa", "odessa", "ohio", "oklahoma", "oman", "ontario",
    "oregon", "oslo", "ottawa", "oxford", "pakistan", "palau", "palestine", "panama", "paraguay", "paris", "pennsylvania", "peru",
    "philadelphia", "philippines", "phoenix", "poland", "portland", "portugal", "prague", "pretoria", "qatar", "quebec", "riga",
    "riyadh", "romania", "rome", "rotterdam", "russia", "rwanda", "samoa", "sarajevo", "scotland", "seattle", "senegal", "seoul",
    "serbia", "seychelles", "shanghai", "siberia", "singapore", "slovakia", "slovenia", "sofia", "somalia", "spain", "stockholm",
    "sudan", "suriname", "sweden", "switzerland", "sydney", "syria", "taipei", "taiwan", "tajikistan", "tanzania", "tasmania",
    "tehran", "tennessee", "texas", "thailand", "togo", "tokyo", "tonga", "toronto", "tripoli", "tunisia", "turkey",
    "turkmenistan", "tuvalu", "uganda", "ukraine", "uruguay", "utah", "uzbekistan", "valencia", "vancouver", "vanuatu",
    "venezuela", "venice", "vermont", "vienna", "vietnam", "vilnius", "virginia", "wales", "warsaw", "washington", "westminster",
    "wisconsin", "wyoming", "yemen", "yugoslavia", "zagreb", "zambia", "zaporizhzhia", "zimbabwe", "zurich",
];

/// Whether a word is the name of a country, state or large city.
pub fn is_known_place(word: &str) -> bool {
    KNOWN_PLACES.binary_search(&plain(word).as_str()).is_ok()
}

/// The kind that a spelling speaks for by itself; `None` where it does not.
///
/// A person: two to five capitalised words without a word that only bodies, outlets or places bear, of which the first is known as a
/// first name or none is an ordinary word.
pub fn likely_kind(spelling: &str) -> Option<Kind> {
    let words: Vec<&str> =
        spelling.split_whitespace().map(|word| word.trim_end_matches(',')).take(12).collect();
    let folded: Vec<String> = words.iter().map(|word| plain(word).replace(['\'', '’'], "")).collect();
    let last = folded.last()?;
    if words.len() > 1 && is_legal_form(words[words.len() - 1]) && !is_suffix(words[words.len() - 1]) {
        return Some(Kind::Organisation);
    }
    let fronts = ["fort", "lake", "las", "los", "mount", "port", "saint", "sainte", "san", "santa", "st"];
    if words.len() == 2 && fronts.contains(&folded[0].as_str()) {
        return Some(Kind::Place);
    }
    if looks_like_a_person(&words, &folded) {
        return Some(Kind::Person);
    }
    let any = |list: &[&str]| folded.iter().any(|word| list.contains(&word.as_str()));
    if words.len() < 2 {
        return is_known_place(last).then_some(Kind::Place);
    }
    let at = |list: &[&str]| list.contains(&last.as_str()) || list.contains(&folded[0].as_str());
    match () {
        () if at(OUTLETS) && folded.iter().all(|word| word != "university") => Some(Kind::Outlet),
        () if any(BODIES) => Some(Kind::Organisation),
        () if at(PLACES)
            || matches!(
                folded[0].as_str(),
                "mount" | "fort" | "lake" | "port" | "san" | "santa" | "los" | "las"
            ) =>
        {
            Some(Kind::Place)
        }
        () => None,
    }
}

/// Whether a word is one that only bodies of people have in their names.
pub fn is_body(word: &str) -> bool {
    BODIES.contains(&plain(word).as_str())
}

/// A capital inside a word where no name has one: `SQLite`, `DevOps`, but not `McKay`, `DiResta`, `O'Neil`, `García-López`.
fn is_camel(word: &str) -> bool {
    let fronts = ["Mc", "Mac", "De", "Di", "Da", "Du", "La", "Le", "Van", "Fitz", "St"];
    let rest = fronts.iter().find_map(|front| word.strip_prefix(front)).unwrap_or(word);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if letters > 1 && !word.chars().any(char::is_lowercase) {
        // `KOTRO`, as lists of delegates write surnames; `SQL`, which is no name.
        return letters < 5 && !is_initials(word) && !is_given_name(word) && !is_surname(word);
    }
    let mut pairs = rest.chars().zip(rest.chars().skip(1));
    !is_initials(word) && pairs.any(|(a, b)| a.is_alphabetic() && b.is_uppercase())
}

fn looks_like_a_person(words: &[&str], folded: &[String]) -> bool {
    let end = words.iter().rposition(|word| !is_suffix(word)).map_or(0, |at| at + 1);
    let begin = words[..end].iter().take_while(|word| is_title(word)).count().min(end.saturating_sub(1));
    let core = &words[begin..end];
    if !(2..=5).contains(&core.len()) {
        return core.len() == 1
            && begin > 0
            && core[0].starts_with(char::is_uppercase)
            && commonness(core[0]) < 4.0;
    }
    let shaped = core.iter().enumerate().all(|(at, word)| {
        let capital = word.trim_start_matches(['"', '“', '(', '\'', '’']).starts_with(char::is_uppercase);
        let inside = at > 0 && at + 1 < core.len() && is_particle(word);
        let arabic = word.starts_with("al-")
            || word.starts_with("el-")
            || word.starts_with("d'")
            || word.starts_with("d’");
        (capital || inside || arabic) && word.chars().all(|c| c.is_alphabetic() || "-'’.\"“”()".contains(c))
    });
    let taken = |word: &String| {
        [BODIES, OUTLETS, PLACES].iter().any(|list| list.contains(&word.as_str())) && !is_surname(word)
            || LEGAL_FORMS.contains(&word.as_str()) && word.len() > 2
    };
    if !shaped || folded[begin..end].iter().skip(1).any(taken) {
        return false;
    }
    let (first, last) = (core[0], core[core.len() - 1]);
    if last.chars().filter(|c| c.is_alphabetic()).count() < 2 {
        return false;
    }
    if [BODIES, OUTLETS, PLACES].iter().any(|list| list.contains(&folded[end - 1].as_str())) {
        return false;
    }
    let article = is_particle(first) && !first.eq_ignore_ascii_case("ben");
    let named = is_given_name(first)
        && (!article || is_surname(last))
        && (!is_ordinary(last) || is_surname(last))
        && (!is_ordinary(first) || !is_ordinary(last) || commonness(first) + commonness(last) < 10.2);
    let unusual = |word: &&str| is_particle(word) || is_initials(word) || !is_ordinary(word);
    // An article or a town in front: "Le Monde", "Cambridge Analytica".
    let fronted = article || is_known_place(first);
    let foreign = !fronted
        && !core.iter().any(|word| is_camel(word))
        && core.iter().all(unusual)
        && (is_surname(last) || core.iter().all(|word| is_particle(word) || commonness(word) < 3.0));
    let initialled = is_initials(first) && first.contains('.') && is_surname(last);
    begin > 0 || named || foreign || initialled
}

/// Whether a word is one of ordinary English, not mainly a name: at least three in a million words and mostly lower case.
pub fn is_ordinary(word: &str) -> bool {
    commonness(word) >= 3.5 && capital_share(word).is_some_and(|share| share < 0.8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_is_searched_is_sorted() {
        assert!(KNOWN_PLACES.is_sorted());
    }

    #[test]
    fn the_kind_is_told_by_the_name_where_it_tells() {
        for (spelling, kind) in [
            ("Sébastien Lecornu", Some(Kind::Person)),
            ("Dr. Goodall", Some(Kind::Person)),
            ("Mehmet Ali Yörüker", Some(Kind::Person)),
            ("Brian D'Ambrosia", Some(Kind::Person)),
            ("Ursula von der Leyen", Some(Kind::Person)),
            ("A.K.M. Hafizur Rahman", Some(Kind::Person)),
            ("Mark Bell", Some(Kind::Person)),
            ("Martin Luther King, Jr.", Some(Kind::Person)),
            ("Goldman Sachs Group, Inc.", Some(Kind::Organisation)),
            ("Bank of America", Some(Kind::Organisation)),
            ("Stanford University", Some(Kind::Organisation)),
            ("European Central Bank", Some(Kind::Organisation)),
            ("The New York Times", Some(Kind::Outlet)),
            ("Radio Free Europe", Some(Kind::Outlet)),
            ("Lake Baikal", Some(Kind::Place)),
            ("Santa Fe", Some(Kind::Place)),
            ("ceasefire", None),
            ("Right Sector", None),
            ("Machine Learning", None),
            ("", None),
        ] {
            assert_eq!(likely_kind(spelling), kind, "{spelling}");
        }
    }
}
