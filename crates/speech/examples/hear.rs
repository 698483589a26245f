//! Hears a file without an archive: `hear FILE WHISPER TOKENIZER VOICE_DETECTOR [fast|accurate] [WORKERS]`.

use speech::{Event, ModelFiles, Models, Request, hear};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, whisper, tokenizer, voice_detector, rest @ ..] = arguments.as_slice() else {
        return Err("hear FILE WHISPER TOKENIZER VOICE_DETECTOR [fast|accurate] [WORKERS]".into());
    };
    let begin = Instant::now();
    let models = Models::load(&ModelFiles {
        whisper: whisper.into(),
        tokenizer: tokenizer.into(),
        voice_detector: voice_detector.into(),
    })?;
    eprintln!("loaded in {:.2} s, {}", begin.elapsed().as_secs_f64(), models.processor());
    let mut reader = media::open(Path::new(file), &media::Limits::default())?.reader;
    let request = Request {
        quality: if rest.first().is_some_and(|quality| quality == "fast") {
            model::Quality::Fast
        } else {
            model::Quality::Accurate
        },
        language: None,
        workers: rest.get(1).map_or(Ok(2), |workers| workers.parse())?,
    };
    let mut windows = Vec::new();
    let blocks = std::iter::from_fn(|| reader.next_block().transpose());
    let begin = Instant::now();
    let heard = hear(blocks, &models, &request, None, &[], &mut |event| {
        match event {
            Event::Window(window) => windows.push(window.clone()),
            Event::Language(language) => {
                eprintln!("language {language} after {:.2} s", begin.elapsed().as_secs_f64())
            }
            Event::Progress { .. } => {}
        }
        ControlFlow::Continue(())
    })?;
    let seconds = begin.elapsed().as_secs_f64();
    windows.sort_by_key(|window| window.index);
    for window in &windows {
        let text: Vec<&str> = window.words.iter().map(|word| word.text.as_str()).collect();
        println!("{}", text.join(" "));
        eprintln!(
            "[{} {}-{}] {} words, mean {:.2}, temperature {}, gaps {:?}",
            window.index,
            window.start.0,
            window.end.0,
            window.words.len(),
            window.mean_log_probability,
            window.temperature,
            window.gaps
        );
        if std::env::var_os("TIMES").is_some() {
            for word in &window.words {
                eprintln!(
                    "  {:8.2} {:8.2} {:.2} {}",
                    word.start.seconds(),
                    word.end.seconds(),
                    word.confidence,
                    word.text
                );
            }
        }
    }
    for stretch in &heard.stretches {
        eprintln!("{:?} {} - {}", stretch.kind, stretch.start, stretch.end);
    }
    eprintln!(
        "{:.1} s of sound, {:.1} s of speech, heard in {:.2} s: {:.1} x real time",
        heard.duration.seconds(),
        heard.speech.seconds(),
        seconds,
        heard.duration.seconds() / seconds
    );
    Ok(())
}
