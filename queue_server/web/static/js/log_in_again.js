// Logging in without leaving the page: what it holds would be lost, and its list is what is called from.

import { get, NoAnswer, post, Refused, trust } from "./api.js";
import { el, fill, notice } from "./dom.js";
import { say, t } from "./words.js";

/** A row that asks for the password, in `box`. */
export class LogInAgain {
  /**
   * @param {HTMLElement} box
   * @param {function(Object): void} onDone is given who is logged in
   */
  constructor(box, onDone) {
    Object.assign(this, { box, onDone, isOpen: false });
  }

  /** Ask; `name` is who was logged in, `sentence` why. */
  ask(name, sentence) {
    if (this.isOpen) return;
    this.isOpen = true;
    const said = el("div", {});
    const form = el(
      "form",
      { class: "again", on: { submit: (event) => (event.preventDefault(), this.logIn(form, said)) } },
      notice("attention", sentence),
      el(
        "div",
        { class: "row" },
        el("label", {}, t("log_in.name"), el("input", { name: "name", value: name, autocomplete: "username", required: true })),
        el("label", {}, t("log_in.password"), el("input", { name: "password", type: "password", autocomplete: "current-password", required: true })),
        el("button", { class: "primary", type: "submit" }, t("log_in.do")),
      ),
      said,
    );
    fill(this.box, form);
    if (!document.activeElement || !document.activeElement.closest("input, select")) form.elements.password.focus();
  }

  async logIn(form, said) {
    if (this.isBusy) return;
    this.isBusy = true;
    const { name, password } = form.elements;
    try {
      await post("/api/auth/log-in", { name: name.value.trim(), password: password.value });
      const me = await get("/api/auth/me");
      trust(me.csrf);
      this.isOpen = false;
      fill(this.box);
      this.onDone(me);
    } catch (error) {
      if (!(error instanceof Refused) && !(error instanceof NoAnswer)) throw error;
      fill(said, notice("fault", error instanceof Refused ? say(error.problem.message) : t("page.no_answer")));
      password.value = "";
      password.focus();
    } finally {
      this.isBusy = false;
    }
  }
}
