import { ROLES, type Grant, type Pairing, type Role } from "../core/access/model.ts";
import type { AuditEvent } from "../core/audit.ts";
import { createSystemClock, type Clock } from "../core/clock.ts";
import type { AccountConfig, Config } from "../core/config/schema.ts";
import { PAIRING_MS } from "../core/desk/denial.ts";
import { DESK_TEXTS } from "../core/desk/texts.ts";
import { nameIn } from "../core/inbound/fields.ts";
import { plainWords } from "../core/message.ts";
import { padded, widthOf } from "../core/reply/markdown/width.ts";
import type { Store } from "../core/store.ts";
import { localTime } from "../store/audit-file.ts";
import { notesAfter, openWorkerAudit, withWorkerStore } from "../host/worker-store.ts";
import { readConfiguration, terminalLocale } from "../host/configuration.ts";
import { EXIT, UserError } from "../host/exit.ts";
import { PAIR_TEXTS, type PairTexts } from "./_pair-texts.ts";

export interface PairOptions {
  readonly config?: string | undefined;
  /** Which robot, by its id. */
  readonly account?: string | undefined;
  readonly role?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What an action works on. */
interface Desk {
  readonly config: Config;
  /** The one that was named, or all. */
  readonly accounts: readonly AccountConfig[];
  readonly store: Store;
  readonly texts: PairTexts;
  readonly now: number;
  readonly record: (event: Omit<AuditEvent, "by">) => void;
}

const BY = "command line";
const MAX_NAME_CHARS = 40;
const MINUTE = 60_000;

/**
 * Who asks to be let in, and who was: read and changed in the worker's store, whether it runs or not.
 * `operands` are what stands behind the action. Resolves with the exit code.
 */
export async function pair(
  action: string,
  operands: readonly string[],
  options: PairOptions,
  clock: Clock = createSystemClock(setImmediate),
): Promise<number> {
  const [subject = "", word] = operands;
  if (action !== "list" && subject.trim() === "") throw wrong(`pair ${action}: whom?`);
  const role = action === "role" ? roleIn(word ?? "", "") : roleIn(options.role, "--role: ");
  const loaded = configurationIn(options.config);
  if (loaded === undefined) return EXIT.configuration;
  const { config, texts } = loaded;
  const accounts = accountsIn(config, options.account);

  await withWorkerStore(config, async (store) => {
    const audit = openWorkerAudit(config, clock);
    const record = (event: Omit<AuditEvent, "by">) => audit.record({ ...event, by: BY });
    const desk: Desk = { config, accounts, store, texts, now: clock.now(), record };
    try {
      if (action === "approve") await approve(desk, subject, role);
      else if (action === "revoke") await revoke(desk, subject);
      else if (action === "role" && role !== undefined) await change(desk, subject, role);
      else await list(desk, options.json === true);
    } finally {
      audit.close();
    }
  });
  return EXIT.ok;
}

async function approve(desk: Desk, written: string, asked: Role | undefined): Promise<void> {
  const { store, now } = desk;
  const since = now - PAIRING_MS;
  const code = written.normalize("NFKC").trim().toUpperCase();
  const account = await accountWith(desk, code);
  const grant =
    account &&
    (await store.approve({
      account: account.id,
      code,
      since,
      by: BY,
      now,
      roleOf: (_pairing, hasOwner) => asked ?? (hasOwner || isOwned(account) ? "member" : "owner"),
      notice: (_pairing, role) => plainWords(DESK_TEXTS[account.locale].letIn(role)),
    }));
  if (account === undefined || grant === undefined) {
    throw failed(desk.texts.noSuchCode);
  }
  const { userId, role } = grant;
  desk.record({ event: "paired", account: account.id, subject: userId, role });
  console.log(desk.texts.letIn(personOf(grant), role, accountIn(desk, account)));
  await sayMore(desk, account, userId, role);
}

async function change(desk: Desk, userId: string, role: Role): Promise<void> {
  const account = theAccount(desk);
  const known = await grantOf(desk, account, userId);
  const grant: Grant = { ...known, role, by: BY, at: desk.now };
  await desk.store.grant(grant);
  desk.record({
    event: "role-changed",
    account: account.id,
    subject: userId,
    role,
    reason: `was ${known.role}`,
  });
  console.log(desk.texts.changed(personOf(grant), role, known.role, accountIn(desk, account)));
  await sayMore(desk, account, userId, role);
}

async function revoke(desk: Desk, userId: string): Promise<void> {
  const account = theAccount(desk);
  const known = await grantOf(desk, account, userId);
  await desk.store.revoke(account.id, userId);
  desk.record({ event: "revoked", account: account.id, subject: userId, role: known.role });
  console.log(desk.texts.revoked(personOf(known), known.role, accountIn(desk, account)));
  await sayMore(desk, account, userId, undefined);
}

async function grantOf(desk: Desk, account: AccountConfig, userId: string): Promise<Grant> {
  const grants = await desk.store.grants(account.id);
  const known = grants.find((grant) => grant.userId === userId);
  if (known !== undefined) return known;
  throw failed(desk.texts.noRole(shown(userId), accountIn(desk, account)));
}

/** What else comes of a change, or keeps it from meaning anything. */
async function sayMore(
  { store, texts }: Desk,
  account: AccountConfig,
  userId: string,
  given: Role | undefined,
): Promise<void> {
  const notes = await notesAfter({ account, store, userId, given });
  for (const note of notes) console.error(texts.note(note));
}

/** Whether the configuration speaks of an owner; "*" is nobody, but somebody was meant. */
const isOwned = ({ owners, users }: AccountConfig): boolean =>
  owners.length > 0 || Object.values(users).some(({ role }) => role === "owner");

function configurationIn(file: string | undefined) {
  // The service may be the only one that knows the secret, and nothing here logs in.
  const loaded = readConfiguration(file, "unneeded");
  const { config, problems, disabled } = loaded;
  if (config !== undefined) return { config, texts: PAIR_TEXTS[terminalLocale(loaded)] };
  const why = disabled
    ? ["channels.dingtalk.enabled is false, for every account: nobody can be let in"]
    : problems;
  for (const problem of why) console.error(`error: ${problem}`);
  return undefined;
}

function accountsIn({ accounts }: Config, id: string | undefined): readonly AccountConfig[] {
  if (id === undefined) return accounts;
  const named = accounts.filter((account) => account.id === id);
  if (named.length > 0) return named;
  throw wrong(`--account: expected one of ${accounts.map((each) => each.id).join(", ")}`);
}

/** A change needs to know where. */
function theAccount({ accounts, texts }: Desk): AccountConfig {
  const [account] = accounts;
  if (account !== undefined && accounts.length === 1) return account;
  throw wrong(texts.severalAccounts(accounts.map(({ id }) => id)));
}

/** The robot that has given out the code: it told its owner no account to name. */
async function accountWith(desk: Desk, code: string): Promise<AccountConfig | undefined> {
  const { accounts, store, now } = desk;
  if (accounts.length === 1) return accounts[0];
  const found: AccountConfig[] = [];
  for (const account of accounts) {
    const waiting = await store.pairings(account.id, now - PAIRING_MS);
    if (waiting.some((pairing) => pairing.code === code)) found.push(account);
  }
  return found.length === 0 ? undefined : theAccount({ ...desk, accounts: found });
}

function roleIn(word: string | undefined, option: string): Role | undefined {
  if (word === undefined) return undefined;
  const role = ROLES.find((each) => each === word.toLowerCase());
  if (role === undefined) throw wrong(`${option}expected a role: ${ROLES.join(", ")}`);
  return role;
}

async function list(desk: Desk, json: boolean): Promise<void> {
  const read = async ({ id }: AccountConfig): Promise<Listed> => ({
    account: id,
    pairings: await desk.store.pairings(id, desk.now - PAIRING_MS),
    grants: await desk.store.grants(id),
  });
  if (json) {
    console.log(inert(JSON.stringify(documentOf(await read(theAccount(desk))), null, 2)));
    return;
  }
  const listed = await Promise.all(desk.accounts.map(read));
  const isOne = desk.config.accounts.length === 1;
  console.log(listed.map((each) => linesOf(each, desk, isOne).join("\n")).join("\n\n"));
}

interface Listed {
  readonly account: string;
  readonly pairings: readonly Pairing[];
  readonly grants: readonly Grant[];
}

/** For programs: ids and names as they are, times in ISO 8601. */
function documentOf({ account, pairings, grants }: Listed) {
  const isoOf = (time: number) => new Date(time).toISOString();
  return {
    account,
    waiting: pairings.map(({ code, userId, nick = null, createdAt }) => ({
      code,
      userId,
      nick,
      createdAt: isoOf(createdAt),
    })),
    granted: grants.map(({ userId, role, nick = null, by, at }) => ({
      userId,
      role,
      nick,
      by,
      at: isoOf(at),
    })),
  };
}

function linesOf(
  { account, pairings, grants }: Listed,
  { now, texts }: Desk,
  isOne: boolean,
): string[] {
  const table = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) =>
    rows.length === 0
      ? [texts.nobody(title)]
      : [texts.table(title), ...columnsOf([head, ...rows.map((row) => row.map(shown))])];
  return [
    ...(isOne ? [] : [texts.account(account)]),
    ...table(
      texts.waiting,
      texts.waitingHead,
      pairings.map((each) => [
        each.code,
        each.userId,
        texts.ago(Math.floor((now - each.createdAt) / MINUTE)),
        nameOf(each),
      ]),
    ),
    ...table(
      texts.granted,
      texts.grantedHead,
      grants.map((each) => [
        each.userId,
        texts.role(each.role),
        each.by === BY ? texts.commandLine : each.by,
        localTime(each.at).slice(0, 16).replace("T", " "),
        nameOf(each),
      ]),
    ),
  ];
}

/** Names come last: one that runs from right to left moves no other column. */
function columnsOf(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.map((_, at) => at) ?? [];
  const widths = columns.map((at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ""))));
  const lines = rows.map((row) => row.map((cell, at) => padded(cell, widths[at] ?? 0, "left")));
  return lines.map((cells) => `  ${cells.join("  ").trimEnd()}`);
}

const nameOf = ({ nick }: { readonly nick: string | undefined }) =>
  nameIn(nick, MAX_NAME_CHARS) ?? "";

function personOf(grant: Grant): string {
  const name = shown(nameOf(grant));
  return name === "" ? shown(grant.userId) : `${name} (${shown(grant.userId)})`;
}

/** Only where there are others. */
const accountIn = ({ config }: Desk, { id }: AccountConfig) =>
  config.accounts.length === 1 ? undefined : id;

/** What others have written, for a terminal: nothing that moves its cursor or hides what it is. */
const shown = (text: string) => text.replace(/[\s\p{Z}]+/gu, " ").replace(/\p{C}/gu, "");

/** The same for JSON, which means the same afterwards. */
const inert = (json: string) =>
  json.replace(/[^\P{C}\n]|[\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );

const wrong = (reason: string) => new UserError(reason, EXIT.usage);
const failed = (reason: string) => new UserError(reason, EXIT.crash);
