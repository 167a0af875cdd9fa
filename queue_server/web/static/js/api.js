// Requests to the server: what it refused, what it never answered, and commands that are done once however often sent.

import { now } from "./clock.js";

const ANSWER_MS = 8000;
const PAUSES_MS = [300, 700, 1500, 3000];

/** The server said no. `problem` is its problem document; nothing changed. `retryAfterS`: when to ask again, if it says. */
export class Refused extends Error {
  constructor(status, problem, retryAfterS = null) {
    super(problem.code);
    this.status = status;
    this.code = problem.code;
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** No answer came: whether a command was carried out is not known. */
export class NoAnswer extends Error {}

let csrf = null;

/** Remember the token that a log-in gave, for requests that change something. */
export function trust(token) {
  csrf = token;
}

/** A random UUID, version 4 (RFC 9562); `crypto.randomUUID` came with Chrome 92. */
function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/**
 * One request.
 * @returns the decoded JSON answer; `null` where the answer is empty.
 * @throws {Refused} the server answered with a problem.
 * @throws {NoAnswer} it did not answer within `answerMs` (eight seconds), or what answered was not it.
 */
export async function request(method, path, body, answerMs = ANSWER_MS) {
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), answerMs);
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  try {
    const answer = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: abort.signal,
      cache: "no-store",
      credentials: "same-origin",
    });
    const text = await answer.text();
    const data = text ? JSON.parse(text) : null;
    if (answer.ok) return data;
    if (data && data.code && data.message) {
      throw new Refused(answer.status, data, Number(answer.headers.get("Retry-After")) || null);
    }
    throw new NoAnswer(`status ${answer.status}`);
  } catch (error) {
    if (error instanceof Refused || error instanceof NoAnswer) throw error;
    throw new NoAnswer(error.message);
  } finally {
    clearTimeout(deadline);
  }
}

export const get = (path) => request("GET", path);
export const post = (path, body, answerMs) => request("POST", path, body, answerMs);

/** The head of a command: an id of its own and, where waiting would be wrong, the moment after which it is not done. */
export function head(lifetimeS = null) {
  const made = { command_id: uuid() };
  if (lifetimeS !== null) made.expires_at = new Date(now() + lifetimeS * 1000).toISOString();
  return made;
}

/**
 * Send a command until it is answered. A lost answer is asked for again with the same id, so that it is done once.
 * @param {string} path
 * @param {Object} body from `head` and what the command says
 * @param {function(): void} onSilence the first request was not answered
 * @throws {Refused} it was not carried out
 * @throws {NoAnswer} still no answer after every repeat: it is not known whether it was
 */
export async function command(path, body, onSilence = () => {}) {
  for (const [index, pause] of PAUSES_MS.entries()) {
    try {
      return await post(path, body);
    } catch (error) {
      if (!(error instanceof NoAnswer) && !(error instanceof Refused && error.code === "internal_error")) throw error;
      if (index === 0 && error instanceof NoAnswer) onSilence();
    }
    await new Promise((resume) => setTimeout(resume, pause));
  }
  return post(path, body);
}

/** Who is logged in; without anybody the browser goes to the log-in page and comes back here afterwards. */
export async function session() {
  try {
    const me = await get("/api/auth/me");
    trust(me.csrf);
    return me;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      toLogIn();
      return new Promise(() => {});
    }
    throw error;
  }
}

/** Go to the log-in page and come back afterwards. */
export function toLogIn() {
  location.assign(`/log-in?next=${encodeURIComponent(location.pathname + location.search)}`);
}
