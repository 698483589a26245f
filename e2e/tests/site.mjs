// The site that `publish` writes: valid, whole, and played from a server that only hands out files.

import assert from "node:assert/strict";
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { HtmlValidate } from "html-validate";
import { startOf, test, until, word } from "../test.mjs";

/** Where the site lies on its server: not at the root. */
const PLACE = "/archives/harbour/";
const TYPES = { html: "text/html; charset=utf-8", css: "text/css", js: "text/javascript", xml: "application/rss+xml" };
Object.assign(TYPES, { wav: "audio/wav", json: "application/json", vtt: "text/vtt", srt: "application/x-subrip", svg: "image/svg+xml" });

/** A web server that knows files and ranges, and nothing of Readout. */
function handOut(folder) {
  const server = createServer((asked, answer) => {
    const path = decodeURIComponent(new URL(asked.url, "http://x").pathname);
    let file = join(folder, path.startsWith(PLACE) ? path.slice(PLACE.length) : "nothing");
    if (existsSync(file) && statSync(file).isDirectory()) file = join(file, "index.html");
    if (!file.startsWith(folder) || !existsSync(file)) return answer.writeHead(404).end();
    const size = statSync(file).size;
    const headers = { "content-type": TYPES[file.split(".").at(-1)] ?? "application/octet-stream", "accept-ranges": "bytes" };
    const range = /^bytes=(\d+)-(\d*)$/.exec(asked.headers.range ?? "");
    const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2] || size - 1), size - 1)] : [0, size - 1];
    headers["content-length"] = to - from + 1;
    if (range) headers["content-range"] = `bytes ${from}-${to}/${size}`;
    answer.writeHead(range ? 206 : 200, headers);
    createReadStream(file, { start: from, end: to }).pipe(answer);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** The published archive, written once for all tests. */
let publishing;
async function site(server) {
  publishing ??= (async () => {
    const folder = join(mkdtempSync(join(tmpdir(), "readout-site-")), "site");
    process.once("exit", () => rmSync(dirname(folder), { recursive: true, force: true }));
    const files = await handOut(folder);
    files.unref();
    const address = `http://127.0.0.1:${files.address().port}${PLACE}`;
    return { folder, address, published: await server.ask(`publish ${address} ${folder}`) };
  })();
  return publishing;
}

function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Rules of HTML itself; what is a matter of taste is ours. */
const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:standard"],
  rules: {
    // Words play where they stand; their time is in an attribute of the paragraph.
    "no-inline-style": "error",
    "long-title": "off",
    "no-trailing-whitespace": "off",
  },
});

function faults(name, html) {
  const { results } = validator.validateStringSync(html);
  return results.flatMap(({ messages }) => messages).map(({ line, column, ruleId, message }) => `${name}:${line}:${column} ${ruleId}: ${message}`);
}

test("pages that are served are valid HTML", async ({ server }) => {
  for (const path of ["/", `/episode/${server.talk}`, `/episode/${server.hostile}`, `/episode/${server.names}`, `/episode/${server.waiting}`, "/nothing"]) {
    const html = await (await fetch(server.address + path)).text();
    assert.deepEqual(faults(path, html), []);
  }
});

test("every page of the site is valid HTML, and every link within it leads to a file", async ({ server }) => {
  const { folder, published } = await site(server);
  assert.ok(published.episodes >= 5, JSON.stringify(published));
  const pages = filesOf(folder).filter((file) => file.endsWith(".html"));
  assert.ok(pages.length > published.episodes);
  for (const page of pages) {
    const html = readFileSync(page, "utf8");
    const name = relative(folder, page);
    // A page of a hundred thousand words is made by the same lines as the others.
    if (html.length < 1_000_000) assert.deepEqual(faults(name, html), []);
    for (const [, link] of html.matchAll(/(?:href|src)="([^"]*)"/g)) {
      if (/^(https?:|#)/.test(link)) continue;
      assert.doesNotMatch(link, /^\/|^[a-z]+:/, `${name}: ${link} leads out of the folder`);
      const target = join(dirname(page), decodeURIComponent(link.split(/[#?]/)[0]));
      assert.ok(existsSync(target) && target.startsWith(folder), `${name}: ${link} leads nowhere`);
    }
  }
  for (const feed of filesOf(folder).filter((file) => file.endsWith("feed.xml"))) {
    const { address } = await site(server);
    const xml = readFileSync(feed, "utf8");
    const own = [...xml.matchAll(/url="([^"]*)"|<link>([^<]*)</g)].map(([, url, link]) => url ?? link).filter((url) => url.startsWith(address));
    assert.ok(own.length > 3, xml.slice(0, 500));
    for (const url of own) assert.equal((await fetch(url, { method: "HEAD" })).status, 200, url);
  }
});

test("the site plays from a server of files", async ({ page, server }) => {
  const { address } = await site(server);
  await page.goto(address);
  await page.locator("a", { hasText: "Harbour Light" }).first().click();
  await page.locator(`a.episode[href*="${server.talk}"]`).click();
  await page.waitForFunction(() => document.documentElement.dataset.ready);
  const start = await startOf(page, 40);
  await word(page, 40).click();
  const now = await until(page, (now) => !now.paused && now.time >= start && now.lit !== null, "the word plays");
  assert.ok(now.time < start + 5, `${now.time} is soon after ${start}`);
  await page.locator("#chapters a").nth(1).click();
  await until(page, (now) => now.time > start + 20, "the chapter plays");
});

test("the site is read without scripts", async ({ page, server }) => {
  const { address } = await site(server);
  await page.goto(address);
  await page.locator("a", { hasText: "Harbour Light" }).first().click();
  await page.locator(`a.episode[href*="${server.talk}"]`).click();
  assert.match(await page.locator("#passages").textContent(), /reminded her counterpart of the Vestrø agreement/);
  const text = page.locator(".exports a", { hasText: "vtt" }).first();
  const captions = await page.request.get(new URL(await text.getAttribute("href"), page.url()).href);
  assert.match(await captions.text(), /^WEBVTT/);
}, { javaScriptEnabled: false });
