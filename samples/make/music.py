"""The episode's music, made of a few oscillators: a jingle to open with and a soft bed to end on."""

import numpy

JINGLE_SECONDS = 7.5
TAIL_SECONDS = 4.0  # how long the bed goes on after the last word
BED_UNDER_SPEECH = 0.011  # root mean square of the bed while somebody speaks (a voice has about 0.09)
BED_ALONE = 0.035


def note(pitch):
    """Frequency in hertz of a MIDI pitch."""
    return 440.0 * 2 ** ((pitch - 69) / 12)


def pluck(rate, pitch, seconds, bright=6, decay=3.5):
    """A plucked string: partials that die the faster the higher they are."""
    t = numpy.arange(round(seconds * rate)) / rate
    tone = sum(numpy.sin(2 * numpy.pi * note(pitch) * k * t) * numpy.exp(-decay * k**0.7 * t) / k for k in range(1, bright))
    return tone * numpy.minimum(1, t / 0.004)


def pad(rate, pitches, seconds):
    """A chord that swells and sinks, two slightly detuned voices a note."""
    t = numpy.arange(round(seconds * rate)) / rate
    tone = sum(
        numpy.sin(2 * numpy.pi * note(pitch) * detune * t + pitch) + 0.25 * numpy.sin(4 * numpy.pi * note(pitch) * detune * t)
        for pitch in pitches
        for detune in (0.9985, 1.0015)
    )
    return tone * numpy.sin(numpy.pi * numpy.clip(t / seconds, 0, 1)) ** 0.6


def brush(rate, rng, seconds=0.12):
    """A brushed drum: a burst of noise."""
    t = numpy.arange(round(seconds * rate)) / rate
    return numpy.diff(rng.normal(0, 1, len(t) + 1)) * numpy.exp(-45 * t)


def mix(length, parts):
    out = numpy.zeros(length)
    for at, sound in parts:
        end = max(at, min(length, at + len(sound)))
        out[at:end] += sound[: end - at]
    return out


def jingle(rate):
    """A rising figure over three chords with a bell at the end, at 120 beats a minute."""
    rng = numpy.random.default_rng(7)
    beat = 0.5
    parts = []
    for bar, chord in enumerate([(50, 57, 62, 66), (47, 54, 59, 62), (55, 59, 62, 67)]):
        start = bar * 4 * beat
        for step in range(8):
            pitch = chord[(step * 3) % 4] + (12 if step % 2 else 0)
            parts.append((round((start + step * beat / 2) * rate), 0.5 * pluck(rate, pitch, 1.2)))
        parts.append((round(start * rate), 0.9 * pluck(rate, chord[0] - 12, 2.0, bright=4, decay=1.6)))
        parts += [(round((start + hit * beat) * rate), 0.25 * brush(rate, rng)) for hit in range(4)]
    for pitch in (62, 69, 74, 78):
        parts.append((round(6.0 * rate), 0.6 * pluck(rate, pitch, 1.5, decay=1.8)))
    sound = mix(round(JINGLE_SECONDS * rate), parts)
    fade = round(1.5 * rate)
    sound[-fade:] *= numpy.linspace(1, 0, fade) ** 1.5
    return sound * (0.075 / numpy.sqrt(numpy.mean(sound**2)))


def bed(rate, seconds, speech):
    """Slow chords with a thin figure over them, softer while `speech` (same start, same rate) is not silent."""
    length = round(seconds * rate)
    parts, at, bar = [], 0.0, 0
    chords = [(50, 57, 62, 66), (47, 54, 59, 62), (43, 55, 59, 62), (45, 52, 57, 64)]
    while at < seconds:
        chord = chords[bar % 4]
        parts.append((round(at * rate), pad(rate, chord, 4.6)))
        for step in range(4):
            parts.append((round((at + step) * rate), 0.8 * pluck(rate, chord[(step * 2 + 1) % 4] + 12, 1.5)))
        at, bar = at + 4.0, bar + 1
    sound = mix(length, parts)
    sound /= numpy.sqrt(numpy.mean(sound**2))
    # The level follows the speech, held for half a second around it and eased over another half.
    step = rate // 50
    speaking = numpy.array([numpy.abs(speech[i : i + step]).max(initial=0) > 0.01 for i in range(0, length, step)], float)
    held = numpy.convolve(speaking, numpy.ones(51), "same") > 0
    eased = numpy.convolve(held.astype(float), numpy.hanning(51) / numpy.hanning(51).sum(), "same")
    level = numpy.interp(numpy.arange(length), numpy.arange(len(eased)) * step, BED_ALONE + (BED_UNDER_SPEECH - BED_ALONE) * eased)
    sound *= level
    fade_in, fade_out = round(1.5 * rate), round(2.5 * rate)
    sound[:fade_in] *= numpy.linspace(0, 1, fade_in)
    sound[-fade_out:] *= numpy.linspace(1, 0, fade_out)
    return sound
