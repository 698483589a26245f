// Puts the page of an episode together.

import { Find } from "./find.js";
import { Follow } from "./follow.js";
import { parseFragment } from "./fragment.js";
import { Walk, listen } from "./keys.js";
import { Live } from "./live.js";
import { Names } from "./names.js";
import { Player, showControls } from "./player.js";
import { Quote } from "./quote.js";
import { Strip } from "./strip.js";
import { Transcript } from "./transcript.js";

const part = (id) => document.getElementById(id);
const page = part("episode");
const about = {
  id: page.dataset.id,
  show: page.dataset.show,
  title: page.dataset.title,
  date: page.dataset.date,
  duration: Number(page.dataset.duration) / 1000,
};
const transcript = new Transcript(part("passages"));
const walk = new Walk(transcript);
const player = new Player(part("audio") ?? new Audio(), about);
const bar = part("player") ?? document.body;
const follow = new Follow(transcript, player, part("back-to-voice"), bar);
follow.onMove = (word) => walk.voiceAt(word);
const quote = new Quote(transcript, part("quote"), about, say);
let strip = null;

if (part("audio")) {
  showControls(player, bar);
  strip = new Strip(part("strip"), player, (time) => playAt(time, {}));
  part("open-find").addEventListener("click", () => find.open());
  part("open-help").addEventListener("click", () => part("help").showModal());
}

const find = new Find(transcript, {
  onGo: () => follow.leave(),
  onFound: (times) => strip?.markFound(times),
  onClose: (word) => walk.go(word),
});

/** Goes to a time that the reader chose, and follows the voice from there. */
function playAt(time, { play, until }) {
  player.seek(time, { play, until });
  follow.resume();
}

function playFrom(word) {
  if (!transcript.timed) return;
  unmark();
  walk.set(word);
  playAt(transcript.timeOf(word).start / 1000, { play: true });
}

function unmark() {
  transcript.root.querySelectorAll(".marked").forEach((word) => word.classList.remove("marked"));
  strip?.markRange(null);
}

/** Plays what a fragment asks for; a stretch is marked, and playing stops at its end. */
function playFragment(hash) {
  const range = parseFragment(hash);
  if (!range) return false;
  unmark();
  if (range.end !== null) {
    transcript.wordsBetween(range.start * 1000, range.end * 1000).forEach((word) => word.classList.add("marked"));
    strip?.markRange(range);
  }
  playAt(range.start, { play: true, until: range.end });
  return true;
}

document.addEventListener("click", (event) => {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const word = transcript.wordOf(event.target);
  if (word && getSelection().isCollapsed) return playFrom(word);
  const link = event.target.closest('a[href^="#t="]');
  if (link && playFragment(link.hash)) event.preventDefault();
});
addEventListener("hashchange", () => playFragment(location.hash));

listen(transcript, walk, {
  toggle: () => player.toggle(),
  nudge: (step) => player.nudge(step),
  faster: (step) => {
    player.speed += step;
    say(`Speed ${player.speed}×`);
  },
  follow: () => follow.resume(),
  quote: () => quote.copy(),
  find: () => find.open(),
  help: () => part("help").showModal(),
  playFrom,
});

let saying = 0;
/** Says a short thing at the foot of the page. */
function say(text) {
  const toast = part("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(saying);
  saying = setTimeout(() => (toast.hidden = true), 1800);
}

function refreshed() {
  walk.refresh();
  follow.refresh();
}

if (page.dataset.live === "yes") new Live(page, transcript, refreshed);
new Names(transcript, part("note-card"), { onChange: refreshed, go: (word) => walk.go(word), say });

const left = player.restore();
if (!playFragment(location.hash) && left !== null) {
  player.seek(left);
  follow.started = true;
  follow.leave();
}
document.documentElement.dataset.ready = "yes";
