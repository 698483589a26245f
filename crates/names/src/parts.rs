//! A person's name taken apart: titles, first names, surname, what follows.

use crate::words::{is_given_name, is_surname};

/// A person's name in its parts, in the order in which they are written. Each part is one word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// `Dr.`, `Sir`, `Minister`: never part of the name.
    pub titles: Vec<String>,
    /// First names, the one the person goes by in front; empty for a single name.
    pub given: Vec<String>,
    /// Names between the first and the surname, initials included.
    pub middle: Vec<String>,
    /// The surname with its particles.
    pub surname: Vec<String>,
    /// A name by which the person is called, in quotes or parentheses in the source: `Robert "Bob" Smith`.
    pub called: Option<String>,
    /// True for names whose surname is written first (`Xi Jinping`).
    pub family_first: bool,
}

/// Words before a name that tell an office or rank and are no part of it; compared folded and without a full stop.
#[rustfmt::skip]
pub const TITLES: &[&str] = &[
    "admiral", "ambassador", "archbishop", "bishop", "brother", "cantor", "capt", "captain", "cardinal", "chairman", "chairwoman",
    "chancellor", "chef", "chief", "coach", "col", "colonel", "commander", "commissioner", "congressman", "congresswoman",
    "councillor", "councilman", "councilwoman", "count", "countess", "dame", "deacon", "dean", "deputy", "doctor", "dr", "drs",
    "duchess", "duke", "emperor", "empress", "father", "fr", "gen", "general", "gov", "governor", "herr", "hon", "imam", "ing",
    "inspector", "judge", "justice", "king", "lady", "lieutenant", "lord", "lt", "madame", "mademoiselle", "maestro", "maj",
    "major", "master", "mayor", "minister", "miss", "mister", "mlle", "mme", "monsieur", "mr", "mrs", "ms", "mx", "officer",
    "pastor", "pope", "president", "prime", "prince", "princess", "prof", "professor", "queen", "rabbi", "rep", "representative",
    "rev", "reverend", "saint", "sec", "secretary", "sen", "senator", "sergeant", "sgt", "sheikh", "sheriff", "sir", "sister",
    "speaker", "sultan", "taoiseach", "vice",
];

/// Titles after which the first name follows rather than the surname: `Sir Keir`.
const BEFORE_FIRST_NAMES: &[&str] =
    &["sir", "dame", "lady", "lord", "queen", "king", "prince", "princess", "brother", "sister", "father"];

/// What may follow a name and is no part of it; compared folded and without full stops.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "bsc", "cbe", "cfa", "cissp", "cpa", "dds", "dphil", "dvm", "edd", "esq", "frs", "ii", "iii", "iv", "jd", "jr", "kc", "lcsw",
    "ma", "mba", "mbe", "md", "mep", "mp", "mph", "msc", "msp", "obe", "pe", "phd", "phds", "psyd", "qc", "rn", "sr", "usmc",
    "usn",
];

/// Words that begin a surname before its last word.
#[rustfmt::skip]
const PARTICLES: &[&str] = &[
    "a", "abu", "af", "al", "av", "ben", "bin", "bint", "da", "dal", "das", "de", "del", "della", "den", "der", "di", "do", "dos",
    "du", "el", "ibn", "la", "las", "le", "lo", "los", "mac", "mc", "o", "op", "san", "st", "t", "te", "ten", "ter", "und", "van",
    "vande", "vander", "vom", "von", "zu", "zum", "zur",
];

/// Chinese, Korean and Vietnamese surnames as they are commonly romanised.
#[rustfmt::skip]
const FAMILY_FIRST: &[&str] = &[
    "ahn", "bae", "bai", "ban", "bui", "cai", "cao", "chan", "chang", "chau", "chen", "cheng", "cheung", "chiang", "cho", "choe",
    "choi", "chow", "chu", "chun", "chung", "dai", "dang", "deng", "ding", "dinh", "do", "dong", "du", "duan", "duong", "fan",
    "fang", "feng", "fu", "gao", "goh", "gong", "gu", "guo", "ha", "hahm", "han", "hao", "he", "ho", "hong", "hou", "hsieh",
    "hsu", "hu", "huang", "huynh", "hwang", "im", "jang", "jeon", "jeong", "jia", "jiang", "jin", "jo", "jung", "kang", "kim",
    "ko", "koh", "kong", "kwon", "lai", "lam", "lau", "le", "lee", "lei", "leung", "li", "liang", "liao", "lim", "lin", "ling",
    "liu", "long", "lu", "luo", "luu", "ly", "ma", "mai", "mao", "meng", "mo", "moon", "nam", "ng", "ngo", "nguyen", "ni", "noh",
    "oh", "pan", "park", "peng", "pham", "phan", "qian", "qiao", "qin", "qiu", "ren", "rhee", "roh", "ryu", "seo", "shao", "shen",
    "shi", "shin", "sim", "so", "soh", "son", "song", "su", "suh", "sun", "tan", "tang", "tao", "teo", "tian", "tran", "truong",
    "tsai", "tsang", "vo", "vu", "wan", "wang", "wei", "wen", "weng", "won", "wong", "woo", "wu", "xi", "xia", "xiang", "xiao",
    "xie", "xiong", "xu", "yan", "yang", "yao", "ye", "yeo", "yi", "yin", "yoo", "yoon", "you", "yu", "yuan", "yue", "yun",
    "zeng", "zhai", "zhang", "zhao", "zheng", "zhong", "zhou", "zhu", "zou",
];

/// Words beyond which nothing is taken for a person's name.
const MOST_WORDS: usize = 10;

/// A word folded and without full stops, as the lists above hold it.
pub fn plain(word: &str) -> String {
    crate::words::fold(word).replace('.', "")
}

/// Whether a word is a title that stands before names.
pub fn is_title(word: &str) -> bool {
    TITLES.binary_search(&plain(word).as_str()).is_ok()
}

/// Whether a word is a suffix that stands after names. A plain `Ma` or `Pe` is a surname, `MA` and `P.E.` are degrees.
pub fn is_suffix(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| matches!(c, ',' | '.' | '(' | ')'));
    let shouted = bare.chars().filter(|c| c.is_uppercase()).count() > 1;
    let plain = plain(bare);
    SUFFIXES.contains(&plain.as_str())
        && (shouted || matches!(plain.as_str(), "jr" | "sr" | "esq" | "phd" | "dphil"))
}

/// Whether a word may begin a surname of several words.
pub fn is_particle(word: &str) -> bool {
    matches!(word, "'t" | "’t" | "y" | "e" | "d'" | "d’") || PARTICLES.contains(&plain(word).as_str())
}

/// One or two letters that stand for a name: `J.`, `JK`, `J.K.`
pub fn is_initials(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = word.chars().all(|c| c.is_uppercase() || c == '.' || c == '-');
    capitals && (letters == 1 || letters <= 3 && word.contains('.') || letters == 2 && !word.contains('-'))
}

/// Takes a person's name apart; `None` for what has no words or too many to be one.
pub fn parts(spelling: &str) -> Option<Parts> {
    let mut parts = Parts::default();
    let (mut words, called) = without_quotes(spelling);
    parts.called = called;
    while words.len() > 1 && words.last().is_some_and(|word| is_suffix(word)) {
        words.pop();
    }
    let titles = words.iter().take(words.len().saturating_sub(1)).take_while(|word| is_title(word)).count();
    // A title that is also a first name ("Dean Baker", "Duke Ellington") is one when nothing else could be the first name.
    let titles = if titles > 0 && titles + 1 == words.len() && titles == 1 && is_given_name(&words[0]) {
        0
    } else {
        titles
    };
    parts.titles = words.drain(..titles).collect();
    if words.is_empty() || words.len() > MOST_WORDS {
        return None;
    }
    divide(&mut parts, words);
    Some(parts)
}

/// The words without commas; what stands in quotes or parentheses is set apart.
fn without_quotes(spelling: &str) -> (Vec<String>, Option<String>) {
    let (mut words, mut called) = (Vec::new(), None);
    for word in spelling.split_whitespace().take(2 * MOST_WORDS) {
        let bare = word.trim_matches(|c: char| matches!(c, '"' | '“' | '”' | '(' | ')' | '«' | '»' | ','));
        let quoted = word.starts_with(['"', '“', '(', '«'])
            && word.trim_end_matches(',').ends_with(['"', '”', ')', '»']);
        if quoted && !words.is_empty() && bare.chars().all(|c| c.is_alphabetic() || c == '.') {
            called = Some(bare.to_owned()).filter(|bare| !bare.is_empty()).or(called);
        } else if !bare.is_empty() {
            words.push(bare.to_owned());
        }
    }
    (words, called)
}

/// Says which words are first names and which the surname.
fn divide(parts: &mut Parts, words: Vec<String>) {
    let shouted: Vec<bool> = words.iter().map(|word| is_shouted(word)).collect();
    if words.len() > 1 && shouted.iter().all(|s| *s) {
        return divide(parts, words.iter().map(|word| recased(word)).collect());
    }
    let mixed = shouted.iter().any(|s| *s) && shouted.iter().any(|s| !*s);
    let last = words.len() - 1;
    if last == 0 {
        parts.surname = words;
    } else if mixed {
        // A surname in capitals, as lists of delegates write it, before or after the first names.
        parts.family_first = shouted[0];
        for (word, shouted) in words.into_iter().zip(shouted) {
            let place = if shouted { &mut parts.surname } else { &mut parts.given };
            place.push(if shouted { recased(&word) } else { word });
        }
    } else if is_family_first(&words) {
        parts.family_first = true;
        parts.given = words[1..].to_vec();
        parts.surname = words[..1].to_vec();
    } else {
        let begin =
            (1..last).find(|at| is_particle(&words[*at]) && !is_initials(&words[*at])).unwrap_or(last);
        let begin = if matches!(words[begin].as_str(), "y" | "e" | "i") { begin - 1 } else { begin }.max(1);
        parts.surname = words[begin..].to_vec();
        parts.middle = words[1..begin].to_vec();
        parts.given = words[..1].to_vec();
        // "J. Edgar Hoover" goes by the second name.
        if is_initials(&words[0]) && parts.middle.first().is_some_and(|word| !is_initials(word)) {
            parts.given.push(parts.middle.remove(0));
        }
    }
}

/// Two or more letters, all capitals, and no initials or Roman number.
fn is_shouted(word: &str) -> bool {
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    letters >= 2
        && !word.contains('.')
        && word.chars().all(|c| !c.is_lowercase())
        && (letters > 2 || FAMILY_FIRST.binary_search(&plain(word).as_str()).is_ok())
        && !word.chars().all(|c| matches!(c, 'I' | 'V' | 'X'))
}

/// Whether the first word is the surname: a Chinese, Korean or Vietnamese one, before words that sound like given names there.
fn is_family_first(words: &[String]) -> bool {
    let known = |word: &String| FAMILY_FIRST.binary_search(&plain(word).as_str()).is_ok();
    let last = &words[words.len() - 1];
    let western = is_surname(last) && last.len() > 3 && !known(last);
    words.len() <= 3
        && known(&words[0])
        && (!known(last) || words.len() == 3 || !is_given_name(last))
        && !(western && is_given_name(&words[0]))
        && words[1..].iter().all(|word| word.split('-').all(is_far_eastern))
}

/// At most two syllables of the shapes that romanised Chinese, Korean and Vietnamese names have.
fn is_far_eastern(word: &str) -> bool {
    const CLUSTERS: &[&str] = &[
        "bl", "br", "cl", "cr", "dr", "fl", "fr", "gl", "gr", "pl", "pr", "sc", "sk", "sl", "sm", "sn", "sp",
        "st", "sw",
    ];
    let plain = plain(word);
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let groups = plain.split(|c| !vowel(c)).filter(|group| !group.is_empty()).count();
    (1..=2).contains(&groups)
        && plain.len() <= 9
        && plain.chars().all(|c| c.is_ascii_lowercase())
        && !CLUSTERS.iter().any(|cluster| plain.starts_with(cluster))
        && !plain.chars().zip(plain.chars().skip(1)).any(|(a, b)| a == b && !vowel(a) && a != 'n')
        && !plain.ends_with(|c: char| !vowel(c) && !"ngkmlpthrc".contains(c))
}

/// A word in capitals as it is written in a name: `O'BRIEN` as `O'Brien`, `MCCARTHY` as `McCarthy`.
pub fn recased(word: &str) -> String {
    let mut recased = String::with_capacity(word.len());
    let mut capital = true;
    for c in word.chars() {
        if capital {
            recased.push(c);
        } else {
            recased.extend(c.to_lowercase());
        }
        capital = !c.is_alphabetic() && !c.is_numeric();
    }
    if let Some(rest) = recased.strip_prefix("Mc").filter(|rest| rest.len() > 2) {
        let mut letters = rest.chars();
        let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
        return format!("Mc{first}{}", letters.as_str());
    }
    recased
}

impl Parts {
    /// First names, middle names and surname as they are written in full, without titles, suffixes and what stands in quotes.
    pub fn full(&self) -> String {
        let front = [&self.given[..], &self.middle[..]].concat();
        if self.family_first { [&self.surname[..], &front[..]] } else { [&front[..], &self.surname[..]] }
            .concat()
            .join(" ")
    }

    /// Whether the titles are of the sort that first names follow.
    pub fn title_before_first_name(&self) -> bool {
        self.titles.last().is_some_and(|title| BEFORE_FIRST_NAMES.contains(&plain(title).as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_that_are_searched_are_sorted() {
        assert!(TITLES.is_sorted() && FAMILY_FIRST.is_sorted());
    }

    #[test]
    fn first_names_and_surnames_are_told_apart() {
        for (spelling, given, middle, surname) in [
            ("Sébastien Lecornu", "Sébastien", "", "Lecornu"),
            ("Ursula von der Leyen", "Ursula", "", "von der Leyen"),
            ("Derik De Bruin", "Derik", "", "De Bruin"),
            ("Brian D'Ambrosia", "Brian", "", "D'Ambrosia"),
            ("Dr. Martin Luther King, Jr.", "Martin", "Luther", "King"),
            ("Jane Q. Public, PhD", "Jane", "Q.", "Public"),
            ("J. Edgar Hoover", "J. Edgar", "", "Hoover"),
            ("J.K. Rowling", "J.K.", "", "Rowling"),
            ("Gabriel García Márquez", "Gabriel", "García", "Márquez"),
            ("José Ortega y Gasset", "José", "", "Ortega y Gasset"),
            ("Bashar al-Assad", "Bashar", "", "al-Assad"),
            ("David Ben Gurion", "David", "", "Ben Gurion"),
            ("Ben Shapiro", "Ben", "", "Shapiro"),
            ("Dean Baker", "Dean", "", "Baker"),
            ("Prime Minister Keir Starmer", "Keir", "", "Starmer"),
            ("Robert \"Bob\" Smith III", "Robert", "", "Smith"),
            ("Xi Jinping", "Jinping", "", "Xi"),
            ("Kim Jong Un", "Jong Un", "", "Kim"),
            ("Moon Jae-in", "Jae-in", "", "Moon"),
            ("Nguyen Phu Trong", "Phu Trong", "", "Nguyen"),
            ("KIM Seung Nam", "Seung Nam", "", "Kim"),
            ("ETAME MASSOMA David Siegfried", "David Siegfried", "", "Etame Massoma"),
            ("Mahmoud AHMADINEJAD", "Mahmoud", "", "Ahmadinejad"),
            ("STOICHO TODOROV KACAROV", "Stoicho", "Todorov", "Kacarov"),
            ("Kim Clark", "Kim", "", "Clark"),
            ("Lee Smith", "Lee", "", "Smith"),
            ("Jet Li", "Jet", "", "Li"),
            ("Madonna", "", "", "Madonna"),
        ] {
            let found = parts(spelling).unwrap_or_default();
            let found = (found.given.join(" "), found.middle.join(" "), found.surname.join(" "));
            assert_eq!(found, (given.to_owned(), middle.to_owned(), surname.to_owned()), "{spelling}");
        }
        assert_eq!(parts("Robert (Bob) Smith").and_then(|parts| parts.called).as_deref(), Some("Bob"));
        assert_eq!(parts(""), None);
        assert_eq!(parts(", ,"), None);
        assert_eq!(parts(&"word ".repeat(1000)), None);
    }

    #[test]
    fn capitals_are_lowered_as_names_are_written() {
        for (shouted, written) in [
            ("KIM", "Kim"),
            ("O'BRIEN", "O'Brien"),
            ("MCCARTHY", "McCarthy"),
            ("MACRON", "Macron"),
            ("SMITH-JONES", "Smith-Jones"),
            ("", ""),
        ] {
            assert_eq!(recased(shouted), written);
        }
    }
}
