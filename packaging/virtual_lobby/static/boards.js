// LED boards drawn dot by dot, or segment by segment, from what their simulators have in their registers.
const LIT = { red: "#ff4a3d", green: "#45e07a", yellow: "#ffc93d", amber: "#ffab3d" };
const DARK = "#2a221a";
const DOTS = 16;
// Which of the segments a to g a digit lights.
const SEGMENTS = ["abcdef", "bc", "abdeg", "abcdg", "bcfg", "acdfg", "acdefg", "abc", "abcdefg", "abcdfg"];
const PLACES = { a: [4, 0, 12, 3], b: [16, 4, 3, 13], c: [16, 21, 3, 13], d: [4, 35, 12, 3], e: [1, 21, 3, 13], f: [1, 4, 3, 13], g: [4, 17.5, 12, 3] };

/** The dots of a text, as a board with a 16-dot font has them. */
function dotsOf(text, columns) {
  const paper = new OffscreenCanvas(columns, DOTS);
  const pen = paper.getContext("2d", { willReadFrequently: true });
  pen.font = `15px "Noto Sans CJK SC", "Noto Sans SC", sans-serif`;
  pen.textBaseline = "middle";
  pen.fillText(text, 1, DOTS / 2 + 1);
  return pen.getImageData(0, 0, columns, DOTS).data;
}

function drawDots(canvas, board, columns) {
  const size = 4;
  canvas.width = columns * size;
  canvas.height = DOTS * size;
  const pen = canvas.getContext("2d");
  const dots = dotsOf(board.text, columns);
  for (let y = 0; y < DOTS; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      const lit = dots[4 * (y * columns + x) + 3] > 90;
      pen.fillStyle = lit ? LIT.amber : DARK;
      pen.beginPath();
      pen.arc((x + 0.5) * size, (y + 0.5) * size, size * (lit ? 0.58 : 0.36), 0, 7);
      pen.fill();
    }
  }
}

function drawSegments(canvas, board) {
  const digits = 3, scale = 3, wide = 26, high = 46;
  const [colour, number] = board.text.includes(" ") ? board.text.split(" ") : ["red", board.text];
  canvas.width = (digits * wide + 20) * scale;
  canvas.height = high * scale;
  const pen = canvas.getContext("2d");
  const shown = number.padStart(digits, " ");
  for (let at = 0; at < digits; at += 1) {
    const lit = SEGMENTS[shown[at]] || "";
    for (const [name, [x, y, w, h]] of Object.entries(PLACES)) {
      pen.fillStyle = lit.includes(name) ? LIT[colour] : DARK;
      pen.fillRect((12 + at * wide + x) * scale, (4 + y) * scale, w * scale, h * scale);
    }
  }
}

/** A board with its place and what came over its wire. */
export function figure(board) {
  const made = document.createElement("figure");
  const canvas = document.createElement("canvas");
  const segments = board.id === "board_numeric" || board.id === "board_xunpeng";
  if (segments) drawSegments(canvas, board);
  else drawDots(canvas, board, 160);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", board.text);
  made.className = segments ? "" : "wide";
  const caption = document.createElement("figcaption");
  const place = document.createElement("span");
  const english = document.createElement("small");
  place.textContent = board.zh;
  english.textContent = board.en;
  caption.append(place, english);
  const wire = document.createElement("code");
  wire.textContent = board.wire || "—";
  wire.title = board.wire;
  made.append(canvas, caption, wire);
  return made;
}
