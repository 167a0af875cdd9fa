// Whether the server answers, for a page that follows no feed.

import { NoAnswer, Refused, get } from "./api.js";
import { learn } from "./clock.js";

const EVERY_MS = 10000;

/** Asks now and then, and hears of what the page itself asked. */
export class Pulse {
  /**
   * @param {function(number|null): void} show is given since when there was no answer, in milliseconds of this machine, or
   *   `null` while there is
   * @param {function(): Promise} further what else the page asks each time
   */
  constructor(show, further = async () => {}) {
    Object.assign(this, { show, further, last: Date.now(), isAway: null });
  }

  /** Begin; nothing is asked while the page is hidden. */
  start() {
    this.beat();
    setInterval(() => document.hidden || this.ask(), EVERY_MS);
    document.addEventListener("visibilitychange", () => document.hidden || this.ask());
  }

  async ask() {
    try {
      learn((await get("/health")).server_time);
      await this.further();
      this.beat();
    } catch (error) {
      if (error instanceof NoAnswer) this.miss();
      else if (error instanceof Refused) this.beat();
      else throw error;
    }
  }

  /** The server answered. */
  beat() {
    this.last = Date.now();
    this.become(false);
  }

  /** It did not. */
  miss() {
    this.become(true);
  }

  become(isAway) {
    if (isAway === this.isAway) return;
    this.isAway = isAway;
    this.show(isAway ? this.last : null);
  }
}
