// The search page: what is found and why, with and without scripts, by keyboard, and with hostile queries.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { HtmlValidate } from "html-validate";
import { test, until } from "../test.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const HOSTILE = '<img src=x onerror=window.owned=1> "><script>window.owned=1</script>';
const asked = (query) => `/search?q=${encodeURIComponent(query)}`;
const hits = (page) => page.locator("#results .hit");
const ready = (page) => page.waitForFunction(() => document.documentElement.dataset.ready);

test("search without scripts: a form, words marked, the reason, a time that leads there", async ({ page, server, open }) => {
  await open("/");
  await page.getByLabel("Search everything").fill("Lecornu");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=Lecornu$/);
  assert.equal(await page.title(), "Lecornu · Search · Readout");
  assert.equal(await page.locator("#count").textContent(), "1 passage in 1 episode");
  assert.equal(await page.locator(".found h2").textContent(), "Names in the wind");
  assert.match(await page.locator(".found .facts").innerText(), /Harbour Light\s+11 November 2026/);
  assert.deepEqual(await page.locator("mark").allTextContents(), ["Lecornu", "Lecornu"]);
  assert.equal(await page.locator(".reason").textContent(), "heard “local new”, since set right");
  await page.goto(server.address + asked("Brede"));
  assert.match(await page.locator(".reason").textContent(), /“Brede” is offered here/);
  assert.deepEqual(await page.locator("mark").allTextContents(), ["bride"]);
  await page.locator(".hit .time").click();
  await page.waitForURL(new RegExp(`/episode/${server.names}#t=[\\d.]+$`));
}, { javaScriptEnabled: false });

test("search by word, by phrase and by sound, and what to try where nothing is found", async ({ page, open }) => {
  await open(asked("lighthouses"));
  assert.match(await page.locator("#count").textContent(), /^\d+ passages in \d episodes$/);
  assert.equal((await page.locator("mark").first().textContent()).toLowerCase(), "lighthouse");
  assert.equal(await page.locator(".reason").count(), 0);
  await open(asked('"telephone call"'));
  for (const mark of await page.locator("mark").allTextContents()) assert.match(mark, /^telephone call$/i);
  await open(asked("lecorneau"));
  assert.match(await page.locator(".reason").first().textContent(), /^sounds like it: heard “Lecornu”, \d\d %$/);
  assert.equal(await page.locator("#count").textContent(), "Not found as written; this comes near");
  await open(asked("exact:lecorneau"));
  assert.equal(await page.locator("#count").textContent(), "Nothing was found");
  assert.match(await page.locator(".nothing").innerText(), /a name by its sound/);
  await open(asked("date:nonsense (lighthouse"));
  assert.match(await page.locator(".remarks").innerText(), /is no date.*\n.*bracket/);
});

test("search results come as they are typed, and the address goes with them", async ({ page, open }) => {
  await open("/search");
  await ready(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.keyboard.type("Lecornu", { delay: 20 });
  await page.waitForFunction(() => document.getElementById("count").textContent === "1 passage in 1 episode");
  assert.ok(page.url().endsWith("/search?q=Lecornu"));
  assert.equal(await page.title(), "Lecornu · Search · Readout");
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.locator("#q").fill("");
  await page.waitForFunction(() => document.getElementById("count").textContent === "");
  assert.equal(await hits(page).count(), 0);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
});

test("search by keyboard alone, from the library to the voice", async ({ page, open }) => {
  await open("/");
  await page.keyboard.press("/");
  await page.keyboard.type("Shoigu");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=Shoigu$/);
  await ready(page);
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowDown");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Names in the wind");
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.evaluate(() => document.activeElement.id), "q");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  assert.ok(await page.evaluate(() => document.activeElement.classList.contains("time")));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/episode\/.*#t=/);
  const start = Number(new URL(page.url()).hash.slice(3));
  const now = await until(page, (now) => !now.paused && now.time >= start && now.lit !== null, "it plays");
  assert.ok(now.time < start + 5, `${now.time} is soon after ${start}`);
});

test("search leaves the episode's own find alone", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "find-text");
  await page.keyboard.press("Escape");
  await page.locator("#q").fill("k lighthouse");
  assert.ok(await page.evaluate(() => document.getElementById("audio").paused), "keys in the field play nothing");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/search\?q=k/);
});

test("search passages unfold, pages follow each other, and the months have words", async ({ page, open }) => {
  await open(`${asked("lighthouse")}&limit=1`);
  const title = () => page.locator(".found h2").textContent();
  const first = await title();
  const picture = page.getByRole("img", { name: /^Passages by month: .*October 2026 \d+.*November 2026 \d+/ });
  assert.ok(await picture.isVisible());
  assert.match(await page.locator("figcaption").textContent(), /^By month, from October 2026 to November 2026; most in/);
  assert.equal(await page.locator("#results a[rel=prev]").count(), 0);
  const rest = page.locator("details.rest").first();
  if (await rest.count()) {
    assert.ok(!(await rest.locator(".hit").first().isVisible()));
    await rest.locator("summary").click();
    assert.ok(await rest.locator(".hit").first().isVisible());
  }
  await page.locator("#results a[rel=next]").click();
  await page.waitForURL(/&limit=1&skip=1&until=\d{13}$/);
  assert.notEqual(await title(), first);
  await page.locator("#results a[rel=prev]").click();
  assert.equal(await title(), first);
});

test("search shows a hostile query and hostile texts as text", async ({ page, open }) => {
  await open(asked(HOSTILE));
  assert.equal(await page.locator("#q").inputValue(), HOSTILE);
  await ready(page);
  await page.locator("#q").fill(`${HOSTILE} owned`);
  await page.waitForFunction(() => location.search.endsWith("owned"));
  await open(asked("onerror OR owned"));
  assert.ok((await hits(page).count()) > 0);
  assert.equal(await page.locator("main script, main img, main iframe, main style").count(), 0);
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
});

test("search answers programs, and says what is wrong", async ({ server }) => {
  const get = async (path) => {
    const answer = await fetch(server.address + path);
    return { status: answer.status, cache: answer.headers.get("cache-control"), body: await answer.json() };
  };
  const first = await get("/search.json?q=lighthouse&limit=1");
  assert.deepEqual([first.status, first.cache], [200, "no-store"]);
  const next = await get(first.body.next);
  assert.notEqual(next.body.hits[0].episode, first.body.hits[0].episode);
  const [hit] = (await get("/search.json?q=Lecornu")).body.hits;
  assert.deepEqual([hit.episode, hit.reason, hit.heard.replace(",", "")], [server.names, "repaired", "local new"]);
  const wrong = await get("/search.json?q=a&limit=many");
  assert.equal(wrong.status, 400);
  assert.match(wrong.body.error, /whole numbers/);
});

const PATHS = ["/search", asked("lighthouse"), asked("Lecornu OR Brede"), asked("exact:nothing"), asked(HOSTILE), `${asked("lighthouse")}&limit=1`];

test("search pages are valid HTML", async ({ server }) => {
  const rules = { "no-inline-style": "error", "long-title": "off", "no-trailing-whitespace": "off" };
  const validator = new HtmlValidate({ root: true, extends: ["html-validate:standard"], rules });
  for (const path of PATHS) {
    const html = await (await fetch(server.address + path)).text();
    const { results } = validator.validateStringSync(html);
    assert.deepEqual(results.flatMap(({ messages }) => messages).map(({ line, ruleId, message }) => `${path}:${line} ${ruleId}: ${message}`), []);
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`search: axe finds nothing to complain of, and nothing reaches beyond the edge (${colorScheme})`, async ({ page, open }) => {
    for (const path of [...PATHS, asked("owned"), "/"]) {
      await open(path);
      await page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${path}: ${wide} px too wide`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`), [], path);
    }
  }, { colorScheme, viewport: { width: 390, height: 844 } });
}
