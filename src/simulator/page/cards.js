import { chatRow } from "./bubble.js";
import { make } from "./dom.js";
import { highlightMentions, markdown } from "./markdown.js";
import { t, toMinute } from "./texts.js";

/** The agent is still at it. */
export const isLive = ({ state }) => state !== "finished" && state !== "failed";

/** A card's row as it now is: a new one, or the one it has. `press` is told which button. */
export function cardRow(card, row, press) {
  const shown = row ?? emptyRow(card, press);
  const bubble = shown.querySelector(".bubble");
  bubble.dataset.state = card.state;
  bubble.querySelector(".state").textContent = t.cardStates[card.state];
  const words = bubble.querySelector(".markdown");
  // Too much for a client is shown as clients do: not at all, and no word why.
  words.replaceChildren(card.blank ? "" : markdown(named(card.text), { inCard: true }));
  highlightMentions(words, card.at);
  bubble.querySelector(".stop").hidden = card.stopAction === undefined || !isLive(card);
  return shown;
}

/** People stand in a card's markdown as links that only DingTalk knows. */
const named = (text) => text.replace(/<a atId=["']?[^>"']*["']?>@?([^<]*)<\/a>/gi, "@$1");

function emptyRow({ name, time, outTrackId, stopAction }, press) {
  const attributes = { type: "button", class: "stop", "data-testid": "card-stop" };
  const stop = make("button", attributes, t.stopAnswer);
  stop.addEventListener("click", () => {
    // Once is enough: it goes when the card says that it has ended.
    stop.disabled = true;
    void press({ outTrackId, actionId: stopAction });
  });
  const bubble = make(
    "div",
    // Not read out with every word.
    { class: "bubble card", "data-testid": "card", "aria-live": "off" },
    make("div", { class: "state", role: "status" }),
    make("div", { class: "markdown" }),
    stop,
  );
  return chatRow("robot", name, toMinute.format(time), bubble);
}
