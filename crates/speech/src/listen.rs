//! The pipeline: samples in, windows out, voice detection and recognition overlapped.
//!
//! One thread takes blocks, finds the speech and packs windows; each worker thread hears windows; the caller's thread is
//! told what happens. Windows are heard independently, so the number of workers changes nothing but the time it takes.

use crate::engine::{LanguageScores, Manner, Prepared};
use crate::packing::{Packer, Segmenter, Span, Window};
use crate::sound::SoundLabels;
use crate::voice::VoiceDetector;
use crate::{Event, Heard, Models, Request};
use model::{HeardWindow, Millis, Stretch, StretchKind, Word};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};

/// Windows from which the language of a recording is found.
const WINDOWS_FOR_LANGUAGE: usize = 4;
/// Windows that a worker hears together: the decoder's weights are read once for all of them.
const TOGETHER: usize = 4;

/// What the threads tell the caller's thread.
enum Told {
    Decoded(Millis),
    Packed { index: u32, start: Millis },
    Language(String),
    Heard(Box<HeardWindow>),
}

struct Job {
    window: Window,
    prepared: Option<Prepared>,
}

/// Windows waiting to be heard.
struct Queue {
    state: Mutex<QueueState>,
    changed: Condvar,
    capacity: usize,
    stopped: AtomicBool,
}

#[derive(Default)]
struct QueueState {
    waiting: VecDeque<Job>,
    ended: bool,
    language: Option<String>,
    /// Windows taken to find the language, and what came back.
    sent_for_language: usize,
    scored: Vec<(Job, LanguageScores)>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'guard>(&self, guard: MutexGuard<'guard, QueueState>) -> MutexGuard<'guard, QueueState> {
        self.changed.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Adds a window, waiting while the queue is full.
    fn push(&self, window: Window) {
        let mut state = self.lock();
        while state.waiting.len() >= self.capacity && !self.stopped() {
            state = self.wait(state);
        }
        state.waiting.push_back(Job { window, prepared: None });
        self.changed.notify_all();
    }

    fn end(&self) {
        self.lock().ended = true;
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.changed.notify_all();
    }

    /// What a worker is to do next; `None` when there is nothing left.
    fn next(&self, workers: usize) -> Option<Task> {
        let mut state = self.lock();
        loop {
            if self.stopped() {
                return None;
            }
            if let Some(language) = &state.language {
                if !state.waiting.is_empty() {
                    let language = language.clone();
                    // At the end of a recording the last windows are shared out rather than taken by one.
                    let share = if state.ended { state.waiting.len().div_ceil(workers) } else { TOGETHER };
                    let count = share.clamp(1, TOGETHER).min(state.waiting.len());
                    let jobs = state.waiting.drain(..count).collect();
                    self.changed.notify_all();
                    return Some(Task::Hear { jobs, language });
                }
                if state.ended {
                    return None;
                }
            } else if state.sent_for_language < WINDOWS_FOR_LANGUAGE
                && let Some(job) = state.waiting.pop_front()
            {
                state.sent_for_language += 1;
                self.changed.notify_all();
                return Some(Task::FindLanguage(job));
            } else if state.ended && state.sent_for_language == 0 {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Takes the scores of one window; gives the language once all are in.
    fn score(&self, job: Job, scores: LanguageScores) {
        self.lock().scored.push((job, scores));
    }

    /// Decides the language when enough windows are scored. The sum of log-probabilities over the first windows decides,
    /// whatever order they came back in.
    fn decide(&self) -> Option<String> {
        let mut state = self.lock();
        let all_in = state.scored.len() == state.sent_for_language
            && (state.sent_for_language == WINDOWS_FOR_LANGUAGE || (state.ended && state.waiting.is_empty()));
        if state.language.is_some() || !all_in || state.scored.is_empty() {
            return None;
        }
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        state.scored.sort_by_key(|(job, _)| job.window.index);
        for (job, scores) in &state.scored {
            let weight = job.window.speech.seconds();
            for (language, score) in &scores.0 {
                *sums.entry(language.clone()).or_default() += weight * f64::from(score.max(-10.0));
            }
        }
        let best = sums.into_iter().max_by(|one, other| one.1.total_cmp(&other.1));
        let language = best.map_or_else(|| "en".to_owned(), |(language, _)| language);
        state.language = Some(language.clone());
        for (job, _) in std::mem::take(&mut state.scored).into_iter().rev() {
            state.waiting.push_front(job);
        }
        self.changed.notify_all();
        Some(language)
    }
}

/// Stops the queue when the thread that holds it panics, so that no other thread waits for it for ever.
struct StopOnPanic<'queue>(&'queue Queue);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

enum Task {
    FindLanguage(Job),
    Hear { jobs: Vec<Job>, language: String },
}

/// Hears a recording; see [`crate::hear`].
pub(crate) fn listen<E: Send>(
    blocks: impl Iterator<Item = Result<media::Block, E>> + Send,
    models: &Models,
    request: &Request,
    language: Option<&str>,
    already: &[HeardWindow],
    observer: &mut dyn FnMut(Event<'_>) -> ControlFlow<()>,
) -> Result<Heard, E> {
    let workers = request.workers.max(1);
    let given = request.language.as_deref().or(language).map(ToOwned::to_owned);
    let queue = Queue {
        state: Mutex::new(QueueState { language: given.clone(), ..QueueState::default() }),
        changed: Condvar::new(),
        capacity: (workers + 1) * TOGETHER,
        stopped: AtomicBool::new(false),
    };
    let known: HashMap<u32, &HeardWindow> = already.iter().map(|window| (window.index, window)).collect();
    let mut heard = Heard { language: given, ..Heard::default() };
    let (tell, told) = mpsc::channel();
    let produced = std::thread::scope(|scope| {
        let queue = &queue;
        let known = &known;
        let producer = {
            let tell = tell.clone();
            scope.spawn(move || {
                let _guard = StopOnPanic(queue);
                let produced = produce(blocks, models, queue, known, &tell);
                queue.end();
                // The last window may have been the last that the language was waiting for.
                if let Some(language) = queue.decide() {
                    let _ = tell.send(Told::Language(language));
                }
                produced
            })
        };
        for _ in 0..workers {
            let tell = tell.clone();
            scope.spawn(move || work(models, request, queue, workers, &tell));
        }
        drop(tell);
        let mut pending: BTreeMap<u32, Millis> = BTreeMap::new();
        let mut decoded = Millis(0);
        for event in told {
            let flow = match event {
                Told::Decoded(instant) => {
                    decoded = instant;
                    ControlFlow::Continue(())
                }
                Told::Packed { index, start } => {
                    pending.insert(index, start);
                    ControlFlow::Continue(())
                }
                Told::Language(language) => {
                    let flow = observer(Event::Language(&language));
                    heard.language = Some(language);
                    flow
                }
                Told::Heard(window) => {
                    pending.remove(&window.index);
                    observer(Event::Window(&window))
                }
            };
            let frontier = pending.values().next().copied().unwrap_or(decoded).min(decoded);
            if flow.is_break() || observer(Event::Progress { decoded, heard: frontier }).is_break() {
                heard.stopped = true;
                queue.stop();
            }
        }
        producer.join()
    });
    let produced = match produced {
        Ok(produced) => produced,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let (stretches, duration, speech) = produced?;
    heard.stretches = stretches;
    heard.duration = duration;
    heard.speech = speech;
    Ok(heard)
}

/// Takes blocks, finds speech and sends windows; gives the labels of what is not speech, the length, and the length of
/// the speech.
fn produce<E>(
    blocks: impl Iterator<Item = Result<media::Block, E>>,
    models: &Models,
    queue: &Queue,
    known: &HashMap<u32, &HeardWindow>,
    tell: &mpsc::Sender<Told>,
) -> Result<(Vec<Stretch>, Millis, Millis), E> {
    let mut detector = VoiceDetector::new(&models.voice, models.cpu);
    let mut labels = SoundLabels::new();
    let mut segmenter = Segmenter::default();
    let mut packer = Packer::default();
    let mut spans: Vec<Span> = Vec::new();
    let mut probabilities = Vec::new();
    let mut length = 0;
    let millis = |samples: usize| Millis(samples as u64 * 1000 / u64::from(media::SAMPLE_RATE));
    let send = |window: Window| {
        let heard_before = known.get(&window.index).is_some_and(|heard| {
            heard.start == window.start && heard.end == window.end && heard.speech == window.speech
        });
        if !heard_before {
            let _ = tell.send(Told::Packed { index: window.index, start: window.start });
            queue.push(window);
        }
    };
    for block in blocks {
        if queue.stopped() {
            break;
        }
        let block = block?;
        length += block.samples.len();
        packer.push_audio(&block.samples);
        labels.push(&block.samples);
        detector.push(&block.samples, &mut probabilities);
        for probability in probabilities.drain(..) {
            if let Some(span) = segmenter.push(probability) {
                spans.push(span);
                packer.push_span(span).into_iter().for_each(&send);
            }
        }
        packer.advance(segmenter.horizon()).into_iter().for_each(&send);
        let _ = tell.send(Told::Decoded(millis(length)));
    }
    if !queue.stopped() {
        detector.finish(&mut probabilities);
        for probability in probabilities.drain(..) {
            if let Some(span) = segmenter.push(probability) {
                spans.push(span);
                packer.push_span(span).into_iter().for_each(&send);
            }
        }
        if let Some(span) = segmenter.finish() {
            let span = Span { end: span.end.min(length), ..span };
            spans.push(span);
            packer.push_span(span).into_iter().for_each(&send);
        }
        packer.finish().into_iter().for_each(&send);
    }
    let speech = spans.iter().map(|span| span.end - span.start).sum();
    Ok((labels.label(&spans, length), millis(length), millis(speech)))
}

fn work(models: &Models, request: &Request, queue: &Queue, workers: usize, tell: &mpsc::Sender<Told>) {
    let _guard = StopOnPanic(queue);
    let mut listener = models.engine.listener();
    while let Some(task) = queue.next(workers) {
        match task {
            Task::FindLanguage(mut job) => {
                let (scores, prepared) = listener.languages(&job.window.clip);
                job.prepared = Some(prepared);
                queue.score(job, scores);
                if let Some(language) = queue.decide() {
                    let _ = tell.send(Told::Language(language));
                }
            }
            Task::Hear { mut jobs, language } => {
                let clips: Vec<_> = jobs
                    .iter_mut()
                    .map(|job| (std::mem::take(&mut job.window.clip), job.prepared.take()))
                    .collect();
                let stated = request.language.is_some();
                let manner = Manner { language: &language, stated, quality: request.quality };
                let heard = listener.hear(&clips, manner);
                for (job, heard) in jobs.into_iter().zip(heard) {
                    let _ = tell.send(Told::Heard(Box::new(placed(&job.window, heard))));
                }
            }
        }
    }
}

/// Puts what was heard in a clip on the timeline of the recording.
fn placed(window: &Window, heard: crate::engine::HeardClip) -> HeardWindow {
    HeardWindow {
        index: window.index,
        start: window.start,
        end: window.end,
        speech: window.speech,
        language: heard.language,
        words: heard
            .words
            .into_iter()
            .map(|word| {
                let start = window.instant(word.start);
                let end = window.instant(word.end).max(start);
                Word {
                    text: word.text,
                    start,
                    end,
                    confidence: word.confidence,
                    joined: word.joined,
                    timing: model::Timing::Measured,
                }
            })
            .collect(),
        gaps: heard
            .gaps
            .into_iter()
            .map(|gap| Stretch {
                start: window.instant(gap.start),
                end: window.instant(gap.end),
                kind: StretchKind::Gap,
                reason: gap.reason.to_owned(),
            })
            .collect(),
        mean_log_probability: heard.mean_log_probability,
        temperature: heard.temperature,
    }
}
