//! From a query to hits.

use crate::by_episode::{ByEpisode, Collected, Group};
use crate::index::{Error, Fields, Result, body, days, owner};
use crate::leaves::Wanted;
use crate::looked::Looked;
use crate::passages::{About, Passage};
use crate::query::{Filter, How, Leaf, Node, parse};
use crate::tokens::Stems;
use crate::{Around, Calibration, Features, Form, Index};
use jiff::civil::Date;
use model::{EpisodeId, Millis};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query, RangeQuery,
    TermQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, TantivyDocument, Term};

/// Most words that a prefix stands for.
const EXPANSIONS: usize = 200;
/// Words that are in a larger share of the passages than this are not searched by sound unless asked for: they were heard.
const COMMON: f64 = 0.004;
/// Longest phrase that is searched by sound, in tokens.
const LONGEST_SOUND: usize = 4;
/// Most episodes whose hits by sound are weighed.
const WEIGHED: usize = 300;
/// What stands in other fields weighs so much of what stands in the text.
const HEARD: f32 = 0.9;
const OFFERED: f32 = 0.6;
const STEMMED: f32 = 0.7;

/// How to search.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Most episodes that are returned.
    pub episodes: usize,
    /// Most passages of each.
    pub passages: usize,
    /// Episodes to pass over: those of the pages before.
    pub skip: usize,
    /// Leave out what came into the archive later, in milliseconds since 1970: pages stay as they are while it grows.
    pub until: Option<u64>,
    /// Nothing is searched by its sound.
    pub exact: bool,
    /// Least probability of a hit by sound.
    pub threshold: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { episodes: 20, passages: 3, skip: 0, until: None, exact: false, threshold: 0.1 }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// Best first.
    pub episodes: Vec<EpisodeHits>,
    /// Passages that have what was asked for, as written.
    pub passages: u64,
    /// Episodes with such passages.
    pub found: usize,
    /// Passages by month (`2024-05`), of those with a date.
    pub months: BTreeMap<String, u64>,
    /// What is to be said of the query.
    pub notes: Vec<String>,
    /// There is more to be had with a greater `skip`.
    pub more: bool,
}

/// An episode with hits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeHits {
    /// What is known of it.
    pub about: About,
    /// Best first.
    pub hits: Vec<Hit>,
    /// Passages in it that have what was asked for, as written.
    pub passages: u64,
    /// What was asked for stands in its title, notes or among its people.
    pub in_about: bool,
}

/// A passage with what was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// Who says it.
    pub speaker: Option<String>,
    /// Begin of the first span.
    pub start: Millis,
    /// End of the last span.
    pub end: Millis,
    /// False when nobody stated its times.
    pub timed: bool,
    /// Words of the passage and when they begin.
    pub words: Vec<(String, Millis)>,
    /// What was found in it, in the order of the text.
    pub spans: Vec<Span>,
    /// The best reason of its spans.
    pub reason: Reason,
    /// Greater is better; of hits by sound the probability.
    pub score: f32,
}

/// Words that are what was asked for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Span {
    /// First word of the passage.
    pub first: usize,
    /// Word after the last.
    pub end: usize,
    /// Why.
    pub reason: Reason,
    /// What was heard, where something else is shown; what is offered is in `offered`.
    pub heard: Option<String>,
    /// The words that are offered in place.
    pub offered: Option<String>,
    /// Probability that this is meant, 0 to 1; 1 for what stands there.
    pub probability: f32,
    /// What that was judged by, of what sounds alike: to learn it from.
    #[serde(skip)]
    pub features: Option<Box<Features>>,
}

/// Why a hit is one, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It was heard and stands there.
    Exact,
    /// It stands there since the text was repaired or corrected; or it was heard there, and something else stands there since.
    Repaired,
    /// It is offered in place of what stands there.
    Offered,
    /// What stands there sounds like it.
    SoundsLike,
}

impl Index {
    /// Searches. Every text is a query; the language is that of [`crate::parse`].
    ///
    /// # Errors
    /// The index is damaged.
    pub fn search(&self, query: &str, options: &Options) -> Result<Answer> {
        let parsed = parse(query);
        let searcher = self.searcher();
        let mut search = Search { index: self, searcher, languages: Vec::new(), answer: Answer::default() };
        search.answer.notes.clone_from(&parsed.notes);
        search.languages = search.languages()?;
        let filters = search.filters(&parsed.filters, options);
        match &parsed.wanted {
            Some(wanted) => search.run(wanted, filters, parsed.exact, options)?,
            None if parsed.filters.is_empty() => {
                search.answer.notes.push("nothing to search for was said".into())
            }
            None => search.listed(filters, options)?,
        }
        Ok(search.answer)
    }
}

/// Of an episode the passages that have it as written, its own title and notes, and what sounds like it.
type Groups = (Option<Group>, Option<Group>, Option<Group>);

type Clauses = Vec<(Occur, Box<dyn Query>)>;

struct Search<'a> {
    index: &'a Index,
    searcher: Searcher,
    languages: Vec<Stems>,
    answer: Answer,
}

impl Search<'_> {
    fn fields(&self) -> &Fields {
        &self.index.fields
    }

    /// Stems in the languages that occur.
    fn languages(&self) -> Result<Vec<Stems>> {
        let mut languages: Vec<String> = Vec::new();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields().language)?;
            let mut terms = inverted.terms().stream().map_err(|error| Error::Damaged(error.to_string()))?;
            while terms.advance() {
                let language = String::from_utf8_lossy(terms.key()).into_owned();
                languages.push(language.split(['-', '_']).next().unwrap_or_default().to_owned());
            }
        }
        languages.sort_unstable();
        languages.dedup();
        Ok(languages.iter().take(12).map(|language| Stems::of(Some(language))).collect())
    }

    fn filters(&self, filters: &[Filter], options: &Options) -> Clauses {
        let fields = self.fields();
        let mut clauses: Clauses = Vec::new();
        if let Some(until) = options.until {
            let latest = Bound::Included(Term::from_field_u64(fields.made, until));
            clauses.push((Occur::Must, constant(Box::new(RangeQuery::new(Bound::Unbounded, latest)))));
        }
        for filter in filters {
            let (occur, filter) = match filter {
                Filter::Without(inner) => (Occur::MustNot, inner.as_ref()),
                filter => (Occur::Must, filter),
            };
            let query: Box<dyn Query> = match filter {
                Filter::Speaker(words) => phrase(fields.speaker, words, 0),
                Filter::Show(words) => phrase(fields.show, words, 0),
                Filter::Date(from, to) => {
                    let day = |date: &Date| Bound::Included(Term::from_field_i64(fields.day, days(*date)));
                    Box::new(RangeQuery::new(day(from), day(to)))
                }
                Filter::Has(what) => term(fields.has, what),
                Filter::Without(_) => continue,
            };
            clauses.push((occur, constant(query)));
        }
        clauses
    }

    /// Only filters: what they leave, newest first.
    fn listed(&mut self, filters: Clauses, options: &Options) -> Result<()> {
        let passages = term_u64(self.fields().kind, 0);
        let mut clauses = filters;
        clauses.push((Occur::Must, passages));
        let mut found = self.collect(Box::new(BooleanQuery::new(clauses)), options)?;
        self.count(&found);
        found.episodes.sort_by(|a, b| b.1.day.cmp(&a.1.day).then(a.0.cmp(&b.0)));
        let page = found.episodes.into_iter().skip(options.skip).take(options.episodes);
        for (_, group) in page.collect::<Vec<_>>() {
            self.show(&group, None, &[], Vec::new(), options)?;
        }
        Ok(())
    }

    fn run(&mut self, node: &Node, filters: Clauses, exact: bool, options: &Options) -> Result<()> {
        let mut wanted = Vec::new();
        Wanted::of(node, &self.languages, &mut wanted);
        let with = |query: Box<dyn Query>, filters: &Clauses| -> Box<dyn Query> {
            let mut clauses: Clauses =
                filters.iter().map(|(occur, query)| (*occur, query.box_clone())).collect();
            clauses.push((Occur::Must, query));
            Box::new(BooleanQuery::new(clauses))
        };
        let mut node = node.clone();
        let mut found = self.collect(with(self.built(&node, &[], Layer::Text)?, &filters), options)?;
        if found.total == 0
            && let Node::And(parts) = &node
            && parts.len() > 1
            && parts.iter().all(|part| matches!(part, Node::Leaf(_)))
        {
            let any = Node::Or(parts.clone());
            let some = self.collect(with(self.built(&any, &[], Layer::Text)?, &filters), options)?;
            if some.total > 0 {
                self.answer.notes.push("no passage has all of it: these have a part".into());
                (found, node) = (some, any);
            }
        }
        self.count(&found);
        let named = self.collect(with(self.built(&node, &[], Layer::About)?, &filters), options)?;
        // By sound, what can have been misheard.
        let total = self.searcher.num_docs() as f64;
        if !(exact || options.exact) {
            for wanted in &mut wanted {
                let sound = wanted.leaf.how == How::Sound;
                let short = (1..=LONGEST_SOUND).contains(&wanted.leaf.tokens.len());
                let fits = matches!(wanted.leaf.how, How::Word | How::Phrase);
                if !(sound || short && fits) {
                    continue;
                }
                if !sound && self.is_common(&wanted.leaf, total)? {
                    continue;
                }
                let tokens: Vec<&str> = wanted.leaf.tokens.iter().map(String::as_str).collect();
                wanted.forms = self.index.forms(&tokens)?;
                // Those that no episode could make likely enough are not looked for.
                let calibration = &self.index.calibration;
                wanted.forms.retain(|form| {
                    calibration.probability(&Calibration::features(form, &Around::BEST)) >= options.threshold
                });
            }
        }
        let mut by_sound = Collected::default();
        if wanted.iter().any(|wanted| !wanted.forms.is_empty()) {
            let built = self.built(&node, &wanted, Layer::Text)?;
            by_sound = self.collect(with(built, &filters), options)?;
        }
        self.page(found, named, by_sound, &wanted, options)
    }

    /// Puts a page together: first the episodes that have it as written, then those where it stands in title or notes, then those
    /// where something sounds like it.
    fn page(
        &mut self,
        found: Collected,
        named: Collected,
        by_sound: Collected,
        wanted: &[Wanted],
        options: &Options,
    ) -> Result<()> {
        let mut order: Vec<(u8, f32, u64)> = Vec::new();
        let mut groups: HashMap<u64, Groups> = HashMap::new();
        for (key, group) in found.episodes {
            order.push((0, group.rank(), key));
            groups.entry(key).or_default().0 = Some(group);
        }
        for (key, group) in named.episodes {
            let entry = groups.entry(key).or_default();
            if entry.0.is_none() {
                order.push((1, group.rank(), key));
            }
            entry.1 = Some(group);
        }
        let mut sounding = by_sound.episodes;
        sounding.sort_by(|a, b| b.1.best.total_cmp(&a.1.best).then(a.0.cmp(&b.0)));
        let bound = options.skip.saturating_add(options.episodes).max(WEIGHED);
        for (key, group) in sounding.into_iter().take(bound) {
            let entry = groups.entry(key).or_default();
            let alone = entry.0.is_none() && entry.1.is_none();
            if alone {
                // What is likely enough by itself is known only when it is read.
                let count = group.count as usize;
                let hits = self.hits(&group, wanted, (0, count, false), options)?;
                let Some(best) = hits.iter().map(|hit| hit.score).max_by(f32::total_cmp) else {
                    groups.remove(&key);
                    continue;
                };
                order.push((2, best, key));
            }
            if let Some(entry) = groups.get_mut(&key) {
                entry.2 = Some(group);
            }
        }
        order.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
        self.answer.more = order.len() > options.skip.saturating_add(options.episodes);
        for (.., key) in order.into_iter().skip(options.skip).take(options.episodes) {
            let Some((exact, named, sound)) = groups.remove(&key) else { continue };
            let count = exact.as_ref().map_or(0, |group| group.count as usize);
            let here = sound.as_ref().map_or(0, |group| group.count as usize).saturating_sub(count);
            let context = (count, here, named.is_some());
            let mut hits = match &exact {
                Some(group) => self.hits(group, wanted, context, options)?,
                None => Vec::new(),
            };
            if let Some(group) = &sound {
                let more = self.hits(group, wanted, context, options)?;
                let seen: Vec<Millis> =
                    hits.iter().map(|hit| hit.words.first().map_or(hit.start, |word| word.1)).collect();
                let new = |hit: &Hit| !seen.contains(&hit.words.first().map_or(hit.start, |word| word.1));
                hits.extend(more.into_iter().filter(new));
            }
            let Some(group) = exact.or(named.clone()).or(sound) else { continue };
            self.show(&group, named.as_ref(), wanted, hits, options)?;
        }
        Ok(())
    }

    /// Adds an episode to the answer.
    fn show(
        &mut self,
        group: &Group,
        named: Option<&Group>,
        wanted: &[Wanted],
        mut hits: Vec<Hit>,
        options: &Options,
    ) -> Result<()> {
        let Some((_, address)) = group.top.first() else { return Ok(()) };
        let episode = owner(&self.searcher.doc(*address)?, self.fields().body)?;
        let Some(about) = self.about(episode)? else { return Ok(()) };
        if wanted.is_empty() {
            hits = self.hits(group, wanted, (0, 0, false), options)?;
        }
        hits.truncate(options.passages);
        let passages =
            if hits.iter().any(|hit| hit.reason != Reason::SoundsLike) { u64::from(group.count) } else { 0 };
        self.answer.episodes.push(EpisodeHits { about, hits, passages, in_about: named.is_some() });
        Ok(())
    }

    fn about(&self, episode: EpisodeId) -> Result<Option<About>> {
        let fields = self.fields();
        let clauses: Clauses = vec![
            (Occur::Must, term(fields.episode, &episode.to_string())),
            (Occur::Must, term_u64(fields.kind, 1)),
        ];
        let found = self.searcher.search(
            &BooleanQuery::new(clauses),
            &tantivy::collector::TopDocs::with_limit(1).order_by_score(),
        )?;
        let Some((_, address)) = found.first() else { return Ok(None) };
        body(&self.searcher.doc(*address)?, fields.body).map(Some)
    }

    fn collect(&self, query: Box<dyn Query>, options: &Options) -> Result<Collected> {
        Ok(self.searcher.search(&query, &ByEpisode { most: options.passages.max(1) })?)
    }

    fn count(&mut self, found: &Collected) {
        self.answer.passages = found.total;
        self.answer.found = found.episodes.len();
        for (day, count) in &found.days {
            let span = jiff::Span::new().try_days(*day);
            if let Some(date) =
                span.ok().and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span).ok())
            {
                *self.answer.months.entry(date.strftime("%Y-%m").to_string()).or_default() += count;
            }
        }
    }

    fn is_common(&self, leaf: &Leaf, total: f64) -> Result<bool> {
        let mut rarest = u64::MAX;
        for token in &leaf.tokens {
            rarest = rarest.min(self.searcher.doc_freq(&Term::from_field_text(self.fields().shown, token))?);
        }
        Ok(rarest as f64 > (COMMON * total).max(20.0)
            && leaf.tokens.iter().all(|token| self.index.voice().pronouncer.knows(token)))
    }

    /// The query for a part of what is asked for; `wanted` in the order of the leaves, where sounds are looked for too.
    fn built(&self, node: &Node, wanted: &[Wanted], layer: Layer) -> Result<Box<dyn Query>> {
        self.built_part(node, &mut wanted.iter(), layer)
    }

    fn built_part(
        &self,
        node: &Node,
        wanted: &mut std::slice::Iter<'_, Wanted>,
        layer: Layer,
    ) -> Result<Box<dyn Query>> {
        Ok(match node {
            Node::And(parts) => {
                let mut clauses: Clauses = Vec::new();
                for part in parts {
                    match part {
                        Node::Not(inner) => {
                            clauses.push((Occur::MustNot, self.built_part(inner, &mut [].iter(), layer)?));
                        }
                        part => clauses.push((Occur::Must, self.built_part(part, wanted, layer)?)),
                    }
                }
                Box::new(BooleanQuery::new(clauses))
            }
            Node::Or(parts) => {
                let parts: Result<Vec<_>> =
                    parts.iter().map(|part| self.built_part(part, wanted, layer)).collect();
                Box::new(BooleanQuery::union(parts?))
            }
            Node::Not(inner) => Box::new(BooleanQuery::new(vec![
                (Occur::Must, Box::new(AllQuery)),
                (Occur::MustNot, self.built_part(inner, &mut [].iter(), layer)?),
            ])),
            Node::Leaf(leaf) => {
                let forms = wanted.next().map(|wanted| wanted.forms.as_slice()).unwrap_or_default();
                self.leaf(leaf, forms, layer)?
            }
        })
    }

    fn leaf(&self, leaf: &Leaf, forms: &[Form], layer: Layer) -> Result<Box<dyn Query>> {
        let fields = *self.fields();
        let places = match layer {
            Layer::About => vec![(fields.about, 1.0)],
            Layer::Text => vec![(fields.shown, 1.0), (fields.heard, HEARD), (fields.offered, OFFERED)],
        };
        let mut ways: Vec<Box<dyn Query>> = Vec::new();
        for (field, weight) in places {
            let query: Box<dyn Query> = match leaf.how {
                How::Sound if layer == Layer::Text => Box::new(EmptyQuery),
                How::Word => {
                    let stems = self.languages.iter().map(|language| language.stem(&leaf.tokens[0]));
                    let stems: std::collections::BTreeSet<String> = stems.collect();
                    let mut ways: Vec<Box<dyn Query>> = vec![scored(field, &leaf.tokens[0])];
                    ways.extend(stems.iter().map(|stem| boosted(scored(field, stem), STEMMED)));
                    Box::new(tantivy::query::DisjunctionMaxQuery::new(ways))
                }
                How::Sound | How::Phrase | How::Exact => phrase(field, &leaf.tokens, 0),
                How::Near(slop) => phrase(field, &leaf.tokens, slop),
                How::Prefix => self.prefix(field, &leaf.tokens)?,
            };
            ways.push(if weight < 1.0 { boosted(query, weight) } else { query });
        }
        for form in forms {
            let likely = self.index.calibration.probability(&Calibration::features(
                form,
                &Around { here: 1, capitals: 0.5, ..Around::default() },
            ));
            for field in [fields.shown, fields.heard] {
                ways.push(Box::new(ConstScoreQuery::new(phrase(field, &form.tokens, 0), likely)));
            }
        }
        Ok(if ways.len() == 1 {
            ways.remove(0)
        } else {
            Box::new(tantivy::query::DisjunctionMaxQuery::new(ways))
        })
    }

    fn prefix(&self, field: Field, tokens: &[String]) -> Result<Box<dyn Query>> {
        let Some((last, before)) = tokens.split_last() else { return Ok(Box::new(EmptyQuery)) };
        let mut words: Vec<String> = Vec::new();
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(field)?;
            let mut terms = inverted
                .terms()
                .range()
                .ge(last.as_bytes())
                .into_stream()
                .map_err(|error| Error::Damaged(error.to_string()))?;
            let mut here = 0;
            while here < EXPANSIONS && terms.advance() && terms.key().starts_with(last.as_bytes()) {
                words.push(String::from_utf8_lossy(terms.key()).into_owned());
                here += 1;
            }
        }
        words.sort_unstable();
        words.dedup();
        words.truncate(EXPANSIONS);
        let way = |word: String| phrase(field, &[before, &[word]].concat(), 0);
        Ok(Box::new(BooleanQuery::union(words.into_iter().map(way).collect())))
    }

    /// The passages of a group with what was found in them, best first. `context`: passages of the episode that have it as
    /// written, those with something that sounds like it, and whether its title, people or notes have it.
    fn hits(
        &self,
        group: &Group,
        wanted: &[Wanted],
        context: (usize, usize, bool),
        options: &Options,
    ) -> Result<Vec<Hit>> {
        let mut hits = Vec::new();
        for (score, address) in &group.top {
            let document: TantivyDocument = self.searcher.doc(*address)?;
            let passage = body::<Passage>(&document, self.fields().body)?;
            let language = document
                .get_first(self.fields().language)
                .and_then(|value| tantivy::schema::Value::as_str(&value).map(str::to_owned));
            let stems = Stems::of(language.as_deref());
            let looked = Looked::at(passage, &stems);
            let mut spans = Vec::new();
            for wanted in wanted {
                looked.find(wanted, &self.index.calibration, context, options.threshold, &mut spans);
            }
            if spans.is_empty() && !wanted.is_empty() {
                continue;
            }
            hits.push(looked.hit(spans, *score));
        }
        hits.sort_by(|a, b| {
            let sound = |hit: &Hit| hit.reason == Reason::SoundsLike;
            sound(a).cmp(&sound(b)).then(b.score.total_cmp(&a.score)).then(a.start.cmp(&b.start))
        });
        Ok(hits)
    }
}

/// Which texts are searched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Layer {
    Text,
    About,
}

fn term(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn term_u64(field: Field, value: u64) -> Box<dyn Query> {
    constant(Box::new(TermQuery::new(Term::from_field_u64(field, value), IndexRecordOption::Basic)))
}

fn scored(field: Field, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
}

fn phrase(field: Field, tokens: &[String], slop: u32) -> Box<dyn Query> {
    match tokens {
        [] => Box::new(EmptyQuery),
        [one] => scored(field, one),
        several => {
            let terms = several.iter().map(|token| Term::from_field_text(field, token)).enumerate().collect();
            Box::new(PhraseQuery::new_with_offset_and_slop(terms, slop))
        }
    }
}

fn boosted(query: Box<dyn Query>, weight: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, weight))
}

/// Filters say yes or no, not how well.
fn constant(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}
