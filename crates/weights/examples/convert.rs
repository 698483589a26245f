//! Converts one published Whisper model:
//! `cargo run --release -p readout-weights --example convert -- model.bin config.json [generation_config.json] out.safetensors`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weights::convert::{Published, convert};

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [model, settings @ .., target] = paths.as_slice() else {
        eprintln!("give model.bin or model.safetensors, its JSON files, and the file to write");
        return ExitCode::from(2);
    };
    let settings: Vec<&Path> = settings.iter().map(PathBuf::as_path).collect();
    let name = target.file_stem().and_then(|stem| stem.to_str()).unwrap_or("whisper");
    match convert(&Published { name, model, settings: &settings }, target) {
        Ok(config) => {
            println!("{config:?}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
