// How tests are written: `test(name, body)`, with what they all need to look at a page.

export const tests = [];

/** A test; `options` are those of a browser context. */
export function test(name, body, options = {}) {
  tests.push({ name, options, body });
}

/** The state of the player and of the text, as the page shows it. */
export function state(page) {
  return page.evaluate(() => {
    const audio = document.getElementById("audio");
    const lit = document.querySelector(".lit");
    const words = [...document.querySelectorAll(".spoken span")];
    const pill = document.getElementById("back-to-voice");
    return {
      time: audio.currentTime,
      paused: audio.paused,
      rate: audio.playbackRate,
      lit: lit?.textContent ?? null,
      litIndex: words.indexOf(lit),
      litVisible: lit ? lit.getBoundingClientRect().bottom > 0 && lit.getBoundingClientRect().top < innerHeight - 100 : false,
      focused: words.indexOf(document.activeElement),
      scroll: Math.round(scrollY),
      pill: pill.hidden ? null : pill.textContent.trim(),
    };
  });
}

/** Waits until the page's state meets a condition, and returns it. */
export async function until(page, condition, what, limit = 15_000) {
  const end = Date.now() + limit;
  let now;
  do {
    now = await state(page);
    if (condition(now)) return now;
    await page.waitForTimeout(40);
  } while (Date.now() < end);
  throw new Error(`${what}: not seen within ${limit} ms; at last ${JSON.stringify(now)}`);
}

/** Begin of the nth word in seconds, read from the attributes of its passage. */
export function startOf(page, index) {
  return page.evaluate((index) => {
    const word = document.querySelectorAll(".spoken span")[index];
    const passage = word.closest(".spoken");
    const numbers = passage.dataset.times.split(" ").map(Number);
    const place = [...word.parentElement.children].indexOf(word);
    const before = numbers.slice(0, place * 2 + 1).reduce((sum, number) => sum + number, 0);
    return (Number(passage.dataset.start) + before) / 1000;
  }, index);
}

export function word(page, index) {
  return page.locator(".spoken span").nth(index);
}
