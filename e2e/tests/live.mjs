// A recording that is being heard while the page is open.

import assert from "node:assert/strict";
import { state, test, until, word } from "../test.mjs";

test("words appear as they are heard, without disturbing the reader, and the page ends up whole", async ({ page, server, open }) => {
  await open(`/episode/${server.live}`);
  const words = () => page.locator(".spoken span").count();
  const before = await words();
  assert.ok(before > 20);
  assert.match(await page.locator("#standing").textContent(), /^Being heard: \d+ %\. The words appear/);
  await word(page, 5).click();
  await until(page, (now) => !now.paused && now.litIndex >= 6, "playing");

  server.order("hear");
  await page.waitForFunction((before) => document.querySelectorAll(".spoken span").length > before, before);
  const now = await until(page, (now) => now.litIndex >= 8, "still playing");
  assert.ok(!now.paused);
  assert.equal(await page.locator(".spoken span[tabindex]").count(), 1);

  // The library shows the same, and keeps itself up to date.
  const library = await page.context().newPage();
  await library.goto(server.address);
  assert.match(await library.locator("li", { hasText: "Fog signals" }).innerText(), /hearing, \d+ %/);

  server.order("finish");
  await page.waitForFunction(() => document.querySelectorAll(".unspoken.music").length === 3);
  await page.waitForFunction(() => document.getElementById("standing").textContent.trim() === "");
  assert.match(await page.locator("#about").innerText(), /Of the speech in the recording, \d+ % was understood/);
  assert.ok((await state(page)).litIndex >= 8);

  // What stands there now is what a fresh visit shows.
  const texts = (page) => page.locator(".passage p").allTextContents();
  const fresh = await page.context().newPage();
  await fresh.goto(`${server.address}/episode/${server.live}`);
  assert.deepEqual(await texts(page), await texts(fresh));
  await library.locator("li", { hasText: "Fog signals" }).getByText("of the speech understood").waitFor({ timeout: 15_000 });
});
