import type { Asked } from "../../src/simulator/gateway.ts";

/** What a person wrote: a question without the lines about who, where and when before it. */
export const wordsIn = ({ text }: Pick<Asked, "text">): string =>
  text.replace(/^(?:(?:From|Group|Mentioned|Time): .*\n)+\n/m, "");
