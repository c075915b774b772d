import { byTestId } from "./dom.js";
import { language, t } from "./texts.js";

const SAMPLES = ["picture", "file", "voice", "quote"];
const button = (sample) => byTestId(`send-${sample}`);

/** The buttons that send something else than words: `act` as in the page, `where` the open chat. */
export function listenToButtons({ act, where, composer }) {
  const send = async (sample) => {
    const { id: chat } = where();
    // Only these go together with words.
    const withWords = sample === "quote" || (sample === "picture" && chat === "group");
    const text = withWords ? composer.value.trim() : "";
    const taken = await act({ action: "send", chat, sample, text, language });
    if (taken && withWords && composer.value.trim() === text) composer.value = "";
  };
  for (const sample of SAMPLES) {
    button(sample).addEventListener("click", () => void send(sample));
  }
}

/** What a person could send in this chat. */
export function refreshButtons({ id, answered }) {
  for (const sample of ["file", "voice"]) allow(sample, id === "direct", t.notInGroup);
  allow("quote", answered, t.nothingToQuote);
}

function allow(sample, allowed, why) {
  button(sample).disabled = !allowed;
  button(sample).title = allowed ? t[`${sample}Hint`] : why;
}
