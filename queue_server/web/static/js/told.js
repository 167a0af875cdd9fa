// What staff tell the hall, a line at a time: a long text is cut between its clauses, and its parts take turns.

import { el, fill } from "./dom.js";

// A part ends after a mark or a space.
const CLAUSE = /[^，。；：、！？,.;:!? ]*[，。；：、！？,.;:!? ]*/g;

/**
 * Cut a text into parts of one line each: between clauses, and within one only where it is longer than a line.
 * @param {string} text
 * @param {function(string): boolean} fits whether so much has room on a line
 * @returns {string[]}
 */
export function parts(text, fits) {
  const found = [];
  let line = "";
  const add = (piece) => {
    if (line && !fits((line + piece).trim())) {
      found.push(line.trim());
      line = "";
    }
    line += piece;
  };
  for (const clause of text.match(CLAUSE).filter(Boolean)) halved(clause, fits).forEach(add);
  if (line.trim()) found.push(line.trim());
  return found;
}

/** A clause, or as few pieces of it as fit, about equally long: no line with a character alone. */
function halved(clause, fits) {
  const characters = Array.from(clause);
  for (let count = 1; ; count += 1) {
    const size = Math.ceil(characters.length / count);
    const pieces = Array.from({ length: count }, (_, at) => characters.slice(at * size, (at + 1) * size).join(""));
    if (size <= 1 || pieces.every((piece) => fits(piece.trim()))) return pieces;
  }
}

/**
 * The lines of several texts in the order of their turns, each with its English one where that differs.
 * @param {{zh: string, en: string}[]} texts
 * @param {Element} box where they are to stand; it is measured in
 * @returns {{zh: string, en: string}[]}
 */
export function turns(texts, box) {
  return texts.flatMap(({ zh, en }) => {
    const main = parts(zh, measure(box, {}));
    const second = en && en !== zh ? parts(en, measure(box, { class: "second", lang: "en" })) : [];
    const count = Math.max(main.length, second.length);
    // The shorter one stands on: nobody waits for a language that has ended.
    const at = (list, index) => (list.length ? list[Math.floor((index * list.length) / count)] : "");
    return Array.from({ length: count }, (_, index) => ({ zh: at(main, index), en: at(second, index) }));
  });
}

/** Whether a text has room on one line of `box`, in the letters of a span with these attributes. */
function measure(box, attributes) {
  const wasHidden = box.hidden;
  const probe = el("span", { ...attributes });
  return (text) => {
    box.hidden = false;
    fill(box, probe);
    probe.textContent = text;
    const fits = probe.scrollWidth <= probe.clientWidth;
    box.hidden = wasHidden;
    return fits;
  };
}
