"""Reads the files of a request with other people's parsers, and compares what they find with what was written."""

import json
import re
import sys

request = json.load(open(sys.argv[1], encoding="utf-8"))
files = request["files"]
wrong = []


def check(name, good, found=""):
    if not good:
        wrong.append(f"{name}: {str(found)[:400]}")


def letters(text):
    """Letters and digits alone: marks of the formats aside, none may be lost or added."""
    return "".join(c for c in text if c.isalnum())


WORDS = letters("".join(request["words"]))
SPEAKERS = request["speakers"]
NOTES = r"\[(music|silence|other sound|speech here was not understood)[^\]]*\]"


def without_names(text):
    """Captions and plain text have names before what is said."""
    for name in sorted(SPEAKERS, key=len, reverse=True):
        for written in (name, name.replace(": ", "\u2236 ")):
            text = re.sub(rf"(?m)^{re.escape(written)}(: |：)", "", text)
    return re.sub(r"(?m)^(Unknown speaker: |>> )", "", text)


def captions(name, found):
    """Captions as (start, end, text), in milliseconds."""
    text = "\n".join(re.sub(NOTES, "", without_names(text)) for _, _, text in found)
    check(name, letters(text) == WORDS, text)
    starts = [start for start, _, _ in found]
    check(name + " in order", starts == sorted(starts), starts)
    check(name + " lasting", all(start < end for start, end, _ in found), found)
    return [(start, end) for start, end, _ in found]


def unescaped(text):
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


if "srt" in files:
    import pysrt
    import pysubs2
    import srt

    text = open(files["srt"], encoding="utf-8").read()
    millis = lambda time: round(time.total_seconds() * 1000)
    one = captions("srt by srt", [(millis(c.start), millis(c.end), c.content) for c in srt.parse(text, ignore_errors=False)])
    two = captions("srt by pysrt", [(c.start.ordinal, c.end.ordinal, c.text) for c in pysrt.open(files["srt"], error_handling=pysrt.ERROR_RAISE)])
    three = captions("srt by pysubs2", [(c.start, c.end, c.plaintext) for c in pysubs2.load(files["srt"])])
    check("srt times", one == two == three, (one, two, three))

if "vtt" in files:
    import pysubs2
    import webvtt

    def at(stamp):
        return round((stamp.hours * 3600 + stamp.minutes * 60 + stamp.seconds) * 1000 + stamp.milliseconds)

    read = webvtt.read(files["vtt"])
    one = captions("vtt by webvtt-py", [(at(c.start_time), at(c.end_time), unescaped(c.text)) for c in read])
    two = [(c.start, c.end) for c in pysubs2.load(files["vtt"])]
    check("vtt times", one == two, (one, two))
    voices = sorted({unescaped(c.voice) for c in read if c.voice})
    check("vtt voices", voices == SPEAKERS, voices)

if "json" in files:
    found = json.load(open(files["json"], encoding="utf-8"))
    segments = found["segments"]
    check("json version", found["version"] == "1.0.0", found["version"])
    check("json", letters("".join(s["body"] for s in segments)) == WORDS)
    check("json members", all(set(s) <= {"speaker", "startTime", "endTime", "body"} for s in segments), segments[:2])
    check("json times", all(0 <= s["startTime"] <= s["endTime"] for s in segments))
    check("json speakers", sorted({s["speaker"] for s in segments if "speaker" in s}) == SPEAKERS)

if "ctm" in files:
    rows = [line.split() for line in open(files["ctm"], encoding="utf-8") if not line.startswith(";;")]
    check("ctm fields", all(len(row) == 6 for row in rows), rows[:2])
    check("ctm", letters("".join(row[4] for row in rows)) == WORDS)
    check("ctm starts", [round(float(row[2]) * 1000) for row in rows] == request["starts"])

if "rttm" in files:
    from pyannote.database.util import load_rttm

    for annotation in load_rttm(files["rttm"]).values():
        check("rttm", len(annotation) == request["turns"], annotation)
        labels = {name.replace(" ", "_") for name in SPEAKERS}
        check("rttm speakers", set(annotation.labels()) - {"unknown"} == labels, annotation.labels())

if "docx" in files:
    import docx

    text = "\n".join(paragraph.text for paragraph in docx.Document(files["docx"]).paragraphs)
    for name in SPEAKERS:
        check("docx speakers", name in text, text)
    lines = [line for line in text.split("\n") if not any(line.startswith(name + "  ") for name in SPEAKERS)]
    lines = [line for line in lines if not re.fullmatch(r"(Unknown speaker  )?[\d:]+(  .*)?", line)]
    lines = [line for line in lines if line != request["title"] and not line.startswith("From ")]
    lines = [line for line in lines if not line.startswith(("not all of the", "the recording could"))]
    check("docx", letters("".join(lines)) == WORDS, lines)

if "html" in files:
    import html5lib

    parser = html5lib.HTMLParser(strict=True)
    tree = parser.parse(open(files["html"], encoding="utf-8").read())
    tag = lambda element: element.tag.split("}")[-1] if isinstance(element.tag, str) else ""
    said = [e.text or "" for e in tree.iter() if tag(e) == "p" and e.get("class") is None]
    check("html", letters("".join(said)) == WORDS, said)
    cites = sorted({e.text.removesuffix(":") for e in tree.iter() if tag(e) == "cite"} - {"Unknown speaker"})
    check("html speakers", cites == SPEAKERS, cites)
    times = [e.text for e in tree.iter() if tag(e) == "time"]
    check("html times", all(re.fullmatch(r"\d{2}:[0-5]\d:[0-5]\d\.\d{3}", time) for time in times), times)

if "md" in files:
    from markdown_it import MarkdownIt

    said, titles = [], []
    tokens = MarkdownIt("commonmark").parse(open(files["md"], encoding="utf-8").read())
    for before, token in zip(tokens, tokens[1:]):
        if token.type != "inline":
            continue
        check("md blocks", before.type in ("heading_open", "paragraph_open"), before.type)
        if before.type == "heading_open":
            titles.append("".join(child.content for child in token.children))
            continue
        kinds, text = [], ""
        for child in token.children:
            if child.type.endswith("_open"):
                kinds.append(child.type)
            elif child.type.endswith("_close"):
                kinds.pop()
            elif child.type in ("text", "text_special") and not kinds:
                text += child.content
            else:
                check("md markup", kinds, child)
        said.append(text)
    check("md title", titles == [request["title"]], titles)
    check("md", letters("".join(said)) == WORDS, said)

if "txt" in files:
    text = without_names(open(files["txt"], encoding="utf-8").read())
    text = re.sub(NOTES, "", text)
    text = re.sub(r"(?m)^\[(not all of|the recording could).*\]$", "", text)
    check("txt", letters(text) == WORDS, text)

for complaint in wrong:
    print(complaint)
sys.exit(1 if wrong else 0)
