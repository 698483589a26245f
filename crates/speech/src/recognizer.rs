//! One worker: clips in, words out, with guards against what Whisper is known to do wrong.

use crate::engine::{Clip, HeardClip, LanguageScores, LocalGap, LocalWord, Manner};
use crate::mel::{HOP, MelSpectrogram, SAMPLE_RATE};
use crate::search::{Hypothesis, Method, Rules, Search};
use crate::tokens::{Token, Vocabulary};
use crate::whisper::{Context, Encoding, Row, Scratch, Whisper};
use crate::words::words;
use flate2::{Compression, write::ZlibEncoder};
use kernels::{Processor, log_sum_exp};
use model::Quality;
use std::io::Write;

/// Width of the beam at [`Quality::Accurate`], as in openai/whisper and faster-whisper.
const BEAM: usize = 5;
/// Below this mean log-probability a text is not believed (openai/whisper `logprob_threshold`).
const LEAST_MEAN: f32 = -1.0;
/// Below this mean log-probability a greedy text is searched again with a beam: where the model hesitates, a wider
/// search pays, and it costs little where it does not.
const HESITANT: f32 = -0.2;
/// A text that shrinks more than this is a loop (openai/whisper `compression_ratio_threshold`).
const MOST_COMPRESSION: f32 = 2.4;
/// Above this probability of no speech, a text that is not believed is taken for an invention (`no_speech_threshold`).
const NO_SPEECH: f32 = 0.6;
/// Temperatures tried, one after another, when a text is not believed.
const TEMPERATURES: [f32; 3] = [0.2, 0.5, 0.9];
/// Texts drawn at each temperature.
const TEXTS: usize = 3;
/// A window whose own language is this sure is also heard in that language.
const SURE_OF_LANGUAGE: f32 = 0.9;
/// Seconds of speech without words that are worth hearing again alone.
const WORTH_HEARING_AGAIN: f64 = 1.0;
/// Seconds of speech without words that make a gap.
const GAP: f64 = 0.9;
/// Seconds that a word is given at least: one position of the encoder.
const LEAST_WORD: f64 = 0.02;
/// A word may begin or end this much (seconds) outside its speech: the voice detector's own uncertainty.
const SLACK: f64 = 0.3;

/// The weights and vocabulary, shared by all workers.
pub(crate) struct Recognizer {
    pub whisper: Whisper,
    pub vocabulary: Vocabulary,
    rules: Rules,
}

/// A worker with its buffers.
pub(crate) struct Worker<'model> {
    pub model: &'model Recognizer,
    pub cpu: Processor,
    mel: MelSpectrogram,
    spectrogram: Vec<f32>,
    pub scratch: Scratch,
    pub logits: Vec<f32>,
    /// What silence sounds like, once somebody asked.
    silence: Option<Encoding>,
}

/// A window in the hands of a worker.
struct Hearing {
    language: String,
    languages: LanguageScores,
    no_speech: f32,
    prompt: Vec<u32>,
    best: Option<Hypothesis>,
    temperature: f32,
}

impl Recognizer {
    pub fn new(whisper: Whisper, vocabulary: Vocabulary) -> Self {
        let rules = Rules::new(&whisper.config, &vocabulary);
        Self { whisper, vocabulary, rules }
    }
}

impl<'model> Worker<'model> {
    pub fn new(model: &'model Recognizer, cpu: Processor) -> Self {
        Self {
            model,
            cpu,
            mel: MelSpectrogram::new(model.whisper.config.mel_bands),
            spectrogram: Vec::new(),
            scratch: Scratch::default(),
            logits: Vec::new(),
            silence: None,
        }
    }

    /// Silence, encoded.
    pub fn silence(&mut self) -> Encoding {
        if let Some(silence) = &self.silence {
            return silence.clone();
        }
        let silence = self.encode(&Clip { samples: vec![0.0; SAMPLE_RATE], speech: Vec::new() });
        self.silence.insert(silence).clone()
    }

    /// Encodes a clip.
    pub fn encode(&mut self, clip: &Clip) -> Encoding {
        self.mel.compute(&clip.samples, &mut self.spectrogram);
        self.model.whisper.encode(self.cpu, &self.spectrogram, &mut self.scratch)
    }

    pub fn context(&mut self, clip: &Clip, encoding: &Encoding) -> Context {
        let frames = clip.samples.len().div_ceil(2 * HOP);
        self.model.whisper.context(self.cpu, encoding, frames, &mut self.scratch)
    }

    /// Natural log-probability of each language the model knows, for an encoded clip; empty for an English-only model.
    pub fn languages(&mut self, clip: &Clip, encoding: &Encoding) -> LanguageScores {
        if self.model.vocabulary.languages.is_empty() {
            return LanguageScores::default();
        }
        let mut contexts = [self.context(clip, encoding)];
        self.begin(&mut contexts).into_iter().next().map(|(languages, _, _)| languages).unwrap_or_default()
    }

    /// Feeds the start of the transcript; gives languages, the probability of no speech, and the slot.
    fn begin(&mut self, contexts: &mut [Context]) -> Vec<(LanguageScores, f32, u32)> {
        let Self { model, cpu, scratch, logits, .. } = self;
        let slots: Vec<u32> = contexts.iter_mut().map(Context::slot).collect();
        let rows: Vec<Row<'_>> = slots
            .iter()
            .enumerate()
            .map(|(context, slot)| Row {
                context,
                token: model.vocabulary.start_of_transcript,
                path: std::slice::from_ref(slot),
                wanted: true,
            })
            .collect();
        model.whisper.decode(*cpu, contexts, &rows, scratch, logits);
        logits
            .chunks_exact(model.whisper.config.vocabulary)
            .zip(&slots)
            .map(|(scores, slot)| {
                let of = |token: Token| scores.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY);
                let languages: Vec<f32> =
                    model.vocabulary.languages.iter().map(|(_, token)| of(*token)).collect();
                let shift = log_sum_exp(*cpu, &languages);
                let languages = model
                    .vocabulary
                    .languages
                    .iter()
                    .zip(&languages)
                    .map(|((code, _), score)| (code.clone(), score - shift))
                    .collect();
                let no_speech = model
                    .vocabulary
                    .no_speech
                    .map_or(0.0, |token| (of(token) - log_sum_exp(*cpu, scores)).exp());
                (LanguageScores(languages), no_speech, *slot)
            })
            .collect()
    }

    /// Hears clips together. Each result depends on its own clip only.
    pub fn hear(&mut self, clips: &[(&Clip, Option<Encoding>)], manner: Manner<'_>) -> Vec<HeardClip> {
        let mut contexts: Vec<Context> = clips
            .iter()
            .map(|(clip, encoding)| match encoding {
                Some(encoding) => self.context(clip, encoding),
                None => {
                    let encoding = self.encode(clip);
                    self.context(clip, &encoding)
                }
            })
            .collect();
        let mut hearings: Vec<Hearing> = self
            .begin(&mut contexts)
            .into_iter()
            .map(|(languages, no_speech, slot)| Hearing {
                language: manner.language.to_owned(),
                languages,
                no_speech,
                prompt: vec![slot],
                best: None,
                temperature: 0.0,
            })
            .collect();
        let method = if manner.quality == Quality::Fast { Method::Greedy } else { Method::Beam(BEAM) };
        self.search(clips, &mut contexts, &mut hearings, method);
        let mut heard = Vec::new();
        // Each context goes as soon as its window is finished: second thoughts about a window take memory.
        for (((clip, _), mut context), mut hearing) in clips.iter().zip(contexts).zip(hearings) {
            if !manner.stated {
                self.doubt_language(clip, &mut context, &mut hearing, method);
            }
            if method == Method::Greedy && hearing.best.as_ref().is_some_and(|text| text.mean() < HESITANT) {
                self.search_wider(clip, &mut context, &mut hearing);
            }
            self.doubt_text(clip, &mut context, &mut hearing);
            heard.push(self.finish(clip, &context, &hearing));
        }
        for (heard, (clip, _)) in heard.iter_mut().zip(clips) {
            self.hear_gaps_again(clip, heard);
            sound_out(&mut heard.words, &clip.samples);
        }
        heard
    }

    /// Runs the searches of windows in step.
    fn search(
        &mut self,
        clips: &[(&Clip, Option<Encoding>)],
        contexts: &mut [Context],
        hearings: &mut [Hearing],
        method: Method,
    ) {
        let Self { model, cpu, scratch, logits, .. } = self;
        let vocabulary = &model.vocabulary;
        let size = model.whisper.config.vocabulary;
        let mut searches: Vec<(usize, Search)> = Vec::new();
        // The rest of the prompt, after the start of the transcript whose slot is known already.
        let mut prompts: Vec<(usize, Vec<Token>, Vec<u32>)> = Vec::new();
        for (index, hearing) in hearings.iter_mut().enumerate() {
            // Slots of earlier searches stay as they are: a text found by one can still be kept after the next.
            hearing.prompt.truncate(1);
            let mut tokens = Vec::new();
            if let Some(language) = vocabulary.language(&hearing.language) {
                tokens.extend([language, vocabulary.transcribe]);
            }
            tokens.push(vocabulary.no_timestamps);
            for _ in &tokens {
                hearing.prompt.push(contexts[index].slot());
            }
            prompts.push((index, tokens, hearing.prompt.clone()));
        }
        let rows: Vec<Row<'_>> = prompts
            .iter()
            .flat_map(|(index, tokens, path)| {
                tokens.iter().enumerate().map(|(place, token)| Row {
                    context: *index,
                    token: *token,
                    path: &path[..place + 2],
                    wanted: place + 1 == tokens.len(),
                })
            })
            .collect();
        model.whisper.decode(*cpu, contexts, &rows, scratch, logits);
        drop(rows);
        for ((index, _, path), scores) in prompts.into_iter().zip(logits.chunks_exact_mut(size)) {
            let seconds = clips[index].0.samples.len() as f64 / SAMPLE_RATE as f64;
            // Nobody says more than this; a loop is cut here even if it is not seen to be one.
            let limit = (24.0 + seconds * 14.0) as usize;
            let limit = limit.min(model.whisper.config.text_context - path.len() - 1);
            let mut search = Search::new(method, path, limit);
            search.advance(*cpu, &model.rules, scores, size, &mut contexts[index]);
            searches.push((index, search));
        }
        loop {
            let (done, live): (Vec<_>, Vec<_>) = searches.into_iter().partition(|(_, search)| search.done());
            for (index, search) in done {
                hearings[index].best = search.best();
            }
            searches = live;
            if searches.is_empty() {
                return;
            }
            let rows: Vec<Row<'_>> = searches
                .iter()
                .flat_map(|(index, search)| {
                    search.live().iter().map(|hypothesis| Row {
                        context: *index,
                        token: hypothesis.tokens.last().copied().unwrap_or_default(),
                        path: &hypothesis.path,
                        wanted: true,
                    })
                })
                .collect();
            model.whisper.decode(*cpu, contexts, &rows, scratch, logits);
            drop(rows);
            let mut first = 0;
            for (index, search) in &mut searches {
                let count = search.live().len();
                let scores = &mut logits[first * size..(first + count) * size];
                search.advance(*cpu, &model.rules, scores, size, &mut contexts[*index]);
                first += count;
            }
        }
    }

    /// Hears one window again by another method or in another language.
    fn again(&mut self, clip: &Clip, context: &mut Context, hearing: &mut Hearing, method: Method) {
        let clips = [(clip, None)];
        self.search(&clips, std::slice::from_mut(context), std::slice::from_mut(hearing), method);
    }

    /// A window that clearly sounds like another language than its recording is heard in both; the likelier text stays.
    fn doubt_language(&mut self, clip: &Clip, context: &mut Context, hearing: &mut Hearing, method: Method) {
        let Some((own, probability)) = hearing.languages.likeliest() else { return };
        if own == hearing.language || probability < SURE_OF_LANGUAGE {
            return;
        }
        let first = hearing.best.take();
        let language = std::mem::replace(&mut hearing.language, own);
        self.again(clip, context, hearing, method);
        if rank(&hearing.best) <= rank(&first) {
            hearing.language = language;
            hearing.best = first;
        }
    }

    /// A window whose greedy text hesitates is heard again with a beam; the likelier text stays.
    fn search_wider(&mut self, clip: &Clip, context: &mut Context, hearing: &mut Hearing) {
        let greedy = hearing.best.take();
        self.again(clip, context, hearing, Method::Beam(BEAM));
        if rank(&hearing.best) <= rank(&greedy) {
            hearing.best = greedy;
        }
    }

    /// A text that is a loop or is not believed is heard again, with ever more freedom, until one is believed. If none is,
    /// the likeliest stays, and what is wrong with it becomes a gap.
    fn doubt_text(&mut self, clip: &Clip, context: &mut Context, hearing: &mut Hearing) {
        if !self.model.doubtful(hearing) || likely_no_speech(hearing) {
            return;
        }
        let mut best = (hearing.best.clone(), 0.0);
        for temperature in TEMPERATURES {
            let seed = clip.samples.len() as u64;
            self.again(clip, context, hearing, Method::Sample { temperature, texts: TEXTS, seed });
            hearing.temperature = temperature;
            if !self.model.doubtful(hearing) {
                return;
            }
            if rank(&hearing.best) > rank(&best.0) {
                best = (hearing.best.take(), temperature);
            }
        }
        (hearing.best, hearing.temperature) = best;
    }

    fn finish(&self, clip: &Clip, context: &Context, hearing: &Hearing) -> HeardClip {
        let mut heard = HeardClip {
            language: hearing.language.clone(),
            words: Vec::new(),
            gaps: Vec::new(),
            mean_log_probability: hearing.best.as_ref().map_or(0.0, Hypothesis::mean),
            temperature: hearing.temperature,
        };
        let mut reason = "no-words";
        if let Some(hypothesis) = &hearing.best {
            if likely_no_speech(hearing) {
                reason = "no-speech";
            } else if hypothesis.mean() < LEAST_MEAN - 0.5 {
                reason = "low-confidence";
            } else {
                let heads = self.model.whisper.config.alignment_heads.len();
                let mut hypothesis = hypothesis.clone();
                if let Some(kept) = hypothesis.loop_at {
                    reason = "loop";
                    hypothesis.tokens.truncate(kept);
                }
                let all = words(
                    self.cpu,
                    &self.model.vocabulary,
                    heads,
                    context,
                    hearing.prompt.len(),
                    &hypothesis,
                    &hearing.language,
                );
                heard.words = settle(all, &clip.speech);
            }
        }
        heard.gaps = gaps(&heard.words, &clip.speech, GAP, reason);
        heard
    }

    /// Long stretches of speech that got no words are heard once more, alone: Whisper sometimes ends a text early.
    fn hear_gaps_again(&mut self, clip: &Clip, heard: &mut HeardClip) {
        for gap in gaps(&heard.words, &clip.speech, WORTH_HEARING_AGAIN, "no-words") {
            let whole = clip.samples.len() as f64 / SAMPLE_RATE as f64;
            if gap.end - gap.start > 0.9 * whole {
                continue;
            }
            let begin = (gap.start - SLACK).max(0.0);
            let end = (gap.end + SLACK).min(whole);
            let sample = |seconds: f64| (seconds * SAMPLE_RATE as f64) as usize;
            let part = Clip {
                samples: clip.samples[sample(begin)..sample(end).min(clip.samples.len())].to_vec(),
                speech: clip
                    .speech
                    .iter()
                    .map(|(from, to)| (from.max(gap.start) - begin, to.min(gap.end) - begin))
                    .filter(|(from, to)| to > from)
                    .collect(),
            };
            let encoding = self.encode(&part);
            let mut context = self.context(&part, &encoding);
            let Some((languages, no_speech, slot)) = self.begin(std::slice::from_mut(&mut context)).pop()
            else {
                continue;
            };
            let mut hearing = Hearing {
                language: heard.language.clone(),
                languages,
                no_speech,
                prompt: vec![slot],
                best: None,
                temperature: 0.0,
            };
            self.again(&part, &mut context, &mut hearing, Method::Beam(BEAM));
            // There is no second doubt here: what is not believed at once stays a gap.
            if self.model.doubtful(&hearing) || likely_no_speech(&hearing) {
                continue;
            }
            let mut more = self.finish(&part, &context, &hearing).words;
            // What reaches in from the neighbours was heard before.
            more.retain(|word| {
                let middle = begin + (word.start + word.end) / 2.0;
                (gap.start..gap.end).contains(&middle)
            });
            let place = heard.words.partition_point(|word| word.start < gap.start);
            heard.words.splice(
                place..place,
                more.into_iter().map(|word| LocalWord {
                    start: word.start + begin,
                    end: word.end + begin,
                    ..word
                }),
            );
        }
        let reason = heard.gaps.first().map_or("no-words", |gap| gap.reason);
        heard.words = settle(std::mem::take(&mut heard.words), &clip.speech);
        heard.gaps = gaps(&heard.words, &clip.speech, GAP, reason);
    }
}

impl Recognizer {
    fn doubtful(&self, hearing: &Hearing) -> bool {
        let Some(hypothesis) = &hearing.best else { return true };
        hypothesis.loop_at.is_some()
            || hypothesis.mean() < LEAST_MEAN
            || compression(&self.vocabulary.text(&hypothesis.tokens)) > MOST_COMPRESSION
    }
}

/// How good a text is: its mean log-probability, any loop being worse than any other text.
fn rank(text: &Option<Hypothesis>) -> f32 {
    text.as_ref()
        .map_or(f32::NEG_INFINITY, |text| text.mean() - if text.loop_at.is_some() { 10.0 } else { 0.0 })
}

/// True when Whisper itself doubts both that there is speech and what it wrote.
fn likely_no_speech(hearing: &Hearing) -> bool {
    hearing.no_speech > NO_SPEECH
        && hearing.best.as_ref().is_none_or(|hypothesis| hypothesis.mean() < LEAST_MEAN)
}

/// Length of a text over its length when compressed.
fn compression(text: &str) -> f32 {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    let written = encoder.write_all(text.as_bytes());
    match (written, encoder.finish()) {
        (Ok(()), Ok(compressed)) => text.len() as f32 / compressed.len().max(1) as f32,
        _ => 0.0,
    }
}

/// Puts words where speech is: a word that reaches into a pause is cut back to the speech it overlaps most, and a word
/// with no speech anywhere near is an invention and is left out.
fn settle(words: Vec<LocalWord>, speech: &[(f64, f64)]) -> Vec<LocalWord> {
    let mut settled: Vec<LocalWord> = Vec::new();
    for mut word in words {
        let overlap = |(from, to): &(f64, f64)| word.end.min(*to) - word.start.max(*from);
        let best = speech.iter().max_by(|one, other| overlap(one).total_cmp(&overlap(other)));
        let Some((from, to)) = best else { continue };
        if overlap(&(*from, *to)) < -SLACK {
            continue;
        }
        // Never outside the speech, however little is left: neighbouring windows share its edges but not its speech.
        word.start = word.start.clamp(*from, (to - LEAST_WORD).max(*from));
        word.end = word.end.max(word.start + LEAST_WORD).min(*to).max(word.start);
        if let Some(last) = settled.last() {
            word.start = word.start.max(last.end);
            word.end = word.end.max(word.start);
        }
        settled.push(word);
    }
    settled
}

/// Lets words that a pause follows last as long as they sound. The decoder's attention leaves a last sound early: final
/// consonants are heard long after it has moved on.
fn sound_out(words: &mut [LocalWord], samples: &[f32]) {
    /// Samples of one level: 10 ms.
    const FRAME: usize = SAMPLE_RATE / 100;
    /// A sound this far (as amplitude: 34 dB) below the loudest of its word no longer belongs to it.
    const FAINT: f32 = 0.02;
    /// Words followed this soon (seconds) by another are left alone.
    const PAUSE: f64 = 0.06;
    /// Levels of silence that a stop consonant may hold before it bursts: 120 ms.
    const CLOSURE: usize = 12;
    /// Longest sound (seconds) that may have been cut off.
    const LONGEST: f64 = 0.45;
    let level =
        |frame: &[f32]| (frame.iter().map(|sample| sample * sample).sum::<f32>() / FRAME as f32).sqrt();
    let frame_of = |seconds: f64| (seconds * 100.0).round() as usize;
    for index in 0..words.len() {
        let next = words.get(index + 1).map_or(f64::INFINITY, |word| word.start);
        let word = &mut words[index];
        if next - word.end < PAUSE {
            continue;
        }
        let first = frame_of(word.start);
        let limit = frame_of(next.min(word.end + LONGEST)).min(samples.len() / FRAME);
        let levels: Vec<f32> =
            samples.chunks_exact(FRAME).skip(first).take(limit.saturating_sub(first)).map(level).collect();
        let spoken = frame_of(word.end).saturating_sub(first).min(levels.len());
        let loudest = levels[..spoken].iter().copied().fold(0.0, f32::max);
        // Where even the quietest moment is loud there is music or noise, and faintness is judged above that.
        let quietest = levels.iter().copied().fold(f32::INFINITY, f32::min);
        let bar = (loudest * FAINT).max(quietest * 2.0);
        let mut end = spoken;
        for (frame, level) in levels.iter().enumerate().skip(spoken) {
            if *level > bar {
                end = frame + 1;
            } else if frame >= end + CLOSURE {
                break;
            }
        }
        if end > spoken {
            word.end = word.end.max((first + end) as f64 / 100.0).min(next);
        }
    }
}

/// Stretches of speech of at least `least` seconds that no word covers.
fn gaps(words: &[LocalWord], speech: &[(f64, f64)], least: f64, reason: &'static str) -> Vec<LocalGap> {
    let mut gaps: Vec<LocalGap> = Vec::new();
    for (from, to) in speech {
        let mut covered = *from;
        let edges = words.iter().map(|word| (word.start - SLACK, word.end + SLACK)).chain([(*to, *to)]);
        for (start, end) in edges {
            let start = start.min(*to);
            if start - covered >= least {
                gaps.push(LocalGap { start: covered, end: start, reason });
            }
            covered = covered.max(end);
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, start: f64, end: f64) -> LocalWord {
        LocalWord { text: text.to_owned(), start, end, confidence: 0.9, joined: false }
    }

    #[test]
    fn words_are_put_where_speech_is_and_inventions_are_left_out() {
        let speech = [(1.0, 2.0), (5.0, 6.0)];
        let heard = vec![
            word("early", 0.2, 1.4),
            word("late", 1.4, 4.0),
            word("nowhere", 3.0, 3.5),
            word("there", 5.2, 5.6),
        ];
        let settled = settle(heard, &speech);
        let times: Vec<_> = settled.iter().map(|word| (word.text.as_str(), word.start, word.end)).collect();
        assert_eq!(times, [("early", 1.0, 1.4), ("late", 1.4, 2.0), ("there", 5.2, 5.6)]);
    }

    #[test]
    fn speech_without_words_is_a_gap_and_short_hesitations_are_not() {
        let words = [word("one", 0.0, 0.5), word("two", 4.0, 4.5)];
        let found = gaps(&words, &[(0.0, 5.0), (6.0, 6.5)], 0.9, "no-words");
        assert_eq!(found, [LocalGap { start: 0.8, end: 3.7, reason: "no-words" }]);
        assert_eq!(
            gaps(&[], &[(1.0, 3.0)], 0.9, "loop"),
            [LocalGap { start: 1.0, end: 3.0, reason: "loop" }]
        );
    }

    #[test]
    fn repetition_compresses_and_speech_does_not() {
        let speech = "The minister said on Thursday that the talks would go on, and that nobody had asked for a delay.";
        assert!(compression(speech) < MOST_COMPRESSION);
        assert!(compression(&"and then he said ".repeat(12)) > MOST_COMPRESSION);
    }
}
