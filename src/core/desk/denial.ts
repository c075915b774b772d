import { chatIdOf } from "../inbound/session.ts";
import { createCode } from "./codes.ts";
import { createOnce } from "./limits.ts";
import { record, type DeskEntry, type DeskOptions } from "./model.ts";
import { exactly } from "./shown.ts";

/** How long a code may be used, ms. */
export const PAIRING_MS = 3_600_000;
/** Codes that may be out at the same time, per account. */
export const MAX_PAIRINGS = 100;
/** One person in one chat is told, and written down, this often. */
const EVERY_MS = 60_000;
const MINUTE_MS = 60_000;

export type DenialsOptions = Pick<
  DeskOptions,
  "account" | "texts" | "denialNotice" | "store" | "audit" | "clock" | "randomBytes"
>;

/**
 * What people are told who are not let in, with the ids their owner needs; undefined: nothing. Rejects
 * if the store fails; it was not said then, and may be asked for again.
 */
export function createDenials(options: DenialsOptions) {
  const { account, texts, store, clock } = options;
  const told = createOnce(EVERY_MS, clock);

  /** The same code as long as it is good. */
  const invitation = async ({ chat, asker }: DeskEntry): Promise<string | undefined> => {
    const now = clock.now();
    const since = now - PAIRING_MS;
    const code = createCode(options.randomBytes);
    const { userId, nick } = asker;
    const wish = { account, userId, nick, chat, code, createdAt: now };
    const pairing = await store.requestPairing(wish, since, MAX_PAIRINGS);
    if (pairing === undefined) return texts.tooManyPairings;
    if (pairing.code === code) record(options, { chat, asker }, { event: "pairing-requested" });
    const minutes = Math.ceil((pairing.createdAt - since) / MINUTE_MS);
    return texts.pairing(pairing.code, minutes);
  };

  return async (entry: DeskEntry): Promise<string | undefined> => {
    const { chat, asker, decision } = entry;
    if (decision.allowed) return undefined;
    const key = JSON.stringify([chat.kind, chatIdOf(chat), asker.userId]);
    if (!told.isDue(key)) return undefined;
    const { denial, role } = decision;
    const pairs = denial === "pairing" && chat.kind === "direct" && asker.userId !== "";
    const said = pairs ? await invitation(entry) : undefined;
    told.done(key);
    record(options, entry, { event: "denied", role, reason: denial });
    if (pairs || !options.denialNotice) return said;
    const ids = [
      ...(asker.userId === "" ? [] : [texts.yourId(exactly(asker.userId))]),
      ...(chat.kind === "direct" ? [] : [texts.groupId(exactly(chat.conversationId))]),
    ];
    return texts.denied(denial, ids);
  };
}
