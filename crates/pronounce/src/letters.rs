//! From letters to sounds, for words that no lexicon has: decision trees learnt from the lexicon.
//!
//! One tree a letter asks about the letters around it and about what the letter before it sounded, and ends in a few
//! likely sounds, each with its cost. A letter gives none, one or two phones. The method is that of Black, Lenzo and
//! Pagel, "Issues in building general letter to sound rules" (1998), with a beam over the answers, so that a word gets
//! several pronunciations.
//!
//! The model is a text file that `cargo xtask train pronounce` makes. A line `%x` starts the tree of the letter x. The
//! tree is written in preorder, an item a word: `-1c` asks whether the letter before is c (`#` is the word's edge), `p@`
//! whether the letter before sounded `@`, with the subtree for yes first; `=k4s31` is an answer: `k` at a cost of 0.4
//! nats, `s` at 3.1, where `-` stands for no sound.

use std::cmp::Ordering;

use crate::{Phone, Phones, Pronunciation};

/// Made from the lexicon; see `data/README.md`.
const FILE: &str = include_str!("../data/letters.txt");

/// How many letters to either side a question looks.
pub const LETTERS_AROUND: usize = 4;

/// Unfinished pronunciations that are followed at a time.
const BEAM: usize = 12;

/// Letters of one word that are pronounced; no word is longer, and what is longer is no word.
const LONGEST_WORD: usize = 40;

/// What a letter sounds like: none, one or two phones, and what it costs in nats.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Answer {
    sound: Sound,
    cost: f32,
}

type Sound = [Option<Phone>; 2];

#[derive(Debug)]
enum Node {
    /// Is the letter at this offset that one? No leads to the node with this number, yes to the next.
    Letter(i8, u8, u32),
    /// Did the letter before sound like that?
    Before(Sound, u32),
    /// Answers from here to there.
    Leaf(u32, u32),
}

/// The trees.
pub struct Letters {
    nodes: Vec<Node>,
    answers: Vec<Answer>,
    /// The first node of each letter's tree, `a` to `z`.
    roots: [Option<u32>; 26],
}

impl Letters {
    /// Reads the trees that are built in.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(FILE)
    }

    /// Reads trees; what cannot be read ends its letter's tree in silence.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut trees = Self { nodes: Vec::new(), answers: Vec::new(), roots: [None; 26] };
        // Questions whose answer "no" is not placed yet.
        let mut open: Vec<usize> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with(';')) {
            for item in line.split_ascii_whitespace() {
                let here = trees.nodes.len() as u32;
                if let Some(letter) = item.strip_prefix('%') {
                    open.clear();
                    if let [letter @ b'a'..=b'z'] = letter.as_bytes() {
                        trees.roots[usize::from(letter - b'a')] = Some(here);
                    }
                } else if let Some(answers) = item.strip_prefix('=') {
                    let first = trees.answers.len() as u32;
                    trees.answers.extend(read_answers(answers));
                    trees.nodes.push(Node::Leaf(first, trees.answers.len() as u32));
                    if let Some(question) = open.pop() {
                        match &mut trees.nodes[question] {
                            Node::Letter(_, _, no) | Node::Before(_, no) => *no = here + 1,
                            Node::Leaf(..) => {}
                        }
                    }
                } else {
                    open.push(trees.nodes.len());
                    trees.nodes.push(read_question(item));
                }
            }
        }
        trees
    }

    /// The `limit` likeliest pronunciations of `word`, likeliest first; costs are relative to it. Letters other than
    /// a to z are silent.
    #[must_use]
    pub fn pronounce(&self, word: &str, limit: usize) -> Vec<Pronunciation> {
        let reach = LETTERS_AROUND;
        let mut letters = vec![b'#'; reach];
        letters.extend(
            word.bytes().filter(u8::is_ascii_alphabetic).take(LONGEST_WORD).map(|b| b.to_ascii_lowercase()),
        );
        if letters.len() == reach {
            return Vec::new();
        }
        letters.extend([b'#'; LETTERS_AROUND]);
        let start = Path { phones: Vec::new(), before: [None; 2], cost: 0.0 };
        let mut beam = vec![start];
        for around in letters.windows(2 * reach + 1) {
            let mut next: Vec<Path> = Vec::with_capacity(BEAM * 3);
            for path in &beam {
                for answer in self.answers(around, path.before) {
                    let mut phones = path.phones.clone();
                    for phone in answer.sound.into_iter().flatten() {
                        // A doubled letter sounds once.
                        if phones.last() != Some(&phone) {
                            phones.push(phone);
                        }
                    }
                    next.push(Path { phones, before: answer.sound, cost: path.cost + answer.cost });
                }
            }
            next.sort_by(|a, b| a.cost.total_cmp(&b.cost));
            next.truncate(BEAM);
            beam = next;
        }
        let mut found: Vec<Pronunciation> = Vec::new();
        let least = beam.first().map_or(0.0, |path| path.cost);
        for path in beam.into_iter().filter(|path| !path.phones.is_empty()) {
            let phones: Phones = path.phones.into_iter().collect();
            if found.len() < limit && found.iter().all(|other| other.phones != phones) {
                found.push(Pronunciation { phones, cost: path.cost - least });
            }
        }
        found
    }

    /// What the letter in the middle of `around` may sound like.
    fn answers(&self, around: &[u8], before: Sound) -> &[Answer] {
        let middle = around.len() / 2;
        let root =
            around[middle].checked_sub(b'a').and_then(|letter| self.roots.get(usize::from(letter)).copied());
        let Some(Some(mut here)) = root else { return &[SILENCE] };
        // Subtrees stand behind their question, so the walk only goes forward and ends.
        loop {
            let (yes, no) = match self.nodes.get(here as usize) {
                Some(Node::Letter(offset, letter, no)) => {
                    let place = middle.checked_add_signed(isize::from(*offset));
                    (place.and_then(|place| around.get(place)) == Some(letter), *no)
                }
                Some(Node::Before(sound, no)) => (*sound == before, *no),
                Some(Node::Leaf(first, end)) => {
                    return self.answers.get(*first as usize..*end as usize).unwrap_or(&[SILENCE]);
                }
                None => return &[SILENCE],
            };
            let next = if yes { here + 1 } else { no };
            if next.cmp(&here) != Ordering::Greater {
                return &[SILENCE];
            }
            here = next;
        }
    }
}

const SILENCE: Answer = Answer { sound: [None; 2], cost: 0.0 };

struct Path {
    phones: Vec<Phone>,
    before: Sound,
    cost: f32,
}

fn read_question(item: &str) -> Node {
    if let Some(sound) = item.strip_prefix('p') {
        return Node::Before(read_sound(sound), 0);
    }
    let letter = item.bytes().last().unwrap_or(b'#');
    let offset = item.get(..item.len() - 1).and_then(|number| number.parse().ok());
    Node::Letter(offset.unwrap_or_default(), letter, 0)
}

fn read_sound(codes: &str) -> Sound {
    let mut phones = codes.chars().filter_map(Phone::from_code);
    [phones.next(), phones.next()]
}

fn read_answers(text: &str) -> impl Iterator<Item = Answer> {
    let numbers = text.split(|sign: char| !sign.is_ascii_digit()).filter(|part| !part.is_empty());
    let sounds = text.split(|sign: char| sign.is_ascii_digit()).filter(|part| !part.is_empty());
    sounds.zip(numbers).map(|(sound, tenths)| Answer {
        sound: read_sound(sound),
        cost: tenths.parse::<u16>().map_or(9.9, |tenths| f32::from(tenths) / 10.0),
    })
}
