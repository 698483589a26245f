// Names that were set right: the reason beside the word, and what the reader decides of it. What is said of each name stands
// at the foot of the text, where it can be read and decided without this script too; here it is shown where the word is.

import { fetchDocument } from "./live.js";

/** Rest of a pointer before a reason is shown, and time to move from the word to it, in milliseconds. */
const REST = 250;
const LEAVE = 350;

export class Names {
  #timer = 0;
  #word = null;

  /** `onChange` is called when passages were replaced, `go` with the word that is to have the focus, `say` with a short text. */
  constructor(transcript, card, { onChange, go, say }) {
    Object.assign(this, { transcript, card, onChange, go, say });
    if (!card || !("popover" in card)) return;
    const root = transcript.root;
    this.#bare();
    const marked = (event) => event.target.closest?.("[data-note]");
    root.addEventListener("pointerover", (event) => event.pointerType === "mouse" && marked(event) && this.#soon(marked(event)));
    root.addEventListener("pointerout", (event) => event.pointerType === "mouse" && marked(event) && this.#leave());
    root.addEventListener("click", (event) => marked(event) && this.show(marked(event)));
    root.addEventListener("focusin", (event) => (marked(event) ? this.show(marked(event)) : this.hide()));
    card.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    card.addEventListener("pointerleave", () => !card.contains(document.activeElement) && this.#leave());
    document.addEventListener("pointerdown", (event) => !card.contains(event.target) && !marked(event) && this.hide());
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("submit", (event) => {
      if (!event.target.closest(".note")) return;
      event.preventDefault();
      this.#decide(event.target, event.submitter);
    });
    addEventListener("scroll", () => this.#word && this.#place(), { passive: true });
  }

  /** Shows what is said of a word, beside it. */
  show(word) {
    clearTimeout(this.#timer);
    const note = document.getElementById(`note-${word.dataset.note}`);
    if (!note) return;
    const copy = note.cloneNode(true);
    copy.removeAttribute("id");
    const body = document.createElement("div");
    body.className = copy.className;
    body.append(...copy.childNodes);
    this.card.replaceChildren(body);
    if (!this.card.matches(":popover-open")) this.card.showPopover();
    this.#word?.removeAttribute("aria-describedby");
    word.setAttribute("aria-describedby", this.card.id);
    this.#word = word;
    this.#place();
  }

  /** Puts the card beside its word; without a word that can be seen there is none. */
  #place() {
    const at = this.#word?.getBoundingClientRect();
    if (!at || at.bottom < 0 || at.top > innerHeight) return this.hide();
    const box = this.card.getBoundingClientRect();
    const below = at.bottom + box.height + 12 < innerHeight;
    this.card.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.width - 8))}px`;
    this.card.style.top = `${Math.max(8, below ? at.bottom + 6 : at.top - box.height - 6)}px`;
  }

  hide() {
    clearTimeout(this.#timer);
    if (this.card.matches(":popover-open")) this.card.hidePopover();
    this.#word?.removeAttribute("aria-describedby");
    this.#word = null;
  }

  #soon(word) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(word), this.#word ? 0 : REST);
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.hide(), LEAVE);
  }

  /** N leads from a marked word to its buttons, Escape back to the word. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#word) return;
    const inside = this.card.contains(event.target);
    if (event.key === "Escape") {
      if (inside) this.go(this.#word);
      this.hide();
    } else if (event.key.toLowerCase() === "n" && !inside && this.transcript.wordOf(event.target)) {
      this.card.querySelector("button")?.focus();
    } else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  async #decide(form, button) {
    const word = this.#word;
    const place = word && [...word.parentElement.children].indexOf(word);
    const passage = word && this.transcript.passages.indexOf(word.closest(".passage"));
    const body = new URLSearchParams({ verdict: button.value });
    // The answer is a page of its own; whether it is the way back to this one is all that is wanted here.
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, redirect: "manual" }).catch(() => null);
    if (answer?.type !== "opaqueredirect") {
      this.say(answer?.status === 409 ? "The text was changed meanwhile" : "That could not be stored");
    }
    this.hide();
    await this.#refresh();
    if (word === null) return;
    const words = this.transcript.passages[passage]?.lastElementChild.children;
    this.go(words?.[Math.min(place, words.length - 1)]);
    this.hide();
  }

  /** Replaces the passages that are others now. */
  async #refresh() {
    const fresh = await fetchDocument(location.pathname).catch(() => null);
    const now = [...(fresh?.getElementById("passages")?.children ?? [])];
    const print = (passage) =>
      [passage.dataset.times, passage.textContent, ...[...passage.querySelectorAll("[data-note]")].map((word) => word.dataset.note + word.className.replace(/\b(lit|marked)\b/g, "").trim())].join("\n");
    const old = this.transcript.passages;
    if (now.length === 0) return;
    if (now.length !== old.length) this.transcript.root.replaceChildren(...now.map((passage) => document.importNode(passage, true)));
    else {
      now.forEach((passage, at) => {
        if (print(passage) !== print(old[at])) old[at].replaceWith(document.importNode(passage, true));
      });
    }
    const open = document.querySelector("#names details")?.open;
    const names = document.importNode(fresh.getElementById("names"), true);
    document.getElementById("names").replaceWith(names);
    if (open && names.querySelector("details")) names.querySelector("details").open = true;
    this.#bare();
    this.transcript.refresh();
    this.onChange();
  }

  /** Takes away the reasons that browsers show by themselves where there is no script. */
  #bare() {
    for (const word of this.transcript.root.querySelectorAll("[data-note][title]")) word.removeAttribute("title");
  }
}
