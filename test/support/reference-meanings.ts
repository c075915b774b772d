import { ANSWERS } from "./reference-answers.ts";
import { ROBOT } from "./reference-robot.ts";
import { WORKER } from "./reference-worker.ts";

/** Words of a page, in Markdown, on one line. */
export interface Words {
  readonly en: string;
  readonly zh: string;
}

/** What a key of the configuration means, for a cell of a table. */
export interface Meaning extends Words {
  /** Where no one value in the schema says it. */
  readonly default?: Words;
  /** What the key takes, where the schema's type says too little. */
  readonly values?: Words;
}

/** By path: "gateway.url", "groups.*.agentId", "roles.*.media". */
export type Meanings = Readonly<Record<string, Meaning>>;

/** One table each, by the name its marks have on the pages. */
export const SECTIONS: Readonly<Record<string, Meanings>> = { ...ROBOT, ...ANSWERS, ...WORKER };
