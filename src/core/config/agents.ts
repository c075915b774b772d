import { CHANNELS } from "./aliases.ts";
import { isTree } from "./aliases-tree.ts";
import type { ConfigFile, Tree } from "./model.ts";
import type { Agents } from "./schema.ts";

export interface AgentsFound {
  readonly agents: Agents;
  /** One line each. */
  readonly warnings: readonly string[];
}

/**
 * What OpenClaw's file says about one robot: `agents.list` or `agents.entries`, and of `bindings` those
 * that name DingTalk. Of two for the same the first counts, as in OpenClaw. A condition that cannot be
 * checked here makes a binding say nothing.
 */
export function agentsFor(account: string, file: ConfigFile | undefined): AgentsFound {
  const warnings: string[] = [];
  const json = isTree(file?.json) ? file.json : {};
  const warn = (what: string) => warnings.push(`${file?.path ?? ""}: ${what}`);
  const { known, preferred } = readAgents(json, warn);

  const chosen = new Map<"account" | "channel", string>();
  const peers = { direct: new Map<string, string>(), group: new Map<string, string>() };
  for (const { agentId, scope, peer } of readBindings(json, known, warn)) {
    if (scope !== undefined && scope !== account) continue;
    const level = scope === undefined ? "channel" : "account";
    if (peer === undefined) setFirst(chosen, level, agentId);
    else setFirst(peers[peer.kind], peer.id, agentId);
  }
  return {
    agents: {
      known,
      default: preferred ?? known[0],
      account: chosen.get("account"),
      channel: chosen.get("channel"),
      direct: Object.fromEntries(peers.direct),
      group: Object.fromEntries(peers.group),
    },
    warnings,
  };
}

type Warn = (what: string) => void;

interface Binding {
  readonly agentId: string;
  /** The only account it is for. */
  readonly scope: string | undefined;
  readonly peer: { readonly kind: "direct" | "group"; readonly id: string } | undefined;
}

function readAgents({ agents }: Tree, warn: Warn) {
  const known = new Set<string>();
  let preferred: string | undefined;
  if (!isTree(agents)) return { known: [], preferred };
  const { list, entries, $include } = agents;
  if ($include !== undefined)
    warn("agents.$include is not followed here: its agents are not known");
  const all: readonly (readonly [name: string, id: unknown, entry: unknown])[] = [
    ...(Array.isArray(list) ? list : []).map(
      (entry: unknown, at) =>
        [`agents.list.${at}`, isTree(entry) ? entry["id"] : undefined, entry] as const,
    ),
    ...Object.entries(isTree(entries) ? entries : {}).map(
      ([id, entry]) => ["agents.entries", id, entry] as const,
    ),
  ];
  for (const [name, id, entry] of all) {
    const agentId = agentIdOf(id);
    if (agentId === undefined) {
      warn(`${name}: this agent's id cannot be used here, so it is not known`);
      continue;
    }
    known.add(agentId);
    if (isTree(entry) && entry["default"] === true) preferred ??= agentId;
  }
  return { known: [...known], preferred };
}

function readBindings({ bindings }: Tree, known: readonly string[], warn: Warn): Binding[] {
  if (bindings === undefined) return [];
  if (!Array.isArray(bindings)) {
    warn("bindings: expected a list, so it is not used");
    return [];
  }
  return bindings.flatMap((entry: unknown, at) => {
    const ignored = (why: string): [] => {
      warn(`bindings.${at}: ${why}, so it is not used`);
      return [];
    };
    if (!isTree(entry) || !isTree(entry["match"])) return ignored("expected {agentId, match}");
    const { type, match } = entry;
    const { channel, accountId, peer, ...conditions } = match;
    if (typeof channel !== "string") return ignored("expected match.channel");
    if (!CHANNELS.includes(channel.trim().toLowerCase())) return [];
    if (type !== undefined && type !== "route") return ignored('its type is not "route"');
    const [condition] = Object.keys(conditions);
    if (condition !== undefined) {
      return ignored(`match.${condition} means nothing in DingTalk`);
    }
    const scope = scopeOf(accountId);
    if (scope === "unreadable") return ignored("match.accountId is no account's id");
    const whom = peer === undefined ? undefined : peerOf(peer);
    if (whom === "unreadable") {
      return ignored('match.peer is not {kind: "direct" or "group", id} of one chat');
    }
    const written = agentIdOf(entry["agentId"]);
    if (written === undefined) return ignored("agentId is no agent's id");
    const agentId = known.includes(written)
      ? written
      : known.find((id) => id.toLowerCase() === written.toLowerCase());
    if (agentId === undefined && known.length > 0) {
      warn(`bindings.${at}: its agent is not among this file's agents: the gateway may refuse it`);
    }
    return [{ agentId: agentId ?? written, scope: scope?.id, peer: whom }];
  });
}

function setFirst<K>(map: Map<K, string>, key: K, value: string): void {
  if (!map.has(key)) map.set(key, value);
}

const agentIdOf = (value: unknown): string | undefined => {
  const id = typeof value === "string" ? value.trim() : undefined;
  return id !== undefined && /^[^:/\s]+$/.test(id) ? id : undefined;
};

/** Undefined: all accounts. */
function scopeOf(value: unknown): { readonly id: string } | undefined | "unreadable" {
  if (value === undefined) return undefined;
  const id = idOf(value);
  if (id === undefined) return "unreadable";
  return id === "" || id === "*" ? undefined : { id };
}

const KINDS: ReadonlyMap<unknown, "direct" | "group"> = new Map([
  ["direct", "direct"],
  ["dm", "direct"],
  ["group", "group"],
  ["channel", "group"],
]);

function peerOf(value: unknown): Binding["peer"] | "unreadable" {
  if (!isTree(value)) return "unreadable";
  const { kind: word, id: written, ...conditions } = value;
  const kind = KINDS.get(word);
  const id = idOf(written)?.replace(/^(?:(?:dingtalk|dd|ding|user|group):)+/i, "");
  const whole = Object.keys(conditions).length === 0;
  return kind === undefined || id === undefined || id === "" || id === "*" || !whole
    ? "unreadable"
    : { kind, id };
}

/** Some files hold numeric ids. */
const idOf = (value: unknown): string | undefined =>
  typeof value === "string"
    ? value.trim()
    : Number.isSafeInteger(value)
      ? String(value)
      : undefined;
