// The audio element with what the page adds: speed, playing a stretch to its end, where one left off, media keys.

import { clock } from "./fragment.js";

/** How near to the end, in seconds, a recording counts as heard to the end. */
const ALMOST_OVER = 10;

export class Player extends EventTarget {
  #until = null;
  #frame = 0;
  #saved = -Infinity;

  /** `about` holds title, show, id and the duration in seconds that the page knows. */
  constructor(audio, about) {
    super();
    this.audio = audio;
    this.about = about;
    audio.controls = false;
    for (const event of ["timeupdate", "seeking", "seeked", "loadedmetadata", "durationchange"]) {
      audio.addEventListener(event, () => this.#tick());
    }
    audio.addEventListener("play", () => this.#state());
    audio.addEventListener("pause", () => this.#state());
    audio.addEventListener("ended", () => this.#state());
    audio.addEventListener("ratechange", () => this.dispatchEvent(new Event("speed")));
    addEventListener("pagehide", () => this.#save());
    this.#mediaSession();
  }

  get now() {
    return this.audio.currentTime;
  }

  get playing() {
    return !this.audio.paused && !this.audio.ended;
  }

  get duration() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : this.about.duration;
  }

  /** Goes to a time in seconds; `play` starts, `until` stops there. */
  seek(time, { play = false, until = null } = {}) {
    this.#until = until;
    this.audio.currentTime = Math.max(0, this.duration > 0 ? Math.min(time, this.duration) : time);
    this.#tick();
    if (play) this.play();
  }

  nudge(step) {
    this.seek(this.now + step);
  }

  play() {
    // Browsers refuse sound before the first key or click; the page then waits for it.
    this.audio.play().catch(() => this.#state());
  }

  toggle() {
    if (this.playing) this.audio.pause();
    else this.play();
  }

  get speed() {
    return this.audio.playbackRate;
  }

  set speed(value) {
    const speed = Math.round(Math.min(3, Math.max(0.5, value)) * 10) / 10;
    this.audio.defaultPlaybackRate = this.audio.playbackRate = speed;
    store("readout:speed", speed === 1 ? null : String(speed));
  }

  /** The speed last used, and the time last heard in this recording (null when it is new). */
  restore() {
    const speed = Number(recall("readout:speed"));
    if (speed) this.speed = speed;
    const time = Number(recall(this.#key));
    return time > 1 ? time : null;
  }

  get #key() {
    return `readout:at:${this.about.id}`;
  }

  #save() {
    if (this.now < 1) return;
    const over = this.duration > 0 && this.now > this.duration - ALMOST_OVER;
    store(this.#key, over ? null : this.now.toFixed(1));
  }

  #state() {
    cancelAnimationFrame(this.#frame);
    const loop = () => {
      this.#tick();
      if (this.playing) this.#frame = requestAnimationFrame(loop);
    };
    if (this.playing) this.#frame = requestAnimationFrame(loop);
    else this.#save();
    this.dispatchEvent(new Event("state"));
  }

  #tick() {
    if (this.#until !== null && this.now >= this.#until) {
      const end = this.#until;
      this.#until = null;
      if (this.playing) {
        this.audio.pause();
        this.audio.currentTime = end;
      }
    }
    if (this.playing && Math.abs(this.now - this.#saved) > 5) {
      this.#saved = this.now;
      this.#save();
    }
    this.dispatchEvent(new Event("time"));
  }

  #mediaSession() {
    const session = navigator.mediaSession;
    if (!session) return;
    session.metadata = new MediaMetadata({ title: this.about.title, artist: this.about.show });
    const handlers = {
      play: () => this.play(),
      pause: () => this.audio.pause(),
      seekbackward: (details) => this.nudge(-(details.seekOffset ?? 10)),
      seekforward: (details) => this.nudge(details.seekOffset ?? 10),
      seekto: (details) => this.seek(details.seekTime),
    };
    for (const [action, handler] of Object.entries(handlers)) {
      try {
        session.setActionHandler(action, handler);
      } catch {
        // This browser does not know the key.
      }
    }
  }
}

/** The buttons, the clock and the speed of the player's bar. */
export function showControls(player, element) {
  const part = (id) => document.getElementById(id);
  const speeds = part("speed-range");
  part("play").addEventListener("click", () => player.toggle());
  part("back").addEventListener("click", () => player.nudge(-10));
  part("forward").addEventListener("click", () => player.nudge(10));
  part("slower").addEventListener("click", () => (player.speed -= 0.1));
  part("faster").addEventListener("click", () => (player.speed += 0.1));
  speeds.addEventListener("input", () => (player.speed = Number(speeds.value)));

  let shown = "";
  player.addEventListener("time", () => {
    const text = clock(player.now);
    if (text !== shown) part("now").textContent = shown = text;
  });
  player.addEventListener("state", () => {
    element.classList.toggle("playing", player.playing);
    part("play").setAttribute("aria-label", player.playing ? "Pause" : "Play");
  });
  player.addEventListener("speed", () => {
    const text = `${String(player.speed)}×`;
    part("speed-now").textContent = text;
    part("speed").setAttribute("aria-label", `Speed: ${text}`);
    speeds.value = String(player.speed);
  });
  player.audio.addEventListener("error", () => {
    const trouble = part("trouble");
    const foreign = player.audio.error?.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    trouble.textContent = foreign
      ? "This browser cannot play the recording. Its text can be read all the same."
      : "The recording stopped loading. Reload the page to go on.";
    trouble.hidden = false;
  });
}

/** Private windows may refuse to store anything: then nothing is remembered. */
function store(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Nothing is remembered.
  }
}

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
