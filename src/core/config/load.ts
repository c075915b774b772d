import { loadAccount } from "./account.ts";
import { layerOf, readBlock } from "./block.ts";
import { valueAt, type Layer } from "./layers.ts";
import type { ConfigFile, Loaded } from "./model.ts";
import { gatewayLayer } from "./openclaw.ts";
import { environmentLayer, isOff, outOfReach, robotsOf, twins } from "./robots.ts";
import { expandSecret, type SecretSources } from "./secrets.ts";
import type { SettleSources } from "./settle.ts";
import { dotted } from "./shape.ts";
import { unknownKeys } from "./unknown.ts";
import { loadWorker } from "./worker-keys.ts";

export interface Sources extends SettleSources {
  /** The file that holds the channel's block, if any. */
  readonly own: ConfigFile | undefined;
  /** OpenClaw's file, if any: the gateway's address and token default to what it says. */
  readonly openclaw: ConfigFile | undefined;
  /** What depends on the machine. */
  readonly defaults: { readonly dataDir: string; readonly locale: "zh" | "en" };
}

/**
 * Files, environment and defaults → one checked configuration. Environment variables win over files;
 * but several accounts keep what is their own.
 */
export function loadConfig(sources: Sources): Loaded {
  const block = readBlock(sources.own);
  const gateway = gatewayLayer(sources.openclaw, sources);
  const machine: Layer = {
    tree: { ...sources.defaults },
    originOf: (path) => ({ name: dotted(path), source: "default" }),
  };
  const top = layerOf(block, block.tree, []);
  const environment = environmentLayer(sources);
  const common = [machine, gateway.layer, top];

  const found = robotsOf(block);
  const fromEnvironment = !found.several;
  const accounts = found.robots.map((robot) => {
    const own = robot.at.length === 0 ? [] : [robot.own];
    const layers = found.several
      ? [...common, environment, ...own]
      : [...common, ...own, environment];
    const { openclaw } = sources;
    return loadAccount(robot, { layers, block, sources, openclaw, fromEnvironment });
  });
  const on = accounts.filter(({ robot }) => !robot.off);
  const worker = loadWorker([machine, top, environment], found.robots, sources);

  const problems = unique(
    // A block that is none leaves everything missing: that is one problem, not many.
    block.problems.length > 0
      ? block.problems
      : [
          ...found.problems,
          ...on.flatMap((account) => account.problems),
          ...twins(on),
          ...worker.problems,
        ],
  );
  const unknown = unknownKeys(block);
  const ready = on.flatMap(({ config }) => (config === undefined ? [] : [config]));
  const runs = problems.length === 0 && ready.length > 0;
  const isSound = block.problems.length + found.problems.length === 0;
  const isSet = (key: string) =>
    [top, environment, ...found.robots.map(({ own }) => own)].some(
      ({ tree }) => valueAt(tree, [key]) !== undefined,
    );
  return {
    config: runs && worker.config ? { ...worker.config, accounts: ready } : undefined,
    problems,
    warnings: unique([
      ...block.warnings,
      ...unknown.warnings,
      ...outOfReach(block, found, environment),
      ...gateway.warnings,
      ...on.flatMap((account) => account.warnings),
      ...worker.warnings,
    ]),
    notes: unique([...block.notes, ...unknown.notes, ...on.flatMap((account) => account.notes)]),
    effective: [...accounts.flatMap((account) => account.effective), ...worker.effective],
    unconfigured: isSound && !isSet("clientId") && !isSet("clientSecret"),
    disabled: isOff(block.tree) || (isSound && on.length === 0),
    gatewayToken: tokenOf([...common, environment], sources),
  };
}

function tokenOf(layers: readonly Layer[], sources: SecretSources): string | undefined {
  const written = layers
    .map(({ tree }) => valueAt(tree, ["gateway", "token"]))
    .findLast((value) => value !== undefined);
  const token = expandSecret(written, sources);
  return token.ok && typeof token.value === "string" ? token.value : undefined;
}

/** What is said about several accounts in the same words is said once. */
function unique<T>(said: readonly T[]): T[] {
  return [...new Map(said.map((each) => [JSON.stringify(each), each])).values()];
}
