// Says how the page hangs on its session: live, reconnecting in 3 s, ended.

const LOOKS = { connecting: "connecting", live: "live", reconnecting: "waiting", closed: "offline" };
const SPOKEN = { live: "live", reconnecting: "connection lost, reconnecting", closed: "ended" };

/** The words for a state with `seconds` to the next try; null where none is planned. */
export function connectionWords(state, seconds) {
  if (state === "closed") return "ended";
  if (state !== "reconnecting") return state;
  if (seconds === null) return "paused";
  return seconds > 0 ? `reconnecting in ${seconds} s` : "reconnecting";
}

export function watchConnection(client, page) {
  const sign = page.querySelector("[data-connection]");
  if (!sign) return;
  const words = sign.querySelector(".connection-words");
  const spoken = sign.querySelector("[data-connection-status]");
  let ticking = null;

  client.addEventListener("state", ({ detail: { state, retryInMs } }) => {
    clearInterval(ticking);
    const until = retryInMs ? performance.now() + retryInMs : null;
    const show = () => {
      const seconds = until === null ? retryInMs : Math.max(0, Math.ceil((until - performance.now()) / 1000));
      words.textContent = connectionWords(state, seconds);
    };
    show();
    if (until !== null) ticking = setInterval(show, 1000);
    sign.dataset.state = LOOKS[state] ?? "connecting";
    // Read aloud once a change, not once a second.
    if (SPOKEN[state] && spoken.textContent !== SPOKEN[state]) spoken.textContent = SPOKEN[state];
  });
}
