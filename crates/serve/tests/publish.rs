//! A site of files: everything links to something that is there, feeds are taken by other people's parsers, publishing
//! again writes only what changed, and nothing foreign is touched.

use archive::{Archive, Imported, Stated};
use model::{Chapter, ChapterSource, Millis, Origin, Person, Timing, Transcript, Turn, Word};
use serve::{NotPublished, Publishing, publish};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const HOSTILE: &str = "<script>alert(1)</script> & \"Co\" ]]> \u{1}";

struct Place {
    archive: Archive,
    folder: tempfile::TempDir,
}

fn place(shows: &[(&str, usize)]) -> Place {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Archive::create(folder.path().join("archive")).expect("an archive");
    for (show, episodes) in shows {
        for number in 0..*episodes {
            let file = folder.path().join("talk.md");
            fs::write(&file, format!("{show} {number}")).expect("written");
            let stated = Stated {
                show: Some((*show).into()),
                title: Some(format!("Part {number} {HOSTILE}")),
                broadcast: Some(
                    jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(number as i64)),
                ),
                notes: Some(format!("With Ann Lee. {HOSTILE}")),
                people: vec![Person { name: "Ann Lee".into(), role: Some("host".into()) }],
                language: Some("en".into()),
            };
            let text = Imported {
                origin: Origin::Imported,
                source: "talk.md",
                engine: "import/md/1",
                original: None,
                aligned_from: None,
                transcript: &transcript(),
                show: true,
            };
            let added = archive.add_text(&file, &stated, &text).expect("added");
            let chapter = |start, title: &str| Chapter {
                start: Millis(start),
                end: None,
                title: title.into(),
                link: None,
                image: None,
                unlisted: false,
            };
            let chapters = [chapter(0, "Begin"), chapter(1_000, HOSTILE)];
            archive.set_chapters(added.episode, ChapterSource::Found, &chapters).expect("chapters");
        }
    }
    Place { archive, folder }
}

fn transcript() -> Transcript {
    let words =
        "Good evening. Thank you, <b>Ann</b>. Good night.".split(' ').enumerate().map(|(index, text)| Word {
            text: text.into(),
            start: Millis(index as u64 * 400),
            end: Millis(index as u64 * 400 + 300),
            confidence: 1.0,
            joined: false,
            timing: Timing::Measured,
        });
    Transcript {
        language: Some("en".into()),
        duration: Millis(4_000),
        words: words.collect(),
        turns: vec![
            Turn { first: 0, speaker: Some("Ann Lee".into()) },
            Turn { first: 2, speaker: Some(HOSTILE.into()) },
        ],
        complete: true,
        ..Transcript::default()
    }
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => drop(found.insert(path)),
            }
        }
    }
    found
}

/// The addresses that a page links to.
fn links(html: &str) -> Vec<String> {
    let mut links = Vec::new();
    for attribute in ["href=\"", "src=\""] {
        for (at, _) in html.match_indices(attribute) {
            let rest = &html[at + attribute.len()..];
            links.extend(rest.split('"').next().map(str::to_owned));
        }
    }
    links
}

#[test]
fn every_link_leads_to_a_file_and_nothing_foreign_is_markup() {
    let place = place(&[("One & <i>only</i>", 3), ("Long", 130)]);
    let site = place.folder.path().join("site");
    let publishing =
        Publishing { address: Some("https://example.org/archive".into()), ..Publishing::default() };
    let published = publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    assert_eq!((published.shows, published.episodes), (2, 133));
    let mut checked = 0;
    for page in files(&site).iter().filter(|path| path.extension().is_some_and(|ending| ending == "html")) {
        let html = fs::read_to_string(page).expect("a page");
        assert!(!html.contains("<script>alert") && !html.contains("<i>only"), "{}", page.display());
        for link in links(&html) {
            let link = link.split('#').next().unwrap_or_default().to_owned();
            if link.is_empty() || link.contains("://") {
                continue;
            }
            assert!(!link.starts_with('/'), "{}: {link} is not relative", page.display());
            let target = page.parent().expect("a folder").join(&link);
            assert!(target.is_file(), "{}: {link} leads nowhere", page.display());
            checked += 1;
        }
    }
    assert!(checked > 1_500, "{checked} links");
    let shows: Vec<_> = place.archive.shows().expect("shows").into_iter().map(|show| show.show.id).collect();
    assert!(shows.iter().any(|show| site.join(format!("show/{show}/page-2.html")).is_file()));
}

#[test]
fn feeds_are_taken_by_two_other_parsers() {
    let place = place(&[("One & <i>only</i>", 3)]);
    let site = place.folder.path().join("site");
    let publishing =
        Publishing { address: Some("https://example.org/archive".into()), ..Publishing::default() };
    publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    let feeds: Vec<_> = files(&site).into_iter().filter(|path| path.ends_with("feed.xml")).collect();
    let xml = fs::read(&feeds[0]).expect("a feed");
    let one = feed_rs::parser::parse(&xml[..]).expect("feed-rs takes it");
    assert_eq!(one.entries.len(), 3);
    assert_eq!(one.title.expect("a title").content, "One & <i>only</i>");
    let other = rss::Channel::read_from(&xml[..]).expect("rss takes it");
    assert_eq!(other.items().len(), 3);
    let newest = &other.items()[0];
    assert!(newest.title().is_some_and(|title| title.starts_with("Part 2 <script>")), "{:?}", newest.title());
    let guid = newest.guid().expect("a GUID");
    assert!(guid.value().starts_with("urn:uuid:") && !guid.is_permalink());
    assert!(newest.link().is_some_and(|link| link.starts_with("https://example.org/archive/episode/")));
    assert!(newest.pub_date().is_some_and(|date| date.contains("3 Jan 2026")), "{:?}", newest.pub_date());
    let podcast = newest.extensions().get("podcast").expect("elements of Podcasting 2.0");
    let types: Vec<_> =
        podcast["transcript"].iter().map(|element| element.attrs()["type"].as_str()).collect();
    assert_eq!(types, ["text/vtt", "application/json", "application/x-subrip"]);
    assert_eq!(podcast["person"][0].value(), Some("Ann Lee"));
    assert_eq!(podcast["person"][0].attrs()["role"], "host");
    for element in podcast["transcript"].iter().chain(&podcast["chapters"]) {
        let file =
            element.attrs()["url"].strip_prefix("https://example.org/archive/").expect("below the address");
        assert!(site.join(file).is_file(), "{file}");
    }
    let again = fs::read(&feeds[0]).expect("a feed");
    publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    assert_eq!(fs::read(&feeds[0]).expect("a feed"), again, "the same archive gives the same feed");
}

#[test]
fn publishing_again_writes_what_changed_and_removes_what_is_gone() {
    let place = place(&[("One", 3)]);
    let site = place.folder.path().join("site");
    let publishing = Publishing::default();
    let first = publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    assert_eq!(first.files, first.written);
    let again = publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    assert_eq!((again.written, again.removed), (0, 0));
    let before = files(&site);
    assert!(!before.iter().any(|path| path.ends_with("feed.xml")), "no address, no feeds");
    let episodes = place.archive.episodes(None).expect("episodes");
    place.archive.remove_episode(episodes[0].episode.id).expect("removed");
    fs::write(site.join("theirs.txt"), "not ours").expect("written");
    let less = publish(&place.archive, &site, &publishing, &|_, _| true).expect("published");
    assert!(less.removed > 5, "{less:?}");
    assert!(!site.join(format!("episode/{}", episodes[0].episode.id)).exists());
    assert!(site.join("theirs.txt").exists(), "what is not ours stays");
}

#[test]
fn a_stopped_run_is_gone_on_with_and_a_foreign_folder_refused() {
    let place = place(&[("One", 9)]);
    let site = place.folder.path().join("site");
    let stopped = publish(&place.archive, &site, &Publishing::default(), &|done, _| done < 3);
    assert!(matches!(stopped, Err(NotPublished::Stopped)));
    publish(&place.archive, &site, &Publishing::default(), &|_, _| true).expect("goes on");
    let foreign = place.folder.path().join("foreign");
    fs::create_dir(&foreign).expect("a folder");
    fs::write(foreign.join("index.html"), "theirs").expect("written");
    let refused = publish(&place.archive, &foreign, &Publishing::default(), &|_, _| true);
    assert!(matches!(refused, Err(NotPublished::NotEmpty(_))));
    assert_eq!(fs::read_to_string(foreign.join("index.html")).expect("theirs"), "theirs");
    for address in ["example.org", "javascript://x", "https://", "https://a b/", "https://x/?q=\"><b>"] {
        let publishing = Publishing { address: Some(address.into()), ..Publishing::default() };
        let wrong = publish(&place.archive, &site, &publishing, &|_, _| true);
        assert!(matches!(wrong, Err(NotPublished::Address(_))), "{address}");
    }
}

#[test]
fn a_list_that_somebody_changed_leads_nowhere_else() {
    let place = place(&[("One", 1)]);
    let site = place.folder.path().join("site");
    publish(&place.archive, &site, &Publishing::default(), &|_, _| true).expect("published");
    let victim = place.folder.path().join("victim.txt");
    fs::write(&victim, "keep").expect("written");
    let list = r#"{"../victim.txt":"x","/etc/passwd":"x","a/../../victim.txt":"x","":"x"}"#;
    fs::write(site.join(".readout-site.json"), list).expect("written");
    publish(&place.archive, &site, &Publishing::default(), &|_, _| true).expect("published");
    assert!(victim.exists());
}
