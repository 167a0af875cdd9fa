// How kiosks and their own devices are, in words.

import { dated, hhmm, otherDay } from "./clock.js";
import { t } from "./words.js";

/** Since when, with the day where that is not today. */
function time(moment) {
  return otherDay(moment) ? dated(moment) : hhmm(moment);
}

/**
 * What staff should know of a kiosk. While it is not connected nothing else is known of its present.
 * @param {{lost_since: ?string, reports: Array}} kiosk as the server tells it
 * @returns {Array<{key: string, text: string, stops: boolean}>} `stops`: somebody has to go there now
 */
export function troubles({ lost_since: lost = null, reports = [] }) {
  if (lost) return [{ key: "lost", text: t("kiosks.lost", { time: time(lost) }), stops: false }];
  return reports.filter(({ trouble }) => trouble).map(({ kind, trouble, since }) => {
    const what = t(`kiosks.trouble.${trouble}`, { part: t(`kiosks.part.${kind}`) });
    return { key: kind, text: t("kiosks.since", { what, time: time(since) }), stops: trouble !== "paper_low" };
  });
}
