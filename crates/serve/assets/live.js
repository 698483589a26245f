// While a recording is being heard, its words appear on the open page as they are understood.

/** Fetches a page of ours as a document. (Markup is never made from strings here; the browser parses the answer.) */
export function fetchDocument(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.open("GET", address);
    request.onload = () => (request.status === 200 ? resolve(request.responseXML) : reject(request.status));
    request.onerror = () => reject(0);
    request.send();
  });
}

export class Live {
  #source = null;
  #busy = Promise.resolve();

  constructor(page, transcript, onChange) {
    Object.assign(this, { page, transcript, onChange });
    this.address = `/episode/${page.dataset.id}`;
    this.standing = document.getElementById("standing");
    // A hidden page holds no connection: browsers allow only six to one server.
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#close() : this.#open()));
    if (!document.hidden) this.#open();
  }

  #open() {
    if (this.#source || this.over) return;
    this.#source = new EventSource(`${this.address}/events?version=${this.page.dataset.version}`);
    this.#source.addEventListener("heard", (event) => {
      const news = JSON.parse(event.data);
      this.#busy = this.#busy.then(() => this.#take(news)).catch(() => {});
    });
  }

  #close() {
    this.#source?.close();
    this.#source = null;
  }

  async #take(news) {
    if (news.from !== undefined) {
      const fetched = await fetchDocument(`${this.address}/passages?from=${news.from}`);
      this.#replace(news.from, fetched);
    }
    this.page.dataset.version = news.version;
    this.standing.dataset.standing = news.standing;
    if (news.standing === "hearing") {
      const percent = news.percent === undefined ? "" : `: ${news.percent} %`;
      this.standing.textContent = `Being heard${percent}. The words appear as they are understood.`;
    }
    if (news.standing === "heard" || news.standing === "failed") {
      this.over = true;
      this.#close();
      const whole = await fetchDocument(location.pathname);
      for (const part of ["about", "standing", "facts"]) {
        const fresh = whole.getElementById(part);
        if (fresh) document.getElementById(part)?.replaceWith(document.importNode(fresh, true));
      }
    }
  }

  #replace(from, fetched) {
    for (const passage of this.transcript.passages) {
      if (Number(passage.dataset.start) >= from) passage.remove();
    }
    const fresh = [...fetched.getElementById("passages").children];
    this.transcript.root.append(...fresh.map((passage) => document.importNode(passage, true)));
    const bars = fetched.getElementById("bars");
    document.getElementById("bars")?.replaceWith(document.importNode(bars, true));
    this.transcript.refresh();
    this.onChange();
  }
}
