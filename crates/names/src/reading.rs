//! A transcript read with what is known: where names stand as they should, and where one may have been meant.

mod nearby;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use pronounce::{Phones, Pronunciation};

use crate::around::Cues;
use crate::features::{COUNT, F, Features};
use crate::forms::FormKind;
use crate::heard::{Heard, Token};
use crate::index::{Entry, Known, Layer, MOST_WORDS, core};
use crate::known::Name;
use crate::sound::{Speech, heard};
use crate::words::{RAREST, fold};

/// A form of a name, by layer and form; how far it is from what was heard; how likely it is among all names that may have been said.
type Near = ((usize, usize), f32, f32);

/// Sound distances above this, in nats a phone, are no likeness.
const FARTHEST: f32 = 2.5;
/// Sounds that speak less than this for the name, in nats, are no likeness.
const LEAST_EVIDENCE: f32 = -1.0;
/// Words more common than this on the Zipf scale are no part of a name in a glossary that is misheard.
const WELL_KNOWN: f32 = 5.0;
/// Words more common than this on the Zipf scale are ordinary.
const ORDINARY: f32 = 3.4;
/// Forms that are looked at for one span.
const NEAREST: usize = 4;
/// Nats a phone up to which a name of a glossary may have been said, and the evidence that it takes beyond chance.
const MET_PER_PHONE: f32 = 2.3;
/// The same for names of several words, of which there are many.
const MET_PER_PHONE_LONG: f32 = 0.9;
const MET_EVIDENCE: f32 = 1.5;
/// Names of a glossary that are looked at for one span.
const MET_AT_ONCE: usize = 3;
/// More names of glossaries are not looked into.
const MOST_MET: usize = 200;
/// Forms that are used less often than this are no proof that the name was said.
const LIKELY_FORM: f32 = 0.2;
/// Words far away are as good as never.
const NEVER: f32 = 12.0;

/// A place where a name may have been meant.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The words that would change.
    pub words: Range<usize>,
    /// What they would be, without punctuation.
    pub text: Vec<String>,
    /// The words that the form covers, those that are right already included.
    pub span: Range<usize>,
    /// Layer and entry of the form.
    pub(crate) entry: (usize, usize),
    /// What speaks for and against.
    pub features: Features,
    /// Whether a possessive ending that was heard is part of the name: `Andrea's` for `Andreas`.
    pub(crate) swallows_ending: bool,
}

/// A transcript taken apart.
pub struct Reading {
    written: Vec<String>,
    pub(crate) tokens: Vec<Token>,
    /// What is expected, and last what was found to be said in full.
    pub(crate) layers: Vec<Arc<Layer>>,
    caseless: bool,
    counts: HashMap<String, u32>,
    /// Words that are right: exact mentions, numbers, what people settled.
    kept: Vec<bool>,
    /// For each expected name the places of its mentions: word, whether in full, form.
    mentions: HashMap<(usize, u32), Vec<Mention>>,
    expected: usize,
    /// How each word sounds.
    sounds: Vec<Arc<[Pronunciation]>>,
    lexicon: Vec<bool>,
    /// How near by sound another form comes.
    twins: HashMap<(usize, usize), f32>,
}

#[derive(Clone, Copy, Debug)]
struct Mention {
    at: usize,
    full: bool,
    entry: (usize, usize),
}

impl Reading {
    /// Reads a transcript.
    pub fn new(words: &[Heard], known: &Known, speech: &Speech) -> Self {
        let tokens: Vec<Token> = words.iter().map(Token::new).collect();
        let capitals = tokens.iter().filter(|token| token.capital).count();
        let mut counts = HashMap::new();
        for token in &tokens {
            *counts.entry(token.core.clone()).or_default() += 1;
        }
        let mut cache: HashMap<&str, (Arc<[Pronunciation]>, bool)> = HashMap::new();
        for token in &tokens {
            cache
                .entry(&token.core)
                .or_insert_with(|| (speech.word(&token.core).into(), speech.knows(&token.core)));
        }
        let sounds = tokens.iter().map(|token| cache[token.core.as_str()].0.clone()).collect();
        let lexicon = tokens.iter().map(|token| cache[token.core.as_str()].1).collect();
        let mut reading = Self {
            written: words.iter().map(|word| word.text.clone()).collect(),
            sounds,
            lexicon,
            caseless: capitals * 100 < tokens.len(),
            kept: tokens.iter().map(|token| token.settled || token.number).collect(),
            tokens,
            layers: known.layers.iter().filter(|layer| layer.expected).cloned().collect(),
            counts,
            expected: known.layers.iter().filter(|layer| layer.expected).map(|layer| layer.names.len()).sum(),
            mentions: HashMap::new(),
            twins: HashMap::new(),
        };
        let background: Vec<&Arc<Layer>> = known.layers.iter().filter(|layer| !layer.expected).collect();
        if !background.is_empty() {
            let met = reading.met(&background, speech);
            reading.layers.push(Arc::new(Layer::expected(met, speech)));
        }
        reading.find_mentions();
        reading.keep_roles();
        reading.twins = reading.find_twins(speech);
        reading
    }

    /// Words of the roles of expected names, which may be names of firms and places, are right as they stand.
    fn keep_roles(&mut self) {
        let mut words: HashSet<String> = HashSet::new();
        for name in self.layers.iter().flat_map(|layer| &layer.names) {
            let role = name.role.as_deref().unwrap_or_default();
            words.extend(role.split(|c: char| !c.is_alphanumeric()).map(fold).filter(|word| word.len() > 3));
        }
        for (token, kept) in self.tokens.iter().zip(&mut self.kept) {
            *kept |= words.contains(&token.core);
        }
    }

    /// For each form the sound distance to the nearest form of another text.
    fn find_twins(&self, speech: &Speech) -> HashMap<(usize, usize), f32> {
        const FAR: f32 = 1.5;
        let mut twins = HashMap::new();
        for (number, layer) in self.layers.iter().enumerate() {
            for (at, entry) in layer.entries.iter().enumerate() {
                let Some(way) = entry.ways.first() else { continue };
                let rank = layer.names[entry.name as usize].source.rank;
                let nearest = self
                    .layers
                    .iter()
                    .flat_map(|other| {
                        other.near(speech, way, FAR * way.len() as f32, 8).map(move |found| (other, found))
                    })
                    .filter(|(other, (found, _))| {
                        let form = &other.entries[*found as usize];
                        // What only a long list holds casts no doubt on who is expected.
                        other.names[form.name as usize].source.rank <= rank
                            && form.words.len() == entry.words.len()
                            && form.words != entry.words
                    })
                    .map(|(_, (_, cost))| cost / way.len() as f32)
                    .fold(FAR, f32::min);
                twins.insert((number, at), nearest);
            }
        }
        twins
    }

    /// Names of glossaries and lists that were said in full: as they are written, or so nearly by sound that it must be looked into.
    fn met(&self, background: &[&Arc<Layer>], speech: &Speech) -> Vec<Name> {
        let mut met: HashMap<(usize, u32), f32> = HashMap::new();
        let mut seen: HashSet<String> = HashSet::new();
        for start in 0..self.tokens.len() {
            for end in start + 1..=(start + MOST_WORDS).min(self.tokens.len()) {
                let span = &self.tokens[start..end];
                let named = |token: &Token| {
                    let written = token.capital && token.common < WELL_KNOWN;
                    !token.core.is_empty()
                        && !token.number
                        && (written || (self.caseless && token.common < ORDINARY))
                };
                if !span.iter().all(named) {
                    break;
                }
                // A well-known word by itself is what it says.
                let plausible = if end - start == 1 {
                    !span[0].listed
                } else {
                    span.iter().any(|token| token.common < ORDINARY)
                };
                let text = self.text(start..end);
                if !plausible || !seen.insert(text.clone()) {
                    continue;
                }
                for (number, layer) in background.iter().enumerate() {
                    for &entry in layer.by_text.get(text.as_str()).into_iter().flatten() {
                        met.insert((number, layer.entries[entry as usize].name), f32::INFINITY);
                    }
                    let Some(heard) = self.heard_sounds(start..end).into_iter().next() else { continue };
                    let weight = speech.distance.weight(&heard, &heard);
                    // A name is not heard as fewer words than it has; it may be heard as one or two more.
                    for words in (end - start).saturating_sub(2).max(1)..=end - start {
                        // The more names there are of as many words, the more of them sound alike by chance.
                        let chance = (layer.by_length[words - 1] as f32).ln_1p();
                        let per_phone = if words == 1 { MET_PER_PHONE } else { MET_PER_PHONE_LONG };
                        let farthest = (per_phone * heard.len() as f32).min(weight - MET_EVIDENCE - chance);
                        if farthest <= 0.0 || layer.by_length[words - 1] == 0 {
                            continue;
                        }
                        for (entry, cost) in
                            layer.sounds[words - 1].near(&speech.distance, &heard, farthest, MET_AT_ONCE)
                        {
                            let evidence = weight - cost - chance;
                            let most =
                                met.entry((number, layer.entries[entry as usize].name)).or_insert(evidence);
                            *most = most.max(evidence);
                        }
                    }
                }
            }
        }
        let mut met: Vec<((usize, u32), f32)> = met.into_iter().collect();
        met.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        met.truncate(MOST_MET);
        met.into_iter().map(|((layer, name), _)| background[layer].names[name as usize].clone()).collect()
    }

    pub(crate) fn entry(&self, (layer, entry): (usize, usize)) -> &Entry {
        &self.layers[layer].entries[entry]
    }

    /// The name that a form stands for.
    pub(crate) fn name(&self, (layer, entry): (usize, usize)) -> &Name {
        let layer = &self.layers[layer];
        &layer.names[layer.entries[entry].name as usize]
    }

    /// Whether one of these words is a well-known one.
    pub(crate) fn has_well_known(&self, span: Range<usize>) -> bool {
        self.tokens[span].iter().any(|token| token.listed)
    }

    /// Heard words as they were written.
    pub(crate) fn written(&self, span: Range<usize>) -> String {
        self.written[span].iter().map(|word| word.trim()).collect::<Vec<_>>().join(" ")
    }

    /// Two words on each side of a span.
    pub(crate) fn around(&self, span: Range<usize>) -> String {
        let before = self.written(span.start.saturating_sub(2)..span.start);
        let after = self.written(span.end..(span.end + 2).min(self.tokens.len()));
        format!("\u{201c}{before} \u{2026} {after}\u{201d}")
    }

    fn find_mentions(&mut self) {
        for start in 0..self.tokens.len() {
            for end in start + 1..=(start + MOST_WORDS).min(self.tokens.len()) {
                let span = &self.tokens[start..end];
                let text = self.text(start..end);
                for (number, layer) in self.layers.iter().enumerate() {
                    for &entry in layer.by_text.get(text.as_str()).into_iter().flatten() {
                        let form = &layer.entries[entry as usize];
                        // A single word that is also an ordinary one is a name only with a capital that no sentence gives it.
                        let ordinary = span[0].common > ORDINARY && span[0].capital_share < 0.7;
                        let no_case =
                            self.caseless || !span[0].capital || start == 0 || self.tokens[start - 1].ends;
                        if end - start == 1 && ordinary && no_case {
                            continue;
                        }
                        // A nickname that the source does not give is a mention, but no proof against another name.
                        if form.weight >= LIKELY_FORM || form.words.len() > 1 {
                            self.kept[start..end].fill(true);
                        }
                        let full = matches!(form.what, FormKind::Full | FormKind::Alias);
                        let mention = Mention { at: start, full, entry: (number, entry as usize) };
                        self.mentions.entry((number, form.name)).or_default().push(mention);
                    }
                }
            }
        }
    }

    /// All places where an expected name may have been meant.
    pub fn candidates(&self, cues: &Cues, speech: &Speech) -> Vec<Candidate> {
        let mut best: HashMap<(usize, usize, String), Candidate> = HashMap::new();
        let mut cache: HashMap<String, Vec<Near>> = HashMap::new();
        for start in 0..self.tokens.len() {
            for end in start + 1..=(start + MOST_WORDS).min(self.tokens.len()) {
                if self.kept[start..end].iter().all(|kept| *kept) || !self.is_open(start, end, cues) {
                    continue;
                }
                let text = self.text(start..end);
                let found = cache.entry(text).or_insert_with(|| self.near(start..end, speech));
                for &(id, cost, share) in found.iter() {
                    let entry = self.entry(id);
                    let Some((words, skip)) = self.trimmed(start, end, entry) else { continue };
                    let new: Vec<String> = entry.words[skip..entry.words.len() - (end - words.end)]
                        .iter()
                        .map(|word| (**word).to_owned())
                        .collect();
                    let key = (words.start, words.end, new.join(" "));
                    let exact = entry.words.len() - new.len();
                    let other = best.get(&key).map(|other| {
                        (other.features[F::Exact as usize], -other.features[F::SoundCost as usize])
                    });
                    if other.is_some_and(|other| other >= (exact as f32, -cost)) {
                        continue;
                    }
                    let mut features = [0.0; COUNT];
                    features[F::SoundCost as usize] = cost;
                    features[F::Exact as usize] = exact as f32;
                    features[F::Share as usize] = share;
                    best.insert(
                        key,
                        Candidate {
                            words,
                            text: new,
                            span: start..end,
                            entry: id,
                            features,
                            swallows_ending: false,
                        },
                    );
                }
            }
        }
        let mut candidates: Vec<Candidate> = best.into_values().collect();
        candidates.sort_by(|a, b| {
            (a.words.start, a.words.end, &a.text).cmp(&(b.words.start, b.words.end, &b.text))
        });
        for candidate in &mut candidates {
            let heard = self.heard_sounds(candidate.span.clone());
            let mut likeness = speech.likeness(&self.entry(candidate.entry).ways, &heard);
            if !self.tokens[candidate.words.end - 1].possessive.is_empty()
                && candidate.words.end == candidate.span.end
            {
                let longer: Vec<Phones> = heard.iter().map(with_z).collect();
                let swallowed = speech.likeness(&self.entry(candidate.entry).ways, &longer);
                if swallowed.cost < likeness.cost {
                    (likeness, candidate.swallows_ending) = (swallowed, true);
                }
            }
            candidate.features[F::Sound as usize] = likeness.per_phone;
            candidate.features[F::SoundCost as usize] = likeness.cost;
            candidate.features[F::Evidence as usize] = likeness.evidence;
            candidate.features[F::Phones as usize] = likeness.phones as f32;
        }
        drop_worse_cuts(&mut candidates);
        let mut new_sounds = HashMap::new();
        for candidate in &mut candidates {
            self.fill(candidate, cues, speech, &mut new_sounds);
        }
        self.margins(&mut candidates);
        candidates
    }

    /// Whether a name may have been meant at all: a word is odd or was not understood, or the words around speak for a name. Else the
    /// sounds are not even compared, which is most of the time saved.
    fn is_open(&self, start: usize, end: usize, cues: &Cues) -> bool {
        let [_, left, _, right] = cues.around(&self.tokens, start, end);
        let odd = (start..end).any(|at| self.is_odd(at));
        let named = (start..end).any(|at| self.kept[at] && !self.tokens[at].number);
        let least = match (named, odd, end - start) {
            (true, _, _) => -4.0,
            (false, true, 1) => -4.0,
            (false, true, _) => -1.5,
            (false, false, 1) => 0.4,
            (false, false, _) => 0.8,
        };
        left + right > least
    }

    /// Whether a word stands out from ordinary talk: it is rare, has a capital that no sentence gives it, or was not understood.
    fn is_odd(&self, at: usize) -> bool {
        let token = &self.tokens[at];
        let begins = at == 0 || self.tokens[at - 1].ends;
        token.unknown
            || token.common < ORDINARY
            || (token.capital && !begins && token.core != "i" && !self.caseless)
    }

    fn text(&self, span: Range<usize>) -> String {
        self.tokens[span].iter().map(|token| token.core.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn heard_sounds(&self, span: Range<usize>) -> Vec<Phones> {
        let words: Vec<&[Pronunciation]> =
            self.sounds[span].iter().map(|ways| &**ways).filter(|ways| !ways.is_empty()).collect();
        heard(&words)
    }

    /// The expected forms that sound like a span, with their cost.
    fn near(&self, span: Range<usize>, speech: &Speech) -> Vec<Near> {
        let heard = self.heard_sounds(span);
        let mut found: HashMap<(usize, usize), f32> = HashMap::new();
        for heard in &heard {
            let weight = speech.distance.weight(heard, heard);
            let farthest = (FARTHEST * heard.len() as f32).min(weight - LEAST_EVIDENCE);
            for (number, layer) in self.layers.iter().enumerate() {
                for (entry, cost) in layer.near(speech, heard, farthest, 2 * NEAREST) {
                    let way = layer.entries[entry as usize].ways.first();
                    let against = cost - way.map_or(weight, |way| speech.distance.weight(way, heard));
                    let least = found.entry((number, entry as usize)).or_insert(against);
                    *least = least.min(against);
                }
            }
        }
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let shares: Vec<f32> = found
            .iter()
            .map(|&(id, against)| {
                let name = &self.name(id).spelling;
                let others = found.iter().filter(|(other, _)| self.name(*other).spelling != *name);
                1.0 / (1.0 + others.map(|(_, other)| (against - other).exp()).sum::<f32>())
            })
            .collect();
        found.truncate(NEAREST);
        found.into_iter().zip(shares).map(|((id, against), share)| (id, against, share)).collect()
    }

    /// The words of a span that differ from the form, and how many words of the form before them do not. `None` when nothing
    /// would change, when words would only go or come, or when a word that is right would change.
    fn trimmed(&self, start: usize, end: usize, entry: &Entry) -> Option<(Range<usize>, usize)> {
        let heard = &self.tokens[start..end];
        let cores = entry.cores();
        let most = heard.len().min(cores.len());
        let before = (0..most).take_while(|&at| heard[at].core == cores[at]).count();
        let after = (0..most - before)
            .take_while(|&at| heard[heard.len() - 1 - at].core == cores[cores.len() - 1 - at])
            .count();
        let words = start + before..end - after;
        let changes = before + after < most;
        let free = !self.kept[words.clone()].iter().any(|kept| *kept)
            && self.tokens[words.clone()].iter().all(|token| !token.core.is_empty() || token.unknown);
        (changes && free).then_some((words, before))
    }

    fn fill(
        &self,
        candidate: &mut Candidate,
        cues: &Cues,
        speech: &Speech,
        new_sounds: &mut HashMap<String, Vec<Phones>>,
    ) {
        let entry = self.entry(candidate.entry);
        let (layer, _) = candidate.entry;
        let name = &self.layers[layer].names[entry.name as usize];
        let span = candidate.span.clone();
        let changed = &self.tokens[candidate.words.clone()];
        let mut f = candidate.features;
        let mut set = |feature: F, value: f32| f[feature as usize] = value;
        let new_cores: Vec<String> = candidate.text.iter().map(|word| core(word)).collect();
        let heard = self.heard_sounds(candidate.words.clone());
        let new_ways = new_sounds.entry(new_cores.join(" ")).or_insert_with(|| speech.name(&new_cores));
        let likeness = speech.likeness(new_ways, &heard);
        set(F::SoundChanged, likeness.per_phone.min(6.0));
        set(F::EvidenceChanged, likeness.evidence.max(-20.0));
        set(
            F::Lexicon,
            self.lexicon[candidate.words.clone()].iter().filter(|knows| **knows).count() as f32
                / changed.len() as f32,
        );
        let old: String = changed.iter().map(|token| token.core.as_str()).collect();
        let new: String = new_cores.concat();
        set(F::Letters, letters_in_common(&old, &new));
        set(F::FirstLetter, f32::from(u8::from(old.chars().next() == new.chars().next())));
        set(F::WordsHeard, changed.len() as f32);
        set(F::WordsNew, new_cores.len() as f32);
        set(F::Form, form_number(entry.what));
        set(F::Weight, entry.weight);
        set(F::Rank, f32::from(name.source.rank as u8));
        let commons = changed.iter().map(|token| token.common.max(RAREST - 1.0));
        set(F::CommonMost, commons.clone().fold(0.0, f32::max));
        set(F::CommonLeast, commons.clone().fold(9.0, f32::min));
        set(F::CommonMean, commons.sum::<f32>() / changed.len() as f32);
        let common = |token: Option<&Token>| token.map_or(0.0, |token| token.common.max(RAREST - 1.0));
        set(F::CommonFirst, common(changed.first()));
        set(F::CommonLast, common(changed.last()));
        set(F::Surprise, changed.iter().map(|token| 2.3 * (9.0 - token.common.max(RAREST - 1.0))).sum());
        set(F::CommonNew, new_cores.iter().map(|word| crate::words::commonness(word)).fold(9.0, f32::min));
        let sentence_start = |at: usize| at == 0 || self.tokens[at - 1].ends;
        let capitals = candidate
            .words
            .clone()
            .filter(|&at| self.tokens[at].capital && (!sentence_start(at)) && self.tokens[at].core != "i");
        set(F::Capital, if self.caseless { -1.0 } else { capitals.count() as f32 / changed.len() as f32 });
        set(
            F::PersonLike,
            changed.iter().filter(|token| token.person_like).count() as f32 / changed.len() as f32,
        );
        set(F::CapitalShare, changed.iter().map(|token| token.capital_share).fold(0.0, f32::max));
        let [left, left_two, right, right_two] = cues.around(&self.tokens, span.start, span.end);
        set(F::Left, left);
        set(F::LeftTwo, left_two);
        set(F::Right, right);
        set(F::RightTwo, right_two);
        set(F::Around, left.max(left_two) + right.max(right_two));
        let (before, after) = self.names_beside(&span, name);
        set(F::NameBefore, before);
        set(F::NameAfter, after);
        set(
            F::Clash,
            match entry.what {
                FormKind::Given | FormKind::Nickname if entry.words.len() == 1 => after,
                FormKind::Surname => before,
                _ => before.max(after),
            },
        );
        let beside = span.start.saturating_sub(1)..(span.end + 1).min(self.tokens.len());
        set(F::Acronym, self.tokens[beside].iter().filter(|token| token.letters).count() as f32);
        set(F::Often, self.often(changed));
        let mentions = self.mentions.get(&(layer, entry.name)).map_or(&[][..], Vec::as_slice);
        let same = mentions.iter().filter(|mention| self.entry(mention.entry).words == entry.words).count();
        set(F::SameForm, (same as f32).ln_1p());
        set(F::SameName, (mentions.len() as f32).ln_1p());
        let away = |words: Option<usize>| words.map_or(NEVER, |words| (words as f32).ln_1p());
        set(
            F::Since,
            away(
                mentions
                    .iter()
                    .filter(|mention| mention.at < span.start)
                    .map(|mention| span.start - mention.at)
                    .min(),
            ),
        );
        let last_full = mentions
            .iter()
            .filter(|mention| mention.full && mention.at < span.start)
            .map(|mention| mention.at)
            .max();
        set(F::SinceFull, away(last_full.map(|at| span.start - at)));
        set(
            F::Until,
            away(
                mentions
                    .iter()
                    .filter(|mention| mention.at >= span.end)
                    .map(|mention| mention.at - span.end)
                    .min(),
            ),
        );
        let later = self.mentions.values().filter(|others| {
            others.iter().any(|mention| {
                mention.full && mention.at < span.start && last_full.is_some_and(|last| mention.at > last)
            })
        });
        set(F::Turns, if last_full.is_none() { NEVER } else { later.count() as f32 });
        set(F::Twin, self.twins.get(&candidate.entry).copied().unwrap_or(9.0));
        set(F::Expected, (self.expected as f32).ln_1p());
        set(F::Unknown, changed.iter().filter(|token| token.unknown).count() as f32);
        set(F::Role, self.role(name.role.as_deref().unwrap_or_default(), &span));
        set(F::Begins, f32::from(u8::from(sentence_start(span.start))));
        let last = &self.tokens[span.end - 1];
        set(F::Ends, if last.ends { 2.0 } else { f32::from(u8::from(last.pauses)) });
        set(
            F::Broken,
            self.tokens[span.start..span.end - 1].iter().filter(|token| token.ends).count() as f32,
        );
        let confidences: Vec<f32> = changed.iter().filter_map(|token| token.confidence).collect();
        set(
            F::Confidence,
            if confidences.is_empty() {
                -1.0
            } else {
                confidences.iter().sum::<f32>() / confidences.len() as f32
            },
        );
        candidate.features = f;
    }

    fn margins(&self, candidates: &mut [Candidate]) {
        let spans: Vec<(Range<usize>, String, f32)> = candidates
            .iter()
            .map(|candidate| {
                (candidate.words.clone(), candidate.text.join(" "), candidate.features[F::Sound as usize])
            })
            .collect();
        for (at, candidate) in candidates.iter_mut().enumerate() {
            let nearest = overlapping(&spans, at, |span| &span.0)
                .filter(|other| other.1 != spans[at].1)
                .map(|other| other.2)
                .fold(1.0, f32::min);
            candidate.features[F::Margin as usize] = nearest - spans[at].2;
        }
    }
}

/// With the sound of a possessive ending.
fn with_z(heard: &Phones) -> Phones {
    heard.as_slice().iter().copied().chain([pronounce::Phone::Z]).collect()
}

/// Of the ways to cut the same form out of the same stretch, those that sound clearly worse than another are dropped.
fn drop_worse_cuts(candidates: &mut Vec<Candidate>) {
    const CLEARLY: f32 = 0.25;
    let cuts: Vec<(Range<usize>, String, f32)> = candidates
        .iter()
        .map(|candidate| {
            let exact = 0.5 * candidate.features[F::Exact as usize];
            (candidate.words.clone(), candidate.text.join(" "), candidate.features[F::Sound as usize] - exact)
        })
        .collect();
    let mut at = 0;
    candidates.retain(|_| {
        let own = &cuts[at];
        let worse =
            overlapping(&cuts, at, |cut| &cut.0).any(|other| other.1 == own.1 && other.2 + CLEARLY < own.2);
        at += 1;
        !worse
    });
}

fn form_number(what: FormKind) -> f32 {
    match what {
        FormKind::Full => 0.0,
        FormKind::Alias => 1.0,
        FormKind::Surname => 2.0,
        FormKind::Given => 3.0,
        FormKind::Nickname => 4.0,
        _ => 5.0,
    }
}

/// Twice the letters that two words have in common in order, over all their letters (longest common subsequence).
fn letters_in_common(a: &str, b: &str) -> f32 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut row = vec![0_u16; b.len() + 1];
    for x in &a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if x == y { diagonal + 1 } else { above.max(row[at]) };
            diagonal = above;
        }
    }
    2.0 * f32::from(row[b.len()]) / (a.len() + b.len()).max(1) as f32
}

/// Those of `items`, which are sorted by where they start, that overlap the one `at`.
fn overlapping<'i, T>(
    items: &'i [T],
    at: usize,
    span: impl Fn(&T) -> &Range<usize> + Copy + 'i,
) -> impl Iterator<Item = &'i T> {
    let own = span(&items[at]).clone();
    let before = items[..at].iter().rev().take_while({
        let own = own.clone();
        move |item| span(item).start + MOST_WORDS > own.start
    });
    let after = items[at + 1..].iter().take_while({
        let own = own.clone();
        move |item| span(item).start < own.end
    });
    before.chain(after).filter(move |item| span(item).start < own.end && span(item).end > own.start)
}
