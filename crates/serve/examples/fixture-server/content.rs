//! What is said in the made-up recordings.

use archive::Stated;
use model::{Chapter, HeardWindow, Millis, Person, Stretch, StretchKind, Word};

pub const NOTES: &str = "A call about a lighthouse, in two ministries' words. Maren Aldous and Teo Brandvold lay the \
two readouts side by side and ask what each leaves out.\n\nThe texts: https://example.org/readouts/northern and \
https://example.org/readouts/southern\nMusic: the harbour band of Lund.\n\nHarbour Light is made every second \
Thursday. Write to us (https://example.org/harbour-light).";

pub fn people() -> Vec<Person> {
    ["Maren Aldous", "Teo Brandvold"]
        .map(|name| Person { name: name.into(), role: Some("host".into()) })
        .into()
}

/// Texts that would do harm if any of them were taken for markup, script or an address.
pub const HOSTILE: [&str; 12] = [
    "<script>window.owned=1</script>.wav",
    "<img src=x onerror=window.owned=1>",
    "\"><svg/onload=window.owned=1>",
    "'><iframe srcdoc='<script>top.owned=1</script>'>",
    "</title><script>window.owned=1</script>",
    "</script><script>window.owned=1</script>",
    "{{constructor.constructor('window.owned=1')()}}",
    "javascript:window.owned=1",
    "--><script>window.owned=1</script><!--",
    "&lt;script&gt;window.owned=1&lt;/script&gt;",
    "\" onmouseover=\"window.owned=1\" autofocus onfocus=\"window.owned=1\" x=\"",
    "\u{202e}gnp.exe\u{2066}<style>*{display:none}</style>",
];

pub fn hostile_statement() -> Stated {
    Stated {
        show: Some(HOSTILE[2..6].concat()),
        title: Some(HOSTILE.join(" ")),
        broadcast: None,
        notes: Some(format!(
            "{}\n\nhttps://example.org/\"onmouseover=window.owned=1 https://example.org/'<b>x</b> data:text/html,<script>window.owned=1</script>",
            HOSTILE.join("\n")
        )),
        people: vec![Person { name: HOSTILE[1].into(), role: Some(HOSTILE[2].into()) }],
        language: None,
    }
}

/// A recording's content.
pub struct Talk {
    pub duration: Millis,
    pub windows: Vec<HeardWindow>,
    pub stretches: Vec<Stretch>,
}

pub fn talk() -> Talk {
    speak(include_str!("talk.txt"))
}

pub fn hostile() -> Talk {
    let words: Vec<String> = HOSTILE.iter().map(|text| text.replace(' ', "\u{2060}")).collect();
    speak(&format!("{}\n\n[gap 2]\n\n_{}_", words.join(" "), words.join("_ _")))
}

/// Names as a recogniser would write them.
pub fn misheard() -> Talk {
    speak(
        "Good evening. The minister, local new, rang his counterpart on Wednesday, and show you go said nothing for a while.\n\n\
         Then bride spoke of local new again. We also heard from Marin all does, who was at the light, and from Teo.",
    )
}

pub fn live() -> Talk {
    let text = include_str!("talk.txt").replace("Harbour Light", "Fog and Signal");
    speak(&text)
}

/// Ten hours and a hundred thousand words.
pub fn long() -> Talk {
    let mut text = String::new();
    while text.split_whitespace().count() < 100_000 {
        text.push_str(include_str!("talk.txt"));
        text.push('\n');
    }
    speak(&text)
}

/// Chapters of even length, each at the begin of a sentence but the last, which begins within one.
pub fn chapters(talk: &Talk, titles: &[&str]) -> Vec<Chapter> {
    let words: Vec<&Word> = talk.windows.iter().flat_map(|window| &window.words).collect();
    let start = |number: usize| {
        let from = words.len() * number / titles.len();
        let ends = |word: &&Word| word.text.ends_with('.');
        let sentence = words[from..].iter().position(ends).map_or(from, |last| from + last + 1);
        match number {
            0 => Millis(0),
            _ if number + 1 == titles.len() => words[from].start,
            _ => words.get(sentence).map_or(Millis(0), |word| word.start),
        }
    };
    let chapter = |(number, title): (usize, &&str)| Chapter {
        start: start(number),
        end: None,
        title: (*title).into(),
        link: None,
        image: None,
        unlisted: false,
    };
    titles.iter().enumerate().map(chapter).collect()
}

/// Gives every word a time, as a calm voice would: by its letters, with pauses at punctuation. `_word_` is unsure; a line
/// `[music 9]` is a stretch of that many seconds.
fn speak(text: &str) -> Talk {
    let mut talk = Talk { duration: Millis(0), windows: Vec::new(), stretches: Vec::new() };
    let mut now = 400;
    let mut window: Option<HeardWindow> = None;
    for paragraph in text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
        let stretch = paragraph.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')?.split_once(' '));
        let stretch = stretch.and_then(|(kind, seconds)| Some((kind, seconds.parse::<u64>().ok()? * 1000)));
        if let Some((kind, length)) = stretch {
            let (start, end) = (Millis(now), Millis(now + length));
            now += length + 300;
            let kind = match kind {
                "gap" => StretchKind::Gap,
                "music" => StretchKind::Music,
                _ => StretchKind::Silence,
            };
            let reason = if kind == StretchKind::Gap { "no-words".to_owned() } else { String::new() };
            let stretch = Stretch { start, end, kind, reason };
            match (kind, &mut window) {
                (StretchKind::Gap, Some(window)) => {
                    window.speech.0 += length;
                    window.end = end;
                    window.gaps.push(stretch);
                }
                _ => {
                    talk.windows.extend(window.take());
                    talk.stretches.push(stretch);
                }
            }
            continue;
        }
        for item in paragraph.split_whitespace() {
            let unsure = item.len() > 2 && item.starts_with('_') && item.ends_with('_');
            let text = if unsure { item.trim_matches('_') } else { item };
            let length = 90 + 52 * text.chars().count().min(14) as u64;
            let (start, end) = (Millis(now), Millis(now + length));
            if window.as_ref().is_some_and(|window| end.0 - window.start.0 > 28_000) {
                talk.windows.extend(window.take());
            }
            let open = window.get_or_insert_with(|| HeardWindow {
                index: talk.windows.len() as u32,
                start,
                end,
                speech: Millis(0),
                language: "en".into(),
                words: Vec::new(),
                gaps: Vec::new(),
                mean_log_probability: -0.2,
                temperature: 0.0,
            });
            open.speech.0 += length;
            open.end = end;
            let confidence = if unsure { 0.31 } else { 0.93 };
            open.words.push(Word {
                text: text.into(),
                start,
                end,
                confidence,
                joined: false,
                timing: model::Timing::Measured,
            });
            now = end.0
                + match text.chars().next_back() {
                    Some('.' | '?' | '!') => 420,
                    Some(',' | ':' | ';') => 210,
                    _ => 15,
                };
        }
        now += 500;
    }
    talk.windows.extend(window);
    talk.duration = Millis(now);
    talk
}
