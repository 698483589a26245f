//! Voice detection: the probability of speech for every 32 ms.
//!
//! The network is Silero VAD v6 at 16 kHz (MIT): a short-time Fourier transform as a convolution, four convolutions, an
//! LSTM cell and a logistic output. All but the LSTM's recurrence is computed for many chunks at once.

use crate::LoadError;
use crate::tensors::TensorFile;
use kernels::{F32Panels, Processor, add_in_place, matmul_f32, sigmoid, tanh};
use std::path::Path;

/// Samples of one chunk: one probability each.
pub const CHUNK: usize = 512;
/// Samples of the chunk before that a chunk sees.
const CONTEXT: usize = 64;
/// Samples mirrored at the end of a chunk.
const MIRROR: usize = 64;
const SPAN: usize = CONTEXT + CHUNK + MIRROR;
/// Samples between Fourier transforms, and their length.
const STEP: usize = 128;
const WINDOW: usize = 256;
const BINS: usize = WINDOW / 2 + 1;
const STATE: usize = 128;
/// Chunks computed together.
const BATCH: usize = 32;

/// The network's weights, shared by all detectors.
pub(crate) struct VoiceModel {
    transform: F32Panels,
    convolutions: [(F32Panels, Vec<f32>); 4],
    input: (F32Panels, Vec<f32>),
    recurrent: F32Panels,
    output: (Vec<f32>, f32),
}

impl VoiceModel {
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let file = TensorFile::read(path)?;
        let tensors = file.tensors()?;
        let convolution = |name: &str, outputs: usize, inputs: usize| -> Result<_, LoadError> {
            let weight = tensors.floats(&format!("{name}.weight"), outputs * inputs * 3)?;
            Ok((
                F32Panels::pack(&time_major(&weight, outputs, inputs, 3), outputs, inputs * 3),
                tensors.floats(&format!("{name}.bias"), outputs)?,
            ))
        };
        // The last convolution sees one frame between two of padding, so only its middle tap counts.
        let last = tensors.floats("conv4.weight", 128 * 64 * 3)?;
        let middle: Vec<f32> = last.iter().skip(1).step_by(3).copied().collect();
        let mut bias = tensors.floats("lstm_cell.bias_ih", 4 * STATE)?;
        for (bias, other) in bias.iter_mut().zip(tensors.floats("lstm_cell.bias_hh", 4 * STATE)?) {
            *bias += other;
        }
        Ok(Self {
            transform: F32Panels::pack(
                &tensors.floats("stft_conv.weight", 2 * BINS * WINDOW)?,
                2 * BINS,
                WINDOW,
            ),
            convolutions: [
                convolution("conv1", 128, BINS)?,
                convolution("conv2", 64, 128)?,
                convolution("conv3", 64, 64)?,
                (F32Panels::pack(&middle, 128, 64), tensors.floats("conv4.bias", 128)?),
            ],
            input: (
                F32Panels::pack(&tensors.floats("lstm_cell.weight_ih", 4 * STATE * 128)?, 4 * STATE, 128),
                bias,
            ),
            recurrent: F32Panels::pack(
                &tensors.floats("lstm_cell.weight_hh", 4 * STATE * STATE)?,
                4 * STATE,
                STATE,
            ),
            output: (
                tensors.floats("final_conv.weight", STATE)?,
                tensors.floats("final_conv.bias", 1)?.first().copied().unwrap_or(0.0),
            ),
        })
    }
}

/// `[outputs, inputs, taps]` to `[outputs, taps, inputs]`, so that a convolution is a product with rows that overlap.
pub(crate) fn time_major(weight: &[f32], outputs: usize, inputs: usize, taps: usize) -> Vec<f32> {
    let mut turned = vec![0.0; weight.len()];
    for output in 0..outputs {
        for input in 0..inputs {
            for tap in 0..taps {
                turned[(output * taps + tap) * inputs + input] =
                    weight[(output * inputs + input) * taps + tap];
            }
        }
    }
    turned
}

/// Detects voice in a stream of samples.
pub(crate) struct VoiceDetector<'model> {
    model: &'model VoiceModel,
    cpu: Processor,
    context: [f32; CONTEXT],
    pending: Vec<f32>,
    hidden: Vec<f32>,
    cell: Vec<f32>,
}

impl<'model> VoiceDetector<'model> {
    pub fn new(model: &'model VoiceModel, cpu: Processor) -> Self {
        Self {
            model,
            cpu,
            context: [0.0; CONTEXT],
            pending: Vec::new(),
            hidden: vec![0.0; STATE],
            cell: vec![0.0; STATE],
        }
    }

    /// Takes samples and appends the probabilities of the chunks that became ready.
    pub fn push(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) {
        self.pending.extend_from_slice(samples);
        while self.pending.len() >= BATCH * CHUNK {
            let rest = self.pending.split_off(BATCH * CHUNK);
            let batch = std::mem::replace(&mut self.pending, rest);
            self.detect(&batch, probabilities);
        }
    }

    /// Ends the stream: what is left is padded with silence.
    pub fn finish(&mut self, probabilities: &mut Vec<f32>) {
        let mut last = std::mem::take(&mut self.pending);
        if !last.is_empty() {
            last.resize(last.len().next_multiple_of(CHUNK), 0.0);
            self.detect(&last, probabilities);
        }
    }

    fn detect(&mut self, samples: &[f32], probabilities: &mut Vec<f32>) {
        let (model, cpu) = (self.model, self.cpu);
        let chunks = samples.len() / CHUNK;
        // Rows of the transform start every 128 samples; the fifth of each chunk straddles two chunks and is not used.
        let mut spans = vec![0.0; chunks * SPAN + WINDOW];
        for (chunk, span) in samples.chunks_exact(CHUNK).zip(spans.chunks_exact_mut(SPAN)) {
            span[..CONTEXT].copy_from_slice(&self.context);
            span[CONTEXT..CONTEXT + CHUNK].copy_from_slice(chunk);
            for (offset, value) in chunk.iter().rev().skip(1).take(MIRROR).enumerate() {
                span[CONTEXT + CHUNK + offset] = *value;
            }
            self.context.copy_from_slice(&chunk[CHUNK - CONTEXT..]);
        }
        let rows = SPAN / STEP;
        let mut bins = vec![0.0; chunks * rows * 2 * BINS];
        matmul_f32(cpu, &spans, STEP, chunks * rows, &model.transform, &mut bins, 2 * BINS);
        // Each stage's frames lie between frames of zeros: the padding of the convolution after it.
        let mut magnitudes = vec![0.0; (chunks * 6 + 2) * BINS];
        for chunk in 0..chunks {
            for frame in 0..4 {
                let source = &bins[(chunk * rows + frame) * 2 * BINS..][..2 * BINS];
                let (real, imaginary) = source.split_at(BINS);
                let out = &mut magnitudes[(chunk * 6 + 1 + frame) * BINS..][..BINS];
                for ((out, real), imaginary) in out.iter_mut().zip(real).zip(imaginary) {
                    *out = (real * real + imaginary * imaginary).sqrt();
                }
            }
        }
        let [first, second, third, fourth] = &model.convolutions;
        let mut wide = vec![0.0; chunks * 6 * 128];
        matmul_f32(cpu, &magnitudes, BINS, chunks * 6, &first.0, &mut wide, 128);
        let padded = rectify(&wide, &first.1, chunks, 6, 4, 6);
        let mut halved = vec![0.0; chunks * 3 * 64];
        matmul_f32(cpu, &padded, 2 * 128, chunks * 3, &second.0, &mut halved, 64);
        let padded = rectify(&halved, &second.1, chunks, 3, 2, 4);
        let mut single = vec![0.0; chunks * 64];
        matmul_f32(cpu, &padded, 4 * 64, chunks, &third.0, &mut single, 64);
        relu(&mut single, &third.1);
        let mut features = vec![0.0; chunks * 128];
        matmul_f32(cpu, &single, 64, chunks, &fourth.0, &mut features, 128);
        relu(&mut features, &fourth.1);
        let mut gates = vec![0.0; chunks * 4 * STATE];
        matmul_f32(cpu, &features, 128, chunks, &model.input.0, &mut gates, 4 * STATE);
        let mut recurrent = vec![0.0; 4 * STATE];
        for gates in gates.chunks_exact_mut(4 * STATE) {
            matmul_f32(cpu, &self.hidden, STATE, 1, &model.recurrent, &mut recurrent, 4 * STATE);
            add_in_place(cpu, gates, &recurrent);
            add_in_place(cpu, gates, &model.input.1);
            let (input, rest) = gates.split_at(STATE);
            let (forget, rest) = rest.split_at(STATE);
            let (candidate, output) = rest.split_at(STATE);
            let mut sum = model.output.1;
            for index in 0..STATE {
                let cell = sigmoid(forget[index]) * self.cell[index]
                    + sigmoid(input[index]) * tanh(candidate[index]);
                let hidden = sigmoid(output[index]) * tanh(cell);
                self.cell[index] = cell;
                self.hidden[index] = hidden;
                sum += hidden.max(0.0) * model.output.0[index];
            }
            probabilities.push(sigmoid(sum));
        }
    }
}

/// Adds the bias, cuts off below zero, and moves the first `used` of every `stride` frames to place 1 of `padded` frames.
fn rectify(
    values: &[f32],
    bias: &[f32],
    chunks: usize,
    stride: usize,
    used: usize,
    padded: usize,
) -> Vec<f32> {
    let width = bias.len();
    let mut out = vec![0.0; (chunks * padded + 2) * width];
    for chunk in 0..chunks {
        for frame in 0..used {
            let source = &values[(chunk * stride + frame) * width..][..width];
            let target = &mut out[(chunk * padded + 1 + frame) * width..][..width];
            for ((target, source), bias) in target.iter_mut().zip(source).zip(bias) {
                *target = (source + bias).max(0.0);
            }
        }
    }
    out
}

fn relu(values: &mut [f32], bias: &[f32]) {
    for row in values.chunks_exact_mut(bias.len()) {
        for (value, bias) in row.iter_mut().zip(bias) {
            *value = (*value + bias).max(0.0);
        }
    }
}
