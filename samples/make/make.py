"""Makes the sample episode from samples/script.txt: voices, music, the MP3 and everything that says what is in it.

In:   the script; a folder with the synthesis model and voices (README.md says how to get them); espeak-ng and ffmpeg.
Out:  the-open-line.mp3, reference.txt, turns.rttm, words.ctm and utterances.tsv in samples/.
Same inputs, same samples before compression: nothing here is random except noise from a fixed seed.

Word times come from the synthesiser, not from a recogniser. Kokoro (a StyleTTS 2 model) first decides how long each
phoneme lasts, in frames of 25 ms, and then speaks exactly that: the times are its own durations added up. It counts
the pause at a mark as part of the phoneme before it, so words next to a pause are cut back to where they sound.
"""

import argparse
import itertools
import pathlib
import re
import subprocess
import tempfile
import wave

import numpy
import onnx
import onnxruntime

import music
import phonemes

RATE = 24_000  # what Kokoro speaks
FRAME = 600  # samples in one unit of Kokoro's durations
LOUDNESS = -18.0  # LUFS of the whole episode, usual for spoken word in mono
SPEECH_LEVEL = 0.09  # root mean square of each voice while it speaks, before the episode's loudness is set
DURATIONS = "/encoder/Clip_output_0"  # the value inside the model's graph that holds frames a phoneme

# Voice, espeak-ng accent and speed for everyone in the script.
CAST = {
    "Imogen": ("bf_emma", "en-gb", 1.0),
    "Dashiell": ("am_michael", "en-us", 1.03),
    "Announcer": ("af_heart", "en-us", 1.0),
}

TAGS = {
    "title": "One call, two readouts",
    "album": "The Open Line",
    "artist": "Imogen Faircloth and Dashiell Wray",
    "date": "2026-03-12",
    "genre": "Podcast",
    "comment": "An invented episode with synthetic voices, made for Readout. Everyone and everything in it is fiction.",
}


class Voices:
    """Speaks one sentence at a time, and says when each word is spoken."""

    def __init__(self, folder):
        graph = onnx.load(folder / "kokoro.onnx")
        graph.graph.output.append(onnx.helper.make_tensor_value_info(DURATIONS, onnx.TensorProto.FLOAT, None))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(graph.SerializeToString(), options, ["CPUExecutionProvider"])
        self.styles = {
            name: numpy.fromfile(folder / f"{voice}.bin", numpy.float32).reshape(-1, 1, 256)
            for name, (voice, _, _) in CAST.items()
        }

    def say(self, speaker, sentence):
        """Returns (samples, [(word, start, end)]), times in seconds from the first sample."""
        _, accent, speed = CAST[speaker]
        tokens, owners = phonemes.tokens(sentence, accent)
        audio, frames = self.session.run(
            None,
            {
                "tokens": numpy.array([[0, *tokens, 0]], numpy.int64),
                "style": self.styles[speaker][len(tokens)],
                "speed": numpy.array([speed], numpy.float32),
            },
        )
        ends = numpy.cumsum(numpy.asarray(frames).reshape(-1)) * FRAME / RATE
        if abs(ends[-1] - len(audio) / RATE) > 0.05:
            raise SystemExit(f"durations do not add up to the sound of {sentence!r}")
        starts = numpy.concatenate([[0.0], ends[:-1]])
        words = sentence.split()
        times = []
        for index, word in enumerate(words):
            mine = [place + 1 for place, owner in enumerate(owners) if owner == index]
            times.append((word, float(starts[mine[0]]), float(ends[mine[-1]])))
        times = cut_pauses(audio, times)
        # Silence before the first and after the last word is the episode's business, not the sentence's.
        begin = max(0.0, times[0][1] - 0.03)
        end = min(len(audio) / RATE, times[-1][2] + 0.08)
        samples = numpy.array(audio[round(begin * RATE) : round(end * RATE)], numpy.float64)
        fade = round(0.008 * RATE)
        samples[:fade] *= numpy.linspace(0, 1, fade)
        samples[-fade:] *= numpy.linspace(1, 0, fade)
        samples *= SPEECH_LEVEL / numpy.sqrt(numpy.mean(samples[numpy.abs(samples) > 0.01] ** 2))
        return samples, [(word, start - begin, end - begin) for word, start, end in times]


def cut_pauses(audio, times):
    """Ends words before a mark, and starts words after one, where the sound is within 38 dB of the sentence's loudest."""
    window = RATE // 100
    level = numpy.sqrt(numpy.convolve(audio.astype(numpy.float64) ** 2, numpy.ones(window) / window, "same"))
    loud = level > level.max() * 10 ** (-38 / 20)
    cut = []
    for index, (word, start, end) in enumerate(times):
        if index == 0 or times[index - 1][0][-1] in ".,:?!":
            early = max(0.0, start - 0.08)
            start = early + float(numpy.argmax(loud[round(early * RATE) : round(end * RATE)])) / RATE
        if word[-1] in ".,:?!":
            end -= float(numpy.argmax(loud[round(start * RATE) : round(end * RATE)][::-1])) / RATE
        cut.append((word, start, end))
    return cut


def read_script(path):
    """Yields ("cue", name) for a line in brackets and ("turn", speaker, [sentences]) for a spoken one."""
    for line in path.read_text().splitlines():
        if match := re.fullmatch(r"\[(.+)\]", line):
            yield "cue", match[1]
        elif match := re.fullmatch(r"(\w+): (.+)", line):
            yield "turn", match[1], re.split(r"(?<=[.?!]) ", match[2])


def perform(script, voices):
    """Returns (speech, sentences, cues): sentences as (speaker, [(word, start, end)]), cues as {name: seconds}."""
    pieces, sentences, cues = [], [], {}
    now, last = 0.8, None
    # Pauses vary a little, as people's do: sentences of one speaker, then answers, quick ones before a short "right".
    within, between = itertools.cycle([0.34, 0.26, 0.42]), itertools.cycle([0.38, 0.52, 0.30, 0.45])
    for kind, *rest in script:
        if kind == "cue":
            cues[rest[0]] = now
            now += {"jingle": music.JINGLE_SECONDS - 1.2, "music": 2.2, "music ends": 0.0}[rest[0]]
            continue
        speaker, lines = rest
        for line in lines:
            short = len(line.split()) <= 2
            if last is not None:
                now += next(within) if last == speaker else (0.22 if short else next(between))
            if last != speaker and speaker == "Announcer":
                now += 0.9
            samples, words = voices.say(speaker, line)
            pieces.append((now, samples))
            sentences.append((speaker, [(word, now + start, now + end) for word, start, end in words]))
            now += len(samples) / RATE
            last = speaker
    speech = numpy.zeros(round((now + music.TAIL_SECONDS) * RATE))
    for start, samples in pieces:
        at = round(start * RATE)
        speech[at : at + len(samples)] += samples
    cues["music ends"] = now
    return speech, sentences, cues


def write_wav(path, samples):
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def loudness(samples):
    """Integrated loudness in LUFS (EBU R 128), as ffmpeg measures it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "measure.wav"
        write_wav(path, samples)
        text = subprocess.run(
            ["ffmpeg", "-hide_banner", "-nostats", "-i", path, "-af", "ebur128", "-f", "null", "-"],
            capture_output=True, text=True, check=True,
        ).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1])


def limit(samples, ceiling=0.89):
    """Bends only what is over the ceiling (-1 dB), so that peaks do not clip."""
    over = numpy.abs(samples) > ceiling * 0.8
    knee = ceiling * 0.8
    bent = knee + (ceiling - knee) * numpy.tanh((numpy.abs(samples) - knee) / (ceiling - knee))
    return numpy.where(over, numpy.sign(samples) * bent, samples)


def write_mp3(path, samples):
    with tempfile.TemporaryDirectory() as folder:
        sound = pathlib.Path(folder) / "episode.wav"
        write_wav(sound, samples)
        tags = [part for key, value in TAGS.items() for part in ("-metadata", f"{key}={value}")]
        subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-y", "-i", sound, "-c:a", "libmp3lame", "-b:a", "64k", "-ac", "1",
             "-fflags", "+bitexact", "-id3v2_version", "4", *tags, path],
            check=True,
        )


def write_truth(folder, sentences):
    """Writes the text and the times: words as CTM, turns as RTTM (pauses over a second split them), sentences as TSV."""
    name = "the-open-line"
    lines = [" ".join(word for word, _, _ in words) for _, words in sentences]
    turns = []
    for (speaker, words), line in zip(sentences, lines):
        if turns and turns[-1][0] == speaker and words[0][1] - turns[-1][2] < 1.0:
            turns[-1][2] = words[-1][2]
            turns[-1][3] += " " + line
        else:
            turns.append([speaker, words[0][1], words[-1][2], line])
    (folder / "reference.txt").write_text("".join(f"{text}\n" for _, _, _, text in turns))
    (folder / "turns.rttm").write_text("".join(
        f"SPEAKER {name} 1 {start:.3f} {end - start:.3f} <NA> <NA> {speaker} <NA> <NA>\n"
        for speaker, start, end, _ in turns
    ))
    (folder / "words.ctm").write_text("".join(
        f"{name} 1 {start:.3f} {end - start:.3f} {word.strip('.,:?!')}\n" for _, words in sentences for word, start, end in words
    ))
    (folder / "utterances.tsv").write_text("start\tend\tspeaker\ttext\n" + "".join(
        f"{words[0][1]:.3f}\t{words[-1][2]:.3f}\t{speaker}\t{line}\n" for (speaker, words), line in zip(sentences, lines)
    ))


def main():
    arguments = argparse.ArgumentParser(description="Makes the sample episode.")
    arguments.add_argument("models", type=pathlib.Path, help="folder with kokoro.onnx and the voices' .bin files")
    models = arguments.parse_args().models
    samples = pathlib.Path(__file__).resolve().parent.parent

    speech, sentences, cues = perform(read_script(samples / "script.txt"), Voices(models))
    episode = speech.copy()
    jingle = music.jingle(RATE)
    at = round(cues["jingle"] * RATE)
    episode[at : at + len(jingle)] += jingle
    bed = music.bed(RATE, cues["music ends"] + music.TAIL_SECONDS - cues["music"], speech[round(cues["music"] * RATE) :])
    at = round(cues["music"] * RATE)
    episode[at : at + len(bed)] += bed[: len(episode) - at]

    # A studio is never digitally silent: a floor at about -72 dB.
    episode += numpy.random.default_rng(1906).normal(0, 2.5e-4, len(episode))
    episode = limit(episode * 10 ** ((LOUDNESS - loudness(episode)) / 20))
    write_mp3(samples / "the-open-line.mp3", episode)
    write_truth(samples, sentences)

    outro = slice(round((cues["music"] + 2.5) * RATE), round(cues["music ends"] * RATE))
    words = sum(len(words) for _, words in sentences)
    ratio = 20 * numpy.log10(numpy.std(speech[outro]) / numpy.std(bed[outro.start - at : outro.stop - at]))
    print(f"{len(episode) / RATE:.1f} s, {words} words, {loudness(episode):.1f} LUFS, peak {numpy.abs(episode).max():.2f}, "
          f"speech {ratio:.1f} dB over the music of the outro")


if __name__ == "__main__":
    main()
