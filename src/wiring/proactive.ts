import type { Role } from "../core/access/model.ts";
import { chatIdOf, type Chat } from "../core/inbound/session.ts";
import type { Address } from "../core/send/address.ts";
import type { KnownChat } from "../core/store.ts";
import type { Account } from "./account.ts";

type Permission = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/**
 * Whether what a scheduled job has to say may go where it is to go: the job was ordered in a chat, and
 * whoever could order it there may not be let to write to everybody. `by`: the robot that is to write.
 */
export function createMayDeliver(accounts: ReadonlyMap<string, Account>) {
  return (chat: KnownChat, to: readonly Address[], by: string): Permission => {
    const account = accounts.get(chat.account);
    if (account === undefined) return no(`the robot ${chat.account} does not run here`);
    const { role, proactive } = permissionOf(chat, account);
    if (proactive === "any") return { ok: true };
    const elsewhere =
      by !== chat.account ||
      to.some(({ kind, id }) => kind !== kindOf(chat) || id !== chatIdOf(chat));
    if (proactive === "own" && !elsewhere) return { ok: true };
    return no(
      `jobs ordered in a chat of a ${role} may not write ${proactive === "own" ? "anywhere else" : "unasked"} (roles.${role}.proactive)`,
    );
  };
}

const no = (reason: string): Permission => ({ ok: false, reason });

const kindOf = ({ kind }: Chat) => (kind === "direct" ? "user" : "group");

const NOBODY = { userId: "", ids: [], nick: undefined };

/** By the person whose session it is; where it is everyone's, by the least of those who may order a job there. */
function permissionOf(chat: KnownChat, { access }: Account) {
  const userId = chat.kind === "direct" ? (chat.userId ?? "") : chat.member;
  const stranger = access.decide(chat, NOBODY);
  const role: Role =
    userId !== undefined
      ? access.roleOf(chat, { userId, ids: [userId], nick: undefined })
      : stranger.allowed && !access.unowned
        ? stranger.role
        : "member";
  return { role, proactive: access.rightsOf(role).proactive };
}
