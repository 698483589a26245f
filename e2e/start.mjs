// Starts what the tests need: the program with a made-up archive, and a browser.

import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--mute-audio",
  "--autoplay-policy=no-user-gesture-required",
];

/** Starts the program with the made-up archive; what it printed, `order(text)`, `ask(text)` for its answer, and `stop()`. */
export async function startServer() {
  const build = ["build", "--release", "-q", "-p", "readout-serve", "--example", "fixture-server"];
  const built = spawnSync("cargo", build, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
  if (built.status !== 0) throw new Error("the fixture server does not build");
  const target = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`;
  const child = spawn(`${target}/release/examples/fixture-server`, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const nextLine = () =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`the fixture server ended with ${code}`));
      child.once("exit", ended);
      lines.once("line", (line) => {
        child.off("exit", ended);
        resolve(JSON.parse(line));
      });
    });
  const made = await nextLine();
  return {
    ...made,
    order: (text) => child.stdin.write(`${text}\n`),
    ask: (text) => {
      const answer = nextLine();
      child.stdin.write(`${text}\n`);
      return answer;
    },
    stop: () => new Promise((resolve) => child.once("exit", resolve) && child.stdin.end()),
  };
}

/** A headless browser of this machine. */
export function startBrowser() {
  const named = process.env.CHROMIUM;
  const found = named ?? BROWSERS.find((name) => spawnSync(name, ["--version"]).status === 0);
  if (!found) throw new Error(`no browser: install one of ${BROWSERS.join(", ")} or name it in CHROMIUM`);
  const which = spawnSync("sh", ["-c", `command -v "${found}"`], { encoding: "utf8" });
  return chromium.launch({ executablePath: which.stdout.trim(), args: FLAGS });
}
