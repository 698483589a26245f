// Tests the pages of Readout in headless Chromium, over an archive that the program `fixture-server` makes up.
//
//   npm ci && node run.mjs [part of a test's name]
//
// Builds and starts that program itself. CHROMIUM names another browser. Prints a line a test, and at last
// `N passed, M failed`; the exit code is 1 when any failed.

import { readdirSync } from "node:fs";
import { startBrowser, startServer } from "./start.mjs";
import { tests } from "./test.mjs";

/** Longest time for a test, in milliseconds. */
const LIMIT = 60_000;

/** Runs one test in a browser context of its own; complaints of the browser count as failures. */
async function runTest(browser, server, { name, options, body }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const complaints = [];
  await context.addInitScript(() => {
    globalThis.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
      globalThis.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`);
    });
  });
  context.on("console", (message) => {
    if (/content security policy|trusted ?html|trusted ?script/i.test(message.text())) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(`uncaught: ${error.error().message}`));
  const page = await context.newPage();
  const open = async (path) => {
    await page.goto(server.address + path);
    if (options.javaScriptEnabled !== false) {
      await page.waitForFunction(() => !document.getElementById("episode") || document.documentElement.dataset.ready);
    }
  };
  let timer;
  try {
    const limit = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`took longer than ${LIMIT / 1000} s`)), LIMIT);
    });
    await Promise.race([body({ page, context, server, open, complaints }), limit]);
    if (complaints.length > 0) throw new Error(`the browser complained:\n${complaints.join("\n")}`);
    console.log(`ok    ${name}`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name}\n${error.stack ?? error}`);
    return false;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

const folder = new URL("./tests/", import.meta.url);
for (const file of readdirSync(folder).filter((name) => name.endsWith(".mjs")).sort()) await import(new URL(file, folder));
const chosen = tests.filter(({ name }) => name.includes(process.argv[2] ?? ""));

const server = await startServer();
const browser = await startBrowser();
let failed = 0;
for (const test of chosen) if (!(await runTest(browser, server, test))) failed += 1;
await browser.close();
await server.stop();
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || chosen.length === 0 ? 1 : 0);
