import type { Choice, Grant, Pairing, Role } from "../core/access/model.ts";
import type { AccessTable } from "../core/store.ts";
import { chatIn, row, type ChatColumns, type Database } from "./database.ts";
import type { OutboxTable } from "./outbox.ts";

/** The note that counts the writes to these tables. */
const VERSION = "access version";

export interface AccessTableOptions {
  readonly outbox: OutboxTable;
}

/** Whom the owner has let in, who asks for it, and which agents people have chosen. */
export function openAccess({ db, transaction }: Database, options: AccessTableOptions) {
  const readVersion = db.prepare("SELECT value FROM notes WHERE key = ?");
  const countVersion = db.prepare(
    `INSERT INTO notes VALUES (?, '1')
     ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1`,
  );
  const grantsOf = db.prepare(
    `SELECT account, user_id AS userId, role, nick, "by", at FROM grants
     WHERE account = ? ORDER BY at, user_id`,
  );
  const roleOf = db.prepare("SELECT role FROM grants WHERE account = ? AND user_id = ?");
  const anyOwner = db.prepare("SELECT 1 FROM grants WHERE account = ? AND role = 'owner' LIMIT 1");
  // Whoever changes a role by hand knows the id, seldom the name.
  const writeGrant = db.prepare(
    `INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET role = excluded.role, nick = coalesce(excluded.nick, nick),
       "by" = excluded."by", at = excluded.at
     RETURNING account, user_id AS userId, role, nick, "by", at`,
  );
  const deleteGrant = db.prepare("DELETE FROM grants WHERE account = ? AND user_id = ?");

  const PAIRING = `account, user_id AS userId, nick, kind, conversation_id AS conversationId, code,
       created_at AS createdAt`;
  const pairingsSince = db.prepare(
    `SELECT ${PAIRING} FROM pairings WHERE account = ? AND created_at > ?
     ORDER BY created_at, user_id`,
  );
  const pairingOf = db.prepare(`SELECT ${PAIRING} FROM pairings WHERE account = ? AND user_id = ?`);
  const pairingByCode = db.prepare(
    `SELECT ${PAIRING} FROM pairings WHERE account = ? AND code = ? AND created_at > ?`,
  );
  const countPairings = db.prepare("SELECT count(*) AS waiting FROM pairings WHERE account = ?");
  const insertPairing = db.prepare("INSERT INTO pairings VALUES (?, ?, ?, ?, ?, ?, ?)");
  const deletePairing = db.prepare("DELETE FROM pairings WHERE account = ? AND user_id = ?");
  const forgetPairings = db.prepare("DELETE FROM pairings WHERE account = ? AND created_at <= ?");

  const choicesOf = db.prepare(
    `SELECT account, kind, chat_id AS chatId, user_id AS userId, agent_id AS agentId FROM choices
     WHERE account = ? ORDER BY kind, chat_id, user_id`,
  );
  const writeChoice = db.prepare(
    "INSERT INTO choices VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET agent_id = excluded.agent_id",
  );
  const deleteChoice = db.prepare(
    "DELETE FROM choices WHERE account = ? AND kind = ? AND chat_id = ? AND user_id = ?",
  );

  /** Inside a transaction of the caller's. */
  const changed = () => void countVersion.run(VERSION);

  const give = ({ account, userId, role, nick, by, at }: Grant): Grant | undefined => {
    const given = row<GrantRow>(writeGrant.get(account, userId, role, nick ?? null, by, at));
    changed();
    return given === undefined ? undefined : grantIn(given);
  };

  const currentRole = (account: string, userId: string): Role | undefined =>
    row<{ readonly role: Role }>(roleOf.get(account, userId))?.role;

  const access: AccessTable = {
    accessVersion: async () => Number(readVersion.get(VERSION)?.["value"] ?? 0),
    grants: async (account) => (grantsOf.all(account) as unknown as GrantRow[]).map(grantIn),
    grant: async (grant) =>
      transaction(() => {
        const before = currentRole(grant.account, grant.userId);
        give(grant);
        return before;
      }),
    revoke: async (account, userId) =>
      transaction(() => {
        if (deleteGrant.run(account, userId).changes === 0) return false;
        changed();
        return true;
      }),
    pairings: async (account, since) =>
      (pairingsSince.all(account, since) as unknown as PairingRow[]).map(pairingIn),
    requestPairing: async ({ account, userId, nick, chat, code, createdAt }, since, limit) =>
      transaction(() => {
        if (forgetPairings.run(account, since).changes > 0) changed();
        const found = () => row<PairingRow>(pairingOf.get(account, userId));
        const known = found();
        if (known !== undefined) return pairingIn(known);
        if (Number(countPairings.get(account)?.["waiting"]) >= limit) return undefined;
        const { kind, conversationId } = chat;
        const stored = code.toUpperCase();
        insertPairing.run(account, userId, nick ?? null, kind, conversationId, stored, createdAt);
        changed();
        const added = found();
        return added === undefined ? undefined : pairingIn(added);
      }),
    approve: async ({ account, code, since, by, now, roleOf: roleFor, notice }) =>
      transaction(() => {
        const found = row<PairingRow>(pairingByCode.get(account, code.toUpperCase(), since));
        if (found === undefined) return undefined;
        const pairing = pairingIn(found);
        const { userId, nick, chat } = pairing;
        const role = roleFor(pairing, anyOwner.get(account) !== undefined);
        deletePairing.run(account, userId);
        // Who has been made an owner since they asked stays one: an approval takes nothing away.
        const kept = currentRole(account, userId) === "owner" ? "owner" : role;
        const grant = give({ account, userId, role: kept, nick, by, at: now });
        options.outbox.add([{ chat, message: notice(pairing, kept) }], now);
        return grant;
      }),
    choices: async (account) => choicesOf.all(account) as unknown as Choice[],
    choose: async ({ account, kind, chatId, userId }, agentId) =>
      transaction(() => {
        if (agentId === undefined) deleteChoice.run(account, kind, chatId, userId);
        else writeChoice.run(account, kind, chatId, userId, agentId);
        changed();
      }),
  };
  return access;
}

type GrantRow = Omit<Grant, "nick"> & { readonly nick: string | null };

function grantIn({ nick, ...grant }: GrantRow): Grant {
  return { ...grant, nick: nick ?? undefined };
}

type PairingRow = Omit<Pairing, "nick" | "chat"> &
  Omit<ChatColumns, "userId"> & { readonly nick: string | null };

function pairingIn({ nick, kind, conversationId, ...pairing }: PairingRow): Pairing {
  const { account, userId } = pairing;
  const chat = chatIn({ account, conversationId, kind, userId });
  return { ...pairing, nick: nick ?? undefined, chat };
}
