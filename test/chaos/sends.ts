import type { DingTalk, SendOutcome } from "../../src/simulator/dingtalk.ts";
import type { Journal } from "./journal.ts";
import { tagsIn, type Messages } from "./messages.ts";
import type { Random } from "./random.ts";
import type { SendFault } from "./schedule.ts";
import type { Triggers } from "./triggers.ts";

/** A worker that is killed may not have learnt yet what it has sent within this time. */
const UNLEARNT_MS = 1000;

const OUTCOMES: Readonly<Record<SendFault, SendOutcome>> = {
  "429": { status: 429, body: { message: "too many requests" } },
  "403": {
    status: 403,
    body: {
      code: "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
      requestid: "A-B",
      message: "应用调用该接口的QPS超过限制",
    },
  },
  "500": { status: 500, body: { code: "system.error", message: "系统错误" } },
  swallow: "swallow",
  drop: "drop",
  hang: "hang",
  "130101": {
    status: 200,
    body: { errcode: 130101, errmsg: "send too fast, exceed 20 times per minute" },
  },
};

export interface SendsOptions {
  readonly dingtalk: DingTalk;
  readonly journal: Journal;
  readonly messages: Messages;
  readonly random: Random;
  readonly triggers: Triggers;
}

/** What DingTalk makes of the robot's messages. */
export function createSends({ dingtalk, journal, messages, random, triggers }: SendsOptions) {
  let fault: SendFault | undefined;
  let share = 0;

  /** By conversation: messages that answer nothing and may or may not count as sent. */
  const otherDoubts = new Map<string, number>();

  const doubt = (conversationId: string, tags: readonly string[]) => {
    if (tags.length === 0) {
      otherDoubts.set(conversationId, (otherDoubts.get(conversationId) ?? 0) + 1);
    }
    for (const tag of tags) {
      const message = messages.get(tag);
      if (message !== undefined) message.uncertain++;
    }
  };

  dingtalk.faults.sends = ({ via, conversationId, body }) => {
    const tags = tagsIn(JSON.stringify(body));
    const struck = fault !== undefined && random.chance(share) ? fault : undefined;
    const what = (body.markdown?.text ?? body.text?.content ?? "").slice(0, 24);
    journal.note(
      `worker sends by ${via}: ${struck ?? "taken"} (${JSON.stringify(what)}…)`,
      tags.length > 0 ? tags : ["none"],
    );
    triggers.fire("send");
    if (struck === "swallow") doubt(conversationId, tags);
    return struck === undefined ? "ok" : OUTCOMES[struck];
  };

  return {
    strike(next: SendFault | undefined, ofAll = 1) {
      fault = next;
      share = ofAll;
    },
    /** A worker killed at `at` does not know what became of its last sends. */
    doubtLast(at: number) {
      for (const { time, conversationId, body } of dingtalk.sent) {
        if (time >= at - UNLEARNT_MS) doubt(conversationId, tagsIn(JSON.stringify(body)));
      }
    },
    otherDoubts: (conversationId: string) => otherDoubts.get(conversationId) ?? 0,
  };
}

export type Sends = ReturnType<typeof createSends>;
