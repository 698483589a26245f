// The page itself: without scripts, on small screens, on paper, for assistive technology, and with hostile text.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "../test.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("reads without scripts", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  assert.equal(await page.locator("h1").textContent(), "Two readouts of one telephone call");
  assert.match(await page.locator(".facts").innerText(), /Broadcast on\s+12 November 2026/);
  assert.match(await page.locator(".facts").innerText(), /Length\s+6:/);
  assert.match(await page.locator(".spoken p").first().textContent(), /^Good evening, and welcome to Harbour Light/);
  assert.match(await page.locator(".gap p").textContent(), /^7 seconds of speech here was not understood$/);
  assert.equal(await page.locator(".music p").first().textContent(), "music, 11 seconds");
  assert.ok(await page.locator("audio").isVisible());
  assert.ok(!(await page.locator(".controls").isVisible()));
  const link = page.locator(".spoken .time").nth(5);
  await link.click();
  assert.ok(page.url().endsWith(await link.getAttribute("href")));
  assert.ok(await page.locator(".spoken").nth(5).isVisible(), "the link leads to its paragraph");
}, { javaScriptEnabled: false });

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing to complain of (${colorScheme})`, async ({ page, server, open }) => {
    for (const path of ["/", `/episode/${server.talk}`, `/episode/${server.live}`, `/episode/${server.waiting}`, "/nothing"]) {
      await open(path);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => globalThis.axe.run(document));
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
      assert.deepEqual(found, [], path);
    }
  }, { colorScheme });
}

for (const [width, height] of [[320, 640], [390, 844], [820, 1180], [1920, 1080]]) {
  test(`nothing reaches beyond the edge at ${width} px`, async ({ page, server, open }) => {
    for (const path of ["/", `/episode/${server.talk}`, `/episode/${server.hostile}`, "/nothing"]) {
      await open(path);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${path}: ${wide} px too wide`);
    }
  }, { viewport: { width, height } });
}

test("on paper there is the text and nothing of the player", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.emulateMedia({ media: "print" });
  for (const hidden of ["#player", ".top", ".tools"]) assert.ok(!(await page.locator(hidden).isVisible()), hidden);
  assert.ok(await page.locator(".spoken p").last().isVisible());
});

test("hostile titles, words, notes and names are shown as text and run nowhere", async ({ page, server, open }) => {
  const paths = ["/", `/episode/${server.hostile}`, `/episode/${server.hostile}/passages?from=0`];
  paths.push("/%3Cscript%3Ewindow.owned=1%3C/script%3E", `/episode/%22%3E%3Csvg%20onload=window.owned=1%3E`);
  paths.push(`/episode/${server.hostile}/transcript.%3Cscript%3E`, "/audio/%3Cscript%3Ewindow.owned=1%3C/script%3E");
  paths.push(...["txt", "md", "srt", "vtt", "json", "ctm", "readout"].map((format) => `/episode/${server.hostile}/transcript.${format}`));
  for (const path of paths) {
    const download = page.waitForEvent("download", { timeout: 3000 }).catch(() => null);
    await open(path).catch((error) => {
      // Formats that a browser does not show are downloaded.
      if (!/download|ERR_ABORTED/i.test(error.message)) throw error;
    });
    void download;
    assert.equal(await page.evaluate(() => globalThis.owned), undefined, path);
    assert.deepEqual(await page.evaluate(() => globalThis.violations ?? []), [], path);
  }
  await open(`/episode/${server.hostile}`);
  // Everything that came from outside stands there, letter by letter.
  assert.match(await page.locator("h1").textContent(), /<script>window\.owned=1<\/script>/);
  assert.match(await page.locator(".spoken p").first().textContent(), /onerror=window\.owned=1>/);
  assert.equal(await page.locator("article script, article iframe, article img, article style, article svg").count(), 0);
  for (const link of await page.locator(".notes a").all()) {
    assert.match(await link.getAttribute("href"), /^https:\/\/example\.org\//);
  }
  // Keys, quotation and find touch the same texts.
  await page.locator(".spoken span").first().click();
  await page.keyboard.press("/");
  await page.keyboard.type("<img");
  await page.waitForFunction(() => /of/.test(document.getElementById("find-count").textContent));
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
});

test("the policy would stop a script that slipped through", async ({ page, server, open, complaints }) => {
  await open(`/episode/${server.talk}`);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.append("globalThis.owned = 1");
    document.body.append(script);
  });
  await page.waitForFunction(() => globalThis.violations.length > 0);
  const refused = await page.evaluate(() => {
    try {
      document.body.innerHTML = "<p>markup from a string</p>";
      return false;
    } catch {
      return true;
    }
  });
  assert.ok(refused, "strings are no markup");
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  complaints.length = 0; // These were meant.
});
