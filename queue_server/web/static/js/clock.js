// Time as the server has it: screens may be set wrong, and stand in any zone.

const DAY_MS = 86400000;

let aheadMs = 0;
let isLearnt = false;
const shown = [];
let zoneMin = -new Date().getTimezoneOffset();

/** Take over the server's time from an ISO 8601 moment with offset; its offset is the hospital's zone. */
export function learn(serverTime) {
  aheadMs = Date.parse(serverTime) - Date.now();
  isLearnt = true;
  zoneMin = zoneOf(serverTime);
  shown.forEach(tick);
}

/** The minutes by which the moment's own zone is ahead of UTC; the last one learnt where it names none. */
function zoneOf(moment) {
  const offset = /([+-])(\d\d):(\d\d)$/.exec(moment);
  return offset ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) : zoneMin;
}

function tick(node) {
  const text = isLearnt ? hhmm(now()) : "";
  if (node.textContent !== text) node.textContent = text;
}

/** The server's present, in milliseconds since 1970. */
export function now() {
  return served(Date.now());
}

/** What the server's clock showed when this machine's showed `ms`. */
export function served(ms) {
  return ms + aheadMs;
}

function wall(moment, zone = zoneOf(moment)) {
  const ms = typeof moment === "number" ? moment : Date.parse(moment);
  return new Date(ms + zone * 60000).toISOString();
}

/** `HH:MM` in the hospital's zone, of an ISO moment or of milliseconds. */
export function hhmm(moment) {
  return wall(moment).slice(11, 16);
}

/** `YYYY-MM-DD HH:MM` in the hospital's zone. */
export function dated(moment) {
  return wall(moment).slice(0, 16).replace("T", " ");
}

/** The ISO moment with offset, to the second. */
export function iso(moment) {
  const part = (minutes) => String(Math.trunc(minutes)).padStart(2, "0");
  const zone = Math.abs(zoneMin);
  return `${wall(moment).slice(0, 19)}${zoneMin < 0 ? "-" : "+"}${part(zone / 60)}:${part(zone % 60)}`;
}

/** `MM-DD` in the hospital's zone where that is not today, else nothing. */
export function otherDay(moment) {
  const day = wall(moment).slice(0, 10);
  return day === wall(now(), zoneOf(moment)).slice(0, 10) ? "" : day.slice(5);
}

/**
 * When the clock on the wall showed `HH:MM`: of the days around `near` the nearest, but never the future, so that 23:58
 * entered at 00:05 is yesterday's.
 * @returns {string} the ISO moment with offset
 */
export function momentAt(clock, near = now()) {
  const midnight = Date.parse(iso(near)) - (Date.parse(iso(near)) + zoneMin * 60000) % DAY_MS;
  const [hours, minutes] = clock.split(":").map(Number);
  const sameDay = midnight + (hours * 60 + minutes) * 60000;
  const past = [sameDay - DAY_MS, sameDay, sameDay + DAY_MS].filter((ms) => ms <= now());
  const far = (ms) => Math.abs(ms - near);
  return iso(past.sort((one, other) => far(one) - far(other))[0]);
}

/** Keep `node` showing the server's time, once it is known; the text changes with the minute only. */
export function show(node) {
  shown.push(node);
  tick(node);
  setInterval(tick, 1000, node);
}
