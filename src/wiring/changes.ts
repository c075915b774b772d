import type { AccountConfig } from "../core/config/schema.ts";

/**
 * What of a robot another configuration touches: nothing · who may talk, to which agent and how it is
 * answered, which is asked for anew with every message · the works behind the links · the links too.
 */
export type Change = "nothing" | "access" | "works" | "links";

type Key = keyof AccountConfig;

/** What a connection is made with. */
const LINKS: ReadonlySet<Key> = new Set(["clientId", "clientSecret", "apiUrl", "stream"]);

/** What `Access` is made of, and nobody else reads. */
const ACCESS: ReadonlySet<Key> = new Set([
  "agentId",
  "agents",
  "allowFrom",
  "dmPolicy",
  "dmScope",
  "groupAllowFrom",
  "groupPolicy",
  "groups",
  "members",
  "owners",
  "requireMention",
  "roles",
  "sessionScope",
  "systemPrompt",
  "users",
]);

export function changeOf(before: AccountConfig, after: AccountConfig): Change {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)] as Key[]);
  const changed = [...keys].filter((key) => textOf(before[key]) !== textOf(after[key]));
  if (changed.length === 0) return "nothing";
  if (changed.some((key) => LINKS.has(key))) return "links";
  return changed.every((key) => ACCESS.has(key)) ? "access" : "works";
}

/** Values of a configuration are plain JSON, and come from one loader: their keys stand in one order. */
const textOf = (value: unknown) => JSON.stringify(value);
