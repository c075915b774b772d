import type { AskedBefore } from "../../../src/core/gateway/history.ts";
import { QUESTION, client } from "./_asking.ts";
import { recordsOf, type Records } from "./_history.ts";

/** When the question was asked: the fake clock's beginning. */
export const AT = 1_700_000_000_000;
export const KEY = QUESTION.session;
export const ASKED: AskedBefore = { session: KEY, text: "你好", at: AT, runId: undefined };

/** What is found out about a question among these records. */
export async function look(
  records: Records,
  asked: Partial<AskedBefore> = {},
  where: { readonly url?: string; readonly skewMs?: number } = {},
) {
  const { skewMs, ...options } = where;
  const date = skewMs === undefined ? {} : { date: new Date(AT + skewMs) };
  const { gateway } = client(recordsOf({ ...records, ...date }), options);
  return await gateway.look({ ...ASKED, ...asked }, new AbortController().signal);
}

export const running = { active: [{ key: KEY, status: "running" }] };
