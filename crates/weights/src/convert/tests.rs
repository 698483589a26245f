//! A tiny model, written here as each publisher would write it, and read back after conversion.

use std::io::Cursor;

use proptest::prelude::*;

use super::*;

const D: usize = 64;
const VOCABULARY: usize = 5;
const BANDS: usize = 4;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    F32,
    F16,
    Bf16,
}

/// A tensor's values are multiples of 1/8 below 2, which all three types hold exactly.
#[derive(Clone)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

fn tensor(name: impl Into<String>, shape: &[usize]) -> Tensor {
    let name = name.into();
    let seed = name.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let count: usize = shape.iter().product();
    let value = |at: usize| (seed.wrapping_mul(at as u32 ^ seed >> 7) >> 24) as i8;
    let values = (0..count).map(|at| f32::from(value(at) / 8) / 8.0).collect();
    Tensor { name, shape: shape.to_vec(), values }
}

fn bytes_of(tensor: &Tensor, kind: Kind) -> Vec<u8> {
    let half = |value: f32| {
        let bits = value.to_bits();
        match value {
            0.0 => 0u16,
            _ => {
                (bits >> 16 & 0x8000) as u16
                    | (((bits >> 23 & 0xff) - 112) << 10) as u16
                    | (bits >> 13 & 0x3ff) as u16
            }
        }
    };
    let one = |value: &f32| match kind {
        Kind::F32 => value.to_le_bytes().to_vec(),
        Kind::F16 => half(*value).to_le_bytes().to_vec(),
        Kind::Bf16 => ((value.to_bits() >> 16) as u16).to_le_bytes().to_vec(),
    };
    tensor.values.iter().flat_map(one).collect()
}

/// The model by its Hugging Face names, one layer on each side.
fn hugging_face() -> Vec<Tensor> {
    let mut all = vec![
        tensor("model.encoder.conv1.weight", &[D, BANDS, 3]),
        tensor("model.encoder.conv1.bias", &[D]),
        tensor("model.encoder.conv2.weight", &[D, D, 3]),
        tensor("model.encoder.conv2.bias", &[D]),
        tensor("model.encoder.embed_positions.weight", &[6, D]),
        tensor("model.decoder.embed_tokens.weight", &[VOCABULARY, D]),
        tensor("model.decoder.embed_positions.weight", &[3, D]),
    ];
    for side in ["encoder", "decoder"] {
        let layer = format!("model.{side}.layers.0");
        let attentions: &[&str] =
            if side == "encoder" { &["self_attn"] } else { &["self_attn", "encoder_attn"] };
        for attention in attentions {
            for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
                all.push(tensor(format!("{layer}.{attention}.{projection}.weight"), &[D, D]));
                if projection != "k_proj" {
                    all.push(tensor(format!("{layer}.{attention}.{projection}.bias"), &[D]));
                }
            }
            all.push(tensor(format!("{layer}.{attention}_layer_norm.weight"), &[D]));
            all.push(tensor(format!("{layer}.{attention}_layer_norm.bias"), &[D]));
        }
        all.push(tensor(format!("{layer}.fc1.weight"), &[4 * D, D]));
        all.push(tensor(format!("{layer}.fc1.bias"), &[4 * D]));
        all.push(tensor(format!("{layer}.fc2.weight"), &[D, 4 * D]));
        all.push(tensor(format!("{layer}.fc2.bias"), &[D]));
        for norm in [format!("{layer}.final_layer_norm"), format!("model.{side}.layer_norm")] {
            all.push(tensor(format!("{norm}.weight"), &[D]));
            all.push(tensor(format!("{norm}.bias"), &[D]));
        }
    }
    // A row of zeros, which must come back as zeros with scale 1.
    let embeddings = all.iter_mut().find(|tensor| tensor.name.contains("embed_tokens")).unwrap();
    embeddings.values[D..2 * D].fill(0.0);
    all
}

/// The same model as CTranslate2 writes it: projections fused, other names.
fn ctranslate2(published: &[Tensor]) -> Vec<Tensor> {
    let find = |name: &str| published.iter().find(|tensor| tensor.name == name);
    let fuse = |name: String, parts: &[String], rows: usize, columns: Option<usize>| {
        let each = rows / parts.len();
        let values = parts.iter().flat_map(|part| match find(part) {
            Some(tensor) => tensor.values.clone(),
            None => vec![0.0; each],
        });
        let shape = [Some(rows), columns].into_iter().flatten().collect();
        Tensor { name, shape, values: values.collect() }
    };
    let mut all = Vec::new();
    let mut linear = |name: String, parts: &[String], rows: usize, columns: usize| {
        let weights: Vec<String> = parts.iter().map(|part| format!("{part}.weight")).collect();
        let biases: Vec<String> = parts.iter().map(|part| format!("{part}.bias")).collect();
        all.push(fuse(format!("{name}/weight"), &weights, rows, Some(columns)));
        all.push(fuse(format!("{name}/bias"), &biases, rows, None));
    };
    for side in ["encoder", "decoder"] {
        let there = format!("model.{side}.layers.0");
        let here = format!("{side}/layer_0");
        let named = |attention: &str, names: &[&str]| -> Vec<String> {
            names.iter().map(|name| format!("{there}.{attention}.{name}_proj")).collect()
        };
        linear(format!("{here}/self_attention/linear_0"), &named("self_attn", &["q", "k", "v"]), 3 * D, D);
        linear(format!("{here}/self_attention/linear_1"), &named("self_attn", &["out"]), D, D);
        if side == "decoder" {
            linear(format!("{here}/attention/linear_0"), &named("encoder_attn", &["q"]), D, D);
            linear(format!("{here}/attention/linear_1"), &named("encoder_attn", &["k", "v"]), 2 * D, D);
            linear(format!("{here}/attention/linear_2"), &named("encoder_attn", &["out"]), D, D);
        }
        linear(format!("{here}/ffn/linear_0"), &[format!("{there}.fc1")], 4 * D, D);
        linear(format!("{here}/ffn/linear_1"), &[format!("{there}.fc2")], D, 4 * D);
    }
    for tensor in published {
        let name = tensor
            .name
            .replace("model.", "")
            .replace('.', "/")
            .replace("layers/0/", "layer_0/")
            .replace("embed_positions/weight", "position_encodings/encodings")
            .replace("embed_tokens", "embeddings")
            .replace("self_attn_layer_norm", "self_attention/layer_norm")
            .replace("encoder_attn_layer_norm", "attention/layer_norm")
            .replace("final_layer_norm", "ffn/layer_norm")
            .replace("layer_norm/weight", "layer_norm/gamma")
            .replace("layer_norm/bias", "layer_norm/beta");
        if !name.contains("_proj") && !name.contains("/fc") {
            all.push(Tensor { name, ..tensor.clone() });
        }
    }
    all
}

fn write_safetensors(tensors: &[Tensor], kind: Kind) -> Vec<u8> {
    let (mut fields, mut data) = (serde_json::Map::new(), Vec::new());
    for tensor in tensors {
        let start = data.len();
        data.extend(bytes_of(tensor, kind));
        let dtype = match kind {
            Kind::F32 => "F32",
            Kind::F16 => "F16",
            Kind::Bf16 => "BF16",
        };
        let described = serde_json::json!({
            "dtype": dtype, "shape": tensor.shape, "data_offsets": [start, data.len()],
        });
        fields.insert(tensor.name.clone(), described);
    }
    fields.insert("__metadata__".into(), serde_json::json!({ "format": "pt" }));
    let header = serde_json::Value::Object(fields).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn write_ctranslate2(tensors: &[Tensor], kind: Kind, aliases: &[(&str, &str)]) -> Vec<u8> {
    fn string(bytes: &mut Vec<u8>, text: &str) {
        bytes.extend((text.len() as u16 + 1).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    let mut bytes = 6u32.to_le_bytes().to_vec();
    string(&mut bytes, "WhisperSpec");
    bytes.extend(3u32.to_le_bytes());
    bytes.extend((tensors.len() as u32).to_le_bytes());
    for tensor in tensors {
        string(&mut bytes, &tensor.name);
        bytes.push(tensor.shape.len() as u8);
        tensor.shape.iter().for_each(|size| bytes.extend((*size as u32).to_le_bytes()));
        bytes.push(match kind {
            Kind::F32 => 0,
            Kind::F16 => 4,
            Kind::Bf16 => 5,
        });
        let data = bytes_of(tensor, kind);
        bytes.extend((data.len() as u32).to_le_bytes());
        bytes.extend(data);
    }
    bytes.extend((aliases.len() as u32).to_le_bytes());
    for (alias, name) in aliases {
        string(&mut bytes, alias);
        string(&mut bytes, name);
    }
    bytes
}

const SETTINGS: &str = r#"{"alignment_heads": [[0, 0]], "suppress_ids": [-1, 2, 3], "suppress_ids_begin": [4], "lang_ids": [1]}"#;
/// The same as Hugging Face puts it, in two files, the second over the first.
const HUGGING_FACE_SETTINGS: [&str; 2] = [
    r#"{"suppress_tokens": [1], "begin_suppress_tokens": null, "d_model": 64}"#,
    r#"{"alignment_heads": [[0, 0]], "suppress_tokens": [2, 3], "begin_suppress_tokens": [4]}"#,
];

/// The tiny model as CTranslate2 publishes it: `model.bin` and `config.json`.
pub(crate) fn published() -> (Vec<u8>, &'static str) {
    (write_ctranslate2(&ctranslate2(&hugging_face()), Kind::F16, &[]), SETTINGS)
}

fn run(model: &[u8], settings: &[&str]) -> Result<(Config, Vec<u8>), ConvertError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    fs::write(&path, model).unwrap();
    let mut paths = Vec::new();
    for (at, text) in settings.iter().enumerate() {
        paths.push(folder.path().join(format!("{at}.json")));
        fs::write(&paths[at], text).unwrap();
    }
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let target = folder.path().join("converted");
    let outcome = convert(&Published { name: "tiny", model: &path, settings: &paths }, &target);
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("partial")), "{left:?}");
    assert_eq!(outcome.is_ok(), target.exists());
    outcome.map(|config| (config, fs::read(&target).unwrap()))
}

#[test]
fn the_same_model_gives_the_same_bytes_however_it_was_published() {
    let theirs = hugging_face();
    let (config, expected) = run(&write_safetensors(&theirs, Kind::F16), &HUGGING_FACE_SETTINGS).unwrap();
    for kind in [Kind::F32, Kind::Bf16] {
        assert!(run(&write_safetensors(&theirs, kind), &HUGGING_FACE_SETTINGS).unwrap().1 == expected);
    }
    for kind in [Kind::F16, Kind::F32, Kind::Bf16] {
        let model = write_ctranslate2(&ctranslate2(&theirs), kind, &[]);
        assert!(run(&model, &[SETTINGS]).unwrap().1 == expected);
    }
    let without_prefix: Vec<Tensor> = theirs
        .iter()
        .map(|tensor| Tensor { name: tensor.name.replacen("model.", "", 1), ..tensor.clone() })
        .collect();
    assert!(
        run(&write_safetensors(&without_prefix, Kind::F16), &HUGGING_FACE_SETTINGS).unwrap().1 == expected
    );

    assert_eq!((config.d_model, config.heads, config.encoder_layers, config.decoder_layers), (D, 1, 1, 1));
    assert_eq!(
        (config.vocabulary, config.mel_bands, config.audio_context, config.text_context),
        (5, 4, 6, 3)
    );
    assert_eq!((config.suppress, config.suppress_begin), (vec![2, 3], vec![4]));
}

#[test]
fn an_alias_stands_for_its_tensor() {
    let mut tensors = ctranslate2(&hugging_face());
    let plain = run(&write_ctranslate2(&tensors, Kind::F16, &[]), &[SETTINGS]).unwrap().1;
    let embeddings = tensors.iter_mut().find(|tensor| tensor.name == "decoder/embeddings/weight").unwrap();
    embeddings.name = "decoder/projection/weight".into();
    let alias = [("decoder/embeddings/weight", "decoder/projection/weight")];
    assert!(run(&write_ctranslate2(&tensors, Kind::F16, &alias), &[SETTINGS]).unwrap().1 == plain);
}

#[test]
fn rows_come_back_within_half_a_step() {
    let theirs = hugging_face();
    let (config, bytes) = run(&write_safetensors(&theirs, Kind::F32), &HUGGING_FACE_SETTINGS).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let fields: serde_json::Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let recorded: Config = serde_json::from_str(fields["__metadata__"]["config"].as_str().unwrap()).unwrap();
    assert_eq!((fields["__metadata__"]["format"].as_str(), recorded), (Some(FORMAT), config));
    let data = |name: &str| {
        let [start, end] = [0, 1].map(|at| fields[name]["data_offsets"][at].as_u64().unwrap() as usize);
        assert_eq!((8 + header + start) % 64, 0, "{name} is not aligned");
        &bytes[8 + header + start..8 + header + end]
    };
    let floats = |name: &str| -> Vec<f32> {
        data(name).chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    };
    let source = &theirs.iter().find(|tensor| tensor.name.contains("embed_tokens")).unwrap().values;
    let scales = floats("decoder/embeddings/scale");
    assert_eq!(scales[1], 1.0, "the row of zeros");
    for (at, (stored, value)) in data("decoder/embeddings/weight").iter().zip(source).enumerate() {
        let scale = scales[at / D];
        assert!((f32::from(*stored as i8) * scale - value).abs() <= scale * 0.5001);
    }
    // Keys have no bias: the middle third is zeros, the rest is not.
    let bias = floats("encoder/layer_0/self_attention/qkv/bias");
    assert!(bias[D..2 * D].iter().all(|value| *value == 0.0) && bias[..D].iter().any(|value| *value != 0.0));
}

#[test]
fn half_precision_is_read_exactly() {
    for (half, single) in [
        (0x0000, 0.0),
        (0x8000, -0.0),
        (0x0001, 5.960_464_5e-8),
        (0x83ff, -6.097_555e-5),
        (0x0400, 6.103_515_6e-5),
        (0x3c00, 1.0),
        (0xc500, -5.0),
        (0x7bff, 65504.0f32),
    ] {
        assert_eq!(source::half_to_single(half).to_bits(), single.to_bits(), "{half:#06x}");
    }
    assert!(source::half_to_single(0x7c00).is_infinite() && source::half_to_single(0x7e00).is_nan());
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let small = [tensor("a/weight", &[2, 3]), tensor("b", &[]), tensor("c", &[4])];
    let whole = write_ctranslate2(&small, Kind::F16, &[("d", "c")]);
    assert!(Source::open(Cursor::new(&whole)).is_ok());
    for length in 0..whole.len() {
        assert!(Source::open(Cursor::new(&whole[..length])).is_err(), "cut after {length} bytes");
    }
    let whole = write_safetensors(&small, Kind::F32);
    assert!(Source::open(Cursor::new(&whole)).is_ok());
    for length in 0..whole.len() {
        assert!(Source::open(Cursor::new(&whole[..length])).is_err(), "cut after {length} bytes");
    }
}

#[test]
fn what_is_not_a_whisper_model_is_named() {
    let theirs = hugging_face();
    let ours = ctranslate2(&theirs);
    let without =
        |name: &str| -> Vec<Tensor> { ours.iter().filter(|tensor| tensor.name != name).cloned().collect() };
    let mut infinite = theirs.clone();
    infinite[0].values[3] = f32::INFINITY;
    let mut other = write_ctranslate2(&ours, Kind::F16, &[]);
    other[6..17].copy_from_slice(b"WhisperSpic");
    let good = write_ctranslate2(&ours, Kind::F16, &[]);
    let cases: [(&[u8], &str, &str); 10] = [
        (b"", SETTINGS, "ends too early"),
        (b"<!doctype html><title>Sorry</title>", SETTINGS, "neither safetensors nor CTranslate2"),
        (&other, SETTINGS, "WhisperSpic"),
        (
            &write_ctranslate2(&without("encoder/layer_norm/gamma"), Kind::F16, &[]),
            SETTINGS,
            "gamma is missing",
        ),
        (
            &write_ctranslate2(&without("decoder/embeddings/weight"), Kind::F16, &[]),
            SETTINGS,
            "not a Whisper model",
        ),
        (&write_safetensors(&infinite, Kind::F32), SETTINGS, "not a number"),
        (&good, "[]", "a JSON object was expected"),
        (&good, "{", "not JSON"),
        (&good, r#"{"alignment_heads": [[0, 1]]}"#, "names head 1 of layer 0"),
        (&good, r#"{"suppress_ids": [5]}"#, "names token 5"),
    ];
    for (model, settings, expected) in cases {
        let error = run(model, &[settings]).unwrap_err().to_string();
        assert!(error.contains(expected), "{error:?} does not say {expected:?}");
    }
}

proptest! {
    #[test]
    fn flipped_bytes_never_panic(flips in prop::collection::vec((0usize..400, any::<u8>()), 1..6), hugging in any::<bool>()) {
        let small = [tensor("encoder/conv1/weight", &[2, 3]), tensor("b", &[1]), tensor("c", &[4])];
        let mut bytes =
            if hugging { write_safetensors(&small, Kind::F32) } else { write_ctranslate2(&small, Kind::F16, &[("d", "c")]) };
        for (at, flip) in flips {
            let at = at % bytes.len();
            bytes[at] ^= flip;
        }
        if let Ok(mut source) = Source::open(Cursor::new(bytes)) {
            let mut values = Vec::new();
            for name in ["encoder/conv1/weight", "b", "c", "d"] {
                let count = source.shape(name).map_or(0, |shape| shape.iter().product::<usize>());
                let _ = source.read(name, 0, count, &mut values);
            }
        }
    }
}
