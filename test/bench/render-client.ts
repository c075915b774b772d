// Turns a long answer into messages, again and again, and prints how long that took: a line of JSON, see
// render.ts. In turns with it marked's lexer alone reads the same text.
import { Lexer } from "marked";
import { segmentsOf } from "../../src/core/reply/blocks.ts";
import { wordsFor, type Formatting } from "../../src/core/reply/format.ts";
import { longAnswer } from "./long-answer.ts";
import type { RenderFigures } from "./render.ts";

const BYTES = 100_000;
const WARM_UP = 20;
const RUNS = 30;
/** The worker's defaults. */
const FORMATTING: Formatting = {
  mode: "markdown",
  tables: "keep",
  chunkChars: 3500,
  fallbackTitle: "新消息",
};

const answer = longAnswer(BYTES);

const render = () =>
  segmentsOf(answer, () => {}).flatMap((segment) =>
    segment.kind === "words" ? wordsFor(segment.text, FORMATTING) : [],
  );
const lex = () => new Lexer({ gfm: true }).lex(answer);

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

const coldMs = timed(render);
const coldLexMs = timed(lex);
for (let run = 0; run < WARM_UP; run++) {
  render();
  lex();
}
const renders: number[] = [];
const lexes: number[] = [];
for (let run = 0; run < RUNS; run++) {
  renders.push(timed(render));
  lexes.push(timed(lex));
}
const figures: RenderFigures = {
  bytes: new TextEncoder().encode(answer).byteLength,
  messages: render().length,
  coldMs,
  coldLexMs,
  renders,
  lexes,
};
console.log(JSON.stringify(figures));
// Whoever started it ends it.
setInterval(() => {}, 60_000);
