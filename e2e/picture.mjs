// Takes the picture of an episode's page that the README shows.
//
//   node picture.mjs [ADDRESS OF AN EPISODE [SECONDS]]
//
// Without an address: of the made-up episode. Plays from the time, and takes the picture while the word is lit.

import { fileURLToPath } from "node:url";
import { startBrowser, startServer } from "./start.mjs";
import { until } from "./test.mjs";

const [given, seconds = "128"] = process.argv.slice(2);
const server = given ? null : await startServer();
const browser = await startBrowser();
const context = await browser.newContext({ viewport: { width: 1180, height: 820 }, deviceScaleFactor: 1.5 });
const page = await context.newPage();
await page.goto(`${given ?? `${server.address}/episode/${server.talk}`}#t=${seconds}`);
await until(page, (now) => !now.paused && now.litVisible && now.time > Number(seconds) + 9, "the voice");
await page.waitForTimeout(300); // the fading of the word before
await page.screenshot({ path: fileURLToPath(new URL("../docs/images/episode.png", import.meta.url)) });
await browser.close();
await server?.stop();
