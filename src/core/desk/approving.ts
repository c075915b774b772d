import { ROLES, type Role } from "../access/model.ts";
import { chatIdOf } from "../inbound/session.ts";
import { plainWords } from "../message.ts";
import type { Command } from "./command.ts";
import { PAIRING_MS } from "./denial.ts";
import { createOnce, createTries } from "./limits.ts";
import { record, type Admitted, type DeskOptions } from "./model.ts";
import { exactly, nameShown } from "./shown.ts";

/** Wrong codes an approver may send before they have to wait until the hour is over. */
const MAX_WRONG = 5;
const WRONG_MS = 3_600_000;
const RECORD_EVERY_MS = 60_000;
/** Longer than any code. */
const MAX_CODE_CHARS = 32;

const ROLE_WORDS: ReadonlyMap<string, Role> = new Map<string, Role>([
  ...ROLES.map((role) => [role, role] as const),
  ["所有者", "owner"],
  ["成员", "member"],
  ["访客", "guest"],
]);

export type ApprovingOptions = Pick<
  DeskOptions,
  "account" | "texts" | "access" | "store" | "audit" | "clock" | "onAccessChanged"
>;

/** `/approve CODE [ROLE]`: lets somebody in who has asked. Rejects if the store fails. */
export function createApproving(options: ApprovingOptions) {
  const { account, texts, access, store, clock } = options;
  const wrong = createTries(MAX_WRONG, WRONG_MS, clock);
  const recorded = createOnce(RECORD_EVERY_MS, clock);

  const failed = (entry: Admitted, reason: string) =>
    record(options, entry, { event: "approve-failed", reason });

  /** Guests of an owned robot may still have nobody to talk to. */
  const isInVain = (userId: string, nick: string | undefined) => {
    const chat = { account, kind: "direct", conversationId: userId, userId } as const;
    const decision = access.decide(chat, { userId, ids: [userId], nick });
    return !decision.allowed && decision.denial === "no-agent-for-guests";
  };

  return async (entry: Admitted, { rest }: Command): Promise<string> => {
    const { asker, chat, decision } = entry;
    const asked = askedIn(rest);
    if (asked === undefined) return texts.approveUsage;
    const { code, role = lesser("member", decision.role) } = asked;
    if (rankOf(role) < rankOf(decision.role)) {
      record(options, entry, { event: "command-refused", role: decision.role, what: "approve" });
      return texts.roleAboveOwn;
    }
    // Where DingTalk does not say who it is, all of a chat count as one.
    const approver =
      asker.userId === "" ? JSON.stringify([chat.kind, chatIdOf(chat)]) : asker.userId;
    if (wrong.usedUp(approver)) {
      if (recorded.isDue(approver)) failed(entry, "too many wrong codes");
      recorded.done(approver);
      return texts.tooManyWrongCodes;
    }

    const now = clock.now();
    const grant = await store.approve({
      account,
      code,
      since: now - PAIRING_MS,
      by: asker.userId,
      now,
      roleOf: () => role,
      notice: (_pairing, given) => plainWords(texts.letIn(given)),
    });
    if (grant === undefined) {
      wrong.count(approver);
      failed(entry, "no such code");
      return texts.noSuchCode;
    }
    const { userId, nick } = grant;
    record(options, entry, { event: "paired", subject: userId, role: grant.role });
    await options.onAccessChanged();
    const said = texts.approved(nameShown(nick), exactly(userId), grant.role);
    return isInVain(userId, nick) ? `${said}\n${texts.approvedInVain}` : said;
  };
}

interface Approved {
  readonly code: string;
  readonly role: Role | undefined;
}

function askedIn(rest: string): Approved | undefined {
  const [code, word, ...others] = rest.split(/\s+/);
  if (code === undefined || code === "" || code.length > MAX_CODE_CHARS || others.length > 0) {
    return undefined;
  }
  const role = word === undefined ? undefined : ROLE_WORDS.get(word.toLowerCase());
  if (word !== undefined && role === undefined) return undefined;
  return { code: code.normalize("NFKC").toUpperCase(), role };
}

/** 0 is the highest. */
const rankOf = (role: Role): number => ROLES.indexOf(role);

const lesser = (one: Role, other: Role): Role => (rankOf(one) > rankOf(other) ? one : other);
