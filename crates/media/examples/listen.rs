//! Decodes files and prints what they are, how long they sound, and how fast that went:
//! `cargo run --release -p readout-media --example listen -- FILE…`

use std::path::Path;
use std::time::Instant;

fn main() {
    for name in std::env::args().skip(1) {
        let begin = Instant::now();
        match listen(Path::new(&name)) {
            Ok((what, samples, energy)) => {
                let (taken, seconds) = (begin.elapsed().as_secs_f64(), samples as f64 / 16_000.0);
                println!(
                    "{name}: {what}; {seconds:.3} s, level {energy:.4}, {:.0} x real time",
                    seconds / taken
                );
            }
            Err(error) => println!("error: {error}"),
        }
    }
}

fn listen(path: &Path) -> Result<(String, u64, f64), media::MediaError> {
    let mut opened = media::open(path, &media::Limits::default())?;
    let (mut samples, mut energy) = (0, 0.0);
    while let Some(block) = opened.reader.next_block()? {
        assert_eq!(block.start, samples);
        samples += block.samples.len() as u64;
        energy += block.samples.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
    }
    let info = opened.info;
    let mut what = format!("{} {} {} Hz {} ch", info.container, info.codec, info.sample_rate, info.channels);
    if let Some(duration) = info.duration {
        what += &format!(", says {:.3} s", duration.seconds());
    }
    if let Some(partial) = opened.reader.partial() {
        what += &format!(", partial: {partial}");
    }
    for complaint in opened.reader.complaints() {
        what += &format!(", {complaint}");
    }
    Ok((what, samples, (energy / samples.max(1) as f64).sqrt()))
}
