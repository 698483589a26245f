//! Words of show notes that tell what a name is, and words that are none though they have a capital.

use crate::parts::is_title;
use crate::words::{commonness, fold};

/// What people are: after a name, before it, or in front of a colon. Folded, singular.
#[rustfmt::skip]
const ROLES: &[&str] = &[
    "activist", "actor", "actress", "administrator", "adviser", "advisor", "agent", "analyst", "anchor", "architect", "artist",
    "assistant", "astronaut", "astronomer", "athlete", "attorney", "author", "baker", "banker", "biologist", "blogger", "boss",
    "broadcaster", "brother", "candidate", "captain", "ceo", "cfo", "chair", "chairman", "chairperson", "chairwoman", "champion",
    "chancellor", "chef", "chemist", "chief", "cio", "cmo", "co-author", "co-founder", "co-host", "coach", "cofounder", "cohost",
    "columnist", "comedian", "commentator", "commissioner", "composer", "congressman", "congresswoman", "consultant", "coo",
    "correspondent", "counsel", "creator", "critic", "cto", "curator", "daughter", "dean", "designer", "detective", "developer",
    "diplomat", "director", "doctor", "driver", "economist", "editor", "emperor", "engineer", "entrepreneur", "envoy",
    "executive", "expert", "father", "fellow", "filmmaker", "founder", "general", "goalkeeper", "governor", "guest", "head",
    "historian", "host", "husband", "illustrator", "inspector", "interviewer", "inventor", "investigator", "investor",
    "journalist", "judge", "king", "lawmaker", "lawyer", "leader", "lecturer", "legend", "librarian", "maintainer", "manager",
    "mathematician", "mayor", "mother", "musician", "narrator", "neighbour", "neuroscientist", "novelist", "nurse", "officer",
    "owner", "painter", "partner", "pastor", "philosopher", "photographer", "physician", "physicist", "pianist", "pilot",
    "planner", "player", "playwright", "podcaster", "poet", "policeman", "politician", "presenter", "president", "priest",
    "producer", "professor", "programmer", "prosecutor", "psychologist", "queen", "recruiter", "reporter", "researcher",
    "reviewer", "runner", "sailor", "scholar", "scientist", "secretary", "senator", "senior", "sergeant", "sheriff", "singer",
    "sister", "skipper", "soldier", "son", "songwriter", "speaker", "specialist", "spokesman", "spokesperson", "spokeswoman",
    "strategist", "striker", "student", "surgeon", "teacher", "trader", "trainer", "translator", "treasurer", "veteran", "vicar",
    "vice", "vp", "widow", "wife", "winner", "witness", "writer", "youtuber",
];

/// Whether a word says what a person is, in the singular or plural.
pub fn is_role(word: &str) -> bool {
    let folded = fold(word);
    let known = |word: &str| ROLES.binary_search(&word).is_ok() || is_title(word);
    let trade = |word: &str| {
        word.len() > 6 && (word.ends_with("ologist") || word.ends_with("ist")) && commonness(word) > 0.0
    };
    let word = folded.as_str();
    known(word)
        || trade(word)
        || word.strip_suffix('s').is_some_and(|one| one.len() > 3 && (known(one) || trade(one)))
        || word == "minister"
}

/// Whether a word says which office a role belongs to: `prime`, `deputy`, `former`.
pub fn qualifies_role(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "acting",
        "affairs",
        "artistic",
        "assistant",
        "chief",
        "defence",
        "defense",
        "deputy",
        "detective",
        "education",
        "executive",
        "finance",
        "financial",
        "foreign",
        "former",
        "general",
        "head",
        "health",
        "interior",
        "labor",
        "labour",
        "lead",
        "legal",
        "managing",
        "national",
        "operating",
        "prime",
        "principal",
        "regional",
        "senior",
        "staff",
        "technical",
        "technology",
        "then",
        "vice",
        "veteran",
    ];
    WORDS.contains(&fold(word).as_str())
}

/// Words in front of a colon or dash after which people are listed, with the role they give; folded.
#[rustfmt::skip]
const LABELS: &[(&str, &str)] = &[
    ("cast", "cast"), ("co-host", "co-host"), ("co-hosts", "co-host"), ("credits", ""), ("editor", "editor"), ("engineer", "engineer"), ("featuring", ""), ("gast", "guest"),
    ("gaste", "guest"), ("guest", "guest"), ("guests", "guest"), ("host", "host"), ("hosts", "host"), ("interviewer", "interviewer"), ("invite", "guest"),
    ("invites", "guest"), ("moderation", "host"), ("moderator", "host"), ("panel", "panellist"), ("panelists", "panellist"), ("panellists", "panellist"),
    ("participants", "participant"), ("people", ""), ("presentation", "host"), ("presenter", "presenter"), ("presenters", "presenter"), ("producer", "producer"),
    ("producers", "producer"), ("redaktion", "editor"), ("reporter", "reporter"), ("reporters", "reporter"), ("speaker", "speaker"), ("speakers", "speaker"),
    ("starring", ""), ("with", ""), ("writer", "writer"), ("writers", "writer"),
];

/// The role that a label such as `Guests` gives to those after it; empty when it gives none.
pub fn label(word: &str) -> Option<&'static str> {
    let folded = fold(word);
    LABELS.iter().find(|(label, _)| *label == folded).map(|(_, role)| *role)
}

/// What stands before `by` and makes the name after it a person's, with the role it gives.
pub fn by(verb: &str) -> Option<&'static str> {
    Some(match fold(verb).as_str() {
        "hosted" | "hosting" | "presentee" | "presented" | "narrated" | "read" => "host",
        "produced" | "production" => "producer",
        "edited" => "editor",
        "written" => "writer",
        "reported" | "reporting" | "report" => "reporter",
        "interview" | "interviewed" => "interviewer",
        "directed" => "director",
        "joined" => "guest",
        "mixed" | "engineered" | "recorded" | "story" | "photo" | "illustration" | "artwork"
        | "moderated" | "introduced" | "composed" => "",
        _ => return None,
    })
}

/// Words before a person's name: `with Jane Doe`, `thanks to Jane Doe`; folded.
pub fn leads_to_person(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "avec",
        "con",
        "feat",
        "featuring",
        "ft",
        "joining",
        "mit",
        "starring",
        "thanks",
        "w",
        "welcome",
        "welcomes",
        "with",
        "interviews",
        "meet",
        "meets",
        "asks",
        "talks",
        "chats",
        "speaks",
    ];
    WORDS.contains(&fold(word).trim_end_matches('.'))
}

/// Verbs that people do: `Jane Doe explains`.
pub fn is_done_by_people(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "argues",
        "answers",
        "asks",
        "explains",
        "discusses",
        "joins",
        "reports",
        "says",
        "said",
        "remembers",
        "recalls",
        "shares",
        "speaks",
        "talks",
        "tells",
        "thinks",
        "told",
        "walks",
        "writes",
        "wrote",
        "describes",
        "interviews",
        "reflects",
        "returns",
        "reveals",
        "sits",
        "stops",
    ];
    WORDS.contains(&fold(word).as_str())
}

/// Words before the title of a work: `author of Other Minds`, `her new book, The Salt Ledger`.
pub fn leads_to_work(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "album",
        "bestseller",
        "book",
        "books",
        "documentary",
        "drama",
        "essay",
        "film",
        "memoir",
        "movie",
        "musical",
        "novel",
        "opera",
        "painting",
        "play",
        "podcast",
        "single",
        "song",
        "songs",
        "thriller",
        "titled",
        "called",
        "entitled",
    ];
    WORDS.contains(&fold(word).as_str())
}

/// Words before a newspaper's or broadcaster's name.
pub fn leads_to_outlet(word: &str) -> bool {
    matches!(
        fold(word).as_str(),
        "newspaper" | "magazine" | "broadcaster" | "weekly" | "daily" | "newspapers" | "tabloid"
    )
}

/// Words before a place: `near Bucha`; or before `in` or `from` and a place: `recorded in Norfolk`. A plain `in` stands before
/// anything.
pub fn leads_to_place(word: &str, before: &str) -> bool {
    const HAPPENS: &[&str] = &[
        "airport",
        "arrested",
        "arrives",
        "based",
        "battle",
        "born",
        "camp",
        "coast",
        "correspondent",
        "court",
        "died",
        "forest",
        "grew",
        "held",
        "hospital",
        "killed",
        "live",
        "lived",
        "lives",
        "living",
        "moved",
        "museum",
        "office",
        "people",
        "prison",
        "raised",
        "recorded",
        "refugees",
        "reporter",
        "reporting",
        "reports",
        "start",
        "starts",
        "streets",
        "strike",
        "strikes",
        "studio",
        "troops",
        "trial",
        "up",
        "village",
        "villages",
        "vote",
        "war",
    ];
    let word = fold(word);
    let happens = || HAPPENS.contains(&fold(before).as_str());
    matches!(word.as_str(), "near" | "outside" | "visits")
        || matches!(word.as_str(), "in" | "from") && happens()
}

/// Words with a capital that are no names: days, months, peoples and languages, headings, letters that everybody knows. Folded.
#[rustfmt::skip]
const NO_NAMES: &[&str] = &[
    "ad", "ads", "advent", "afghan", "african", "africans", "agenda", "ah", "ai", "albanian", "algerian", "am", "america's",
    "american", "americans", "android", "antisemitic", "api", "april", "arab", "arabic", "arabs", "argentine", "armenian",
    "asian", "august", "australian", "austrian", "azerbaijani", "bbq", "bc", "belarusian", "belgian", "bengali", "black", "bonus",
    "bosnian", "brazilian", "brit", "british", "britons", "buddhist", "bulgarian", "canadian", "cantonese", "catalan", "catholic",
    "catholics", "ceo", "cfo", "chapter", "chapters", "chilean", "chinese", "christian", "christianity", "christians",
    "christmas", "cio", "colombian", "contact", "coo", "covid", "covid-19", "credit", "credits", "croatian", "cto", "cuban",
    "czech", "danish", "dear", "december", "democrat", "democratic", "democrats", "diy", "dm", "dna", "dutch", "easter",
    "egyptian", "english", "ep", "episode", "episodes", "estonian", "ethiopian", "european", "europeans", "faq", "february",
    "finnish", "flemish", "follow", "french", "friday", "fridays", "gdp", "georgian", "german", "germans", "gmt", "god", "gop",
    "gps", "greek", "greeks", "haitian", "halloween", "hebrew", "hello", "hey", "hi", "hindi", "hindu", "hiv", "hr", "hungarian",
    "i", "i'd", "i'll", "i'm", "i've", "id", "indian", "indians", "indonesian", "internet", "intro", "ios", "ip", "ipo",
    "iranian", "iraqi", "irish", "islam", "islamic", "israeli", "israelis", "it", "italian", "january", "japanese", "jew",
    "jewish", "jews", "jordanian", "july", "june", "kenyan", "korean", "kurdish", "kurds", "latin", "latino", "latinos",
    "latvian", "lebanese", "lgbt", "lgbtq", "libyan", "link", "links", "listener", "listeners", "lithuanian", "llm", "march",
    "may", "mba", "mc", "mentioned", "mexican", "mfa", "mit", "monday", "mondays", "moroccan", "mp3", "muslim", "muslims", "nazi",
    "nazis", "news", "nigerian", "nordic", "norwegian", "notes", "november", "october", "oh", "ok", "okay", "operator", "outro",
    "pakistani", "palestinian", "palestinians", "part", "participants", "persian", "phd", "picks", "pm", "podcast", "polish",
    "portuguese", "pr", "protestant", "ps", "q&a", "q1", "q2", "q3", "q4", "qa", "recap", "republican", "republicans",
    "resources", "romanian", "rss", "russian", "russians", "saturday", "saturdays", "saudi", "scottish", "season", "september",
    "serbian", "shownotes", "slovak", "somali", "soviet", "soviets", "spanish", "special", "sponsor", "sponsors", "sudanese",
    "sunday", "sundays", "support", "swedish", "swiss", "syrian", "taiwanese", "thai", "thanksgiving", "thursday", "thursdays",
    "timestamps", "topics", "transcript", "tuesday", "tuesdays", "turkish", "tv", "u.s.", "ugh", "ui", "ukrainian", "ukrainians",
    "us", "utc", "ux", "v.", "venezuelan", "vietnamese", "vip", "vs", "web", "website", "wednesday", "wednesdays", "welsh",
    "western", "wow", "www", "xmas", "yeah", "zionist",
];

/// Whether a word with a capital is no name by itself.
pub fn is_no_name(word: &str) -> bool {
    NO_NAMES.binary_search(&fold(word).as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_are_searched_are_sorted() {
        assert!(ROLES.is_sorted() && NO_NAMES.is_sorted());
        assert!(
            is_role("bassist")
                && is_role("founders")
                && is_role("CEO")
                && !is_role("list")
                && !is_role("Lecornu")
        );
    }
}
