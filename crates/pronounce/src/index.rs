//! The nearest by sound among many.
//!
//! Two prefix trees of all forms, one of them backwards, with a row of the edit distance at each node. Whatever lies
//! within a cost C has a half that lies within C/2, so each tree is searched with half the cost for the first half of
//! what was heard, which keeps the search narrow where a tree is widest. Nothing within the cost is missed unless the
//! search is stopped by its bound on work.

use std::ops::Range;

use crate::distance::Place;
use crate::phone::LONGEST;
use crate::{Distance, PHONES, Phone, Phones};

/// Nodes of each tree that one search looks at, at most: some hundredths of a second, whatever is asked for. Real searches look at some thousands.
const MOST_NODES: usize = 500_000;

/// The bound that is tried first, in nats a phone, and how much greater each next one is.
const FIRST_BOUND: f32 = 0.25;
const NEXT_BOUND: f32 = 1.6;

/// Forms to find by sound: each an id, which may have several.
#[derive(Debug, Default)]
pub struct SoundIndex {
    forward: Tree,
    backward: Tree,
}

impl SoundIndex {
    /// An index of `forms`. Several pronunciations of one thing are several forms with one id. Empty forms are left
    /// out: nothing sounds like them.
    #[must_use]
    pub fn build<'a>(forms: impl IntoIterator<Item = (u32, &'a Phones)>) -> Self {
        let mut sorted: Vec<(Vec<Phone>, u32)> = forms
            .into_iter()
            .filter(|(_, phones)| !phones.is_empty())
            .map(|(id, phones)| (phones.as_slice().to_vec(), id))
            .collect();
        sorted.sort_unstable();
        sorted.dedup();
        let forward = Tree::build(&sorted);
        for (phones, _) in &mut sorted {
            phones.reverse();
        }
        sorted.sort_unstable();
        Self { forward, backward: Tree::build(&sorted) }
    }

    /// How many different forms there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.forward.ids.len()
    }

    /// Whether there is no form.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        [&self.forward, &self.backward]
            .map(|tree| tree.nodes.capacity() * size_of::<Node>() + tree.ids.capacity() * size_of::<u32>())
            .iter()
            .sum()
    }

    /// The ids with a form that was said when `heard` was heard at a cost of at most `max_cost` nats: the `limit`
    /// nearest, nearest first, then by id, each once with its least cost.
    #[must_use]
    pub fn near(&self, distance: &Distance, heard: &Phones, max_cost: f32, limit: usize) -> Vec<(u32, f32)> {
        if heard.is_empty() || self.is_empty() || limit == 0 || max_cost.is_nan() {
            return Vec::new();
        }
        let queries = [false, true].map(|backward| Query::new(distance, heard, backward));
        let mut rows = vec![([f32::INFINITY; LONGEST + 2], 0, 0); LONGEST + 1];
        // A search costs some times more at a greater bound, so the small bounds cost little, and end it where there is
        // enough to find.
        let mut bound = (FIRST_BOUND * heard.len() as f32).min(max_cost);
        loop {
            let mut found = self.within(&queries, bound, &mut rows);
            if found.len() >= limit || bound >= max_cost {
                found.sort_unstable_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
                found.truncate(limit);
                return found;
            }
            bound = (bound * NEXT_BOUND).min(max_cost);
        }
    }

    /// Everything within `bound`, in no order.
    fn within(&self, [forward, backward]: &[Query; 2], bound: f32, rows: &mut [Alive]) -> Vec<(u32, f32)> {
        let mut found = Vec::new();
        let middle = forward.length.div_ceil(2);
        let halved =
            |half: usize| std::array::from_fn(|column| if column < half { bound / 2.0 } else { bound });
        self.forward.search(forward, &halved(middle), rows, &mut found);
        self.backward.search(backward, &halved(forward.length - middle + 1), rows, &mut found);
        found.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.dedup_by_key(|(id, _)| *id);
        found
    }
}

/// What was heard, laid out for the rows of the edit distance.
struct Query<'a> {
    distance: &'a Distance,
    length: usize,
    backward: bool,
    /// The cost of each phone of what was heard, by what was said.
    substituted: Vec<[f32; LONGEST]>,
    added: [f32; LONGEST],
}

impl<'a> Query<'a> {
    fn new(distance: &'a Distance, heard: &Phones, backward: bool) -> Self {
        let length = heard.len();
        let at = |column: usize| if backward { length - 1 - column } else { column };
        let phones = heard.as_slice();
        let mut substituted = vec![[0.0; LONGEST]; PHONES];
        let mut added = [0.0; LONGEST];
        for column in 0..length {
            let phone = phones[at(column)] as usize;
            added[column] = distance.added[phone][Place::of(at(column), length) as usize];
            for (said, row) in substituted.iter_mut().enumerate() {
                row[column] = distance.substituted[said][phone];
            }
        }
        Self { distance, length, backward, substituted, added }
    }

    /// What it costs to lose `phone` at this depth of the tree, where the form ends or goes on.
    fn lost(&self, phone: Phone, depth: usize, ends: bool) -> f32 {
        let place = match (self.backward, depth, ends) {
            (false, 0, _) | (true, _, true) => Place::Start,
            (false, _, true) | (true, 0, false) => Place::End,
            _ => Place::Inside,
        };
        self.distance.lost[phone as usize][place as usize]
    }
}

type Row = [f32; LONGEST + 1];

/// A node of a prefix tree. Nodes stand in order of their depth, so that the children of one are neighbours in memory, and
/// end where those of the next node begin.
#[derive(Clone, Copy, Debug)]
struct Node {
    children: u32,
    /// The first of the ids that end here.
    ids: u32,
    phone: Phone,
}

#[derive(Debug, Default)]
struct Tree {
    /// The root, all nodes, and one behind the last.
    nodes: Vec<Node>,
    ids: Vec<u32>,
}

impl Tree {
    fn build(sorted: &[(Vec<Phone>, u32)]) -> Self {
        let mut tree = Self::default();
        let node = |phone| Node { children: 0, ids: 0, phone };
        tree.nodes.push(node(Phone::AA));
        // The forms below each node, and how many phones they share.
        let mut below = vec![(sorted, 0)];
        let mut next = 0;
        while let Some((forms, depth)) = below.get(next).copied() {
            tree.nodes[next].ids = tree.ids.len() as u32;
            tree.nodes[next].children = tree.nodes.len() as u32;
            let ended = forms.partition_point(|(phones, _)| phones.len() <= depth);
            tree.ids.extend(forms[..ended].iter().map(|(_, id)| *id));
            for forms in forms[ended..].chunk_by(|(a, _), (b, _)| a[depth] == b[depth]) {
                tree.nodes.push(node(forms[0].0[depth]));
                below.push((forms, depth + 1));
            }
            next += 1;
        }
        tree.nodes.push(Node {
            children: tree.nodes.len() as u32,
            ids: tree.ids.len() as u32,
            phone: Phone::AA,
        });
        tree.nodes.shrink_to_fit();
        tree
    }

    /// The children of a node, and the ids that end there.
    fn at(&self, node: usize) -> (Range<usize>, &[u32]) {
        let (Some(own), Some(next)) = (self.nodes.get(node), self.nodes.get(node + 1)) else {
            return (0..0, &[]);
        };
        let ids = self.ids.get(own.ids as usize..next.ids as usize).unwrap_or_default();
        (own.children as usize..next.children as usize, ids)
    }

    /// Walks all nodes whose row has a cell within its limit, and gives each form within the last limit.
    fn search(&self, query: &Query, limits: &Row, rows: &mut [Alive], found: &mut Vec<(u32, f32)>) {
        let length = query.length;
        let mut last = 0;
        rows[0].0[0] = 0.0;
        while last < length && rows[0].0[last] + query.added[last] <= limits[last + 1] {
            rows[0].0[last + 1] = rows[0].0[last] + query.added[last];
            last += 1;
        }
        rows[0].0[last + 1] = f32::INFINITY;
        rows[0].2 = last + 1;
        // The nodes still to visit at each depth.
        let mut open = vec![self.at(0).0];
        for _ in 0..MOST_NODES {
            while open.last().is_some_and(Range::is_empty) {
                open.pop();
            }
            let depth = open.len().saturating_sub(1);
            let Some(here) = open.last_mut().and_then(Iterator::next) else { return };
            let phone = self.nodes[here].phone;
            let (above, below) = rows.split_at_mut(depth + 1);
            let (Some((above, first, behind)), Some(row)) = (above.last(), below.first_mut()) else { return };
            let span = *first..*behind;
            let (children, ids) = self.at(here);
            if !ids.is_empty() {
                let lost = query.lost(phone, depth, true);
                fill(query, phone, lost, (above, span.clone()), limits, row);
                if row.2 > length {
                    found.extend(ids.iter().map(|id| (*id, row.0[length])));
                }
            }
            let lost = query.lost(phone, depth, false);
            if !children.is_empty() && fill(query, phone, lost, (above, span), limits, row) {
                open.push(children);
            }
        }
    }
}

/// A row of the edit distance with the columns that are within their limits: from the first to behind the last. The
/// cells around them are infinite.
type Alive = ([f32; LONGEST + 2], usize, usize);

/// Computes one row of the edit distance from the one above; says whether any cell is within its limit.
fn fill(
    query: &Query,
    phone: Phone,
    lost: f32,
    (above, span): (&[f32; LONGEST + 2], Range<usize>),
    limits: &Row,
    row: &mut Alive,
) -> bool {
    let substituted = &query.substituted[phone as usize];
    let (row, first, behind) = row;
    (*first, *behind) = (usize::MAX, 0);
    let mut before = f32::INFINITY;
    let mut column = span.start;
    loop {
        let mut cost = f32::INFINITY;
        if column > 0 {
            cost = before + query.added[column - 1];
        }
        // What lies behind the row above was left there by other nodes.
        if column <= span.end {
            cost = cost.min(above[column] + lost);
            if column > span.start {
                cost = cost.min(above[column - 1] + substituted[column - 1]);
            }
        }
        before = f32::INFINITY;
        if cost <= limits[column] {
            before = cost;
            *first = (*first).min(column);
            *behind = column + 1;
        }
        row[column] = before;
        column += 1;
        if column > query.length || (column > span.end && before == f32::INFINITY) {
            break;
        }
    }
    row[column] = f32::INFINITY;
    *first < usize::MAX
}
