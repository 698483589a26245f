// Names that were set right: marked, explained, kept, put back; offers taken and declined.

import assert from "node:assert/strict";
import { test } from "../test.mjs";

const text = (page) => page.locator(".spoken p").allTextContents().then((all) => all.join(" "));
const marked = (page, kind) => page.locator(`.spoken span.${kind}`);

test("names say without scripts why they stand there, and a form puts one back", async ({ page, server, open }) => {
  await open(`/episode/${server.names}`);
  assert.match(await marked(page, "repaired").first().getAttribute("title"), /^heard: “local new”, because: it sounds like/);
  await page.locator("#names summary").click();
  const last = page.locator("#names .note.repaired").last();
  assert.match(await last.innerText(), /Heard: “local new”/);
  await last.getByRole("button", { name: "Put back" }).click();
  assert.ok(page.url().endsWith(`/episode/${server.names}#names`));
  assert.match(await text(page), /minister, Lecornu, rang .* spoke of local new again/);
}, { javaScriptEnabled: false });

test("a pointer on a name shows the reason beside it, and what is hostile in it stays text", async ({ page, server, open }) => {
  await open(`/episode/${server.names}`);
  const card = page.locator("#note-card");
  await marked(page, "repaired").nth(1).hover();
  await card.waitFor({ state: "visible" });
  assert.match(await card.innerText(), /Heard: “show you go”/);
  assert.match(await card.innerText(), /<script>window\.owned=1<\/script>/);
  assert.equal(await card.locator("script, img, iframe, svg, style").count(), 0);
  const [box, wide] = [await card.boundingBox(), await page.evaluate(() => innerWidth)];
  assert.ok(box.x >= 0 && box.x + box.width <= wide, JSON.stringify(box));
  await page.mouse.move(5, 5);
  await card.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => globalThis.owned), undefined);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
});

test("an offer is taken and another declined where the words stand", async ({ page, server, open }) => {
  await open(`/episode/${server.names}`);
  const card = page.locator("#note-card");
  assert.equal(await marked(page, "offered").count(), 4);
  await marked(page, "offered").nth(1).click();
  await page.keyboard.press("k");
  await card.waitFor({ state: "visible" });
  assert.match(await card.innerText(), /Suggested for “Marin all does,?”/);
  await card.getByRole("button", { name: "Take" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".spoken span.offered").length === 1);
  assert.match(await text(page), /heard from Maren Aldous, who/);
  await marked(page, "offered").first().click();
  await card.getByRole("button", { name: "Decline" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".spoken span.offered").length === 0);
  assert.match(await text(page), /Then bride spoke/);
  await page.reload();
  assert.match(await text(page), /Then bride spoke .* heard from Maren Aldous, who/);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
});

test("the keyboard reaches the reason, keeps a name, and never brings back what was heard everywhere", async ({ page, server, open }) => {
  await open(`/episode/${server.names}`);
  const card = page.locator("#note-card");
  const first = () => page.locator(".spoken span").filter({ hasText: "Lecornu" }).first();
  await page.evaluate(() => document.querySelector(".spoken span").focus());
  for (let step = 0; step < 4; step += 1) await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Lecornu,");
  await card.waitFor({ state: "visible" });
  assert.equal(await first().getAttribute("aria-describedby"), "note-card");
  await page.keyboard.press("n");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Keep");
  await page.keyboard.press("Escape");
  await card.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Lecornu,");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("n");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".spoken span.confirmed"));
  // The reader stays where he was.
  await page.waitForFunction(() => document.activeElement.textContent === "Lecornu,");
  await first().click();
  await card.getByRole("button", { name: "Never" }).click();
  // Here, where it was kept, and where the program had set it right.
  await page.waitForFunction(() => !document.getElementById("passages").textContent.includes("Lecornu"));
  assert.match(await text(page), /minister, local new, rang .* spoke of local new again/);
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
}, { viewport: { width: 390, height: 844 } });
