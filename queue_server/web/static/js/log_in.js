// Logging in, and back to where one came from.

import { NoAnswer, post, Refused } from "./api.js";
import { byId, fill, notice } from "./dom.js";
import { say, t } from "./words.js";

const form = byId("form");
const button = form.querySelector("button");
const wanted = new URLSearchParams(location.search).get("next");

/**
 * Only an address of this site, so that a crafted link cannot send anybody elsewhere: whole, since a path that begins
 * with two slashes would be taken for another site's name.
 */
function destination() {
  if (!wanted) return "/";
  const address = new URL(wanted, location.origin);
  return address.origin === location.origin ? address.href : "/";
}

async function logIn() {
  const { name, password } = form.elements;
  try {
    await post("/api/auth/log-in", { name: name.value.trim(), password: password.value });
    location.assign(destination());
  } catch (error) {
    if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
    fill(byId("notices"), notice("fault", error instanceof Refused ? say(error.problem.message) : t("page.no_answer")));
    password.value = "";
    password.focus();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  logIn().finally(() => {
    button.disabled = false;
  });
});

const other = byId("other-language");
if (wanted) other.search += `&next=${encodeURIComponent(wanted)}`;
