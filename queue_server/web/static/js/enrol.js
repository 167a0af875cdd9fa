// A screen without a keyboard asks to be let in: it shows a code, and an administrator confirms it.

import { get, NoAnswer, post, Refused } from "./api.js";
import { el, fill } from "./dom.js";
import { t } from "./words.js";

const ASK_MS = 3000;

const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));

/**
 * Show a code in `box` until an administrator has confirmed it. The credential itself stays in a cookie that no script
 * can read.
 */
export async function enrolScreen(box, hall) {
  for (;;) {
    try {
      const asked = await post("/api/devices/screen-code", { kind: "board", name: hall });
      show(box, asked.screen_code, hall);
      await confirmed(asked.poll);
      return;
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof Refused)) throw error;
      if (error instanceof NoAnswer || error.status !== 410) {
        fill(box, said("enrol.no_answer"));
        await pause(ASK_MS);
      }
    }
  }
}

async function confirmed(poll) {
  for (;;) {
    const answer = await get(`/api/devices/screen-code/${encodeURIComponent(poll)}`);
    if (answer && answer.device) return;
    await pause(ASK_MS);
  }
}

function said(key, values = {}) {
  return [
    el("p", {}, t(key, values, "zh")),
    el("p", { class: "second", lang: "en" }, t(key, values, "en")),
  ];
}

function show(box, code, hall) {
  fill(box, said("enrol.title", { hall }), el("p", { class: "code" }, code), said("enrol.how"));
}
