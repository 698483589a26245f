"""Makes talk with names that nobody chose: invented people, drawn by a seed, in sentences of this file.

In:   a folder with the synthesis model and voices (README.md says how to get them); the tables of names of
      crates/names/data; a seed; how many episodes; espeak-ng and ffmpeg.
Out:  for each episode N: N.mp3, N.notes.txt (its people with what they do, and others who are not spoken of),
      N.reference.txt (a sentence a line, people's names in brackets).
Same seed, same words. Nobody meant: first names and surnames are drawn apart from each other.

    python samples/make/dialogue.py MODELS OUT --seed 1906 --episodes 5
"""

import argparse
import pathlib
import random
import re
import subprocess
import tempfile

import make

HOSTS = ["Imogen", "Dashiell", "Announcer"]

ROLES = [
    "harbour master of Port Ellery", "chief economist at the Lakeland Bank", "editor of the Morning Ledger",
    "professor of law in Westmere", "spokeswoman of the transport ministry", "captain of the ferry Northern Light",
    "head of the water board", "author of a book on bridges", "minister of health", "director of the city museum",
    "union leader at the steel works", "judge at the court of appeal", "mayor of Ansley", "conductor of the radio choir",
    "engineer at the power station", "member of parliament for the islands",
]

# Each is one answer or two; {a} and {b} are people, who are named in full at first and by surname later.
OPENING = [
    "Imogen: Good evening. With me in the studio is {a.full}, {a.role}.",
    "Imogen: And on the line from the coast we have {b.full}, {b.role}.",
    "Dashiell: Later on we will also hear from {c.full}, who is {c.role}.",
    "Imogen: Let us begin with you, {a.first}. What happened on Friday?",
]

TALK = [
    "Dashiell: Well, the report was handed to {x.full}, {x.role}, more than a year ago.|Imogen: And what did {x.sur} do with it?|Dashiell: Nothing at all, as far as we can tell.",
    "Imogen: I want to quote a letter that {x.full} wrote in March.|Dashiell: The one in which {x.sur} says that the money is gone?|Imogen: That is the one.",
    "Announcer: Thank you, {x.first}. Can I ask you about the second meeting?|Dashiell: Of course. There were four people in the room, and one of them was {y.full}.",
    "Imogen: According to {x.sur}, nobody was told before the vote.|Dashiell: But that is not what {y.sur} remembers. He says that everybody knew.",
    "Dashiell: We asked {x.full} for an interview, and {x.sur} declined.|Imogen: That is a pity. It would have been good to hear both sides.",
    "Announcer: There is a rumour that {x.sur} and {y.sur} do not speak to each other any more.|Dashiell: I would not go that far. They disagree about the timetable, that is all.",
    "Imogen: The inquiry will be led by {x.full}, {x.role}.|Dashiell: A good choice, I think. Nobody knows these papers better than {x.sur}.",
    "Dashiell: When I called {x.sur} this morning, the phone was answered by {y.full}.|Imogen: Which tells you something about how they work together.",
    "Announcer: So what would you say to {x.full}, if you met in the corridor?|Dashiell: I would say, {x.first}, please read the last page first.",
    "Imogen: The figures come from {x.full}, and they were checked by {y.full}.|Dashiell: Then I believe them. When {y.sur} checks a number, it is right.",
    "Dashiell: In the end it was {x.sur} who paid for the repair, and not the council.|Imogen: Is there a receipt?|Dashiell: There is, and it is signed by {y.sur}.",
    "Announcer: We have a question from a listener. Why was {x.full} not at the table?|Imogen: Because the invitation went to {y.sur} instead, by mistake.",
]

CLOSING = [
    "Imogen: That is all we have time for. My thanks to {a.full} and to {b.full}.",
    "Dashiell: And to {c.sur}, who stayed up late for us. Good night.",
]


def table(path):
    """The words of a front-coded table with their marks; crates/names/data/README.md says how it is laid out."""
    word, found = "", []
    for line in path.read_text().splitlines():
        word = word[: ord(line[0]) - ord("a")] + line[1:-1]
        found.append((word, line[-1]))
    return found


class Person:
    def __init__(self, first, sur, role):
        self.first, self.sur, self.role = first, sur, role
        self.full = f"{first} {sur}"


def people(names, chance, count):
    """So many people, no name twice, none so short that it is a sound."""
    plain = [(word, mark) for word, mark in names if re.fullmatch("[a-z]{4,}", word)]
    first = chance.sample([word for word, mark in plain if mark in "+*"], count)
    sur = chance.sample([word for word, mark in plain if mark in "-*"], count)
    roles = chance.sample(ROLES, count)
    return [Person(one.capitalize(), other.capitalize(), role) for one, other, role in zip(first, sur, roles)]


class Marked:
    """A person whose names come out in brackets."""

    def __init__(self, person):
        self.role = person.role
        self.first, self.sur, self.full = f"[{person.first}]", f"[{person.sur}]", f"[{person.full}]"


def written(chance, cast):
    """The lines of an episode, with names in brackets."""
    a, b, c, *_ = marked = [Marked(person) for person in cast]
    lines = [line.format(a=a, b=b, c=c) for line in OPENING]
    for exchange in chance.sample(TALK, len(TALK)):
        x, y = chance.sample(marked, 2)
        lines += [line.format(x=x, y=y) for line in exchange.split("|")]
    return lines + [line.format(a=a, b=b, c=c) for line in CLOSING]


def main():
    arguments = argparse.ArgumentParser(description="Makes talk with names drawn by a seed.")
    arguments.add_argument("models", type=pathlib.Path)
    arguments.add_argument("out", type=pathlib.Path)
    arguments.add_argument("--seed", type=int, default=1906)
    arguments.add_argument("--episodes", type=int, default=5)
    chosen = arguments.parse_args()
    chance = random.Random(chosen.seed)
    root = pathlib.Path(__file__).resolve().parents[2]
    names = table(root / "crates/names/data/people.txt")
    voices = make.Voices(chosen.models)
    chosen.out.mkdir(parents=True, exist_ok=True)
    seconds = 0.0
    for number in range(1, chosen.episodes + 1):
        cast = people(names, chance, 12)
        # Four stand in the notes and are not spoken of.
        lines = written(chance, cast[:8])
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / "script.txt"
            script.write_text("\n".join(re.sub(r"[\[\]]", "", line) for line in lines))
            speech, _, _ = make.perform(make.read_script(script), voices)
            sound = pathlib.Path(folder) / "sound.wav"
            speech += make.numpy.random.default_rng(number).normal(0, 2.5e-4, len(speech))
            make.write_wav(sound, make.limit(speech * 10 ** ((make.LOUDNESS - make.loudness(speech)) / 20)))
            subprocess.run(
                ["ffmpeg", "-loglevel", "error", "-y", "-i", sound, "-c:a", "libmp3lame", "-b:a", "64k", "-ac", "1",
                 "-fflags", "+bitexact", chosen.out / f"{number}.mp3"],
                check=True,
            )
        seconds += len(speech) / make.RATE
        notes = "".join(f"- {person.full}, {person.role}\n" for person in chance.sample(cast, len(cast)))
        (chosen.out / f"{number}.notes.txt").write_text(f"In this episode\n{notes}")
        spoken = [sentence for line in lines for sentence in re.split(r"(?<=[.?!]) ", line.split(": ", 1)[1])]
        (chosen.out / f"{number}.reference.txt").write_text("".join(f"{sentence}\n" for sentence in spoken))
    print(f"{chosen.episodes} episodes, {seconds:.0f} s")


if __name__ == "__main__":
    main()
