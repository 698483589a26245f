//! What a converted file says of its model, read from the tensors' shapes and the JSON files published beside them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::source::{Naming, Source};
use super::{ConvertError, io_error};

/// A settings file holds a few hundred token ids; more is not one.
const LARGEST_SETTINGS: u64 = 1 << 20;
/// Whisper's largest model has 32 layers; the limit keeps a damaged file from making long lists.
const MOST_LAYERS: usize = 128;
/// Width of one attention head in every Whisper model.
const HEAD: usize = 64;

/// The shape of a Whisper model and the lists that its decoding needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// Name in the manifest, such as `whisper-base`.
    pub name: String,
    /// Width of the model.
    pub d_model: usize,
    /// Attention heads of a layer, each 64 wide.
    pub heads: usize,
    /// Layers of the encoder.
    pub encoder_layers: usize,
    /// Layers of the decoder.
    pub decoder_layers: usize,
    /// Number of tokens: 51,864 (English only), 51,865 or 51,866 (large-v3).
    pub vocabulary: usize,
    /// Bands of the mel spectrogram: 80, or 128 (large-v3).
    pub mel_bands: usize,
    /// Positions of the encoder: 1,500 for 30 seconds.
    pub audio_context: usize,
    /// Positions of the decoder: 448 tokens.
    pub text_context: usize,
    /// (layer, head) pairs of the decoder whose cross-attention follows the time of words.
    pub alignment_heads: Vec<(usize, usize)>,
    /// Tokens that are never chosen.
    pub suppress: Vec<u32>,
    /// Tokens that are not chosen first.
    pub suppress_begin: Vec<u32>,
}

/// Reads the settings files into one object, a later file's keys over an earlier's.
pub(super) fn read(paths: &[&Path]) -> Result<Map<String, Value>, ConvertError> {
    let mut all = Map::new();
    for path in paths {
        let mut text = String::new();
        let file = File::open(path).map_err(io_error("open", path))?;
        file.take(LARGEST_SETTINGS).read_to_string(&mut text).map_err(io_error("read", path))?;
        match serde_json::from_str(&text) {
            Ok(Value::Object(fields)) => all.extend(fields.into_iter().filter(|(_, value)| !value.is_null())),
            Ok(_) => return Err(model(path, "a JSON object was expected".into())),
            Err(error) => return Err(model(path, format!("not JSON: {error}"))),
        }
    }
    Ok(all)
}

fn model(path: &Path, why: String) -> ConvertError {
    ConvertError::Model { path: path.to_owned(), why }
}

/// Puts together what is known of the model.
pub(super) fn config<R>(
    name: &str,
    source: &Source<R>,
    settings: &Map<String, Value>,
) -> Result<Config, String> {
    let (embeddings, conv, layer, audio, text) = match source.naming() {
        Naming::CTranslate2 => (
            "decoder/embeddings/weight",
            "encoder/conv1/weight",
            ["encoder/layer_{}/ffn/linear_0/weight", "decoder/layer_{}/ffn/linear_0/weight"],
            "encoder/position_encodings/encodings",
            "decoder/position_encodings/encodings",
        ),
        Naming::HuggingFace => (
            "model.decoder.embed_tokens.weight",
            "model.encoder.conv1.weight",
            ["model.encoder.layers.{}.fc1.weight", "model.decoder.layers.{}.fc1.weight"],
            "model.encoder.embed_positions.weight",
            "model.decoder.embed_positions.weight",
        ),
    };
    let size = |name: &str, axis: usize| {
        let shape =
            source.shape(name).ok_or_else(|| format!("the tensor {name} is missing: not a Whisper model"))?;
        shape
            .get(axis)
            .copied()
            .filter(|size| *size > 0)
            .ok_or_else(|| format!("the tensor {name} has no size"))
    };
    let layers = |pattern: &str| {
        (0..MOST_LAYERS)
            .take_while(|layer| source.shape(&pattern.replace("{}", &layer.to_string())).is_some())
            .count()
    };
    let [encoder, decoder] = layer.map(layers);
    let d_model = size(embeddings, 1)?;
    if d_model % HEAD != 0 {
        return Err(format!(
            "its width is {d_model}, which is not a multiple of {HEAD}: not a Whisper model"
        ));
    }
    if encoder == 0 || decoder == 0 {
        return Err("it has no layers of an encoder and a decoder: not a Whisper model".into());
    }
    let heads = d_model / HEAD;
    let vocabulary = size(embeddings, 0)?;
    let alignment_heads = match settings.get("alignment_heads") {
        Some(value) => serde_json::from_value(value.clone())
            .map_err(|_| "alignment_heads in its settings is not a list of pairs".to_owned())?,
        // As openai/whisper does for a model without a list: every head of the upper half of the layers.
        None => (decoder / 2..decoder)
            .flat_map(|layer| (0..heads).map(move |head| (layer, head)))
            .collect::<Vec<_>>(),
    };
    if let Some((layer, head)) =
        alignment_heads.iter().find(|(layer, head)| *layer >= decoder || *head >= heads)
    {
        return Err(format!(
            "alignment_heads in its settings names head {head} of layer {layer}, which is not there"
        ));
    }
    Ok(Config {
        name: name.to_owned(),
        d_model,
        heads,
        encoder_layers: encoder,
        decoder_layers: decoder,
        vocabulary,
        mel_bands: size(conv, 1)?,
        audio_context: size(audio, 0)?,
        text_context: size(text, 0)?,
        alignment_heads,
        suppress: tokens(settings, &["suppress_ids", "suppress_tokens"], vocabulary)?,
        suppress_begin: tokens(settings, &["suppress_ids_begin", "begin_suppress_tokens"], vocabulary)?,
    })
}

/// A list of token ids under whichever of the keys is there. Negative numbers are placeholders (`[-1]`) and left out.
fn tokens(settings: &Map<String, Value>, keys: &[&str], vocabulary: usize) -> Result<Vec<u32>, String> {
    let Some((key, value)) = keys.iter().find_map(|key| settings.get(*key).map(|value| (key, value))) else {
        return Ok(Vec::new());
    };
    let ids: Vec<i64> = serde_json::from_value(value.clone())
        .map_err(|_| format!("{key} in its settings is not a list of token numbers"))?;
    let ids = ids.into_iter().filter(|id| *id >= 0);
    ids.map(|id| match u32::try_from(id) {
        Ok(id) if (id as usize) < vocabulary => Ok(id),
        _ => Err(format!("{key} in its settings names token {id}, and the model has {vocabulary}")),
    })
    .collect()
}
