import * as v from "valibot";
import { agentsFor } from "./agents.ts";
import type { Block } from "./block.ts";
import { effectiveOf } from "./effective.ts";
import { merge, treeOf, type Layer } from "./layers.ts";
import type { ConfigFile, Effective, Note } from "./model.ts";
import { isOff, type Robot } from "./robots.ts";
import { AccountSchema, type AccountConfig, type Agents } from "./schema.ts";
import { change, find, settle, type SettleOptions, type Settled } from "./settle.ts";
import { ACCOUNT } from "./shape.ts";

export interface AccountOptions extends Omit<SettleOptions, "nameOf"> {
  /** The last one on top. */
  readonly layers: readonly Layer[];
  readonly block: Block;
  readonly openclaw: ConfigFile | undefined;
}

export interface LoadedAccount {
  readonly robot: Robot;
  /** Undefined if there are problems. */
  readonly config: AccountConfig | undefined;
  readonly settings: readonly Settled[];
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly notes: readonly Note[];
  readonly effective: readonly Effective[];
}

/** One robot, whether it is switched on or not. */
export function loadAccount(robot: Robot, options: AccountOptions): LoadedAccount {
  const { block, openclaw } = options;
  const merged = merge(ACCOUNT, options.layers);
  const settled = settle(merged, {
    ...options,
    nameOf: (path) => robot.own.originOf(path).name,
  });
  const { problems } = settled;
  const { settings, notes } = understood(settled.settings, robot, block);
  const { agents, warnings } = agentsFor(robot.id, openclaw);
  const config =
    problems.length > 0
      ? undefined
      : { ...v.parse(AccountSchema, treeOf(merged.groups, settings)), id: robot.id, agents };
  return {
    robot,
    config,
    settings,
    problems,
    warnings: [...settled.warnings, ...warnings],
    notes,
    effective: effectiveOf(withAgent(settings, agents, openclaw), robot.at),
  };
}

/** What is in force although no key says it in so many words. */
function understood(settings: readonly Settled[], { own }: Robot, block: Block) {
  // The top's `false` is for all, whatever an account says.
  const enabled = isOff(block.tree)
    ? change(settings, "enabled", { output: false, origin: block.originOf(["enabled"]) })
    : settings;
  const list = find(settings, "allowFrom");
  const allowed = list?.output;
  const closes =
    Array.isArray(allowed) &&
    !allowed.includes("*") &&
    find(settings, "dmPolicy")?.origin === undefined;
  if (!closes) return { settings: enabled, notes: [] };

  const origin = { name: own.originOf(["dmPolicy"]).name, source: "allowFrom is set" };
  const whom =
    allowed.length === 0
      ? 'this list, which is empty, makes it "allowlist": nobody may'
      : 'this list makes it "allowlist": only people on it may';
  const text = `dmPolicy is not set, so that ${whom} write to the robot directly, besides owners and members; write dmPolicy: "open" to let everyone in`;
  const path = list?.origin?.path ?? "allowFrom";
  const notes: Note[] = [{ path, kind: "understood", text }];
  const value = "allowlist";
  return { settings: change(enabled, "dmPolicy", { value, output: value, origin }), notes };
}

/** For people's eyes: where nothing more specific names an agent, this one answers. */
function withAgent(
  settings: readonly Settled[],
  agents: Agents,
  openclaw: ConfigFile | undefined,
): readonly Settled[] {
  const agentId = find(settings, "agentId");
  if (agentId?.origin !== undefined) return settings;
  const bound = agents.account ?? agents.channel;
  const key = bound === undefined ? "agents" : "bindings";
  const source = `${openclaw?.path ?? ""}: ${key}`;
  const output = bound ?? agents.default;
  return output === undefined
    ? change(settings, "agentId", { output: "main" })
    : change(settings, "agentId", { output, origin: { name: source, source } });
}
