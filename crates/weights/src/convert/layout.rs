//! What a converted file holds: its tensors in order, and where in the published model each comes from.

use super::FORMAT;
use super::settings::Config;
use super::source::{Naming, Source};

/// One tensor of the converted file.
pub(super) struct Output {
    pub name: String,
    pub shape: Vec<usize>,
    pub content: Content,
}

/// How the bytes of a tensor are made.
pub(super) enum Content {
    /// f32, the parts one after another.
    Floats(Vec<Part>),
    /// int8, the rows of the parts one after another; `keep` sets its scales aside for [`Content::KeptScales`].
    Matrix { parts: Vec<Part>, keep: bool },
    /// The scales of the matrix before.
    Scales,
    /// The scales set aside.
    KeptScales,
}

/// A run of numbers.
pub(super) enum Part {
    /// A whole tensor of the published model, with the shape it must have.
    Tensor { name: String, shape: Vec<usize> },
    /// Zeros: the bias that Whisper's keys do not have.
    Zeros(usize),
}

impl Part {
    pub fn count(&self) -> usize {
        match self {
            Part::Tensor { shape, .. } => shape.iter().product(),
            Part::Zeros(count) => *count,
        }
    }
}

/// All tensors, in the order of the file. The embeddings' scales stand last: theirs is the only size that need not be
/// a multiple of 64 bytes, so that every tensor is aligned without holes, which safetensors forbids.
pub(super) fn outputs(config: &Config, naming: Naming) -> Vec<Output> {
    let mut list = List { outputs: Vec::new(), naming, width: config.d_model };
    let d = config.d_model;
    for (conv, inputs) in [("conv1", config.mel_bands), ("conv2", d)] {
        list.floats(
            &format!("encoder/{conv}/weight"),
            &format!("model.encoder.{conv}.weight"),
            vec![d, inputs, 3],
        );
        list.floats(&format!("encoder/{conv}/bias"), &format!("model.encoder.{conv}.bias"), vec![d]);
    }
    list.positions("encoder", config.audio_context);
    for layer in 0..config.encoder_layers {
        let ours = format!("encoder/layer_{layer}");
        let theirs = format!("model.encoder.layers.{layer}");
        list.self_attention(&ours, &theirs);
        list.feed_forward(&ours, &theirs);
    }
    list.norm("encoder/layer_norm", "model.encoder.layer_norm");

    list.outputs.push(Output {
        name: "decoder/embeddings/weight".into(),
        shape: vec![config.vocabulary, d],
        content: Content::Matrix {
            parts: vec![list.tensor(
                "decoder/embeddings/weight",
                "model.decoder.embed_tokens.weight",
                vec![config.vocabulary, d],
            )],
            keep: true,
        },
    });
    list.positions("decoder", config.text_context);
    for layer in 0..config.decoder_layers {
        let ours = format!("decoder/layer_{layer}");
        let theirs = format!("model.decoder.layers.{layer}");
        list.self_attention(&ours, &theirs);
        list.cross_attention(&ours, &theirs);
        list.feed_forward(&ours, &theirs);
    }
    list.norm("decoder/layer_norm", "model.decoder.layer_norm");
    list.outputs.push(Output {
        name: "decoder/embeddings/scale".into(),
        shape: vec![config.vocabulary],
        content: Content::KeptScales,
    });
    list.outputs
}

struct List {
    outputs: Vec<Output>,
    naming: Naming,
    width: usize,
}

impl List {
    fn tensor(&self, ctranslate2: &str, hugging_face: &str, shape: Vec<usize>) -> Part {
        let name = match self.naming {
            Naming::CTranslate2 => ctranslate2,
            Naming::HuggingFace => hugging_face,
        };
        Part::Tensor { name: name.to_owned(), shape }
    }

    fn floats(&mut self, ours: &str, hugging_face: &str, shape: Vec<usize>) {
        let part = self.tensor(ours, hugging_face, shape.clone());
        self.outputs.push(Output { name: ours.to_owned(), shape, content: Content::Floats(vec![part]) });
    }

    fn positions(&mut self, side: &str, length: usize) {
        let shape = vec![length, self.width];
        let part = self.tensor(
            &format!("{side}/position_encodings/encodings"),
            &format!("model.{side}.embed_positions.weight"),
            shape.clone(),
        );
        let name = format!("{side}/position_encodings");
        self.outputs.push(Output { name, shape, content: Content::Floats(vec![part]) });
    }

    fn norm(&mut self, ours: &str, theirs: &str) {
        let shape = vec![self.width];
        self.floats(&format!("{ours}/gamma"), &format!("{theirs}.weight"), shape.clone());
        self.floats(&format!("{ours}/beta"), &format!("{theirs}.bias"), shape);
    }

    /// A projection to `rows` outputs. CTranslate2 keeps it as one `linear_n`; Hugging Face as one or more projections
    /// of equal size, which are stacked in the order given, keys having no bias.
    fn projection(&mut self, ours: &str, fused: &str, separate: &[String], rows: usize, columns: usize) {
        let (weights, biases) = match self.naming {
            Naming::CTranslate2 => (
                vec![Part::Tensor { name: format!("{fused}/weight"), shape: vec![rows, columns] }],
                vec![Part::Tensor { name: format!("{fused}/bias"), shape: vec![rows] }],
            ),
            Naming::HuggingFace => {
                let each = rows / separate.len().max(1);
                let weight = |name: &String| Part::Tensor {
                    name: format!("{name}.weight"),
                    shape: vec![each, columns],
                };
                let bias = |name: &String| match name.ends_with(".k_proj") {
                    true => Part::Zeros(each),
                    false => Part::Tensor { name: format!("{name}.bias"), shape: vec![each] },
                };
                (separate.iter().map(weight).collect(), separate.iter().map(bias).collect())
            }
        };
        let mut push = |name: &str, shape, content| {
            self.outputs.push(Output { name: format!("{ours}/{name}"), shape, content });
        };
        push("weight", vec![rows, columns], Content::Matrix { parts: weights, keep: false });
        push("scale", vec![rows], Content::Scales);
        push("bias", vec![rows], Content::Floats(biases));
    }

    fn self_attention(&mut self, ours: &str, theirs: &str) {
        let d = self.width;
        let here = format!("{ours}/self_attention");
        let there = format!("{theirs}.self_attn");
        self.norm(&format!("{here}/layer_norm"), &format!("{theirs}.self_attn_layer_norm"));
        let fused = ["q_proj", "k_proj", "v_proj"].map(|name| format!("{there}.{name}"));
        self.projection(&format!("{here}/qkv"), &format!("{here}/linear_0"), &fused, 3 * d, d);
        let out = [format!("{there}.out_proj")];
        self.projection(&format!("{here}/out"), &format!("{here}/linear_1"), &out, d, d);
    }

    fn cross_attention(&mut self, ours: &str, theirs: &str) {
        let d = self.width;
        let here = format!("{ours}/attention");
        let there = format!("{theirs}.encoder_attn");
        self.norm(&format!("{here}/layer_norm"), &format!("{theirs}.encoder_attn_layer_norm"));
        self.projection(
            &format!("{here}/q"),
            &format!("{here}/linear_0"),
            &[format!("{there}.q_proj")],
            d,
            d,
        );
        let fused = ["k_proj", "v_proj"].map(|name| format!("{there}.{name}"));
        self.projection(&format!("{here}/kv"), &format!("{here}/linear_1"), &fused, 2 * d, d);
        self.projection(
            &format!("{here}/out"),
            &format!("{here}/linear_2"),
            &[format!("{there}.out_proj")],
            d,
            d,
        );
    }

    fn feed_forward(&mut self, ours: &str, theirs: &str) {
        let d = self.width;
        let here = format!("{ours}/ffn");
        self.norm(&format!("{here}/layer_norm"), &format!("{theirs}.final_layer_norm"));
        self.projection(
            &format!("{here}/up"),
            &format!("{here}/linear_0"),
            &[format!("{theirs}.fc1")],
            4 * d,
            d,
        );
        self.projection(
            &format!("{here}/down"),
            &format!("{here}/linear_1"),
            &[format!("{theirs}.fc2")],
            d,
            4 * d,
        );
    }
}

/// Checks that the published model has every tensor, in the shape that it must have, before anything is written.
pub(super) fn check<R>(outputs: &[Output], source: &Source<R>) -> Result<(), String> {
    for output in outputs {
        let (Content::Floats(parts) | Content::Matrix { parts, .. }) = &output.content else { continue };
        for part in parts {
            let Part::Tensor { name, shape } = part else { continue };
            match source.shape(name) {
                None => return Err(format!("the tensor {name} is missing")),
                Some(found) if found != shape => {
                    return Err(format!(
                        "the tensor {name} has the shape {found:?}, and {shape:?} was expected"
                    ));
                }
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// The first bytes of the file, up to the first tensor.
pub(super) fn header(config: &Config, outputs: &[Output]) -> Vec<u8> {
    // Written by hand, in the order of the file, so that the bytes do not depend on how a JSON library orders keys.
    let config = serde_json::to_string(config).unwrap_or_default();
    let config = serde_json::to_string(&config).unwrap_or_default();
    let mut text = format!("{{\"__metadata__\":{{\"format\":\"{FORMAT}\",\"config\":{config}}}");
    let mut at = 0;
    for output in outputs {
        let (dtype, width) = match output.content {
            Content::Matrix { .. } => ("I8", 1),
            _ => ("F32", 4),
        };
        let end = at + output.shape.iter().product::<usize>() * width;
        let Output { name, shape, .. } = output;
        text += &format!(
            ",\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{at},{end}]}}"
        );
        at = end;
    }
    text.push('}');
    // The format allows spaces after the header; they bring the first tensor to a multiple of 64 bytes.
    while (text.len() + 8) % 64 != 0 {
        text.push(' ');
    }
    let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(text.as_bytes());
    bytes
}
