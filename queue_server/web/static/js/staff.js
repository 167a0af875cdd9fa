// What every staff page has: who is logged in, and the way out.

import { NoAnswer } from "./api.js";

/** Show what `me` may go to, and the name. */
export function showWho(me) {
  for (const node of document.querySelectorAll("[data-role]")) {
    node.hidden = node.dataset.role !== me.role;
  }
  const who = document.getElementById("who");
  if (who) who.textContent = me.name;
}

/** Fill the bar for `me`, and let its button log out. */
export function staffBar(me, post) {
  showWho(me);
  const out = document.getElementById("log-out");
  if (!out) return;
  out.addEventListener("click", async () => {
    try {
      await post("/api/auth/log-out", {});
    } catch (error) {
      // Without an answer the log-in may still stand: stay, so that nobody walks away from an open console.
      if (error instanceof NoAnswer) return;
    }
    location.assign("/log-in");
  });
}
