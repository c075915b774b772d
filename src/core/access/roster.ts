import { chatIdOf, type Chat } from "../inbound/session.ts";
import type { AccessTable } from "../store.ts";
import type { Choice, Grant } from "./model.ts";

export interface RosterOptions {
  readonly account: string;
  readonly store: Pick<AccessTable, "accessVersion" | "grants" | "choices">;
}

/**
 * An account's grants and choices, known by heart; the store has them for good. Asking before the first
 * `refresh()` has succeeded throws: an unread roster looks like that of a robot without an owner, and
 * there every stranger is taken for one.
 */
export interface Roster {
  /** Reads them again if anybody, another process too, has changed them. True if so. Rejects if the store fails. */
  refresh(): Promise<boolean>;
  grantOf(userId: string): Grant | undefined;
  /** Another list after every refresh that has found a change. */
  readonly grants: readonly Grant[];
  /** The agent somebody has chosen for themselves in this chat. */
  choiceOf(chat: Chat, userId: string): string | undefined;
}

/** By kind of chat, chat and user: looked up for every message, so without putting keys together. */
type Choices = Readonly<Record<Chat["kind"], ReadonlyMap<string, ReadonlyMap<string, string>>>>;

interface Known {
  readonly version: number;
  readonly grants: readonly Grant[];
  readonly byUser: ReadonlyMap<string, Grant>;
  readonly choices: Choices;
}

export function createRoster({ account, store }: RosterOptions): Roster {
  let known: Known | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const read = async (): Promise<boolean> => {
    // Before the rest: what changes meanwhile is then read again the next time.
    const version = await store.accessVersion();
    if (version === known?.version) return false;
    const [grants, choices] = await Promise.all([store.grants(account), store.choices(account)]);
    const byUser = new Map(grants.map((grant) => [grant.userId, grant]));
    // Everybody whom DingTalk does not name would share these.
    byUser.delete("");
    known = { version, grants, byUser, choices: sorted(choices) };
    return true;
  };

  const all = (): Known => {
    if (known === undefined) throw new Error(`account ${account}: nobody has read the roster yet`);
    return known;
  };

  return {
    refresh() {
      // One after the other: a slow one that began earlier must not bring back what a later one has replaced.
      const next = last.then(read, read);
      last = next;
      return next;
    },
    grantOf: (userId) => all().byUser.get(userId),
    get grants() {
      return all().grants;
    },
    choiceOf: (chat, userId) => all().choices[chat.kind].get(chatIdOf(chat))?.get(userId),
  };
}

function sorted(choices: readonly Choice[]): Choices {
  const byKind = {
    direct: new Map<string, Map<string, string>>(),
    group: new Map<string, Map<string, string>>(),
  };
  for (const { kind, chatId, userId, agentId } of choices) {
    if (userId === "") continue;
    const byUser = byKind[kind].get(chatId) ?? new Map<string, string>();
    byKind[kind].set(chatId, byUser.set(userId, agentId));
  }
  return byKind;
}
