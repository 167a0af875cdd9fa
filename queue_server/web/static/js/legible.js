// How large letters on a board must be, from the panel and the distance.

// A letter's height is at least 1/200 of the reading distance (US FAA, Human Factors Design Standard); Chinese, with its
// further strokes, a quarter more.
const LETTER_MM_PER_M = 5;
const HAN_MM_PER_M = 6.25;
// Parts of the em that a capital and the face of a Chinese character fill, in Noto Sans CJK.
const CAPITAL_EM = 0.733;
const HAN_EM = 0.92;

/**
 * Sizes in CSS pixels.
 * @param {Object} board
 * @param {number} board.widthMm the panel's visible width
 * @param {number} board.distanceM how far away the last row sits
 * @param {number} board.widthPx the page's width on that panel
 * @returns {{letter: number, han: number, em: number}} heights of a capital or digit, of a Chinese character, and the
 *   em at which both are reached
 */
export function legible({ widthMm, distanceM, widthPx }) {
  const pxPerMm = widthPx / widthMm;
  const letter = LETTER_MM_PER_M * distanceM * pxPerMm;
  const han = HAN_MM_PER_M * distanceM * pxPerMm;
  return { letter, han, em: Math.ceil(Math.max(letter / CAPITAL_EM, han / HAN_EM)) };
}
