//! How fast a feed of twenty thousand episodes and a list of five thousand feeds are read and stored, beside feed-rs with
//! plain inserts into SQLite.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde::Deserialize;
use serde_json::json;

use super::bootstrap::{Random, percentile};
use super::{Place, busy_remark, load, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Episodes of the feed
    #[arg(long, default_value_t = 20_000)]
    episodes: usize,
    /// Feeds in the list
    #[arg(long, default_value_t = 5_000)]
    feeds: usize,
    /// How often each is read; the median counts
    #[arg(long, default_value_t = 3)]
    runs: usize,
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// What one reading took.
#[derive(Deserialize)]
struct Reading {
    found: usize,
    seconds: f64,
    peak: u64,
    bytes: u64,
}

/// Ways of reading, as `crates/feed/examples/read_feed.rs` names them, and what they do.
const WAYS: [(&str, &str); 5] = [
    ("bytes", "the bytes alone, for comparison"),
    ("items", "Readout: all items, one by one"),
    ("notes", "Readout: the same, and all notes made safe and read as text"),
    ("refresh", "Readout: all items, each found again among the known episodes"),
    ("feed-rs", "feed-rs 3.0, whole feed in memory, notes as they came"),
];

/// Writes a feed and a list, has them read, writes the table.
///
/// # Errors
/// The example cannot be built, or a reading fails or finds another number of items.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    let reader = build(place, "readout-feed", "read_feed")?;
    let storer = build(place, "readout-work", "store_feed")?;
    let (feed, list) = (place.work.join("feed.xml"), place.work.join("list.opml"));
    std::fs::write(&feed, feed_of(options.episodes)).context("cannot write the feed")?;
    std::fs::write(&list, list_of(options.feeds)).context("cannot write the list")?;
    let started = load();
    let mut rows = String::new();
    let mut figures = Vec::new();
    let readings = WAYS.iter().map(|(way, does)| (*way, *does, &feed, options.episodes));
    for (way, does, file, expected) in readings.chain([("opml", "Readout: the list", &list, options.feeds)]) {
        let mut seconds = Vec::new();
        let (mut peak, mut bytes) = (0, 0);
        for _ in 0..options.runs.max(1) {
            let reading = read(&reader, way, file)?;
            ensure!(way == "bytes" || reading.found == expected, "{way}: {} of {expected}", reading.found);
            seconds.push(reading.seconds);
            (peak, bytes) = (reading.peak.max(peak), reading.bytes);
        }
        let median = percentile(&mut seconds, 50.0);
        let rate = expected as f64 / median;
        rows.push_str(&format!(
            "| {does} | {expected} | {:.1} | {median:.3} | {rate:.0} | {:.0} |\n",
            bytes as f64 / 1e6,
            peak as f64 / 1e6
        ));
        figures.push(json!({ "way": way, "seconds": seconds, "peak": peak, "bytes": bytes }));
    }
    let stored = storing(place, options, &storer, &feed, &list)?;
    let page = format!(
        "{}{} One thread. {} run(s) of each, each in a process of its own: the median time without starting it and without reading \
         the file, and the highest peak, in which the document itself is included.\n\n\
         | what is read | items | MB | s | items a second | peak memory MB |\n| --- | --- | --- | --- | --- | --- |\n{rows}\n\
         From an address on this machine into an archive on its disk, once each: the time of the whole process.\n\n\
         | what is read and stored | items | s | items a second | peak memory MB |\n| --- | --- | --- | --- | --- |\n{}",
        machine(),
        busy_remark(started),
        options.runs.max(1),
        stored.iter().map(Stored::row).collect::<String>(),
    );
    let stored: Vec<_> =
        stored.iter().map(|it| json!({ "does": it.does, "seconds": it.seconds, "peak": it.peak })).collect();
    place.publish(
        "feeds",
        options.dry,
        &page,
        &json!({ "machine": machine(), "load": started, "readings": figures, "stored": stored }),
    )
}

/// What storing took.
struct Stored {
    does: &'static str,
    items: usize,
    seconds: f64,
    peak: u64,
}

impl Stored {
    fn row(&self) -> String {
        let rate = self.items as f64 / self.seconds;
        let peak = self.peak as f64 / 1e6;
        format!("| {} | {} | {:.2} | {rate:.0} | {peak:.0} |\n", self.does, self.items, self.seconds)
    }
}

/// Stores the feed and the list in every way, the refreshes in the archive that the first one filled.
fn storing(
    place: &Place,
    options: &Options,
    storer: &Path,
    feed: &Path,
    list: &Path,
) -> anyhow::Result<Vec<Stored>> {
    let folder = place.fresh("stored-feeds")?;
    let text = std::fs::read_to_string(feed).context("cannot read the feed")?;
    // All but the channel is as it was; then every address has another token.
    let dated = text.replacen(
        "<language>",
        "<lastBuildDate>Mon, 02 Mar 2026 08:00:00 GMT</lastBuildDate><language>",
        1,
    );
    let tokens = text.replace("?token=", "?token=another");
    let (archive, lists, plain) = (folder.join("archive"), folder.join("list"), folder.join("plain"));
    let serve = |text: &str| serve(text.as_bytes().to_vec());
    let (whole, dated, tokens) = (serve(&text)?, serve(&dated)?, serve(&tokens)?);
    let ways: [(&str, &'static str, &str, &Path, usize); 6] = [
        ("subscribe", "Readout: the feed, for the first time", &whole, &archive, options.episodes),
        ("refresh", "Readout: again, the very same", &whole, &archive, options.episodes),
        (
            "refresh",
            "Readout: again, with another date and the same items",
            &dated,
            &archive,
            options.episodes,
        ),
        ("refresh", "Readout: again, every item changed", &tokens, &archive, options.episodes),
        ("list", "Readout: the list, in one transaction", &list.display().to_string(), &lists, options.feeds),
        (
            "feed-rs",
            "feed-rs 3.0 from a file, a row an entry, one transaction",
            &feed.display().to_string(),
            &plain,
            options.episodes,
        ),
    ];
    let mut stored = Vec::new();
    for (way, does, source, archive, items) in ways {
        let output = std::process::Command::new(storer).arg(way).arg(source).arg(archive).output();
        let output = output.with_context(|| format!("cannot run {}", storer.display()))?;
        ensure!(output.status.success(), "{does} failed: {}", String::from_utf8_lossy(&output.stderr));
        let reading: Reading =
            serde_json::from_slice(&output.stdout).with_context(|| format!("{does} gave no figures"))?;
        ensure!(reading.found == items, "{does}: {} of {items}", reading.found);
        stored.push(Stored { does, items, seconds: reading.seconds, peak: reading.peak });
    }
    Ok(stored)
}

/// Serves these bytes on loopback to whoever asks, until the program ends; gives the address.
fn serve(bytes: Vec<u8>) -> anyhow::Result<String> {
    use std::io::{BufRead, BufReader, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").context("loopback has no free port")?;
    let address = format!("http://{}/feed.xml", listener.local_addr()?);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Ok(reading) = stream.try_clone() else { continue };
            let lines = BufReader::new(reading).lines();
            lines.take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
            let head =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
            // Who hangs up will be asked by the measurement why.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&bytes));
        }
    });
    Ok(address)
}

/// Builds an example of a crate, and says where it is.
fn build(place: &Place, package: &str, example: &str) -> anyhow::Result<PathBuf> {
    let arguments = ["build", "--release", "-p", package, "--example", example];
    let status = crate::cargo(&place.root).args(arguments).status().context("cannot run cargo")?;
    ensure!(status.success(), "cannot build the example {example}");
    Ok(crate::target_folder(&place.root).join("release/examples").join(example))
}

fn read(reader: &Path, way: &str, file: &Path) -> anyhow::Result<Reading> {
    let output = std::process::Command::new(reader).arg(way).arg(file).output();
    let output = output.with_context(|| format!("cannot run {}", reader.display()))?;
    ensure!(output.status.success(), "reading as {way} failed: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).with_context(|| format!("reading as {way} gave no figures"))
}

const WORDS: [&str; 20] = [
    "harbour", "ferry", "letter", "winter", "the", "of", "and", "signal", "a", "witness", "said", "railway",
    "night", "salt", "under", "copper", "with", "market", "island", "readout",
];

/// Some words, the same at each call with the same chance.
fn words(chance: &mut Random, count: usize) -> String {
    let mut pick = || WORDS[(chance.unit() * WORDS.len() as f64) as usize];
    let words: Vec<&str> = (0..count).map(|_| pick()).collect();
    words.join(" ")
}

/// A feed as a large station publishes it: notes of two kilobytes in HTML, people, transcripts, chapters.
fn feed_of(episodes: usize) -> String {
    let mut chance = Random(1);
    let mut feed = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" xmlns:podcast=\"https://podcastindex.org/namespace/1.0\">\n\
         <channel><title>Harbour</title><link>https://radio.example.org/</link><description>Ships</description><language>en</language>\n",
    );
    for episode in 0..episodes {
        let title = words(&mut chance, 6);
        let paragraphs: String =
            (0..4).map(|_| format!("<p>{} &amp; more.</p>\n", words(&mut chance, 60))).collect();
        let links: String = (0..6)
            .map(|link| {
                format!(
                    "<li><a href=\"https://radio.example.org/{episode}/{link}\">{}</a></li>\n",
                    words(&mut chance, 4)
                )
            })
            .collect();
        let date = jiff::Timestamp::from_second(1_000_000_000 + 36_000 * episode as i64).unwrap_or_default();
        let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
        feed.push_str(&format!(
            "<item>\n<title>{title} {episode}</title>\n<guid isPermaLink=\"false\">harbour-{episode}</guid>\n<pubDate>{date}</pubDate>\n\
             <link>https://radio.example.org/harbour/{episode}</link>\n<description>{}</description>\n\
             <content:encoded><![CDATA[{paragraphs}<ul>{links}</ul>]]></content:encoded>\n\
             <enclosure url=\"https://media.example.org/harbour/{episode}.mp3?token={}\" length=\"34216300\" type=\"audio/mpeg\"/>\n\
             <itunes:duration>{}</itunes:duration><itunes:explicit>false</itunes:explicit><itunes:episode>{episode}</itunes:episode>\n\
             <podcast:person role=\"guest\">{}</podcast:person>\n\
             <podcast:transcript url=\"https://media.example.org/harbour/{episode}.vtt\" type=\"text/vtt\" language=\"en\"/>\n\
             <podcast:chapters url=\"https://media.example.org/harbour/{episode}.json\" type=\"application/json+chapters\"/>\n</item>\n",
            words(&mut chance, 30),
            chance.next(),
            600 + chance.next() % 6000,
            words(&mut chance, 2),
        ));
    }
    feed + "</channel></rss>\n"
}

fn list_of(feeds: usize) -> String {
    let mut chance = Random(2);
    let mut list = String::from(
        "<?xml version=\"1.0\"?>\n<opml version=\"2.0\"><head><title>All</title></head><body>\n",
    );
    for feed in 0..feeds {
        if feed % 100 == 0 {
            list.push_str(if feed > 0 { "</outline>\n" } else { "" });
            list.push_str(&format!("<outline text=\"{}\">\n", words(&mut chance, 2)));
        }
        let title = words(&mut chance, 4);
        list.push_str(&format!(
            "<outline type=\"rss\" text=\"{title}\" title=\"{title}\" xmlUrl=\"https://feeds.example.org/{feed}.xml\" htmlUrl=\"https://example.org/{feed}\"/>\n"
        ));
    }
    list.push_str(if feeds > 0 { "</outline>\n" } else { "" });
    list + "</body></opml>\n"
}
