// What goes over the wire: ranges, headers, names.

import assert from "node:assert/strict";
import { request } from "node:http";
import { parseFragment, parseTime } from "../../crates/serve/assets/fragment.js";
import { test } from "../test.mjs";

/** A request exactly as given: fetch would set Host and tidy up the path. */
function ask(server, path, headers = {}, method = "GET") {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, headers, method }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

async function audioOf(server) {
  const page = (await ask(server, `/episode/${server.talk}`)).body.toString();
  return /\/audio\/[0-9a-f]{64}/.exec(page)[0];
}

test("audio comes in ranges", async ({ server }) => {
  const path = await audioOf(server);
  const whole = await ask(server, path);
  assert.equal(whole.status, 200);
  assert.equal(whole.headers["content-type"], "audio/wav");
  assert.equal(whole.headers["accept-ranges"], "bytes");
  assert.equal(whole.headers["x-content-type-options"], "nosniff");
  assert.match(whole.headers["content-security-policy"], /sandbox/);
  const size = whole.body.length;
  assert.equal(Number(whole.headers["content-length"]), size);

  for (const [range, from, to] of [
    ["bytes=0-0", 0, 1],
    ["bytes=100-299", 100, 300],
    [`bytes=${size - 10}-`, size - 10, size],
    ["bytes=-7", size - 7, size],
    [`bytes=70000-${size * 2}`, 70000, size],
  ]) {
    const part = await ask(server, path, { range });
    assert.equal(part.status, 206, range);
    assert.equal(part.headers["content-range"], `bytes ${from}-${to - 1}/${size}`);
    assert.ok(part.body.equals(whole.body.subarray(from, to)), range);
  }
  for (const range of [`bytes=${size}-`, "bytes=-0"]) {
    const refused = await ask(server, path, { range });
    assert.equal(refused.status, 416, range);
    assert.equal(refused.headers["content-range"], `bytes */${size}`);
  }
  // Several ranges, however many, and nonsense are answered by the whole.
  const many = `bytes=${Array.from({ length: 1000 }, (_, at) => `${at}-${at}`).join(",")}`;
  for (const range of [many, "bytes=9-2", "bytes=x", "items=0-1"]) {
    const answer = await ask(server, path, { range });
    assert.deepEqual([answer.status, answer.body.length], [200, size], range.slice(0, 20));
  }
  const head = await ask(server, path, {}, "HEAD");
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, String(size), 0]);
  const tag = whole.headers.etag;
  assert.equal((await ask(server, path, { "if-none-match": tag })).status, 304);
  assert.equal((await ask(server, path, { range: "bytes=0-1", "if-range": tag })).status, 206);
  assert.equal((await ask(server, path, { range: "bytes=0-1", "if-range": '"other"' })).status, 200);
});

test("files are opened by their hash only", async ({ server }) => {
  const path = await audioOf(server);
  const paths = ["/audio/../archive.sqlite", "/audio/..%2farchive.sqlite", "/audio/%00", "/audio/archive.sqlite"];
  paths.push(`/audio/${"0".repeat(64)}`, `${path}%00`, `${path}/..%2f`, `${path.slice(0, -1)}`);
  paths.push("/static/../../Cargo.toml", "/static/0/..%2f..%2fCargo.toml", "/static/0000000000000000/readout.css");
  for (const path of paths) assert.equal((await ask(server, path)).status, 404, path);
});

test("every answer is strict, errors too, and only our own names are answered", async ({ server }) => {
  const paths = ["/", `/episode/${server.talk}`, "/nothing", "/episode/x", "/healthz", `/episode/${server.talk}/passages?from=x`];
  for (const path of paths) {
    const { headers } = await ask(server, path);
    const policy = headers["content-security-policy"];
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) {
      assert.ok(policy.includes(part), `${path}: ${part}`);
    }
    assert.ok(!policy.includes("unsafe"), path);
    assert.equal(headers["x-content-type-options"], "nosniff", path);
    assert.equal(headers["referrer-policy"], "same-origin", path);
    assert.equal(headers["cross-origin-resource-policy"], "same-origin", path);
  }
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "xn--lcalhost-n0a"]) {
    for (const path of ["/", `/episode/${server.talk}`, await audioOf(server), "/healthz"]) {
      assert.equal((await ask(server, path, { host })).status, 421, `${host} ${path}`);
    }
  }
  for (const host of ["localhost", "localhost:1234", "[::1]:80"]) {
    assert.equal((await ask(server, "/healthz", { host })).status, 200, host);
  }
  for (const method of ["POST", "PUT", "DELETE"]) {
    assert.equal((await ask(server, "/", { origin: server.address }, method)).status, 405, method);
    for (const foreign of [{}, { origin: "http://evil.example" }, { origin: "null" }, { origin: server.address, "sec-fetch-site": "cross-site" }]) {
      assert.equal((await ask(server, `/episode/${server.names}/repairs/x`, foreign, method)).status, 403, `${method} ${JSON.stringify(foreign)}`);
    }
  }
});

test("assets are named by their content and cached for ever", async ({ server }) => {
  const page = (await ask(server, "/")).body.toString();
  const [, sheet] = /href="(\/static\/[0-9a-f]{16}\/readout\.css)"/.exec(page);
  const answer = await ask(server, sheet);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers["cache-control"], "public, max-age=31536000, immutable");
  assert.equal(answer.headers["content-type"], "text/css; charset=utf-8");
});

test("exports carry their type and a harmless name", async ({ server }) => {
  const types = { txt: "text/plain", md: "text/markdown", srt: "application/x-subrip", vtt: "text/vtt", json: "application/json", ctm: "text/plain", readout: "application/json" };
  for (const [format, type] of Object.entries(types)) {
    const answer = await ask(server, `/episode/${server.talk}/transcript.${format}`);
    assert.equal(answer.status, 200, format);
    assert.ok(answer.headers["content-type"].startsWith(type), format);
    assert.match(answer.headers["content-disposition"], /^inline; filename="[A-Za-z0-9.-]+"$/);
    assert.match(answer.body.toString(), /lighthouse/, format);
  }
  assert.equal((await ask(server, `/episode/${server.talk}/transcript.exe`)).status, 404);
  assert.equal((await ask(server, `/episode/${server.waiting}/transcript.txt`)).status, 404);
});

test("times in addresses are read as W3C Media Fragments says", async () => {
  for (const [text, expected] of [
    ["90", 90], ["90.5", 90.5], ["1:30", 90], ["01:30", 90], ["1:01:30.25", 3690.25], ["0", 0], ["12:60", null],
    ["60:00", null], ["1:60:00", null], ["-1", null], ["", null], ["1e3", null], ["abc", null], ["1:2:3:4", null],
  ]) assert.equal(parseTime(text), expected, text);
  for (const [hash, expected] of [
    ["#t=90", [90, null]], ["#t=90,105", [90, 105]], ["#t=npt:10,20", [10, 20]], ["#t=,20", [0, 20]],
    ["#t=1:30,1:45.5", [90, 105.5]], ["#t=1%3A30%2C105", [90, 105]], ["#x=1&t=5&y=2", [5, null]], ["#t=1&t=2", [2, null]],
    ["#t=20,10", null], ["#t=10,10", null], ["#t=10,", null], ["#t=", null], ["#t=,", null], ["#t=1,2,3", null],
    ["#t=%E0%A4%A", null], ["#about", null], ["", null], ["#xt=5", null], ["#t=smpte:0:00:01", null],
  ]) assert.deepEqual(parseFragment(hash), expected && { start: expected[0], end: expected[1] }, hash);
});
