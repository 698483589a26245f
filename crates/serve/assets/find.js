// Finding words in the transcript: every hit is marked in the text and on the strip, Enter goes from one to the next.

/** More hits than this are counted but not marked. */
const MOST = 2000;

export class Find {
  #hits = [];
  #now = -1;

  constructor(transcript, { onGo, onFound, onClose }) {
    Object.assign(this, { transcript, onGo, onFound, onClose });
    const part = (name) => document.getElementById(name);
    this.box = part("find");
    this.input = part("find-text");
    this.count = part("find-count");
    let waiting = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.search(), 120);
    });
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.input) this.step(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
    });
    part("find-next").addEventListener("click", () => this.step(1));
    part("find-previous").addEventListener("click", () => this.step(-1));
    part("find-close").addEventListener("click", () => this.close());
  }

  open() {
    this.box.hidden = false;
    const selected = String(getSelection()).trim();
    if (selected && selected.length < 80) this.input.value = selected;
    this.input.focus();
    this.input.select();
    if (this.input.value) this.search();
  }

  close() {
    this.box.hidden = true;
    this.#hits = [];
    this.#mark();
    this.onFound([]);
    this.onClose(this.#now >= 0 ? this.last : null);
    this.#now = -1;
  }

  search() {
    const wanted = fold(this.input.value.trim().replace(/\s+/g, " "));
    this.#hits = [];
    this.#now = -1;
    if (wanted) {
      for (const passage of this.transcript.passages) {
        if (!passage.classList.contains("spoken")) continue;
        const text = passage.lastElementChild.textContent;
        const folded = fold(text);
        for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
          this.#hits.push({ passage, from: at, to: at + wanted.length });
        }
      }
    }
    this.#mark();
    if (this.transcript.timed) this.onFound(this.#hits.slice(0, MOST).map((hit) => this.#time(hit)));
    if (this.#hits.length > 0) this.step(1, this.#firstBelow());
    else this.count.value = wanted ? "nothing found" : "";
  }

  step(direction, start = null) {
    if (this.#hits.length === 0) return;
    const count = this.#hits.length;
    this.#now = start ?? (this.#now + direction + count) % count;
    this.count.value = `${this.#now + 1} of ${count}`;
    const range = rangeOf(this.#hits[this.#now]);
    this.last = this.transcript.wordOf(range.startContainer);
    if (CSS.highlights) CSS.highlights.set("found-now", new Highlight(range));
    this.onGo(this.last);
    this.last.scrollIntoView({ block: "center" });
  }

  /** The first hit that is not above what the reader sees. */
  #firstBelow() {
    const seen = this.transcript.passages.find((passage) => passage.getBoundingClientRect().bottom > 80);
    const start = Number(seen?.dataset.start ?? 0);
    return Math.max(0, this.#hits.findIndex((hit) => Number(hit.passage.dataset.start) >= start));
  }

  #mark() {
    if (!CSS.highlights) return;
    CSS.highlights.delete("found-now");
    CSS.highlights.set("found", new Highlight(...this.#hits.slice(0, MOST).map(rangeOf)));
  }

  #time(hit) {
    return this.transcript.timeOf(this.transcript.wordOf(rangeOf(hit).startContainer)).start / 1000;
  }
}

/** A hit as a range of text nodes. */
function rangeOf({ passage, from, to }) {
  const range = document.createRange();
  const walker = document.createTreeWalker(passage.lastElementChild, NodeFilter.SHOW_TEXT);
  let [at, begun] = [0, false];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const end = at + node.length;
    if (!begun && from < end) {
      range.setStart(node, from - at);
      begun = true;
    }
    if (begun && to <= end) {
      range.setEnd(node, to - at);
      break;
    }
    at = end;
  }
  return range;
}

/** Lower case, letter by letter, so that places in the result are places in the text. */
function fold(text) {
  const folded = text.toLowerCase().replaceAll("’", "'");
  if (folded.length === text.length) return folded;
  return [...text].map((c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c)).join("");
}
