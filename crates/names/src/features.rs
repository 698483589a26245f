//! What speaks for and against a candidate, in figures.

/// Declares the features once: their place, and the name by which the model's file calls them.
macro_rules! features {
    ($($(#[$doc:meta])* $place:ident $name:literal),+ $(,)?) => {
        /// The place of a feature.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(usize)]
        pub(crate) enum F { $($(#[$doc])* $place),+ }
        /// The features' names, in order.
        pub const NAMES: &[&str] = &[$($name),+];
    };
}

features! {
    /// Sound distance of the whole span to the form, a phone.
    Sound "sound",
    /// The same, of the words that would change.
    SoundChanged "sound-changed",
    /// Sound distance in all, in nats.
    SoundCost "sound-cost",
    /// Words heard that a lexicon of English knows, a share.
    Lexicon "lexicon",
    /// Weight of evidence of the sounds, in nats.
    Evidence "evidence",
    /// The same, of the words that would change.
    EvidenceChanged "evidence-changed",
    /// How likely this name is among all that may have been said here, by the sounds alone, 0 to 1.
    Share "share",
    /// Phones of the form.
    Phones "phones",
    /// Share of letters in common between what would change and what it would be.
    Letters "letters",
    /// Whether the first letter stays.
    FirstLetter "first-letter",
    /// Words heard that would change.
    WordsHeard "words-heard",
    /// Words that would come in.
    WordsNew "words-new",
    /// Words of the form that were heard exactly.
    Exact "exact",
    /// The kind of form: 0 full, 1 alias, 2 surname, 3 given, 4 nickname, 5 other.
    Form "form",
    /// How usual the form is.
    Weight "weight",
    /// Rank of the source, 0 the strongest.
    Rank "rank",
    /// Commonness of the words that would change: the highest.
    CommonMost "common-most",
    /// ... the lowest.
    CommonLeast "common-least",
    /// ... the mean.
    CommonMean "common-mean",
    /// ... of the first, and the last.
    CommonFirst "common-first",
    CommonLast "common-last",
    /// Information in the words that would change, by their frequency alone, in nats.
    Surprise "surprise",
    /// What the words on both sides say together.
    Around "around",
    /// Commonness of the rarest word that would come in.
    CommonNew "common-new",
    /// Share of the words that would change that have a capital for no other reason; -1 in a text without capitals.
    Capital "capital",
    /// Share of the words that would change that are known as names of people.
    PersonLike "person-like",
    /// Largest share of capitals among the words that would change, in the language at large.
    CapitalShare "capital-share",
    /// What the word before says.
    Left "left",
    /// What the two words before say.
    LeftTwo "left-two",
    /// What the word after says.
    Right "right",
    /// What the two words after say.
    RightTwo "right-two",
    /// What stands right before, in the same sentence: -1 part of this name, 0 nothing of the kind, 1 a capital, 2 somebody's first name.
    NameBefore "name-before",
    /// The same right after: 2 a surname.
    NameAfter "name-after",
    /// Whether somebody else's name goes on where this form ends: a surname after a first name, a first name before a surname; as
    /// `name-before`.
    Clash "clash",
    /// Words here and right beside that are letters: `A`, `P`, `LNG`, `R&D`.
    Acronym "acronym",
    /// How often the heard words stand in the episode, against what the language expects.
    Often "often",
    /// Exact mentions of this form in the episode.
    SameForm "same-form",
    /// Exact mentions of the name in any form.
    SameName "same-name",
    /// Words since the name was last said in any form (log).
    Since "since",
    /// Words since it was last said in full (log).
    SinceFull "since-full",
    /// Words until it is next said in any form (log).
    Until "until",
    /// How many other names were said in full since this one was.
    Turns "turns",
    /// Sound distance of the nearest other form here, less this one's.
    Margin "margin",
    /// Sound distance, a phone, from the form to the nearest other expected form: people who cannot be told apart by ear.
    Twin "twin",
    /// Names that are expected in this episode.
    Expected "expected",
    /// Words that the recogniser marked as not understood.
    Unknown "unknown",
    /// Words of the name's role near by, weighed by how rare they are.
    Role "role",
    /// Whether a sentence ends before.
    Begins "begins",
    /// Whether a sentence or a part of it ends after.
    Ends "ends",
    /// Whether a sentence ends inside.
    Broken "broken",
    /// The recogniser's confidence, the mean; -1 where unknown.
    Confidence "confidence",
}

/// How many features there are.
pub const COUNT: usize = NAMES.len();

/// The features of one candidate.
pub type Features = [f32; COUNT];
