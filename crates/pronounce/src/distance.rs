//! How likely one sequence of sounds was heard for another.
//!
//! The least costly way to turn what was said into what was heard, by dynamic programming over substitutions, lost and
//! added phones, each with the negative logarithm of its probability beside that of hearing the phone right: a
//! memoryless string edit transducer (Ristad and Yianilos, "Learning string edit distance", 1998), with gaps that
//! depend on where in the sequence they are. The table is text; `cargo xtask train sounds` makes it.
//!
//! The *evidence* that one was heard for the other is the logarithm of how much likelier what was heard is when this was
//! said than when anything was. It is half the weight of all phones of both sides less the cost: costs are shifted
//! between the operations so that this is so, which changes no alignment and makes both sides count alike.

use crate::phone::LONGEST;
use crate::{PHONES, Phone, Phones};

/// Learnt from what recognisers heard; see `data/README.md`.
const FILE: &str = include_str!("../data/sounds.txt");

/// What an operation costs that the table does not name, in nats.
const UNHEARD_OF: f32 = 8.0;

/// Where in its sequence a phone stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Place {
    Start,
    Inside,
    End,
}

impl Place {
    /// The place of phone `index` of `length`.
    pub(crate) fn of(index: usize, length: usize) -> Self {
        match index {
            0 => Self::Start,
            _ if index + 1 == length => Self::End,
            _ => Self::Inside,
        }
    }
}

/// The costs of mishearing. All in nats; 0 for hearing right.
#[derive(Clone, Debug)]
pub struct Distance {
    /// `[said][heard]`
    pub(crate) substituted: Box<[[f32; PHONES]; PHONES]>,
    /// Said and not heard, by the place in what was said.
    pub(crate) lost: [[f32; 3]; PHONES],
    /// Heard and not said, by the place in what was heard.
    pub(crate) added: [[f32; 3]; PHONES],
    /// The evidence in hearing a phone that was said.
    weight: [f32; PHONES],
}

impl Default for Distance {
    fn default() -> Self {
        Self::new()
    }
}

impl Distance {
    /// The distance that is built in.
    #[must_use]
    pub fn new() -> Self {
        Self::parse(FILE)
    }

    /// Reads a table: lines `substituted CODE` with a cost for each phone heard, in the order of [`Phone::all`]; lines
    /// `gap CODE` with the costs of losing it at the start, inside and at the end, then those of adding it; lines
    /// `weight CODE` with the evidence in hearing the phone when it was said. Costs are tenths of nats. Other lines say
    /// nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut table = Self {
            substituted: Box::new([[UNHEARD_OF; PHONES]; PHONES]),
            lost: [[UNHEARD_OF; 3]; PHONES],
            added: [[UNHEARD_OF; 3]; PHONES],
            weight: [(PHONES as f32).ln(); PHONES],
        };
        for line in text.lines() {
            let mut words = line.split_ascii_whitespace();
            let kind = words.next();
            let code = words.next().and_then(|code| code.chars().next());
            let Some(phone) = code.and_then(Phone::from_code) else { continue };
            let phone = phone as usize;
            let costs = words
                .map(|number| number.parse::<u16>().map_or(UNHEARD_OF, |tenths| f32::from(tenths) / 10.0));
            let places: Vec<&mut f32> = match kind {
                Some("substituted") => table.substituted[phone].iter_mut().collect(),
                Some("gap") => table.lost[phone].iter_mut().chain(&mut table.added[phone]).collect(),
                Some("weight") => vec![&mut table.weight[phone]],
                _ => continue,
            };
            for (place, cost) in places.into_iter().zip(costs) {
                *place = cost;
            }
        }
        for phone in 0..PHONES {
            table.substituted[phone][phone] = 0.0;
        }
        table
    }

    /// The cost of hearing `heard` when `said` was said, in nats: 0 for the same, under 2 a phone for half of
    /// the names that recognisers misheard, 3 and more a phone for unrelated words.
    #[must_use]
    pub fn between(&self, said: &Phones, heard: &Phones) -> f32 {
        self.within(said, heard, f32::INFINITY).unwrap_or(f32::INFINITY)
    }

    /// As [`Self::between`]; `None`, and sooner, when it is more than `limit`.
    #[must_use]
    pub fn within(&self, said: &Phones, heard: &Phones, limit: f32) -> Option<f32> {
        let (said, heard) = (said.as_slice(), heard.as_slice());
        let mut row = [0.0_f32; LONGEST + 1];
        let added = |index: usize| self.added[heard[index] as usize][Place::of(index, heard.len()) as usize];
        for index in 0..heard.len() {
            row[index + 1] = row[index] + added(index);
        }
        for (index, phone) in said.iter().enumerate() {
            let costs = &self.substituted[*phone as usize];
            let lost = self.lost[*phone as usize][Place::of(index, said.len()) as usize];
            let mut corner = row[0];
            row[0] += lost;
            let mut least = row[0];
            for (place, other) in heard.iter().enumerate() {
                let above = row[place + 1];
                let here = (corner + costs[*other as usize]).min(above + lost).min(row[place] + added(place));
                corner = above;
                row[place + 1] = here;
                least = least.min(here);
            }
            if least > limit {
                return None;
            }
        }
        Some(row[heard.len()]).filter(|cost| *cost <= limit)
    }

    /// The cost a phone: [`Self::between`] over the mean length of both, so that one bound fits short and long.
    #[must_use]
    pub fn per_phone(&self, said: &Phones, heard: &Phones) -> f32 {
        let length = (said.len() + heard.len()) as f32 / 2.0;
        if length > 0.0 { self.between(said, heard) / length } else { 0.0 }
    }

    /// How alike two sequences sound: 1 for the same, towards 0 for unrelated ones; e to the minus
    /// [`Self::per_phone`].
    #[must_use]
    pub fn similarity(&self, said: &Phones, heard: &Phones) -> f32 {
        (-self.per_phone(said, heard)).exp()
    }

    /// The evidence that `heard` comes from `said` and not from anything else, in nats: the logarithm of the ratio of
    /// both probabilities. It grows with length, since a long name heard right says more than a short one; below 0 the
    /// sounds speak against it. How likely the name was before is for the caller to add, and so is what a pronunciation
    /// costs. At the same evidence errors are as likely for long names as for short ones, which does not hold for any
    /// bound on [`Self::between`] or [`Self::per_phone`].
    #[must_use]
    pub fn evidence(&self, said: &Phones, heard: &Phones) -> f32 {
        self.weight(said, heard) - self.between(said, heard)
    }

    /// The most evidence that two sequences can be for each other: that of hearing half the phones of both right.
    #[must_use]
    pub fn weight(&self, said: &Phones, heard: &Phones) -> f32 {
        let phones = said.as_slice().iter().chain(heard.as_slice());
        phones.map(|phone| self.weight[*phone as usize]).sum::<f32>() / 2.0
    }

    /// The same costs with the sides exchanged: what was heard as `said`, for looking up names in what was heard.
    #[must_use]
    pub fn turned(&self) -> Self {
        let mut turned = Self { lost: self.added, added: self.lost, ..self.clone() };
        for said in 0..PHONES {
            for heard in 0..PHONES {
                turned.substituted[heard][said] = self.substituted[said][heard];
            }
        }
        turned
    }
}
