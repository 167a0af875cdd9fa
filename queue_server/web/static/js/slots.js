// Which row a call has: a row belongs to a station, so that no call moves while it stands.

/**
 * Give every open call a row.
 * @param {Array<string|null>} before the stations of the rows as they were
 * @param {Array<{station: string, call: number}>} calls the open calls
 * @returns {Array<string|null>} the stations of the rows: those of before stay where they are, a new one takes the first
 *   row whose station calls nobody, and else a further row
 */
export function assign(before, calls) {
  const open = new Set(calls.map((call) => call.station));
  const rows = before.slice();
  const oldestFirst = calls.slice().sort((one, other) => one.call - other.call);
  for (const { station } of oldestFirst) {
    if (rows.includes(station)) continue;
    const free = rows.findIndex((each) => each === null || !open.has(each));
    if (free < 0) rows.push(station);
    else rows[free] = station;
  }
  while (rows.length > 0 && !open.has(rows[rows.length - 1])) rows.pop();
  return rows;
}
