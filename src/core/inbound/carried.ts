import type { MediaPart, Said } from "./model.ts";

/** Pictures, files and the like in a message and in what it quotes, in the order in which they are read. */
export function mediaIn(said: Said): MediaPart[] {
  const found = said.parts.filter((part) => part.kind === "media");
  return said.quote === undefined ? found : [...found, ...mediaIn(said.quote)];
}
