// Whether the server issues numbers, and if not, why and what to do.

import { get, NoAnswer, Refused } from "./api.js";
import { dated, learn } from "./clock.js";
import { notice } from "./dom.js";
import { say, t } from "./words.js";

/** The server's health as notices: whether it issues numbers, then what somebody has to look after. */
export async function health() {
  try {
    const { issuing, server_time: time, problem, warnings = [] } = await get("/health");
    learn(time);
    const state = issuing
      ? notice("done", t("health.issuing", { time: dated(time) }))
      : notice("fault", t("health.stopped", { why: problem ? say(problem.message) : "" }));
    return [state, ...warnings.map((text) => notice("attention", say(text)))];
  } catch (error) {
    if (error instanceof Refused) return [notice("fault", say(error.problem.message))];
    if (error instanceof NoAnswer) return [notice("fault", t("page.no_answer"))];
    throw error;
  }
}
