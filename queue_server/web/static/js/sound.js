// The loudspeaker: files one after the other. Whatever goes wrong, the board shows the call and carries on.

const LONGEST_MS = 20000;

/** The volume, 0 to 1, of a schedule of `{starts: "HH:MM", percent}` at `HH:MM`; none set is full. */
export function volumeAt(schedule, clock) {
  if (schedule.length === 0) return 1;
  const sorted = schedule.slice().sort((one, other) => one.starts.localeCompare(other.starts));
  const started = sorted.filter((each) => each.starts <= clock);
  // Before the day's first entry the last one of the day before still holds.
  return (started.length ? started[started.length - 1] : sorted[sorted.length - 1]).percent / 100;
}

/**
 * Play one file to its end.
 * @returns {Promise<"played"|"blocked"|"failed">} `blocked` when the browser wants a touch first
 */
export function play(address, volume) {
  return new Promise((resolve) => {
    const audio = new Audio(address);
    const finish = (outcome) => {
      clearTimeout(limit);
      resolve(outcome);
    };
    const limit = setTimeout(() => {
      audio.pause();
      finish("failed");
    }, LONGEST_MS);
    audio.volume = volume;
    audio.addEventListener("ended", () => finish("played"));
    audio.addEventListener("error", () => finish("failed"));
    const begun = audio.play();
    if (begun) begun.catch((error) => finish(error.name === "NotAllowedError" ? "blocked" : "failed"));
  });
}

/** Play files in order; a file that fails is left out, a browser that blocks sound ends it. */
export async function playAll(addresses, volume) {
  if (volume === 0) return "played";
  for (const address of addresses) {
    if ((await play(address, volume)) === "blocked") return "blocked";
  }
  return "played";
}
