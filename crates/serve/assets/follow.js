// The word being spoken is lit, and the page keeps it in view, until the reader scrolls it out of view by hand. Then the
// page stays where the reader is, and a button leads back. Nothing but that button, or choosing a place to play from,
// resumes following: never a timer.

import { clock } from "./fragment.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");

export class Follow {
  #following = true;
  #scrolling = false;
  #timer = 0;

  constructor(transcript, player, pill, bar) {
    Object.assign(this, { transcript, player, pill, bar });
    this.lit = null; // the element that is lit
    this.place = null; // the element where the voice is, lit or not
    this.started = false;
    player.addEventListener("time", () => this.#light());
    player.addEventListener("state", () => {
      if (player.playing) this.started = true;
      this.#light(true);
      this.#showPill();
    });
    pill.addEventListener("click", () => this.resume());
    addEventListener("scroll", () => this.#scrolled(), { passive: true });
    addEventListener("scrollend", () => this.#arrived(), { passive: true });
    for (const event of ["wheel", "touchmove"]) {
      addEventListener(event, () => (this.#scrolling = false), { passive: true });
    }
    addEventListener("keydown", (event) => {
      if (["PageDown", "PageUp", "Home", "End", "ArrowDown", "ArrowUp"].includes(event.key)) this.#scrolling = false;
    });
  }

  /** Back to the voice. */
  resume() {
    this.#following = true;
    this.started = true;
    if (this.place) this.#scrollTo(this.place);
    this.#showPill();
  }

  /** The reader is elsewhere on purpose (finding something). */
  leave() {
    this.#following = false;
    this.#showPill();
  }

  /** The passages on the page were replaced. */
  refresh() {
    this.lit = this.place = null;
    this.#light();
  }

  #light(force = false) {
    const found = this.transcript.at(this.player.now * 1000);
    const place = found?.word ?? found?.passage ?? null;
    const lit = found?.lit && (this.started || this.player.now > 0) ? place : null;
    if (lit !== this.lit) {
      this.lit?.classList.remove("lit");
      lit?.classList.add("lit");
      this.lit = lit;
    }
    if (place === this.place && !force) return;
    const moved = place !== this.place;
    this.place = place;
    if (moved) this.onMove?.(found?.word ?? null);
    if (place && this.#following && this.started && !this.#inView(place, true)) this.#scrollTo(place);
    if (!this.#following) this.#showPill();
  }

  #scrolled() {
    if (this.#scrolling || !this.place) return;
    if (this.#following && !this.#inView(this.place)) this.#following = false;
    this.#showPill();
  }

  #arrived() {
    clearTimeout(this.#timer);
    if (!this.#scrolling) return;
    this.#scrolling = false;
    // What came into view was laid out only now, and may have pushed the word away.
    if (this.#following && this.place && !this.#inView(this.place)) this.#scrollTo(this.place, "instant");
  }

  /** Whether an element is on the screen above the player's bar; `comfortably`: and not at its very edge. */
  #inView(element, comfortably = false) {
    const box = element.getBoundingClientRect();
    const [top, bottom] = comfortably ? [72, 72] : [0, 0];
    return box.bottom > top && box.top < this.bar.getBoundingClientRect().top - bottom;
  }

  #scrollTo(element, behavior = null) {
    const box = element.getBoundingClientRect();
    const target = box.top + scrollY - innerHeight * 0.32;
    const far = Math.abs(target - scrollY) > innerHeight * 2;
    this.#scrolling = true;
    scrollTo({ top: target, behavior: behavior ?? (far || calm.matches ? "instant" : "smooth") });
    // A scroll that does not move sends no end.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#arrived(), 1200);
  }

  #showPill() {
    const away = this.started && this.place && !this.#following && !this.#inView(this.place);
    this.pill.hidden = !away;
    if (!away) return;
    const below = this.place.getBoundingClientRect().top > innerHeight / 2;
    this.pill.classList.toggle("below", below);
    const text = this.player.playing ? "Back to the voice" : `Continue at ${clock(this.player.now)}`;
    const label = this.pill.querySelector("span");
    if (label.textContent !== text) label.textContent = text;
  }
}
