// Reads the files of a request with the library that podcast apps read transcripts with, and compares what it finds with
// what was written.

import { readFileSync } from "node:fs";
import { convertFile, TranscriptFormat } from "transcriptator";

const request = JSON.parse(readFileSync(process.argv[2], "utf8"));
const letters = (text) => [...text].filter((c) => /[\p{L}\p{N}\p{M}]/u.test(c)).join("");
const words = letters(request.words.join(""));
const unescaped = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&quot;/g, '"').replace(/&amp;/g, "&");
const note = /\[(music|silence|other sound|speech here was not understood)[^\]]*\]/g;
const wrong = [];

const formats = { srt: TranscriptFormat.SRT, vtt: TranscriptFormat.VTT, json: TranscriptFormat.JSON, html: TranscriptFormat.HTML };
for (const [name, format] of Object.entries(formats)) {
  if (!request.files[name]) continue;
  let segments;
  try {
    segments = convertFile(readFileSync(request.files[name], "utf8"), format);
  } catch (error) {
    wrong.push(`${name}: ${error.message}`);
    continue;
  }
  const times = segments.map((segment) => segment.startTime);
  if (times.some((time, at) => !Number.isFinite(time) || (at > 0 && time < times[at - 1]))) wrong.push(`${name}: times ${times}`);
  let text = segments.map((segment) => segment.body.replace(/<v [^>]*>/, "")).join(" ");
  if (name === "html" || name === "vtt") text = unescaped(text);
  if (letters(text.replace(note, "")) !== words) wrong.push(`${name}: ${text.slice(0, 400)}`);
  const names = new Set(segments.map((segment) => segment.speaker).filter(Boolean));
  const simple = request.speakers.filter((speaker) => !speaker.includes(":"));
  // It does not know the voices of WebVTT.
  if (name !== "vtt" && simple.some((speaker) => !names.has(speaker))) wrong.push(`${name}: speakers ${[...names]}`);
}
for (const complaint of wrong) console.log(complaint);
process.exitCode = wrong.length > 0 ? 1 : 0;
