// The page's words, in the language the server chose for it.

const catalogue = JSON.parse(document.getElementById("words").textContent);

// Where a value was filled in; no text has it.
const SEAM = "\u0000";
const HAN_BEFORE = /([\u4e00-\u9fff])\0(?=[0-9A-Za-z])/g;
const HAN_AFTER = /([0-9A-Za-z])\0(?=[\u4e00-\u9fff])/g;

/** "zh" or "en". */
export const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";

/**
 * The words of `key`, with `{name}` filled in from `values`.
 * @param {string} key
 * @param {Object} values
 * @param {"zh"|"en"} tongue
 */
export function t(key, values = {}, tongue = language) {
  const entry = catalogue[key];
  if (!entry) throw new Error(`no words for ${key}`);
  const filled = entry[tongue].replace(/\{(\w+)\}/g, (_, name) => `${SEAM}${values[name]}${SEAM}`);
  return tongue === "zh" ? parted(filled) : filled.split(SEAM).join("");
}

/** Chinese and figures or letters that meet where a value was filled in have a space between them: 请到 3 号诊室. */
function parted(filled) {
  return filled
    .replace(HAN_BEFORE, "$1 ")
    .replace(HAN_AFTER, "$1 ")
    .split(SEAM)
    .join("");
}

/** The side of a `Text` of the contract that this page speaks; an absent one is empty. */
export function say(text, tongue = language) {
  return text ? text[tongue] : "";
}

/** Whether the catalogue has `key`: what the server brings anew may have no words here yet. */
export function known(key) {
  return key in catalogue;
}
