//! The Whisper network (Radford et al. 2022): weights, encoder and decoder, for one thread.

use crate::LoadError;
use crate::mel::FRAMES;
use crate::tensors::{TensorFile, Tensors};
use crate::tokens::Token;
use crate::voice::time_major;
use kernels::{
    AttentionScratch, Bf16Panels, Epilogue, F32Panels, Int8Matrix, Processor, QuantizedRows, attend,
    attend_cached, bf16_from_f32, gelu_in_place, layer_norm, matmul_f32, matmul_int8, scale_and_add,
};
use std::path::Path;

/// Positions of the encoder's output: one every 20 ms.
pub(crate) const POSITIONS: usize = FRAMES / 2;

/// Sizes and special tokens, as the converter wrote them.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Config {
    pub name: String,
    pub d_model: usize,
    pub heads: usize,
    pub encoder_layers: usize,
    pub decoder_layers: usize,
    pub vocabulary: usize,
    pub mel_bands: usize,
    pub audio_context: usize,
    pub text_context: usize,
    /// Layer and head of the decoder whose cross-attention follows the speech.
    pub alignment_heads: Vec<(usize, usize)>,
    pub suppress: Vec<Token>,
    pub suppress_begin: Vec<Token>,
}

struct Norm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
}

struct FeedForward {
    norm: Norm,
    up: Int8Matrix,
    down: Int8Matrix,
}

struct SelfAttention {
    norm: Norm,
    qkv: Int8Matrix,
    out: Int8Matrix,
}

struct CrossAttention {
    norm: Norm,
    q: Int8Matrix,
    kv: Int8Matrix,
    out: Int8Matrix,
}

struct EncoderLayer {
    attention: SelfAttention,
    feed_forward: FeedForward,
}

struct DecoderLayer {
    attention: SelfAttention,
    cross: CrossAttention,
    feed_forward: FeedForward,
    /// Number among all alignment heads of each head of this layer that is one.
    alignment: Vec<Option<usize>>,
}

/// Weights of a Whisper model, shared by all workers.
pub(crate) struct Whisper {
    pub config: Config,
    convolutions: [(F32Panels, Vec<f32>); 2],
    encoder_positions: Vec<f32>,
    encoder: Vec<EncoderLayer>,
    encoder_norm: Norm,
    embeddings: Int8Matrix,
    decoder_positions: Vec<f32>,
    decoder: Vec<DecoderLayer>,
    decoder_norm: Norm,
}

const FORMAT: &str = "readout-whisper-int8/1";

impl Whisper {
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let file = TensorFile::read(path)?;
        if file.metadata("format")? != FORMAT {
            return Err(file.malformed(format!("it is not of the format {FORMAT}")));
        }
        let config: Config = serde_json::from_str(&file.metadata("config")?)
            .map_err(|error| file.malformed(error.to_string()))?;
        let width = config.d_model;
        let sound = width > 0
            && width.is_multiple_of(64)
            && width <= 4096
            && config.heads > 0
            && width / config.heads == 64
            && config.audio_context == POSITIONS
            && config.text_context >= 64
            && config.text_context <= 4096
            && config.encoder_layers <= 64
            && config.decoder_layers <= 64
            && config.vocabulary <= 100_000
            && (config.mel_bands == 80 || config.mel_bands == 128)
            && !config.alignment_heads.is_empty()
            && config
                .alignment_heads
                .iter()
                .all(|(layer, head)| *layer < config.decoder_layers && *head < config.heads);
        if !sound {
            return Err(file.malformed("its sizes are not those of a Whisper model".to_owned()));
        }
        let tensors = file.tensors()?;
        let mut encoder = Vec::new();
        for layer in 0..config.encoder_layers {
            let name = format!("encoder/layer_{layer}");
            encoder.push(EncoderLayer {
                attention: self_attention(&tensors, &format!("{name}/self_attention"), width)?,
                feed_forward: feed_forward(&tensors, &format!("{name}/ffn"), width)?,
            });
        }
        let mut decoder = Vec::new();
        for layer in 0..config.decoder_layers {
            let name = format!("decoder/layer_{layer}");
            let cross = format!("{name}/attention");
            decoder.push(DecoderLayer {
                attention: self_attention(&tensors, &format!("{name}/self_attention"), width)?,
                cross: CrossAttention {
                    norm: norm(&tensors, &format!("{cross}/layer_norm"), width)?,
                    q: matrix(&tensors, &format!("{cross}/q"), width, width)?,
                    kv: matrix(&tensors, &format!("{cross}/kv"), 2 * width, width)?,
                    out: matrix(&tensors, &format!("{cross}/out"), width, width)?,
                },
                feed_forward: feed_forward(&tensors, &format!("{name}/ffn"), width)?,
                alignment: (0..config.heads)
                    .map(|head| config.alignment_heads.iter().position(|known| *known == (layer, head)))
                    .collect(),
            });
        }
        let convolution = |name: &str, inputs: usize| -> Result<_, LoadError> {
            let weight = tensors.floats(&format!("{name}/weight"), width * inputs * 3)?;
            Ok((
                F32Panels::pack(&time_major(&weight, width, inputs, 3), width, inputs * 3),
                tensors.floats(&format!("{name}/bias"), width)?,
            ))
        };
        let convolutions =
            [convolution("encoder/conv1", config.mel_bands)?, convolution("encoder/conv2", width)?];
        let vocabulary = config.vocabulary;
        Ok(Self {
            convolutions,
            encoder_positions: tensors.floats("encoder/position_encodings", POSITIONS * width)?,
            encoder,
            encoder_norm: norm(&tensors, "encoder/layer_norm", width)?,
            embeddings: Int8Matrix::pack(
                &tensors.bytes("decoder/embeddings/weight", vocabulary * width)?,
                &tensors.floats("decoder/embeddings/scale", vocabulary)?,
                None,
                vocabulary,
                width,
            ),
            decoder_positions: tensors.floats("decoder/position_encodings", config.text_context * width)?,
            decoder,
            decoder_norm: norm(&tensors, "decoder/layer_norm", width)?,
            config,
        })
    }
}

fn matrix(tensors: &Tensors<'_>, name: &str, outputs: usize, inputs: usize) -> Result<Int8Matrix, LoadError> {
    Ok(Int8Matrix::pack(
        &tensors.bytes(&format!("{name}/weight"), outputs * inputs)?,
        &tensors.floats(&format!("{name}/scale"), outputs)?,
        Some(&tensors.floats(&format!("{name}/bias"), outputs)?),
        outputs,
        inputs,
    ))
}

fn norm(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<Norm, LoadError> {
    Ok(Norm {
        gamma: tensors.floats(&format!("{name}/gamma"), width)?,
        beta: tensors.floats(&format!("{name}/beta"), width)?,
    })
}

fn self_attention(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<SelfAttention, LoadError> {
    Ok(SelfAttention {
        norm: norm(tensors, &format!("{name}/layer_norm"), width)?,
        qkv: matrix(tensors, &format!("{name}/qkv"), 3 * width, width)?,
        out: matrix(tensors, &format!("{name}/out"), width, width)?,
    })
}

fn feed_forward(tensors: &Tensors<'_>, name: &str, width: usize) -> Result<FeedForward, LoadError> {
    Ok(FeedForward {
        norm: norm(tensors, &format!("{name}/layer_norm"), width)?,
        up: matrix(tensors, &format!("{name}/up"), 4 * width, width)?,
        down: matrix(tensors, &format!("{name}/down"), width, 4 * width)?,
    })
}

/// Buffers of one worker.
#[derive(Default)]
pub(crate) struct Scratch {
    normed: Vec<f32>,
    quantized: QuantizedRows,
    projected: Vec<f32>,
    attended: Vec<f32>,
    hidden: Vec<f32>,
    convolved: Vec<f32>,
    attention: AttentionScratch,
    probabilities: Vec<f32>,
    scores: Vec<f32>,
    stream: Vec<f32>,
    packed: Option<(Bf16Panels, Bf16Panels)>,
}

/// What a window sounds like to the decoder: `POSITIONS × d_model`.
#[derive(Clone)]
pub(crate) struct Encoding(Vec<f32>);

/// Keys and values of one decoder layer's cross-attention, by head.
type CrossMemory = Vec<(Bf16Panels, Bf16Panels)>;

/// State of the decoder over one window.
///
/// Each row that was fed has a *slot*: its keys and values in every layer, and its cross-attention in the alignment
/// heads. A hypothesis is a path of slots, so that hypotheses share what they have in common and nothing is copied when
/// the search reorders them.
pub(crate) struct Context {
    cross: Vec<CrossMemory>,
    /// For each layer, for each slot: keys, then values.
    cache: Vec<Vec<f32>>,
    /// For each slot, for each alignment head: attention to the first `frames` positions, in `bf16`.
    alignment: Vec<u16>,
    frames: usize,
    slots: u32,
}

impl Context {
    /// Positions of the encoder's output that hold sound rather than padding.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// Attention of one of the `heads` alignment heads in a slot; nothing for a slot that was never fed.
    pub fn alignment(&self, slot: u32, head: usize, heads: usize) -> &[u16] {
        let begin = (slot as usize * heads + head) * self.frames;
        self.alignment.get(begin..begin + self.frames).unwrap_or(&[])
    }

    /// Takes a new slot.
    pub fn slot(&mut self) -> u32 {
        self.slots += 1;
        self.slots - 1
    }
}

/// One token fed to the decoder.
pub(crate) struct Row<'path> {
    /// Number of the window it belongs to; rows of one window stand together.
    pub context: usize,
    pub token: Token,
    /// Slots of this hypothesis, the last being this row's own; its length is the position.
    pub path: &'path [u32],
    /// Whether the scores of the next token are wanted.
    pub wanted: bool,
}

impl Whisper {
    /// Encodes a spectrogram as [`crate::mel::MelSpectrogram::compute`] makes it.
    pub fn encode(&self, cpu: Processor, mel: &[f32], scratch: &mut Scratch) -> Encoding {
        let (width, heads, bands) = (self.config.d_model, self.config.heads, self.config.mel_bands);
        let Scratch { normed, quantized, projected, attended, hidden, convolved, attention, packed, .. } =
            scratch;
        // A convolution of three frames is a product whose rows overlap: rows of three frames, one or two frames apart.
        convolved.clear();
        convolved.resize((FRAMES + 2) * width, 0.0);
        let [first, second] = &self.convolutions;
        matmul_f32(cpu, mel, bands, FRAMES, &first.0, &mut convolved[width..], width);
        for row in convolved[width..(FRAMES + 1) * width].chunks_exact_mut(width) {
            kernels::add_in_place(cpu, row, &first.1);
            gelu_in_place(cpu, row);
        }
        let mut stream = vec![0.0; POSITIONS * width];
        matmul_f32(cpu, convolved, 2 * width, POSITIONS, &second.0, &mut stream, width);
        for (row, position) in stream.chunks_exact_mut(width).zip(self.encoder_positions.chunks_exact(width))
        {
            kernels::add_in_place(cpu, row, &second.1);
            gelu_in_place(cpu, row);
            kernels::add_in_place(cpu, row, position);
        }
        normed.resize(POSITIONS * width, 0.0);
        projected.resize(POSITIONS * 3 * width, 0.0);
        attended.resize(POSITIONS * width, 0.0);
        hidden.resize(POSITIONS * 4 * width, 0.0);
        let (keys, values) = packed
            .get_or_insert_with(|| (Bf16Panels::zeroed(64, POSITIONS), Bf16Panels::zeroed(POSITIONS, 64)));
        for layer in &self.encoder {
            let norm = &layer.attention.norm;
            layer_norm(cpu, &stream, &norm.gamma, &norm.beta, normed);
            quantized.quantize(cpu, normed, width);
            matmul_int8(cpu, quantized, &layer.attention.qkv, projected, Epilogue::Store);
            for head in 0..heads {
                let column = head * 64;
                keys.fill_from_columns(&projected[width + column..], 3 * width, 64);
                values.fill_from_rows(&projected[2 * width + column..], 3 * width, POSITIONS);
                attend(
                    cpu,
                    &projected[column..],
                    3 * width,
                    POSITIONS,
                    0.125,
                    keys,
                    values,
                    &mut attended[column..],
                    width,
                    attention,
                    None,
                );
            }
            quantized.quantize(cpu, attended, width);
            matmul_int8(cpu, quantized, &layer.attention.out, &mut stream, Epilogue::Add);
            layer.feed_forward.apply(cpu, &mut stream, normed, quantized, hidden);
        }
        let mut out = vec![0.0; POSITIONS * width];
        layer_norm(cpu, &stream, &self.encoder_norm.gamma, &self.encoder_norm.beta, &mut out);
        Encoding(out)
    }

    /// Prepares the decoder for an encoded window of which the first `frames` positions hold sound.
    pub fn context(
        &self,
        cpu: Processor,
        encoding: &Encoding,
        frames: usize,
        scratch: &mut Scratch,
    ) -> Context {
        let (width, heads) = (self.config.d_model, self.config.heads);
        scratch.quantized.quantize(cpu, &encoding.0, width);
        scratch.projected.resize(POSITIONS * 2 * width, 0.0);
        let cross = self
            .decoder
            .iter()
            .map(|layer| {
                matmul_int8(
                    cpu,
                    &scratch.quantized,
                    &layer.cross.kv,
                    &mut scratch.projected,
                    Epilogue::Store,
                );
                (0..heads)
                    .map(|head| {
                        let mut keys = Bf16Panels::zeroed(64, POSITIONS);
                        let mut values = Bf16Panels::zeroed(POSITIONS, 64);
                        keys.fill_from_columns(&scratch.projected[head * 64..], 2 * width, 64);
                        values.fill_from_rows(&scratch.projected[width + head * 64..], 2 * width, POSITIONS);
                        (keys, values)
                    })
                    .collect()
            })
            .collect();
        scratch.projected.resize(POSITIONS * 3 * width, 0.0);
        Context {
            cross,
            cache: vec![Vec::new(); self.decoder.len()],
            alignment: Vec::new(),
            frames: frames.clamp(1, POSITIONS),
            slots: 0,
        }
    }

    /// Feeds rows to the decoder and writes the scores (logits) of the next token of the rows that want them, one after
    /// another, `vocabulary` each.
    pub fn decode(
        &self,
        cpu: Processor,
        contexts: &mut [Context],
        rows: &[Row<'_>],
        scratch: &mut Scratch,
        logits: &mut Vec<f32>,
    ) {
        let (width, heads) = (self.config.d_model, self.config.heads);
        let alignment_heads = self.config.alignment_heads.len();
        let count = rows.len();
        let Scratch {
            normed,
            quantized,
            projected,
            attended,
            hidden,
            attention,
            probabilities,
            scores,
            stream,
            ..
        } = scratch;
        stream.resize(count * width, 0.0);
        normed.resize(count * width, 0.0);
        projected.resize(count * 3 * width, 0.0);
        attended.resize(count * width, 0.0);
        hidden.resize(count * 4 * width, 0.0);
        for (row, out) in rows.iter().zip(stream.chunks_exact_mut(width)) {
            self.embeddings.row(row.token as usize, out);
            let position = (row.path.len() - 1).min(self.config.text_context - 1);
            scale_and_add(cpu, out, &self.decoder_positions[position * width..][..width], 1.0);
        }
        for context in contexts.iter_mut() {
            let slots = context.slots as usize;
            for cache in &mut context.cache {
                cache.resize(slots * 2 * width, 0.0);
            }
            context.alignment.resize(slots * alignment_heads * context.frames, 0);
        }
        for (index, layer) in self.decoder.iter().enumerate() {
            let norm = &layer.attention.norm;
            layer_norm(cpu, stream, &norm.gamma, &norm.beta, normed);
            quantized.quantize(cpu, normed, width);
            matmul_int8(cpu, quantized, &layer.attention.qkv, projected, Epilogue::Store);
            for (row, projected) in rows.iter().zip(projected.chunks_exact(3 * width)) {
                if let Some(slot) = row.path.last() {
                    contexts[row.context].cache[index][*slot as usize * 2 * width..][..2 * width]
                        .copy_from_slice(&projected[width..]);
                }
            }
            for ((row, projected), out) in
                rows.iter().zip(projected.chunks_exact(3 * width)).zip(attended.chunks_exact_mut(width))
            {
                let cache = &contexts[row.context].cache[index];
                attend_cached(cpu, &projected[..width], heads, 0.125, row.path, cache, out, scores);
            }
            quantized.quantize(cpu, attended, width);
            matmul_int8(cpu, quantized, &layer.attention.out, stream, Epilogue::Add);

            let norm = &layer.cross.norm;
            layer_norm(cpu, stream, &norm.gamma, &norm.beta, normed);
            quantized.quantize(cpu, normed, width);
            let queries = &mut projected[..count * width];
            matmul_int8(cpu, quantized, &layer.cross.q, queries, Epilogue::Store);
            let mut first = 0;
            while first < count {
                let context = rows[first].context;
                let together = rows[first..].iter().take_while(|row| row.context == context).count();
                let Context { cross, alignment, frames, .. } = &mut contexts[context];
                for (head, (keys, values)) in cross[index].iter().enumerate() {
                    let column = first * width + head * 64;
                    let wanted = layer.alignment[head];
                    if wanted.is_some() {
                        probabilities.resize(together * POSITIONS, 0.0);
                    }
                    attend(
                        cpu,
                        &queries[column..],
                        width,
                        together,
                        0.125,
                        keys,
                        values,
                        &mut attended[column..],
                        width,
                        attention,
                        wanted.map(|_| &mut probabilities[..]),
                    );
                    if let Some(number) = wanted {
                        for (row, probabilities) in
                            rows[first..first + together].iter().zip(probabilities.chunks_exact(POSITIONS))
                        {
                            if let Some(slot) = row.path.last() {
                                let place = (*slot as usize * alignment_heads + number) * *frames;
                                bf16_from_f32(
                                    cpu,
                                    &probabilities[..*frames],
                                    &mut alignment[place..][..*frames],
                                );
                            }
                        }
                    }
                }
                first += together;
            }
            quantized.quantize(cpu, attended, width);
            matmul_int8(cpu, quantized, &layer.cross.out, stream, Epilogue::Add);
            layer.feed_forward.apply(cpu, stream, normed, quantized, hidden);
        }
        let wanted = rows.iter().filter(|row| row.wanted).count();
        logits.clear();
        logits.resize(wanted * self.config.vocabulary, 0.0);
        if wanted == 0 {
            return;
        }
        let mut kept = 0;
        for (index, row) in rows.iter().enumerate() {
            if row.wanted {
                let source = &stream[index * width..][..width];
                layer_norm(
                    cpu,
                    source,
                    &self.decoder_norm.gamma,
                    &self.decoder_norm.beta,
                    &mut normed[kept * width..(kept + 1) * width],
                );
                kept += 1;
            }
        }
        quantized.quantize(cpu, &normed[..kept * width], width);
        matmul_int8(cpu, quantized, &self.embeddings, logits, Epilogue::Store);
    }
}

impl FeedForward {
    fn apply(
        &self,
        cpu: Processor,
        stream: &mut [f32],
        normed: &mut [f32],
        quantized: &mut QuantizedRows,
        hidden: &mut [f32],
    ) {
        layer_norm(cpu, stream, &self.norm.gamma, &self.norm.beta, normed);
        quantized.quantize(cpu, normed, self.norm.gamma.len());
        matmul_int8(cpu, quantized, &self.up, hidden, Epilogue::Gelu);
        quantized.quantize(cpu, hidden, self.up.outputs());
        matmul_int8(cpu, quantized, &self.down, stream, Epilogue::Add);
    }
}
