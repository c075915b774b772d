import type { RuntimeName } from "../support/runtimes.ts";
import { runScript } from "./processes.ts";
import { median } from "./statistics.ts";
import { atMost, fixed, type Row } from "./table.ts";

const TARGET_MS = 20;

/** What render-client.ts measures. Times in ms. */
export interface RenderFigures {
  readonly bytes: number;
  readonly messages: number;
  /** The first in its process. */
  readonly coldMs: number;
  /** Right after it: what both share is compiled by then. */
  readonly coldLexMs: number;
  readonly renders: readonly number[];
  /** marked's lexer alone. */
  readonly lexes: readonly number[];
}

export interface RenderResult extends RenderFigures {
  readonly runtime: RuntimeName;
}

/** How long a long answer takes to become messages. */
export async function measureRender(runtime: RuntimeName): Promise<RenderResult> {
  const script = runScript(runtime, "render-client.ts");
  const figures = JSON.parse(await script.firstLine) as RenderFigures;
  await script.stop();
  return { runtime, ...figures };
}

const both = (times: readonly number[]) =>
  `${fixed(median(times), 1)} / ${fixed(Math.max(...times), 1)}`;

export const RENDER_ROWS: readonly Row<RenderResult>[] = [
  ["answer (kB), messages", ({ bytes, messages }) => `${fixed(bytes / 1000)}, ${messages}`],
  ["answer → messages (ms, median / max)", ({ renders }) => both(renders)],
  ["  target", ({ renders }) => atMost(TARGET_MS, [median(renders)])],
  ["marked's lexer alone (ms, median / max)", ({ lexes }) => both(lexes)],
  [
    "  ratio of the medians",
    ({ renders, lexes }) => `${fixed(median(renders) / median(lexes), 1)} ×`,
  ],
  [
    "first time in a process; then the lexer (ms)",
    ({ coldMs, coldLexMs }) => `${fixed(coldMs)}; ${fixed(coldLexMs)}`,
  ],
];
