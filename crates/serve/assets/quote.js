// Selected words become a quotation: the words, who published them when, and an address that plays just them.

import { clock, seconds } from "./fragment.js";

export class Quote {
  constructor(transcript, button, about, say) {
    Object.assign(this, { transcript, button, about, say });
    let waiting = 0;
    document.addEventListener("selectionchange", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => this.#offer(), 120);
    });
    button.addEventListener("pointerdown", (event) => event.preventDefault()); // keeps the selection
    button.addEventListener("click", () => this.copy());
  }

  /** First and last selected word, or null. */
  #selected() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return null;
    const range = selection.getRangeAt(0);
    if (!range.intersectsNode(this.transcript.root)) return null;
    const passages = this.transcript.passages.filter((passage) => range.intersectsNode(passage));
    const words = (passage) => [...passage.querySelectorAll("p > span")].filter((word) => touches(range, word));
    const spoken = passages.filter((passage) => passage.classList.contains("spoken"));
    const first = spoken.map(words).find((found) => found.length > 0)?.[0];
    const last = spoken.reverse().map(words).find((found) => found.length > 0)?.at(-1);
    return first && last ? { first, last, range } : null;
  }

  #offer() {
    const selected = this.#selected();
    this.button.hidden = !selected;
    if (!selected) return;
    const boxes = selected.range.getClientRects();
    const box = boxes[boxes.length - 1];
    if (!box) return;
    const half = this.button.offsetWidth / 2 + 8;
    const left = Math.min(Math.max(box.right, half), document.documentElement.clientWidth - half);
    this.button.style.left = `${left + scrollX}px`;
    this.button.style.top = `${box.bottom + scrollY + 10}px`;
  }

  /** Copies the selected words as a quotation. */
  async copy() {
    const selected = this.#selected();
    if (!selected) return;
    const source = [this.about.title, this.about.show, this.about.date].filter(Boolean);
    let address = `${location.origin}${location.pathname}`;
    if (this.transcript.timed) {
      const { start } = this.transcript.timeOf(selected.first);
      const { end } = this.transcript.timeOf(selected.last);
      source.push(clock(start / 1000));
      address += `#t=${seconds(start / 1000)},${seconds(end / 1000)}`;
    }
    const text = `“${this.#text(selected.first, selected.last)}”\n${source.join(", ")}\n${address}`;
    this.say((await toClipboard(text)) ? "Quotation copied" : "This browser did not allow copying");
  }

  #text(first, last) {
    let text = "";
    for (let word = first; word; word = this.transcript.neighbour(word, 1)) {
      text += word.textContent;
      if (word === last) break;
      const next = word.nextElementSibling;
      const passage = word.closest(".passage").nextElementSibling;
      if (next) text += word.nextSibling === next ? "" : " ";
      else text += passage?.classList.contains("gap") ? " […] " : " ";
    }
    return text;
  }
}

/** True when a selection holds at least a letter of a word, and does not only touch its edge. */
function touches(range, word) {
  const text = word.firstChild;
  return (
    range.intersectsNode(word) &&
    !(text && range.comparePoint(text, text.length) <= 0 && range.comparePoint(text, text.length) < 0) &&
    !(text && range.startContainer === text && range.startOffset === text.length) &&
    !(text && range.endContainer === text && range.endOffset === 0)
  );
}

async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Outside of a secure context (another machine of the network, by plain HTTP) only the old way is there.
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
