import { isTree } from "../core/config/aliases-tree.ts";
import { readBlock } from "../core/config/block.ts";
import { expandSecret, type SecretSources } from "../core/config/secrets.ts";
import { isOff, robotsOf } from "../core/config/robots.ts";
import type { Change } from "./edit.ts";

/** What is to stand in the file. What is undefined is left as it is. */
export interface Answers {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly apiUrl: string | undefined;
  readonly oapiUrl: string | undefined;
  readonly gatewayUrl: string | undefined;
  readonly gatewayToken: string | undefined;
  readonly dmPolicy: "open" | "pairing" | undefined;
}

export interface Plan {
  readonly changes: readonly Change[];
  /** The Client ID of the robot whose place the new one takes. */
  readonly replaces: string | undefined;
}

/** The file's `accounts` are a list, as some bridges have them: nothing can be added by name. */
export type Unplannable = "accounts-list";

/**
 * Where each answer goes in a file: under the channel's id it has, under another bridge's name for a key
 * where that is the one in use, and into an account where there are accounts. What says the same already,
 * by reference too, stays.
 * @param json the parsed file; undefined: there is none.
 */
export function planFor(
  json: unknown,
  answers: Answers,
  sources: SecretSources,
): Plan | Unplannable {
  const block = readBlock(json === undefined ? undefined : { path: "", json });
  const { robots } = robotsOf(block);
  const named = robots.filter(({ at }) => at.length > 0);
  if (named.length > 0 && !isTree(rawAccounts(json, block.channel))) return "accounts-list";

  const idOf = (tree: Readonly<Record<string, unknown>>) => textOf(tree["clientId"], sources);
  const own = named.find(({ own }) => idOf(own.tree) === answers.clientId);
  const at = named.length === 0 ? [] : (own?.at ?? ["accounts", freeId(named.map(({ id }) => id))]);
  const current = named.length === 0 ? block.tree : (own?.own.tree ?? {});
  const before = idOf(current);

  const top = ["channels", block.channel];
  const wanted: readonly (readonly [key: string, value: string | undefined])[] = [
    ["clientId", answers.clientId],
    ["clientSecret", answers.clientSecret],
    ["apiUrl", answers.apiUrl],
    ["oapiUrl", answers.oapiUrl],
    ["gateway.url", answers.gatewayUrl],
    ["gateway.token", answers.gatewayToken],
    ["dmPolicy", answers.dmPolicy],
  ];
  const changes: Change[] = [];
  for (const [key, value] of wanted) {
    if (value === undefined) continue;
    const path = [...at, ...key.split(".")];
    const stands = key
      .split(".")
      .reduce<unknown>((tree, part) => (isTree(tree) ? tree[part] : undefined), current);
    if (textOf(stands, sources) === value) continue;
    const writtenAs = stands === undefined ? undefined : block.originOf(path).path;
    changes.push({ path: [...top, ...(writtenAs?.split(".") ?? path)], value });
  }
  // Whoever sets a robot up wants it to run.
  if (isOff(block.tree)) changes.push({ path: [...top, "enabled"], value: true });
  if (at.length > 0 && isOff(current))
    changes.push({ path: [...top, ...at, "enabled"], value: true });
  return { changes, replaces: before === answers.clientId ? undefined : before };
}

function rawAccounts(json: unknown, channel: string): unknown {
  const channels = isTree(json) ? json["channels"] : undefined;
  const block = isTree(channels) ? channels[channel] : undefined;
  return isTree(block) ? block["accounts"] : undefined;
}

/** What a value comes to, be it written as it is or as a reference. */
function textOf(written: unknown, sources: SecretSources): string | undefined {
  const expanded = expandSecret(written, sources);
  return expanded.ok && typeof expanded.value === "string" ? expanded.value.trim() : undefined;
}

function freeId(taken: readonly string[]): string {
  for (let number = taken.length + 1; ; number++) {
    if (!taken.includes(`robot${number}`)) return `robot${number}`;
  }
}
