import * as v from "valibot";
import { createAccess } from "../../../src/core/access/access.ts";
import type { Choice, Decision, Grant, Role } from "../../../src/core/access/model.ts";
import { createRoster } from "../../../src/core/access/roster.ts";
import { AccountSchema, type AccountConfig, type Agents } from "../../../src/core/config/schema.ts";
import type { Asker, Chat } from "../../../src/core/inbound/session.ts";

/** An account as the file would have it: only what is said differs from the defaults. */
export function accountOf(block: object, agents: Partial<Agents> = {}): AccountConfig {
  return {
    ...v.parse(AccountSchema, { clientId: "ding1", clientSecret: "secret", ...block }),
    id: "work",
    agents: {
      known: [],
      default: undefined,
      account: undefined,
      channel: undefined,
      direct: {},
      group: {},
      ...agents,
    },
  };
}

/** Somebody's ids; the first is the user id. */
export function asker(...ids: string[]): Asker {
  return { userId: ids[0] ?? "", ids, nick: undefined };
}

export function direct(userId: string): Chat {
  return { account: "work", kind: "direct", conversationId: `cid-of-${userId}`, userId };
}

export function group(conversationId: string): Chat {
  return { account: "work", kind: "group", conversationId, userId: undefined };
}

export function grant(userId: string, role: Role): Grant {
  return { account: "work", userId, role, nick: undefined, by: "command line", at: 1 };
}

export function choice(chat: Chat, userId: string, agentId: string): Choice {
  const { account, kind, conversationId } = chat;
  return {
    account,
    kind,
    chatId: kind === "direct" ? (chat.userId ?? "") : conversationId,
    userId,
    agentId,
  };
}

interface Tables {
  readonly grants: readonly Grant[];
  readonly choices: readonly Choice[];
}

/** The tables of a store, which anybody may write to. */
export function createTable(grants: readonly Grant[] = [], choices: readonly Choice[] = []) {
  let tables: Tables = { grants, choices };
  let version = 1;
  let reads = 0;
  let failure: Error | undefined;
  return {
    write(changed: Partial<Tables>) {
      tables = { ...tables, ...changed };
      version++;
    },
    /** From now on; undefined: no more. */
    fail(error: Error | undefined) {
      failure = error;
    },
    reads: () => reads,
    async accessVersion() {
      if (failure !== undefined) throw failure;
      return version;
    },
    async grants(account: string) {
      reads++;
      return tables.grants.filter((grant) => grant.account === account);
    },
    async choices(account: string) {
      return tables.choices.filter((choice) => choice.account === account);
    },
  };
}

export interface Situation {
  readonly agents?: Partial<Agents>;
  readonly grants?: readonly Grant[];
  readonly choices?: readonly Choice[];
}

/** An account's access, its roster read. */
export async function accessTo(block: object, { agents, grants, choices }: Situation = {}) {
  const roster = createRoster({ account: "work", store: createTable(grants, choices) });
  await roster.refresh();
  return createAccess({ config: accountOf(block, agents), roster });
}

/** "member" for who is let in, "pairing" for who is not: as a table can show it. */
export function cellOf(decision: Decision): string {
  return decision.allowed ? decision.role : decision.denial;
}

/** The agent, or why there is none. */
export function agentOf(decision: Decision): string {
  return decision.allowed ? decision.agentId : decision.denial;
}

/** The rows of a table drawn with "|", its head first. */
export function rowsOf(drawn: string): { readonly head: string[]; readonly rows: string[][] } {
  const [head = [], ...rows] = drawn
    .trim()
    .split("\n")
    .filter((line) => !/^[\s|-]*$/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  return { head, rows };
}
