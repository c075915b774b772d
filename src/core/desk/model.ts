import type { Access } from "../access/access.ts";
import type { Asker, Decision } from "../access/model.ts";
import type { Roster } from "../access/roster.ts";
import type { Audit, AuditEvent } from "../audit.ts";
import type { BudgetStatus } from "../budget.ts";
import type { Clock } from "../clock.ts";
import type { Agents } from "../config/schema.ts";
import type { Gateway } from "../gateway/client.ts";
import type { GateStatus } from "../gateway/gate.ts";
import type { RobotMessage } from "../inbound/robot-message.ts";
import { chatIdOf, claimOf, type Chat } from "../inbound/session.ts";
import type { Log } from "../log.ts";
import type { Store } from "../store.ts";
import type { StreamStatus } from "../stream/supervisor.ts";
import type { RandomBytes } from "./codes.ts";
import type { Stops } from "./stops.ts";
import type { DeskTexts } from "./texts.ts";

/** A message for the desk, and what has been decided about who wrote it. */
export interface DeskEntry {
  readonly message: RobotMessage;
  readonly chat: Chat;
  readonly asker: Asker;
  /** Of now, not of when it came. */
  readonly decision: Decision;
  /** By which the desk knows a message that comes again. */
  readonly msgId: string;
  /** Its place among all that came. */
  readonly id: number;
}

/** From somebody who is let in. */
export interface Admitted extends DeskEntry {
  readonly decision: Decision & { readonly allowed: true };
}

/** How things stand, for `/status`. */
export interface DeskStatus {
  readonly link: Pick<StreamStatus, "state" | "since">;
  readonly gateway: Pick<GateStatus, "state" | "since">;
  readonly session: {
    /** Messages in its inbox, one whose turn runs among them. */
    readonly waiting: number;
    readonly running: boolean;
  };
  /** Of the worker as a whole. */
  readonly inbox: number;
  readonly outbox: number;
  readonly budget: Pick<BudgetStatus, "api" | "stream">;
}

/**
 * Gives up what the writer of this entry has written to this session before it and no turn is at work
 * on. Resolves with how many messages that were. Rejects if the store fails.
 */
export type Withdraw = (
  entry: Pick<DeskEntry, "id" | "asker" | "chat">,
  session: string,
) => Promise<number>;

export interface DeskOptions {
  readonly account: string;
  /** The robot's name to show, or else its Client ID. */
  readonly robot: string;
  readonly texts: DeskTexts;
  /** Who is not let in is told so. Pairing codes are handed out all the same. */
  readonly denialNotice: boolean;
  readonly access: Pick<Access, "decide" | "scopeOf" | "unowned">;
  readonly roster: Pick<Roster, "choiceOf">;
  readonly store: Pick<Store, "requestPairing" | "approve" | "choose" | "claim">;
  readonly stops: Pick<Stops, "running">;
  readonly withdraw: Withdraw;
  readonly gateway: Pick<Gateway, "reset">;
  readonly status: (chat: Chat, session: string) => Promise<DeskStatus>;
  readonly agents: Pick<Agents, "known">;
  readonly audit: Audit;
  readonly clock: Pick<Clock, "now">;
  readonly randomBytes: RandomBytes;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Grants or choices have changed; resolves when `access` and `roster` know. */
  readonly onAccessChanged: () => Promise<void>;
}

type Recorded = Omit<AuditEvent, "account" | "by" | "chat">;

/** Writes down what somebody has done in a chat. */
export function record(
  { account, audit }: Pick<DeskOptions, "account" | "audit">,
  { chat, asker }: Pick<DeskEntry, "chat" | "asker">,
  event: Recorded,
): void {
  audit.record({
    account,
    by: asker.userId || undefined,
    chat: { kind: chat.kind, id: chatIdOf(chat) },
    ...event,
  });
}

/** The session that this person's next message here would go to. */
export function sessionOf(
  { access, store, clock }: Pick<DeskOptions, "access" | "store" | "clock">,
  { chat, asker, decision }: Admitted,
): Promise<string> {
  const scope = access.scopeOf(chat, asker, decision.role);
  return store.claim(chat, claimOf(decision.agentId, scope), clock.now());
}
