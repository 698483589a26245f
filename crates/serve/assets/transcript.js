// The words on the page and their times. Times stand at the passages (data-times: for each word the milliseconds since
// the end of the one before, and its length) and are read when a passage is first needed, so that a transcript of ten
// hours costs nothing to open.

/** A word stays lit so long after its end, in milliseconds, when no other begins. */
const AFTERGLOW = 400;

export class Transcript {
  #times = new WeakMap();

  constructor(root) {
    this.root = root;
    this.refresh();
  }

  /** Whether the words have times at all; a text without them is read, not played. */
  get timed() {
    return this.root.dataset.timed !== "no";
  }

  /** To be called when passages were added or removed. */
  refresh() {
    this.passages = [...this.root.children];
    this.starts = this.passages.map((passage) => Number(passage.dataset.start));
  }

  /** The passage that a time falls into: the last that has begun. */
  passageAt(ms) {
    return this.passages[lastAtOrBefore(this.starts, ms)] ?? null;
  }

  /** What is heard at a time: `{ passage, word, lit }`; `word` is the last begun, `lit` false in the pause after it. */
  at(ms) {
    const passage = this.timed ? this.passageAt(ms) : null;
    if (!passage) return null;
    const times = this.#of(passage);
    if (!times) return { passage, word: null, lit: true };
    const index = Math.max(0, lastAtOrBefore(times.starts, ms));
    const word = passage.lastElementChild.children[index];
    return { passage, word, lit: ms >= times.starts[index] && ms < times.ends[index] + AFTERGLOW };
  }

  /** Begin and end of a word in milliseconds. */
  timeOf(word) {
    const passage = word.closest(".spoken");
    const times = this.#of(passage);
    const index = Array.prototype.indexOf.call(word.parentElement.children, word);
    return { start: times.starts[index], end: times.ends[index] };
  }

  /** The word that an event or a selection touches, or null. */
  wordOf(node) {
    const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
    const word = element?.closest?.(".spoken span") ?? null;
    return word && this.root.contains(word) ? word : null;
  }

  /** Words that are heard, in whole or in part, between two times in milliseconds. */
  wordsBetween(start, end) {
    const words = [];
    const first = Math.max(0, lastAtOrBefore(this.starts, start));
    for (let index = first; index < this.passages.length && this.starts[index] < end; index += 1) {
      const times = this.#of(this.passages[index]);
      if (!times) continue;
      const spans = this.passages[index].lastElementChild.children;
      for (let at = 0; at < spans.length; at += 1) {
        if (times.starts[at] < end && times.ends[at] > start) words.push(spans[at]);
      }
    }
    return words;
  }

  /** The neighbour of a word, across passages; null at either end. */
  neighbour(word, step) {
    const beside = step > 0 ? word.nextElementSibling : word.previousElementSibling;
    return beside ?? this.neighbourPassage(word, step, step > 0 ? "first" : "last");
  }

  /** The first (or last) word of the next spoken passage in a direction; null when there is none. */
  neighbourPassage(word, step, which = "first") {
    let passage = word.closest(".passage");
    do {
      passage = step > 0 ? passage.nextElementSibling : passage.previousElementSibling;
    } while (passage && !passage.classList.contains("spoken"));
    const words = passage?.lastElementChild.children;
    return words ? words[which === "first" ? 0 : words.length - 1] : null;
  }

  #of(passage) {
    const stored = this.#times.get(passage);
    if (stored || passage.dataset.times === undefined) return stored ?? null;
    const numbers = passage.dataset.times.split(" ");
    const count = numbers.length / 2;
    const times = { starts: new Float64Array(count), ends: new Float64Array(count) };
    let now = Number(passage.dataset.start);
    for (let index = 0; index < count; index += 1) {
      times.starts[index] = now + Number(numbers[index * 2]);
      now = times.ends[index] = times.starts[index] + Number(numbers[index * 2 + 1]);
    }
    this.#times.set(passage, times);
    return times;
  }
}

/** Index of the last number that is not above `value`, -1 when all are. `numbers` ascend. */
export function lastAtOrBefore(numbers, value) {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
