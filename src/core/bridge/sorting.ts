import type { Access } from "../access/access.ts";
import type { Decision } from "../access/model.ts";
import { commandIn } from "../desk/command.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import { askerOf, chatIdOf, chatOf, claimOf, type Asker, type Chat } from "../inbound/session.ts";
import type { Place } from "../store.ts";
import { isKnownRobot } from "./loop-guard.ts";

/** A message, and who is to see to it. */
export interface Sorted {
  readonly chat: Chat;
  readonly asker: Asker;
  readonly decision: Decision;
  /** `nobody`: it was said to somebody else, or by a robot. */
  readonly to: "agent" | "desk" | "nobody";
  readonly place: Place;
}

export interface SortingOptions {
  readonly account: string;
  readonly access: Access;
  /** Robots by their own opaque ids. */
  readonly robots: ReadonlySet<string>;
}

/** Decides where a message is to wait. Cheap: every message is asked about, and again before its turn. */
export type Sort = (message: RobotMessage) => Sorted;

const DESK = "desk:";

export const isDesk = (session: string): boolean => session.startsWith(DESK);

export function createSorting({ account, access, robots }: SortingOptions): Sort {
  return (message) => {
    const chat = chatOf(account, message);
    const asker = askerOf(message);
    const decision = access.decide(chat, asker);
    const sorted = { chat, asker, decision };
    const desk = (...more: string[]) => ({
      desk: DESK + JSON.stringify([account, chat.kind, chatIdOf(chat), asker.userId, ...more]),
    });

    if (isKnownRobot(message, robots) || isOverheard(message, chat)) {
      return { ...sorted, to: "nobody", place: desk() };
    }
    if (!decision.allowed) return { ...sorted, to: "desk", place: desk() };
    const command = commandIn(message);
    const aside = isQuestionAside(command, decision);
    if (command !== undefined && !aside) {
      // It may have to wait for the running turn's end: other commands pass it by.
      const place = command.name === "new" ? desk("new") : desk();
      return { ...sorted, to: "desk", place };
    }
    const scope = access.scopeOf(chat, asker, decision.role);
    const place = claimOf(decision.agentId, aside ? { ...scope, aside } : scope);
    return { ...sorted, to: "agent", place };
  };

  /** DingTalk can be told to deliver all of a group's messages. Whoever does not say that the robot is @-ed means it. */
  function isOverheard({ isInAtList }: RobotMessage, chat: Chat): boolean {
    return chat.kind === "group" && isInAtList === false && access.settings(chat).requireMention;
  }
}

/** "/btw QUESTION" is answered beside the running turn, in a session of its own. */
function isQuestionAside(
  command: ReturnType<typeof commandIn>,
  decision: Decision & { allowed: true },
): true | undefined {
  const asks = command?.name === "btw" && command.rest !== "";
  return asks && decision.rights.commands.includes("btw") ? true : undefined;
}
