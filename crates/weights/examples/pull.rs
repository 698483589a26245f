//! Fetches models into the cache: `cargo run --release -p readout-weights --example pull -- whisper-base silero-vad`

use std::process::ExitCode;

use weights::Cache;

fn main() -> ExitCode {
    let pulled = Cache::of_this_user().and_then(|cache| {
        println!("cache: {}", cache.folder().display());
        for name in std::env::args().skip(1) {
            println!("{:?}", cache.ensure(&name, &mut |progress| println!("{progress:?}"))?);
        }
        Ok(())
    });
    match pulled {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}\nhint: {}", error.hint());
            ExitCode::FAILURE
        }
    }
}
