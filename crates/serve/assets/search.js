// Results as they are typed. Without this the form does the same, a page at a time.

import { fetchDocument } from "./live.js";
import "./seek.js";

/** Typing rests for so many milliseconds before anything is asked. */
const REST = 140;

const field = document.getElementById("q");
const count = document.getElementById("count");
const results = () => document.getElementById("results");
let shown = field.defaultValue.trim();
let asking = false;
let waiting = 0;

function address(query) {
  const asked = new URLSearchParams(query ? { q: query } : {});
  const limit = field.form.elements.limit?.value;
  if (limit) asked.set("limit", limit);
  return `${field.form.getAttribute("action")}?${asked}`;
}

/** Asks for what stands in the field, one thing at a time: what was typed meanwhile is asked after it. */
async function refresh() {
  if (asking) return;
  asking = true;
  while (field.value.trim() !== shown) {
    shown = field.value.trim();
    const here = address(shown);
    try {
      const fresh = await fetchDocument(here);
      results().replaceWith(document.importNode(fresh.getElementById("results"), true));
      count.textContent = fresh.getElementById("count").textContent;
      document.title = fresh.title;
      history.replaceState(null, "", here);
    } catch {
      count.textContent = "This could not be searched just now: Enter tries again.";
    }
  }
  asking = false;
}

field.addEventListener("input", (event) => {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(refresh, REST);
});
field.addEventListener("compositionend", () => refresh());

// From the field the arrow keys walk through what was found, and back.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const links = [...results().querySelectorAll(".found a")].filter((link) => link.checkVisibility());
  const at = links.indexOf(document.activeElement);
  if (!step || (at < 0 && (document.activeElement !== field || step < 0))) return;
  event.preventDefault();
  if (at + step < 0) field.focus();
  else links[at + step]?.focus();
});

// What the browser put back into the field is searched too.
if (field.value.trim() !== shown) refresh();
document.documentElement.dataset.ready = "yes";
