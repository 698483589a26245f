//! The recogniser as a witness: how well a sound carries one wording of a place or another.
//!
//! Each wording is put into the text around it and the whole is fed to the decoder as if it had written it (teacher forcing); what
//! is asked for is the log-probability of each token. A decoder knows two things: what it hears, and what people usually
//! write. Of the second a rare name has little, however clearly it was said. So the same tokens are scored once more over
//! silence, where only habit speaks, and both are told.

use crate::engine::Clip;
use crate::mel::SAMPLE_RATE;
use crate::recognizer::Worker;
use crate::tokens::Token;
use crate::whisper::{Context, Row};
use kernels::log_sum_exp;

/// Tokens after a wording that are scored with it: whoever hears a name wrong stumbles over what follows.
const FOLLOWING: usize = 4;
/// Tokens before a wording that the decoder is given at most; the decoder has room for 448 in all.
const BEFORE: usize = 160;
/// Tokens of one wording; longer ones are no names.
const LONGEST: usize = 48;
/// Wordings of one place that are scored.
const MOST: usize = 8;

/// A place in a clip with the wordings that are possible there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// What is said before it in the clip.
    pub before: String,
    /// What may be said there.
    pub wordings: Vec<String>,
    /// What is said after it in the clip.
    pub after: String,
}

/// What the recogniser says of one wording. Sums of natural log-probabilities.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Testimony {
    /// Tokens of the wording.
    pub tokens: u32,
    /// The wording, given the sound.
    pub sound: f32,
    /// The wording, given silence: what is habit.
    pub habit: f32,
    /// The tokens right after it, given the sound.
    pub sound_after: f32,
    /// The same, given silence.
    pub habit_after: f32,
}

/// Something that weighs wordings against a sound, on one thread.
pub trait Witness {
    /// For each question what is said of each wording. `samples`: 16 kHz mono, 30 seconds at most; `language` in BCP 47.
    fn weigh(&mut self, samples: &[f32], language: &str, questions: &[Question]) -> Vec<Vec<Testimony>>;
}

impl Witness for Worker<'_> {
    fn weigh(&mut self, samples: &[f32], language: &str, questions: &[Question]) -> Vec<Vec<Testimony>> {
        let longest = 30 * SAMPLE_RATE;
        let clip = Clip { samples: samples[..samples.len().min(longest)].to_vec(), speech: Vec::new() };
        let sound = self.encode(&clip);
        let silence = self.silence();
        let mut contexts = [self.context(&clip, &sound), self.context(&clip, &silence)];
        questions.iter().map(|question| self.testify(&mut contexts, language, question)).collect()
    }
}

impl Worker<'_> {
    fn testify(
        &mut self,
        contexts: &mut [Context; 2],
        language: &str,
        question: &Question,
    ) -> Vec<Testimony> {
        let (model, cpu) = (self.model, self.cpu);
        let vocabulary = &model.vocabulary;
        let size = model.whisper.config.vocabulary;
        let wordings: Vec<Vec<Token>> = (question.wordings.iter().take(MOST))
            .map(|wording| vocabulary.tokens(wording).into_iter().take(LONGEST).collect())
            .collect();
        let after: Vec<Token> = vocabulary.tokens(&question.after).into_iter().take(FOLLOWING).collect();
        let mut prefix = vec![vocabulary.start_of_transcript];
        if let Some(language) = vocabulary.language(language) {
            prefix.extend([language, vocabulary.transcribe]);
        }
        prefix.push(vocabulary.no_timestamps);
        let before = vocabulary.tokens(&question.before);
        prefix.extend(&before[before.len().saturating_sub(BEFORE)..]);

        // What comes before is fed once for all wordings.
        let slots = |context: &mut Context, count: usize| (0..count).map(|_| context.slot()).collect();
        let shared: Vec<Vec<u32>> = contexts.iter_mut().map(|context| slots(context, prefix.len())).collect();
        let rows: Vec<Row<'_>> = (0..)
            .zip(&shared)
            .flat_map(|(context, path)| {
                prefix.iter().enumerate().map(move |(place, token)| Row {
                    context,
                    token: *token,
                    path: &path[..=place],
                    wanted: place + 1 == path.len(),
                })
            })
            .collect();
        model.whisper.decode(cpu, contexts, &rows, &mut self.scratch, &mut self.logits);
        let log_probability =
            |scores: &[f32], token: Token| scores[token as usize] - log_sum_exp(cpu, scores);
        let first: Vec<Vec<f32>> = (self.logits.chunks_exact(size))
            .map(|scores| {
                let begin = |tokens: &Vec<Token>| tokens.first().map(|token| log_probability(scores, *token));
                wordings.iter().map(|tokens| begin(tokens).unwrap_or_default()).collect()
            })
            .collect();

        // Then each wording with what follows; what its last token leads to is not asked.
        let mut texts: Vec<(usize, usize, Vec<Token>, Vec<u32>)> = Vec::new();
        for (context, shared) in shared.iter().enumerate() {
            for (number, wording) in wordings.iter().enumerate() {
                let tokens = [wording.as_slice(), &after].concat();
                let mut path = shared.clone();
                path.extend(slots(&mut contexts[context], tokens.len()));
                texts.push((context, number, tokens, path));
            }
        }
        let rows: Vec<Row<'_>> = texts
            .iter()
            .flat_map(|(context, _, tokens, path)| {
                let fed = tokens.len().saturating_sub(1);
                tokens[..fed].iter().enumerate().map(|(place, token)| Row {
                    context: *context,
                    token: *token,
                    path: &path[..prefix.len() + place + 1],
                    wanted: true,
                })
            })
            .collect();
        if !rows.is_empty() {
            model.whisper.decode(cpu, contexts, &rows, &mut self.scratch, &mut self.logits);
        }
        let mut scores = self.logits.chunks_exact(size);
        let mut testimonies = vec![Testimony::default(); wordings.len()];
        for (context, number, tokens, _) in &texts {
            let own = wordings[*number].len();
            let testimony = &mut testimonies[*number];
            testimony.tokens = own as u32;
            for (place, token) in tokens.iter().enumerate() {
                let given = match place {
                    0 => first[*context][*number],
                    _ => scores.next().map_or(0.0, |scores| log_probability(scores, *token)),
                };
                let sum = match (*context, place < own) {
                    (0, true) => &mut testimony.sound,
                    (0, false) => &mut testimony.sound_after,
                    (_, true) => &mut testimony.habit,
                    (_, false) => &mut testimony.habit_after,
                };
                *sum += given;
            }
        }
        testimonies
    }
}
