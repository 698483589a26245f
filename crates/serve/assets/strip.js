// The strip of the whole episode: shows how far the voice is, and goes where it is clicked. Positions are attributes of
// SVG shapes, because the page allows no inline style.

import { clock, parseFragment } from "./fragment.js";

const WIDTH = 320;
const SVG = "http://www.w3.org/2000/svg";

export class Strip {
  constructor(element, player, onSeek) {
    this.element = element;
    this.player = player;
    this.marks = document.getElementById("strip-marks");
    this.tip = document.getElementById("strip-tip");
    this.chapters = [...document.querySelectorAll("#chapters a")].map((link) => ({
      start: parseFragment(link.hash)?.start ?? 0,
      title: link.lastElementChild.textContent,
    }));
    element.setAttribute("role", "slider");
    element.setAttribute("tabindex", "0");
    element.setAttribute("aria-label", "Position in the recording");
    element.setAttribute("aria-valuemin", "0");

    let dragging = false;
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      dragging = true;
      element.setPointerCapture(event.pointerId);
      onSeek(this.#timeAt(event));
    });
    element.addEventListener("pointermove", (event) => {
      const time = this.#timeAt(event);
      const chapter = this.chapters.findLast(({ start }) => start <= time);
      this.tip.textContent = chapter ? `${clock(time)}  ${chapter.title}` : clock(time);
      this.tip.hidden = false;
      // A long title stays within the strip.
      const [width, half] = [element.clientWidth, this.tip.offsetWidth / 2];
      const middle = (time / this.player.duration) * width;
      this.tip.style.left = `${Math.max(half, Math.min(width - half, middle))}px`;
      if (dragging) onSeek(time);
    });
    for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, () => (dragging = false));
    element.addEventListener("pointerleave", () => (this.tip.hidden = true));
    element.addEventListener("keydown", (event) => {
      if (event.key === "Home") onSeek(0);
      else if (event.key === "End") onSeek(this.player.duration);
      else return;
      event.preventDefault();
    });
    player.addEventListener("time", () => this.#show());
    this.#show();
  }

  /** Marks a stretch that is to be played, in seconds; null takes the mark away. */
  markRange(range) {
    this.#replace("marked-range", range ? [[range.start, (range.end ?? range.start) - range.start]] : []);
  }

  /** Ticks where something was found, in seconds. */
  markFound(times) {
    this.#replace("found-tick", times.map((time) => [time, 0]));
  }

  #replace(name, spans) {
    this.marks.querySelectorAll(`.${name}`).forEach((rect) => rect.remove());
    for (const [start, length] of spans) {
      const rect = document.createElementNS(SVG, "rect");
      rect.setAttribute("class", name);
      rect.setAttribute("x", this.#x(start));
      rect.setAttribute("width", Math.max(0.6, this.#x(length)));
      rect.setAttribute("y", name === "found-tick" ? "34" : "0");
      rect.setAttribute("height", name === "found-tick" ? "6" : "40");
      this.marks.append(rect);
    }
  }

  #x(seconds) {
    return this.player.duration > 0 ? Math.round((seconds / this.player.duration) * WIDTH * 100) / 100 : 0;
  }

  #timeAt(event) {
    const box = this.element.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    return share * (this.player.duration || 0);
  }

  #show() {
    const x = this.#x(this.player.now);
    if (x !== this.shown) {
      this.shown = x;
      document.getElementById("playhead").setAttribute("x", String(x));
      document.getElementById("heard").setAttribute("width", String(x));
    }
    const second = Math.floor(this.player.now);
    if (second !== this.spoken) {
      this.spoken = second;
      this.element.setAttribute("aria-valuenow", String(second));
      this.element.setAttribute("aria-valuemax", String(Math.floor(this.player.duration || 0)));
      this.element.setAttribute("aria-valuetext", `${clock(second)} of ${clock(this.player.duration || 0)}`);
    }
  }
}
