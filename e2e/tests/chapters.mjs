// Chapters: a list above the text, headings in it, marks on the strip.

import assert from "node:assert/strict";
import { test, until } from "../test.mjs";

const TITLES = ["Harbour Light, the call", "Northern readout", "What the southern text leaves out", "The lamp"];

test("chapters are listed, lead to their heading, and say who found them", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  const links = page.locator("#chapters a");
  assert.deepEqual(await links.locator("span:last-child").allTextContents(), TITLES);
  assert.match(await page.locator("#chapters h2").textContent(), /^Chapters found by Readout in the text$/);
  assert.deepEqual(await page.locator("#passages .chapter").allTextContents(), TITLES);
  const link = links.nth(2);
  await link.click();
  assert.ok(page.url().endsWith(await link.getAttribute("href")), page.url());
  const target = page.locator(`[id="${(await link.getAttribute("href")).slice(1)}"]`);
  assert.equal(await target.count(), 1, "one place has the address");
  await page.waitForTimeout(100);
  const box = await page.locator("#passages .chapter").nth(2).boundingBox();
  assert.ok(box.y > -60 && box.y < 600, `the heading is in view: ${box.y}`);
  // The title stands above the paragraph that begins there.
  const order = await page.locator("#passages > *").evaluateAll((all) => all.map((one) => Number(one.dataset.start)));
  assert.deepEqual(order, [...order].sort((a, b) => a - b));
}, { javaScriptEnabled: false });

test("a click on a chapter plays from it, its heading is not lit instead of its words", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  const link = page.locator("#chapters a").nth(1);
  const start = Number((await link.getAttribute("href")).slice(3));
  await link.click();
  const now = await until(page, (now) => !now.paused && now.lit !== null && now.time >= start, "playing from the chapter");
  assert.ok(now.time < start + 5, `${now.time} is soon after ${start}`);
  assert.equal(await page.locator(".chapter.lit").count(), 0);
});

test("the strip marks chapters and names the one under the pointer", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  assert.equal(await page.locator(".chapter-marks rect").count(), TITLES.length - 1);
  const box = await page.locator("#strip").boundingBox();
  for (const [share, title] of [[0.02, TITLES[0]], [0.6, TITLES[2]], [0.99, TITLES[3]]]) {
    await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
    assert.ok((await page.locator("#strip-tip").textContent()).endsWith(title), title);
    const tip = await page.locator("#strip-tip").boundingBox();
    assert.ok(tip.x >= 0 && tip.x + tip.width <= 1280, "the title is on the screen");
  }
});

test("no word is lost or doubled where a chapter cuts a paragraph", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  const shown = (await page.locator(".spoken p").allTextContents()).join(" ").split(/\s+/).join(" ");
  const plain = await (await page.request.get(`${server.address}/episode/${server.talk}/transcript.txt`)).text();
  assert.equal(shown, plain.split("\n\n").map((text) => text.trim()).filter((text) => text && !text.startsWith("[")).join(" ").split(/\s+/).join(" "));
});

test("an episode without chapters shows no list", async ({ page, server, open }) => {
  await open(`/episode/${server.long}`);
  assert.equal(await page.locator("#chapters").count(), 0);
  assert.equal(await page.locator(".chapter").count(), 0);
});
