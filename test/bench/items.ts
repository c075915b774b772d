import { loadavg } from "node:os";
import type { RuntimeName } from "../support/runtimes.ts";
import { ACKS_ROWS, measureAcks } from "./acks.ts";
import { CARDS_ROWS, measureCards } from "./cards.ts";
import { MEMORY_ROWS, measureMemory } from "./memory.ts";
import { RENDER_ROWS, measureRender } from "./render.ts";
import { RESTART_ROWS, measureRestart } from "./restart.ts";
import { SESSIONS_ROWS, measureSessions } from "./sessions.ts";
import { tableOf, type Row } from "./table.ts";

/** Measures one thing in every runtime and shows it. */
type Item = (runtimes: readonly RuntimeName[]) => Promise<string>;

function item<T extends { readonly runtime: RuntimeName }>(
  title: string,
  measure: (runtime: RuntimeName) => Promise<T>,
  rows: readonly Row<T>[],
): Item {
  return async (runtimes) => {
    const measured: T[] = [];
    const [before = 0] = loadavg();
    for (const runtime of runtimes) {
      console.error(`${runtime}: ${title} …`);
      measured.push(await measure(runtime));
    }
    const [after = 0] = loadavg();
    const load = `load of the machine ${before.toFixed(1)} before, ${after.toFixed(1)} after`;
    return `${title} (${load})\n${tableOf(rows, measured)}`;
  };
}

export const ITEMS = {
  acks: item("acks at 1 000 messages/s", measureAcks, ACKS_ROWS),
  sessions: item("1 000 sessions at once", measureSessions, SESSIONS_ROWS),
  restart: item("start on 100 000 messages", measureRestart, RESTART_ROWS),
  memory: item("10 000 sessions, 100 000 messages", measureMemory, MEMORY_ROWS),
  render: item("an answer of 100 kB into messages", measureRender, RENDER_ROWS),
  cards: item("answers in cards", measureCards, CARDS_ROWS),
} satisfies Readonly<Record<string, Item>>;
