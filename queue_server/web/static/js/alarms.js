// Waits that have passed their limit, and how often what was said of waits held: for staff.

import { hhmm } from "./clock.js";
import { keyed, notice } from "./dom.js";
import { t } from "./words.js";

/** So many stand one by one, so that the list below keeps its room. */
const MOST = 3;

/**
 * The alarms as the server orders them. Those that stay are not read out anew.
 * @param {HTMLElement} node
 * @param {Array} alarms
 * @param {function(Object): (HTMLElement|null)} further what can be done about one at once
 */
export function showAlarms(node, alarms, further = () => null) {
  const line = (alarm) =>
    notice(
      "attention",
      t(`alarm.${alarm.kind}`, { number: alarm.number, since: hhmm(alarm.waits_since), limit: alarm.limit_min, time: hhmm(alarm.since), level: alarm.level || "" }),
      further(alarm),
    );
  const all = alarms || [];
  const rest = all.length > MOST ? [{ rest: all.length - MOST }] : [];
  const more = (alarm) => notice("attention", t("alarm.more", { n: alarm.rest }));
  keyed(node, [...all.slice(0, MOST), ...rest], (alarm) => `${alarm.ticket} ${alarm.kind}`, (alarm) => (alarm.rest ? more(alarm) : line(alarm)));
}

/** The track record in a line; nothing while there is nothing to judge. */
export function recordLine(record) {
  return record && record.percent !== null ? t("record.line", { percent: record.percent, n: record.waits }) : "";
}
