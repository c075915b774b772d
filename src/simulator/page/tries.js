import { byId, make } from "./dom.js";
import { language, t } from "./texts.js";

/** Buttons that say the words the echo answers in some special way. */
export function offerTries(tries, say) {
  const box = byId("tries");
  box.hidden = tries.length === 0;
  box.replaceChildren(
    make("span", {}, t.tries),
    ...tries.map(({ word, zh }) => {
      const text = language === "zh" ? zh : word;
      const button = make("button", { type: "button", "data-testid": `try-${word}` }, text);
      button.addEventListener("click", () => void say(text));
      return button;
    }),
  );
}
