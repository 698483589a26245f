// Times in addresses, by W3C Media Fragments URI 1.0 (section 4.2.1, normal play time): #t=90, #t=1:30, #t=90,105.5

/** Seconds of `90`, `90.5`, `1:30` or `1:01:30.5`; null when it is no time. */
export function parseTime(text) {
  if (/^\d+(\.\d*)?$/.test(text)) return Number(text);
  const clock = /^(?:(\d+):)?(\d{1,2}):(\d{2}(?:\.\d*)?)$/.exec(text);
  if (!clock) return null;
  const [hours, minutes, seconds] = [Number(clock[1] ?? 0), Number(clock[2]), Number(clock[3])];
  if (minutes > 59 || seconds >= 60) return null;
  return (hours * 60 + minutes) * 60 + seconds;
}

/** What a fragment asks to play: `{ start, end }` in seconds, `end` null for the rest; null when it asks for nothing. */
export function parseFragment(hash) {
  let found = null;
  for (const pair of hash.replace(/^#/, "").split("&")) {
    const match = /^t=(.*)$/s.exec(pair);
    if (match) found = match[1]; // The last one counts.
  }
  if (found === null) return null;
  try {
    found = decodeURIComponent(found);
  } catch {
    return null;
  }
  const parts = found.replace(/^npt:/, "").split(",");
  if (parts.length > 2) return null;
  const start = parts[0] === "" && parts.length === 2 ? 0 : parseTime(parts[0]);
  const end = parts.length === 2 ? parseTime(parts[1]) : null;
  if (start === null || (parts.length === 2 && (end === null || end <= start))) return null;
  return { start, end };
}

/** `1:02:03` from an hour on, `2:03` below. */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Seconds for an address: at most hundredths, no needless zeros. */
export function seconds(value) {
  return String(Math.round(value * 100) / 100);
}
