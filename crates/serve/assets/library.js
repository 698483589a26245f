// While something is under way, the library looks after itself.

import { fetchDocument } from "./live.js";

const EVERY = 5000;

async function refresh() {
  const library = document.getElementById("library");
  if (library.dataset.working === undefined) return;
  if (!document.hidden && !library.contains(document.activeElement)) {
    const fresh = (await fetchDocument(location.href).catch(() => null))?.getElementById("library");
    if (fresh) library.replaceWith(document.importNode(fresh, true));
  }
  setTimeout(refresh, EVERY);
}

setTimeout(refresh, EVERY);
