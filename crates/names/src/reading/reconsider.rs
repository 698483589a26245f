//! The second look: what the rest of the episode says of each candidate, once there is an opinion on all of them.

use super::*;

impl Reading {
    /// Puts the first opinions about all candidates into the features of each: the second opinion sees the whole episode.
    pub fn reconsider(&self, candidates: &mut [Candidate], first: &[f32]) {
        let spans: Vec<(Range<usize>, String, f32)> = candidates
            .iter()
            .zip(first)
            .map(|(candidate, first)| (candidate.words.clone(), candidate.text.join(" "), *first))
            .collect();
        let heard = |candidate: &Candidate| -> String {
            let cores: Vec<&str> =
                self.tokens[candidate.words.clone()].iter().map(|token| token.core.as_str()).collect();
            format!("{}>{}", cores.join(" "), candidate.text.join(" "))
        };
        let mut pairs: HashMap<String, Vec<(usize, f32)>> = HashMap::new();
        let mut names: HashMap<(usize, u32), f32> = HashMap::new();
        for (at, candidate) in candidates.iter().enumerate() {
            pairs.entry(heard(candidate)).or_default().push((at, first[at]));
            if first[at] > 0.3 {
                *names.entry((candidate.entry.0, self.entry(candidate.entry).name)).or_default() += first[at];
            }
        }
        let late = self.late_mentions(candidates, first);
        for (at, candidate) in candidates.iter_mut().enumerate() {
            let p = first[at].clamp(1e-4, 1.0 - 1e-4);
            let elsewhere = pairs[&heard(candidate)]
                .iter()
                .filter(|other| other.0 != at)
                .map(|other| other.1)
                .fold(0.0, f32::max);
            let rival = overlapping(&spans, at, |span| &span.0)
                .filter(|other| other.1 != spans[at].1)
                .map(|other| other.2)
                .fold(0.0, f32::max);
            let own = if first[at] > 0.3 { first[at] } else { 0.0 };
            let name = (candidate.entry.0, self.entry(candidate.entry).name);
            let support = names.get(&name).copied().unwrap_or(0.0) - own;
            let own_late = late.get(&name).map_or(&[][..], Vec::as_slice);
            let (words, span) = (candidate.words.clone(), candidate.span.clone());
            let others = || {
                own_late
                    .iter()
                    .filter(|other| other.words.end <= words.start || other.words.start >= words.end)
            };
            let before = |full: bool| {
                others()
                    .filter(|other| (other.full || !full) && other.words.end <= span.start)
                    .map(|other| span.start - other.words.end)
                    .min()
            };
            let after = others()
                .filter(|other| other.words.start >= span.end)
                .map(|other| other.words.start - span.end)
                .min();
            let beside = others()
                .filter(|other| other.words.end == words.start || other.words.start == words.end)
                .map(|other| other.score)
                .fold(0.0, f32::max);
            let f = &mut candidate.features;
            let away = |words: Option<usize>| words.map_or(NEVER, |words| (words as f32).ln_1p());
            f[F::LateSince as usize] = f[F::Since as usize].min(away(before(false)));
            f[F::LateFull as usize] = f[F::SinceFull as usize].min(away(before(true)));
            f[F::LateUntil as usize] = f[F::Until as usize].min(away(after));
            f[F::Beside as usize] = beside;
            f[F::First as usize] = (p / (1.0 - p)).ln();
            f[F::Elsewhere as usize] = elsewhere;
            f[F::Rival as usize] = rival;
            f[F::Support as usize] = support.max(0.0).ln_1p();
        }
    }

    /// For each name the candidates that the first opinion is for.
    fn late_mentions(&self, candidates: &[Candidate], first: &[f32]) -> HashMap<(usize, u32), Vec<Late>> {
        const BELIEVED: f32 = 0.5;
        let mut late: HashMap<(usize, u32), Vec<Late>> = HashMap::new();
        for (candidate, score) in candidates.iter().zip(first).filter(|(_, score)| **score > BELIEVED) {
            let entry = self.entry(candidate.entry);
            late.entry((candidate.entry.0, entry.name)).or_default().push(Late {
                words: candidate.words.clone(),
                full: matches!(entry.what, FormKind::Full | FormKind::Alias),
                score: *score,
            });
        }
        late
    }
}

/// A mention that the first opinion is for.
struct Late {
    words: Range<usize>,
    full: bool,
    score: f32,
}
