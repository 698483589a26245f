"""Words to the phoneme numbers that Kokoro reads, keeping track of which word every phoneme belongs to.

espeak-ng (run as a program) does the pronouncing. Kokoro was trained on a slightly different alphabet, so diphthongs
and affricates become its single letters. Names that espeak-ng would spell out or mangle have their sound given here.
"""

import functools
import re
import subprocess

NAMES = {
    "Lequenvel": "ləkɒnvˈɛl",
    "Skjoldraath": "ʃˈOldɹɑt",
    "Yngve": "ˈɪŋvə",
    "Ystrey": "ˈɪstɹA",
    "Zwyndael": "zwˈIndAl",
    "Haldvik": "hˈɑldvɪk",
    "Quimarec": "kˈɪməɹɛk",
    "Aasholmen": "ˈɔshOlmən",
    "Njaerheim": "njˈɛɹhIm",
    "Gwenllian": "ɡwˈɛnliən",
    "Okwuosa-Brandt": "ˌɒkwuˈOsəbɹˈænt",
    "Dashiell": "dəʃˈil",
    "Mm-hm": "mhˈʌm",
    "readout": "ɹˈidWt",
    "readouts": "ɹˈidWts",
}

# Kokoro's number of every sign that English needs.
NUMBERS = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, " ": 16, "A": 24, "I": 25, "O": 31, "Q": 33, "W": 39, "Y": 41,
    "ᵊ": 42, "a": 43, "b": 44, "d": 46, "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55,
    "n": 56, "o": 57, "p": 58, "r": 60, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65, "x": 66, "z": 68, "ɑ": 69,
    "ɐ": 70, "ɒ": 71, "æ": 72, "ɔ": 76, "ð": 81, "ʤ": 82, "ə": 83, "ɛ": 86, "ɜ": 87, "ɡ": 92, "ɪ": 102, "ŋ": 112,
    "θ": 119, "ɹ": 123, "ɾ": 125, "ʃ": 131, "ʧ": 133, "ʊ": 135, "ʌ": 138, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157,
    "ː": 158, "ᵻ": 177,
}

COMMON = [
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"), ("ə^l", "ᵊl"), ("ɚ", "əɹ"),
    ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("\u0303", ""), ("\u0329", ""),
]
BY_ACCENT = {
    "en-us": [("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("ɐ", "ə")],
    "en-gb": [("ə^ʊ", "Q"), ("e^ə", "ɛː"), ("i^ə", "ɪə"), ("ɐ", "ə")],
}


@functools.cache
def pronounce(text, accent):
    """What espeak-ng makes of some words: one string of Kokoro's letters, words apart by spaces."""
    spoken = subprocess.run(
        ["espeak-ng", "-q", "--ipa", "--tie=^", "-v", accent, text], capture_output=True, text=True, check=True
    ).stdout
    for old, new in COMMON + BY_ACCENT[accent]:
        spoken = spoken.replace(old, new)
    return " ".join(spoken.replace("^", "").split())


def shares(words, sounds, accent):
    """Which word each of `sounds` comes from, where espeak-ng said several words in one breath ("of the" -> "ɒvðə").

    Returns a list with as many strings as there are words: the sound of each, split in proportion to how long the
    words are alone.
    """
    if len(sounds) == len(words):
        return sounds
    alone = [len(pronounce(word, accent)) for word in words]

    @functools.cache
    def best(word, sound):
        if sound == len(sounds):
            return (0, ()) if word == len(words) else (float("inf"), ())
        options = []
        for take in range(1, len(words) - word + 1):
            cost, rest = best(word + take, sound + 1)
            options.append((cost + abs(len(sounds[sound]) - sum(alone[word : word + take])), (take, *rest)))
        return min(options, default=(float("inf"), ()))

    parts, word = [], 0
    for sound, take in zip(sounds, best(0, 0)[1]):
        total, begin = sum(alone[word : word + take]), 0
        for index in range(word, word + take):
            end = len(sound) if index == word + take - 1 else begin + max(1, round(len(sound) * alone[index] / total))
            parts.append(sound[begin:end])
            begin = end
        word += take
    return parts


def tokens(sentence, accent):
    """Returns (numbers, owners): Kokoro's numbers, and for each the index of its word, None for marks and spaces."""
    numbers, owners = [], []
    words = sentence.split()
    position = 0
    # A stretch that espeak-ng sees whole ends at a mark or at a name that is pronounced here.
    while position < len(words):
        stretch, mark = [], ""
        while position + len(stretch) < len(words) and not mark:
            bare = words[position + len(stretch)].rstrip(".,:;?!")
            if bare.removesuffix("'s") in NAMES and stretch:
                break
            mark = words[position + len(stretch)][len(bare) :]
            stretch.append(bare)
            if bare.removesuffix("'s") in NAMES:
                break
        if (name := stretch[0].removesuffix("'s")) in NAMES:
            sounds = [NAMES[name] + ("z" if stretch[0].endswith("'s") else "")]
        else:
            sounds = shares(stretch, pronounce(" ".join(stretch), accent).split(" "), accent)
        for offset, sound in enumerate(sounds):
            for letter in sound:
                if letter not in NUMBERS:
                    raise SystemExit(f"no number for {letter!r} in {sound!r} of {sentence!r}")
                numbers.append(NUMBERS[letter])
                owners.append(position + offset)
            if offset + 1 < len(sounds):
                numbers.append(NUMBERS[" "])
                owners.append(None)
        position += len(stretch)
        for letter in mark + (" " if position < len(words) else ""):
            numbers.append(NUMBERS[letter])
            owners.append(None)
    if re.search(r"[^.?!]$", sentence):
        raise SystemExit(f"a sentence must end in a mark: {sentence!r}")
    return numbers, owners
