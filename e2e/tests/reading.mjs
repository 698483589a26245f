// Reading and listening: words play, the voice is followed, and stays where the reader wants it.

import assert from "node:assert/strict";
import { startOf, state, test, until, word } from "../test.mjs";

test("a click on a word plays from it, and the words are lit as they are spoken", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  assert.equal((await state(page)).lit, null);
  await word(page, 120).click();
  const start = await startOf(page, 120);
  const first = await until(page, (now) => !now.paused && now.litIndex >= 120, "playing");
  assert.ok(first.time >= start && first.time < start + 2, `${first.time} for ${start}`);
  const later = await until(page, (now) => now.litIndex >= first.litIndex + 3, "next words");
  // What is lit is what is heard: its begin is the last at or before the time of the player.
  const [begin, next] = [await startOf(page, later.litIndex), await startOf(page, later.litIndex + 1)];
  assert.ok(begin <= later.time + 0.05 && later.time <= next + 0.3, `${begin} ${later.time} ${next}`);
  await page.locator("#play").click();
  await until(page, (now) => now.paused, "paused");
});

test("selecting words by dragging does not play", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await word(page, 42).evaluate((word) => word.scrollIntoView({ block: "center" }));
  const [from, to] = [await word(page, 40).boundingBox(), await word(page, 44).boundingBox()];
  await page.mouse.move(from.x + 2, from.y + 8);
  await page.mouse.down();
  await page.mouse.move(to.x + to.width - 2, to.y + 8, { steps: 8 });
  await page.mouse.up();
  assert.ok((await page.evaluate(() => String(getSelection()))).length > 10);
  assert.ok((await state(page)).paused);
});

test("the page follows the voice until it is scrolled away by hand, and only the button resumes", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.evaluate(() => (document.getElementById("audio").playbackRate = 3));
  await word(page, 200).click();
  await until(page, (now) => now.litVisible && now.litIndex >= 203, "voice in view");

  // A little scrolling leaves the word on the screen: the page goes on following.
  await page.mouse.wheel(0, 60);
  const near = await until(page, (now) => now.litIndex >= 206, "next words");
  assert.equal(near.pill, null);

  await page.mouse.wheel(0, 4000);
  const away = await until(page, (now) => now.pill !== null, "the button");
  assert.equal(away.pill, "Back to the voice");
  const still = await until(page, (now) => now.litIndex >= away.litIndex + 12, "twelve more words");
  assert.equal(still.scroll, away.scroll, "the page stays where the reader put it");
  assert.ok(still.pill);

  await page.locator("#back-to-voice").click();
  const back = await until(page, (now) => now.litVisible && now.pill === null, "the voice in view again");
  // And it is followed again, over more than a screen.
  await page.evaluate(() => (document.getElementById("audio").currentTime += 60));
  await until(page, (now) => now.litVisible && now.scroll > back.scroll + 300, "followed further");
});

test("#t=90 goes there, #t=90,93 marks the words and stops at the end", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}#t=90`);
  const there = await until(page, (now) => now.litVisible && now.time >= 90 && now.time < 95, "90 s");
  assert.ok(there.lit);

  await page.evaluate(() => (document.getElementById("audio").playbackRate = 2));
  await page.evaluate(() => (location.hash = "#t=1:40,1:43"));
  await until(page, (now) => now.paused && Math.abs(now.time - 103) < 0.3, "the end of the stretch");
  const marked = await page.locator(".marked").count();
  assert.ok(marked >= 3 && marked <= 14, `${marked} words`);
  const first = await page.evaluate(() => [...document.querySelectorAll(".spoken span")].findIndex((word) => word.matches(".marked")));
  assert.ok(Math.abs((await startOf(page, first)) - 100) < 1.2);
  assert.equal(await page.locator(".marked-range").count(), 1);

  // Playing on does not stop there again, and a click on a word takes the marks away.
  await page.keyboard.press("k");
  await until(page, (now) => now.time > 104, "on");
  await word(page, 10).click();
  assert.equal(await page.locator(".marked").count(), 0);
});

test("times of paragraphs and gaps are links that play", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.locator(".spoken .time").nth(2).click();
  const start = Number((await page.locator(".spoken").nth(2).getAttribute("data-start"))) / 1000;
  await until(page, (now) => !now.paused && now.time >= start && now.time < start + 3, "the paragraph");
  const gap = page.locator(".gap .time");
  assert.match(await gap.getAttribute("href"), /^#t=\d+(\.\d+)?,\d+(\.\d+)?$/);
  await gap.click();
  await until(page, (now) => now.time >= 120 && now.lit?.includes("was not understood"), "the gap, lit");
});

test("the keyboard plays, seeks and changes the speed", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.keyboard.press("k");
  await until(page, (now) => !now.paused, "k plays");
  await page.keyboard.press("Space");
  await until(page, (now) => now.paused, "space pauses");
  const at = (await state(page)).time;
  const near = (time) => (now) => Math.abs(now.time - time) < 0.3;
  await page.keyboard.press("l");
  await until(page, near(at + 10), "l");
  await page.keyboard.press("ArrowRight");
  await until(page, near(at + 15), "right");
  await page.keyboard.press("ArrowLeft");
  await until(page, near(at + 10), "left");
  await page.keyboard.press("j");
  await until(page, near(at), "j");
  for (let times = 0; times < 3; times += 1) await page.keyboard.press(".");
  await until(page, (now) => now.rate === 1.3, "faster");
  await page.keyboard.press("<");
  await until(page, (now) => now.rate === 1.2, "slower");
  await page.locator("#speed-now", { hasText: "1.2×" }).waitFor();
  await page.keyboard.press("?");
  assert.ok(await page.locator("#help").isVisible());
  await page.keyboard.press("k");
  assert.ok((await state(page)).paused, "keys of the page rest while the help is open");
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#help").isVisible()));
});

test("Tab enters the text at one word, arrow keys walk, Enter plays", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  assert.equal(await page.locator(".spoken span[tabindex]").count(), 1);
  await page.locator(".spoken .time").first().focus();
  await page.keyboard.press("Tab");
  assert.equal((await state(page)).focused, 0);
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"]) await page.keyboard.press(key);
  assert.equal((await state(page)).focused, 2);
  const paragraph = await page.locator(".spoken").first().locator("span").count();
  await page.keyboard.press("ArrowDown");
  assert.equal((await state(page)).focused, paragraph, "first word of the next paragraph");
  await page.keyboard.press("ArrowLeft");
  assert.equal((await state(page)).focused, paragraph - 1, "last word of the one before");
  await page.keyboard.press("Enter");
  const start = await startOf(page, paragraph - 1);
  await until(page, (now) => !now.paused && now.time >= start && now.time < start + 2, "plays from it");
  assert.equal(await page.locator(".spoken span[tabindex]").count(), 1);
});

test("a selection is copied as a quotation with a link that plays it", async ({ page, context, server, open }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(`/episode/${server.talk}`);
  const expected = await page.evaluate(() => {
    const words = document.querySelectorAll(".spoken span");
    words[52].scrollIntoView({ block: "center" });
    // From within a word to within a word: whole words are quoted. A touched edge quotes nothing.
    getSelection().setBaseAndExtent(words[50].firstChild, 1, words[55].firstChild, 0);
    return [...words].slice(50, 55).map((word) => word.textContent).join(" ");
  });
  await page.locator("#quote").click();
  const [quotation, source, address] = (await page.evaluate(() => navigator.clipboard.readText())).split("\n");
  assert.equal(quotation, `“${expected}”`);
  assert.match(source, /^Two readouts of one telephone call, Harbour Light, 12 November 2026, 0:\d\d$/);
  const start = Math.round((await startOf(page, 50)) * 100) / 100;
  assert.ok(address.startsWith(`${server.address}/episode/${server.talk}#t=${start},`), address);
  assert.ok((await state(page)).paused);
  await page.evaluate(() => getSelection().removeAllRanges());
  await page.locator("#quote").waitFor({ state: "hidden" });
});

test("find marks every hit, steps through them and closes at the word", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.keyboard.press("/");
  await page.keyboard.type("the LIGHT");
  await page.waitForFunction(() => /^1 of \d+$/.test(document.getElementById("find-count").value));
  const count = Number((await page.locator("#find-count").inputValue().catch(() => page.locator("#find-count").textContent())).split(" of ")[1]);
  const text = (await page.locator(".spoken p").allTextContents()).join("\n").toLowerCase();
  assert.equal(count, text.split("the light").length - 1);
  assert.equal(await page.locator(".found-tick").count(), count);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Shift+Enter");
  assert.match(await page.locator("#find-count").textContent(), /^1 of/);
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("#find").isVisible()));
  assert.equal(await page.evaluate(() => document.activeElement.textContent.toLowerCase()), "the");
});

test("one goes on where one left off", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await word(page, 400).click();
  const left = await until(page, (now) => !now.paused && now.litIndex > 401, "playing");
  await page.keyboard.press("k");
  await until(page, (now) => now.paused, "paused");
  await page.goto("about:blank");
  await open(`/episode/${server.talk}`);
  const again = await until(page, (now) => Math.abs(now.time - left.time) < 2, "the same place");
  assert.ok(again.paused);
  assert.equal(again.scroll, 0, "the page opens at its head");
  assert.match(again.pill, /^Continue at \d:\d\d$/);
  await page.locator("#back-to-voice").click();
  await until(page, (now) => now.scroll > 500 && now.pill === null, "the place in view");
});

test("reaching the buttons of the bar scrolls nothing", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await page.evaluate(() => scrollTo({ top: 300, behavior: "instant" }));
  for (const id of ["strip", "play", "speed", "open-help"]) {
    await page.locator(`#${id}`).focus();
    assert.equal((await state(page)).scroll, 300, id);
  }
});

test("a click on the strip of the episode goes there", async ({ page, server, open }) => {
  await open(`/episode/${server.talk}`);
  await until(page, () => true, "loaded");
  const box = await page.locator("#strip").boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  const duration = await page.evaluate(() => document.getElementById("audio").duration);
  await until(page, (now) => Math.abs(now.time - duration / 2) < 2 && now.litVisible, "half");
  assert.equal(await page.locator("#strip").getAttribute("role"), "slider");
  assert.ok(Math.abs(Number(await page.locator("#strip").getAttribute("aria-valuenow")) - duration / 2) < 2);
});
