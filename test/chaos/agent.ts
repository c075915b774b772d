import type { Responder } from "../../src/simulator/gateway.ts";
import type { Journal } from "./journal.ts";
import { answerToAll, tagsIn, type Messages } from "./messages.ts";
import type { Random } from "./random.ts";
import type { Triggers } from "./triggers.ts";

export interface AgentOptions {
  readonly journal: Journal;
  readonly messages: Messages;
  readonly random: Random;
  readonly triggers: Triggers;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers `answer to TEXT`, in pieces, after small random times. */
export function createAgent({ journal, messages, random, triggers }: AgentOptions): Responder {
  return (asked) => {
    const tags = tagsIn(asked.text);
    const all = tags.map((tag) => messages.get(tag)).filter((each) => each !== undefined);
    if (all.length === 0) {
      journal.violation(`the gateway was asked something nobody said: ${asked.text}`);
      return Response.json({}, { status: 400 });
    }
    journal.note(`gateway: a turn for it (${JSON.stringify(asked.text.slice(0, 20))}…)`, tags);
    for (const { tag, answers } of all) {
      if (answers > 0) journal.violation("asked again though it was answered", tag);
    }
    const slow = all.some(({ manner }) => manner === "slow") ? 10 : 1;
    return (async function* () {
      journal.note("gateway: its turn begins", tags);
      triggers.fire("ask");
      for (const piece of answerToAll(all)) {
        await pause(slow * random.int(5, 90));
        triggers.fire("answer");
        yield piece;
      }
      // Asked for the next piece, so the turn has not been broken off.
      for (const message of all) message.answers++;
      journal.note("gateway: answered", tags);
    })();
  };
}
