// The keyboard. Words are one stop of the Tab key; arrow keys walk from word to word inside it.

/** Makes words reachable: one of them, `current`, can be reached with Tab. */
export class Walk {
  #current = null;

  constructor(transcript) {
    this.transcript = transcript;
    this.set(transcript.root.querySelector(".spoken span"));
  }

  /** The word where Tab enters the text; while the reader walks, it is the word the reader is at. */
  set(word) {
    if (word === this.#current || !word) return;
    this.#current?.removeAttribute("tabindex");
    this.#current = word;
    word.setAttribute("tabindex", "0");
  }

  /** The passages on the page were replaced. */
  refresh() {
    if (!this.#current?.isConnected) this.set(this.transcript.root.querySelector(".spoken span"));
  }

  /** The voice moved: Tab will enter at its word, unless the reader is in the text already. */
  voiceAt(word) {
    if (!this.transcript.root.contains(document.activeElement)) this.set(word);
  }

  go(word) {
    if (!word) return;
    this.set(word);
    word.focus();
  }

  key(event, word) {
    const steps = {
      ArrowRight: () => this.transcript.neighbour(word, 1),
      ArrowLeft: () => this.transcript.neighbour(word, -1),
      ArrowDown: () => this.transcript.neighbourPassage(word, 1),
      ArrowUp: () => this.transcript.neighbourPassage(word, -1),
      Home: () => word.parentElement.firstElementChild,
      End: () => word.parentElement.lastElementChild,
    };
    if (!steps[event.key]) return false;
    this.go(steps[event.key]());
    return true;
  }
}

/** Listens to the keys of the page. `actions` are called by name. */
export function listen(transcript, walk, actions) {
  const keys = {
    " ": actions.toggle,
    k: actions.toggle,
    j: () => actions.nudge(-10),
    l: () => actions.nudge(10),
    ArrowLeft: () => actions.nudge(-5),
    ArrowRight: () => actions.nudge(5),
    ",": () => actions.faster(-0.1),
    "<": () => actions.faster(-0.1),
    ".": () => actions.faster(0.1),
    ">": () => actions.faster(0.1),
    v: actions.follow,
    c: actions.quote,
    "/": actions.find,
    "?": actions.help,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const target = event.target;
    if (target.closest("input, textarea, select, dialog, audio, [contenteditable]")) return;
    const word = transcript.wordOf(target);
    if (word && event.key === "Enter") actions.playFrom(word);
    else if (word && walk.key(event, word)) event.stopPropagation();
    else if (event.key === " " && target.closest("button, a, summary")) return;
    else {
      const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!action) return;
      action();
    }
    event.preventDefault();
  });
}
