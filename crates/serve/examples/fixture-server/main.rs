//! Serves an archive that is made up here, for tests of the pages in a browser and for looking at them.
//!
//! `cargo run --release -p readout-serve --example fixture-server [ADDRESS]` prints one line of JSON with the address and
//! the ids of the episodes. Each line on its standard input is an order: `hear` hears another window of the episode
//! that is under way, `finish` completes it. It ends when its standard input does.

mod content;
mod index;
mod sound;

use archive::{
    Archive, Author, AuthorKind, Change, Claim, Evidence, HearingRequest, HearingResult, NewOffer, Retry,
    Stage, Stated, respelled,
};
use content::Talk;
use model::{ChapterSource, EpisodeId, HearingId, MediaInfo, MediaTags, Millis, Quality, RecordingId};
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

const LEASE: Duration = Duration::from_secs(3600);

fn main() -> Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    let folder = tempfile::tempdir()?;
    let archive = Archive::create(folder.path().join("archive"))?;
    let maker = Maker { archive: &archive, folder: folder.path() };

    let talk = content::talk();
    let harbour = |title: &str, date: &str| -> Result<Stated> {
        Ok(Stated {
            show: Some("Harbour Light".into()),
            title: Some(title.into()),
            broadcast: Some(date.parse()?),
            ..Stated::default()
        })
    };
    let stated = Stated {
        notes: Some(content::NOTES.into()),
        people: content::people(),
        ..harbour("Two readouts of one telephone call", "2026-11-12")?
    };
    let talk_id = maker.heard("harbour-light-212.wav", &sound::wav(talk.duration), "WAV", &stated, &talk)?;

    let names = content::misheard();
    let stated = harbour("Names in the wind", "2026-11-11")?;
    let names_id = maker.heard("names.wav", &sound::wav(names.duration), "WAV", &stated, &names)?;
    maker.repaired(names_id)?;
    let titles =
        ["Harbour Light, the call", "Northern readout", "What the southern text leaves out", "The lamp"];
    archive.set_chapters(talk_id, ChapterSource::Found, &content::chapters(&talk, &titles))?;

    let long = content::long();
    let stated = harbour("The long night: ten hours of the harbour", "2026-10-15")?;
    let long_id = maker.heard("long-night.flac", &sound::flac(long.duration), "FLAC", &stated, &long)?;

    let hostile = content::hostile();
    let stated = content::hostile_statement();
    let hostile_id =
        maker.heard(content::HOSTILE[0], &sound::wav(hostile.duration), "WAV", &stated, &hostile)?;

    let titles = content::HOSTILE.get(..3).unwrap_or_default();
    archive.set_chapters(hostile_id, ChapterSource::Publisher, &content::chapters(&hostile, titles))?;

    let stated = harbour("A ferry that never was", "2026-10-29")?;
    let (claim, _) = maker.probed("ferry.wav", b"not audio at all", "WAV", Millis(0), &stated)?;
    archive.fail(
        &claim,
        "the file ends in the middle of its header: add a complete copy of it",
        Retry::Never,
    )?;

    let live = content::live();
    let stated = harbour("Fog signals, and who pays for them", "2026-11-19")?;
    let (claim, recording) =
        maker.probed("fog.wav", &sound::wav(live.duration), "WAV", live.duration, &stated)?;
    let hearing = maker.begin(&claim, recording)?;
    let live_id = claim.episode();
    let mut under_way = UnderWay { archive: &archive, claim, hearing, talk: live, next: 0 };
    under_way.hear()?;

    let waiting = harbour("The keeper's first winter", "2026-11-20")?;
    let waiting_id = maker.add("keeper.wav", &sound::wav(Millis(30_000)), &waiting)?.0;

    let index = Arc::new(index::index(&archive, &folder.path().join("index"))?);
    let options = serve::Options { searched: serve::Searched::By(index), ..serve::Options::default() };
    let server = serve::Server::bind(archive.clone(), address, options)?;
    println!(
        r#"{{"address":"http://{}","talk":"{talk_id}","names":"{names_id}","long":"{long_id}","hostile":"{hostile_id}","live":"{live_id}","waiting":"{waiting_id}"}}"#,
        server.address()
    );
    let stop = Arc::new(AtomicBool::new(false));
    let serving = std::thread::spawn({
        let stop = stop.clone();
        move || server.run(stop)
    });
    for line in std::io::stdin().lock().lines() {
        match line?.trim().split(' ').collect::<Vec<_>>()[..] {
            ["hear"] => under_way.hear()?,
            ["finish"] => under_way.finish()?,
            // Answered by a line, as nothing else is.
            ["publish", address, folder] => {
                let publishing =
                    serve::Publishing { address: Some(address.into()), ..serve::Publishing::default() };
                let published = serve::publish(&archive, Path::new(folder), &publishing, &|_, _| true)?;
                println!("{}", serde_json::to_string(&published)?);
            }
            ref other => eprintln!("no such order: {other:?}"),
        }
    }
    stop.store(true, Ordering::Relaxed);
    serving.join().map_err(|_| "the server panicked")??;
    Ok(())
}

/// Puts made-up recordings into an archive.
struct Maker<'a> {
    archive: &'a Archive,
    folder: &'a Path,
}

impl Maker<'_> {
    fn add(&self, name: &str, bytes: &[u8], stated: &Stated) -> Result<(EpisodeId, RecordingId)> {
        let path = self.folder.join(name.replace('/', "∕"));
        std::fs::write(&path, bytes)?;
        let added = self.archive.add_file(&path, stated)?;
        Ok((added.episode, added.recording))
    }

    /// Adds a recording and hands out the work of hearing it.
    fn probed(
        &self,
        name: &str,
        bytes: &[u8],
        container: &str,
        duration: Millis,
        stated: &Stated,
    ) -> Result<(Claim, RecordingId)> {
        let (episode, recording) = self.add(name, bytes, stated)?;
        let claim = self.claim(Stage::PROBE, episode)?;
        let codec = if container == "WAV" { "PCM" } else { container };
        let media = MediaInfo {
            container: container.into(),
            codec: codec.into(),
            duration: (duration.0 > 0).then_some(duration),
            sample_rate: 8_000,
            channels: 1,
            bytes: bytes.len() as u64,
        };
        self.archive.record_probe(&claim, recording, &media, &MediaTags::default(), "fixture/1")?;
        Ok((self.claim(Stage::HEAR, episode)?, recording))
    }

    fn claim(&self, stage: Stage, episode: EpisodeId) -> Result<Claim> {
        let claim = self.archive.claim(&[stage], "fixture", LEASE)?.ok_or("no work is due")?;
        if claim.episode() == episode { Ok(claim) } else { Err("other work is due first".into()) }
    }

    fn begin(&self, claim: &Claim, recording: RecordingId) -> Result<HearingId> {
        let request = HearingRequest {
            engine: "fixture/1".into(),
            quality: Quality::Accurate,
            language: Some("en".into()),
        };
        let begun = self.archive.begin_hearing(claim, recording, &request)?;
        self.archive.set_hearing_language(claim, begun.hearing.id, "en")?;
        Ok(begun.hearing.id)
    }

    /// Sets names right as the stage `repair` does, with evidence that was made up.
    fn repaired(&self, episode: EpisodeId) -> Result<()> {
        let claim = loop {
            let claim = self.archive.claim(&[Stage::REPAIR], "fixture", LEASE)?.ok_or("no repair is due")?;
            if claim.episode() == episode {
                break claim;
            }
            self.archive.finish(&claim, "repair/1")?;
        };
        let hearing = self.archive.episode(episode)?.hearing.ok_or("nothing was heard")?.id;
        let words = self.archive.repairable(hearing)?;
        let change = |heard: &str, occurrence: usize, right: &str, because: &str| -> Result<Change> {
            let wanted: Vec<&str> = heard.split(' ').collect();
            let fits = |span: &&[archive::Repairable]| {
                let bare = |word: &archive::Repairable| archive::NameRule::key(&word.live.word.text);
                span.iter().map(bare).eq(wanted.iter().copied())
            };
            let span = words.windows(wanted.len()).filter(fits).nth(occurrence).ok_or("no such words")?;
            let spoken: Vec<model::Word> = span.iter().map(|word| word.live.word.clone()).collect();
            let evidence = Evidence {
                heard: heard.into(),
                right: right.into(),
                source: "notes, line 3".into(),
                because: because.into(),
                reasons: vec!["sounds much alike".into(), because.into()],
                ..Evidence::default()
            };
            Ok(Change {
                author: Author { kind: AuthorKind::Machine, name: "repair/1".into() },
                evidence: evidence.text(),
                consumes: span.iter().map(|word| word.live.id).collect(),
                produces: respelled(&spoken, right),
            })
        };
        let because = "it sounds like “Lecornu”, whom the notes name";
        let repairs = [
            change("local new", 0, "Lecornu", because)?,
            change("show you go", 0, "Shoigu", &content::HOSTILE.join(" "))?,
            change("local new", 1, "Lecornu", because)?,
        ];
        let offer = |change: Change| NewOffer {
            consumes: change.consumes,
            produces: change.produces,
            evidence: change.evidence,
            score: 0.5,
        };
        let offers = [
            offer(change("bride", 0, "Brede", "somebody of that name speaks in other episodes")?),
            offer(change("marin all does", 0, "Maren Aldous", "she is a host of the show")?),
        ];
        self.archive.store_repairs(&claim, hearing, "repair/1", &repairs, &offers)?;
        Ok(())
    }

    fn heard(
        &self,
        name: &str,
        bytes: &[u8],
        container: &str,
        stated: &Stated,
        talk: &Talk,
    ) -> Result<EpisodeId> {
        let (claim, recording) = self.probed(name, bytes, container, talk.duration, stated)?;
        let hearing = self.begin(&claim, recording)?;
        for window in &talk.windows {
            self.archive.store_window(&claim, hearing, window)?;
        }
        self.archive.complete_hearing(&claim, hearing, &talk.result())?;
        Ok(claim.episode())
    }
}

impl Talk {
    fn result(&self) -> HearingResult {
        HearingResult {
            language: Some("en".into()),
            stretches: self.stretches.clone(),
            duration: self.duration,
            speech: Millis(self.windows.iter().map(|window| window.speech.0).sum()),
            partial: None,
            spent: Duration::from_secs(10),
            spent_on: self.duration,
        }
    }
}

/// The hearing that tests drive window by window.
struct UnderWay<'a> {
    archive: &'a Archive,
    claim: Claim,
    hearing: HearingId,
    talk: Talk,
    next: usize,
}

impl UnderWay<'_> {
    fn hear(&mut self) -> Result<()> {
        if let Some(window) = self.talk.windows.get(self.next) {
            self.archive.store_window(&self.claim, self.hearing, window)?;
            self.next += 1;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        while self.next < self.talk.windows.len() {
            self.hear()?;
        }
        self.archive.complete_hearing(&self.claim, self.hearing, &self.talk.result())?;
        Ok(())
    }
}
