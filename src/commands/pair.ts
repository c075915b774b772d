import process from "node:process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createRoles } from "../core/access/roles.ts";
import { createGroups } from "../core/access/groups.ts";
import { ROLES, type Grant, type Pairing, type Role } from "../core/access/model.ts";
import { createRoster } from "../core/access/roster.ts";
import type { Audit } from "../core/audit.ts";
import { createSystemClock } from "../core/clock.ts";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import { PAIRING_MS } from "../core/desk/denial.ts";
import { DESK_TEXTS } from "../core/desk/texts.ts";
import { plainWords } from "../core/message.ts";
import type { AccessTable } from "../core/store.ts";
import { startLogging } from "../logging.ts";
import { createAuditFile } from "../store/audit-file.ts";
import { MIGRATIONS } from "../store/schema.ts";
import { openSqliteStore } from "../store/sqlite.ts";
import { readConfiguration } from "./_configuration.ts";
import { EXIT, UserError } from "./_exit.ts";

export interface PairOptions {
  readonly config?: string | undefined;
  readonly account?: string | undefined;
  readonly role?: string | undefined;
  readonly json?: boolean | undefined;
}

interface Desk {
  readonly account: AccountConfig;
  readonly store: AccessTable;
  readonly audit: Audit;
  readonly now: () => number;
}

const BY = "command line";

/** Lets people in, and out, from the machine the worker runs on; it notices by itself. Resolves with the exit code. */
export async function pair(
  action: string,
  words: readonly string[],
  options: PairOptions,
): Promise<number> {
  const [first = "", second] = words;
  const role = roleIn(action === "role" ? second : options.role);
  if (role !== undefined && action !== "role" && action !== "approve") {
    throw new UserError(`--role belongs to pair approve`, EXIT.usage);
  }
  const { config, problems } = readConfiguration(options.config);
  if (config === undefined) {
    for (const problem of problems) console.error(`error: ${problem}`);
    return EXIT.configuration;
  }
  const account = accountIn(config, options.account);
  const store = openStore(config);
  const clock = createSystemClock(setImmediate);
  const audit = createAuditFile({
    ...config.audit,
    folder: join(config.dataDir, "audit"),
    clock,
    log: startLogging("warning", process.stderr),
  });
  try {
    const desk = { account, store, audit, now: clock.now };
    if (action === "approve") await approve(desk, first, role);
    else if (action === "role" && role !== undefined) await change(desk, first, role);
    else if (action === "revoke") await revoke(desk, first);
    else await list(desk, options.json === true);
    return EXIT.ok;
  } finally {
    store.close();
  }
}

async function approve({ account, store, audit, now }: Desk, code: string, role?: Role) {
  const owned = !(await isUnowned(account, store));
  const grant = await store.approve({
    account: account.id,
    code,
    since: now() - PAIRING_MS,
    by: BY,
    now: now(),
    roleOf: (_pairing, hasOwner) => role ?? (owned || hasOwner ? "member" : "owner"),
    notice: (_pairing, given) => plainWords(DESK_TEXTS[account.locale].letIn(given)),
  });
  if (grant === undefined) {
    throw failed(
      `no such code, or it is older than an hour: dingbridge pair list shows those that wait`,
    );
  }
  audit.record({
    event: "paired",
    account: account.id,
    by: BY,
    subject: grant.userId,
    role: grant.role,
  });
  console.log(`${personOf(grant)} is let in as ${grant.role}`);
}

async function change({ account, store, audit, now }: Desk, userId: string, role: Role) {
  const known = (await store.grants(account.id)).find((grant) => grant.userId === userId);
  if (known === undefined) throw nobody(userId);
  const grant = { ...known, role, by: BY, at: now() };
  await store.grant(grant);
  audit.record({ event: "role-changed", account: account.id, by: BY, subject: userId, role });
  console.log(`${personOf(grant)} is ${role} now, and was ${known.role}`);
  await warnIfUnowned(account, store);
}

async function revoke({ account, store, audit }: Desk, userId: string) {
  if (!(await store.revoke(account.id, userId))) throw nobody(userId);
  audit.record({ event: "revoked", account: account.id, by: BY, subject: userId });
  console.log(`${clean(userId)} has no role by approval any more`);
  await warnIfUnowned(account, store);
}

/** Whoever writes to an open robot without an owner is taken for one. */
async function warnIfUnowned(account: AccountConfig, store: AccessTable) {
  if (account.dmPolicy !== "open" || !(await isUnowned(account, store))) return;
  console.error(
    `warning: ${account.id} has no owner now and dmPolicy is "open": whoever writes to the robot is treated as the owner of the machine behind the agent. Set owners, or dmPolicy`,
  );
}

async function isUnowned(config: AccountConfig, store: AccessTable): Promise<boolean> {
  const roster = createRoster({ account: config.id, store });
  await roster.refresh();
  return createRoles({ config, roster, groups: createGroups(config) }).unowned;
}

async function list({ account, store, now }: Desk, json: boolean) {
  const waiting = await store.pairings(account.id, now() - PAIRING_MS);
  const grants = await store.grants(account.id);
  if (json) {
    const asking = waiting.map(({ code, userId, nick, createdAt }) => ({
      code,
      userId,
      nick,
      createdAt,
    }));
    console.log(JSON.stringify({ account: account.id, waiting: asking, granted: grants }));
    return;
  }
  console.log(waiting.length === 0 ? "Nobody waits to be let in." : "Waiting to be let in:");
  for (const wish of waiting) console.log(`  ${lineOfWish(wish, now())}`);
  console.log(
    grants.length === 0
      ? "Nobody has a role by approval."
      : "Roles by approval (those of the configuration come on top):",
  );
  for (const grant of grants) console.log(`  ${lineOfGrant(grant)}`);
}

const lineOfWish = (wish: Pairing, now: number) =>
  `${wish.code}  ${personOf(wish)}, ${Math.max(0, Math.round((now - wish.createdAt) / 60_000))} min ago`;

const lineOfGrant = (grant: Grant) =>
  `${grant.role.padEnd(6)}  ${personOf(grant)}, by ${clean(grant.by)}, since ${new Date(grant.at).toISOString()}`;

const personOf = ({ nick, userId }: Pick<Grant, "nick" | "userId">) =>
  nick === undefined ? clean(userId) : `${clean(nick)} (${clean(userId)})`;

/** Names come from people: nothing in them may steer a terminal. */
const clean = (text: string) => text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, "").slice(0, 100);

function roleIn(word: string | undefined): Role | undefined {
  const role = ROLES.find((each) => each === word);
  if (word !== undefined && role === undefined) {
    throw new UserError(`expected a role: ${ROLES.join(" | ")}`, EXIT.usage);
  }
  return role;
}

function accountIn({ accounts }: Config, id: string | undefined): AccountConfig {
  const [only, ...others] = accounts;
  const named = id === undefined ? undefined : accounts.find((account) => account.id === id);
  const ids = accounts.map((account) => account.id).join(", ");
  if (id !== undefined && named === undefined) {
    throw new UserError(`--account: there is no robot of that name: ${ids}`, EXIT.usage);
  }
  if (named !== undefined) return named;
  if (only === undefined || others.length > 0) {
    throw new UserError(`--account: there are several robots: ${ids}`, EXIT.usage);
  }
  return only;
}

/** The worker's own database; it may be running. */
function openStore({ dataDir, store }: Config) {
  const file = join(dataDir, "dingbridge.sqlite");
  if (!existsSync(file)) {
    throw failed(
      `nobody has asked to be let in yet: there is no ${file}. Start dingbridge first, and let them write to the robot`,
    );
  }
  const layout = layoutOf(file);
  if (layout !== MIGRATIONS.length) {
    throw failed(
      `${file} is of another version of dingbridge (layout ${layout}, this one has ${MIGRATIONS.length}): start the worker of this version once, or use that version's command`,
    );
  }
  return openSqliteStore(file, store);
}

/** Only looked at: a worker of an older version may be using it. */
function layoutOf(file: string): number {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return Number(db.prepare("PRAGMA user_version").get()?.["user_version"]);
  } finally {
    db.close();
  }
}

const nobody = (userId: string) =>
  failed(`${clean(userId)} has no role by approval: dingbridge pair list shows who has`);

const failed = (reason: string) => new UserError(reason, EXIT.crash);
