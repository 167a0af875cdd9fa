// A view kept up to date by server-sent events: one EventSource a page, none while the page is hidden.

import { get, NoAnswer, Refused } from "./api.js";
import { learn } from "./clock.js";

const SILENT_MS = 25000;
const SETTLE_MS = 250;
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];
const TOO_OFTEN = 429;
const TOO_OFTEN_S = 5;

/**
 * Follow one view.
 *
 * The view is fetched first and the feed asked for what came after it; an event carries a new view, or says that
 * something changed, and then the view is fetched again. A feed that ends, fails or says nothing for 25 seconds (the
 * server's heart beats every ten) is opened anew, beginning with the view. Whoever asked too often asks again when the
 * server says; after any other refusal the page says what it makes of it, and opens it again itself.
 */
export class Live {
  /**
   * @param {Object} wiring
   * @param {string} wiring.view address of the view
   * @param {string} wiring.feed address of its feed
   * @param {function(Object, {gap: boolean}): void} wiring.onView a view at a position not older than the one before;
   *   `gap` when events may have passed unseen
   * @param {function("live"|"away"): void} wiring.onState whether there is news
   * @param {function(Refused): void} wiring.onRefused the server refuses this page (not logged in, no such thing)
   * @param {function(Object): void} wiring.onChange one log event, as it happens
   * @param {boolean} wiring.always follow while hidden too (boards)
   */
  constructor({ view, feed, onView, onState, onRefused, onChange = () => {}, always = false }) {
    Object.assign(this, { viewUrl: view, feedUrl: feed, onView, onState, onRefused, onChange, always });
    this.position = -1;
    this.lastNews = null;
    this.state = null;
    this.source = null;
    this.timers = {};
    this.failures = 0;
    this.round = 0;
  }

  /** Begin. */
  start() {
    if (!this.always) {
      document.addEventListener("visibilitychange", () => (document.hidden ? this.rest() : this.open()));
    }
    if (this.always || !document.hidden) this.open();
  }

  /** Stop listening until `open`. */
  rest() {
    this.round += 1;
    if (this.source) this.source.close();
    this.source = null;
    for (const name of Object.keys(this.timers)) this.cancel(name);
  }

  /** There is no news any more, until `open`: nobody is logged in. */
  lose() {
    this.rest();
    this.become("away");
  }

  /** Something else had no answer: what is shown may be old, until the view comes again. */
  doubt() {
    this.become("away");
    this.open();
  }

  /** Fetch the view, then follow the feed from there. */
  async open() {
    this.rest();
    const round = this.round;
    try {
      const view = await get(this.viewUrl);
      if (round !== this.round) return;
      this.take(view, true);
    } catch (error) {
      if (round === this.round) this.failed(error);
      return;
    }
    this.follow();
  }

  /** Fetch the view now, beside the feed. */
  async refresh() {
    const round = this.round;
    try {
      const view = await get(this.viewUrl);
      if (round === this.round) this.take(view, false);
    } catch (error) {
      if (round === this.round) this.failed(error);
    }
  }

  follow() {
    const source = new EventSource(`${this.feedUrl}?after=${this.position}`);
    this.source = source;
    const on = (name, handle) =>
      source.addEventListener(name, (event) => {
        if (source !== this.source) return;
        this.failures = 0;
        this.heard();
        handle(JSON.parse(event.data));
      });
    on("snapshot", (view) => this.take(view, true));
    on("view", (view) => this.take(view, false));
    on("change", (change) => {
      this.onChange(change);
      if (change.position > this.position) this.after("settle", SETTLE_MS, () => this.refresh());
    });
    on("heartbeat", (beat) => {
      learn(beat.server_time);
      this.position = Math.max(this.position, beat.position);
    });
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      this.rest();
      this.after("again", this.pause(), () => this.open());
    });
    this.watch();
  }

  take(view, gap) {
    this.heard();
    if (view.position < this.position) return;
    this.cancel("settle");
    this.position = view.position;
    learn(view.server_time);
    this.onView(view, { gap });
  }

  heard() {
    this.lastNews = Date.now();
    this.watch();
    this.become("live");
  }

  watch() {
    this.after("silent", SILENT_MS, () => {
      this.become("away");
      this.open();
    });
  }

  failed(error) {
    this.rest();
    if (!(error instanceof NoAnswer) && !(error instanceof Refused)) throw error;
    this.become("away");
    const isRefused = error instanceof Refused && error.status < 500;
    if (isRefused && error.status !== TOO_OFTEN) {
      this.onRefused(error);
      return;
    }
    this.after("again", isRefused ? (error.retryAfterS || TOO_OFTEN_S) * 1000 : this.pause(), () => this.open());
  }

  pause() {
    this.failures += 1;
    return BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length) - 1];
  }

  become(state) {
    if (state === this.state) return;
    this.state = state;
    this.onState(state);
  }

  after(name, ms, act) {
    this.cancel(name);
    this.timers[name] = setTimeout(act, ms);
  }

  cancel(name) {
    clearTimeout(this.timers[name]);
    delete this.timers[name];
  }
}
