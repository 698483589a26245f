//! Languages other than English: spoken by espeak-ng, so a check of detection and sanity, not of quality.

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::json;

use super::ours::{self, Quality, Readout};
use super::peer::{Peer, Way, installed, tool};
use super::score::{Errors, by_utterance, plain};
use super::{Place, machine};

#[derive(clap::Args)]
pub struct Options {
    /// Leave docs/benchmarks.md as it is
    #[arg(long)]
    dry: bool,
}

/// A language, its voice in espeak-ng (also its code), and a paragraph in it.
const PARAGRAPHS: &[(&str, &str, &str)] = &[
    (
        "German",
        "de",
        "Guten Abend und willkommen zu unserer Sendung. Heute sprechen wir über das Wetter im Norden. \
         Gestern hat es den ganzen Tag geregnet, und der Wind kam aus dem Westen. Die Schiffe sind im Hafen geblieben, \
         weil die Wellen sehr hoch waren. Morgen soll es besser werden, sagt der Kapitän. Die Menschen auf der Insel \
         warten auf Brot, Milch und Zeitungen. Am Freitag fährt das erste Boot wieder hinaus.",
    ),
    (
        "French",
        "fr",
        "Bonsoir et bienvenue dans notre émission. Ce soir, nous parlons du marché de la petite ville. \
         Chaque samedi matin, les paysans apportent des légumes, du fromage et des fleurs. Une vieille dame vend du miel \
         depuis quarante ans. Elle connaît tout le monde et tout le monde la connaît. Le maire voudrait déplacer le \
         marché, mais les habitants ne sont pas d'accord. La décision sera prise au mois de septembre.",
    ),
    (
        "Spanish",
        "es",
        "Buenas noches y bienvenidos a nuestro programa. Hoy hablamos de un tren que cruza las montañas. \
         Sale cada mañana a las siete y llega al mar por la tarde. Los viajeros llevan pan, naranjas y libros. \
         El conductor trabaja en esta línea desde hace veinte años. Dice que cada día el paisaje es diferente. \
         El gobierno quiere cerrar la estación, pero los vecinos no lo permiten.",
    ),
    (
        "Russian",
        "ru",
        "Добрый вечер и добро пожаловать в нашу передачу. Сегодня мы говорим о старой библиотеке. \
         Она стоит на берегу реки уже сто лет. Каждый день сюда приходят студенты, учителя и дети. \
         В большом зале тихо и светло. Директор говорит, что книг стало слишком много. \
         Весной город построит новое здание, и часть книг переедет туда.",
    ),
];

/// Has each paragraph spoken and heard.
///
/// # Errors
/// espeak-ng or ffmpeg is missing, or a program fails.
pub fn run(place: &Place, options: &Options) -> anyhow::Result<()> {
    ensure!(installed("espeak-ng"), "espeak-ng is not installed: it speaks what is to be heard");
    let peer = Peer::prepare(place)?;
    let readout = Readout::prepare(place)?;
    let mut page = format!(
        "{} One paragraph of each language, spoken by espeak-ng 1.51 at 140 words a minute. Detected language, words, \
         word error after case and marks are taken away.\n\n\
         | language | words said | fast: detected, words | word error % | accurate: detected, words | word error % | \
         faster-whisper default: detected, words | word error % |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n",
        machine()
    );
    let mut figures = Vec::new();
    for (language, code, paragraph) in PARAGRAPHS {
        let spoken = place.work.join(format!("{code}-espeak.wav"));
        let file = place.work.join(format!("{code}.wav"));
        tool(Command::new("espeak-ng").args(["-v", code, "-s", "140", "-w"]).arg(&spoken).arg(paragraph))?;
        peer.decode(&[(spoken, file.clone())])?;
        let mut heard = Vec::new();
        for quality in [Quality::Fast, Quality::Accurate] {
            let (transcript, _) = readout.transcribe(&file, quality)?;
            heard.push((transcript.language.clone().unwrap_or_default(), ours::text(&transcript)));
        }
        let (_, answers) = peer.hear(Way::Default, 2, &[vec![file]])?;
        let theirs = answers.into_iter().flat_map(|answer| answer.heard).next().context("nothing heard")?;
        heard.push((theirs.language, theirs.text));

        let said = plain(paragraph);
        let mut row = format!("| {language} | {} |", said.split(' ').count());
        for (detected, text) in &heard {
            let errors: Errors = by_utterance(std::slice::from_ref(&said), &plain(text)).into_iter().sum();
            let words = text.split_whitespace().count();
            row.push_str(&format!(" {detected}, {words} | {:.0} |", 100.0 * errors.rate()));
            figures.push(
                json!({ "language": language, "detected": detected, "text": text, "errors": errors.count() }),
            );
        }
        println!("{row}");
        page.push_str(&row);
        page.push('\n');
    }
    place.publish("languages", options.dry, &page, &json!({ "machine": machine(), "heard": figures }))
}
