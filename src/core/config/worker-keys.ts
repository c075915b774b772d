import * as v from "valibot";
import { effectiveOf } from "./effective.ts";
import { merge, treeOf, type Layer } from "./layers.ts";
import type { Effective } from "./model.ts";
import type { Robot } from "./robots.ts";
import { WorkerSchema } from "./schema.ts";
import { change, find, settle, type SettleSources } from "./settle.ts";
import { WORKER, dotted } from "./shape.ts";

export interface LoadedWorker {
  /** Undefined if there are problems. */
  readonly config: v.InferOutput<typeof WorkerSchema> | undefined;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly effective: readonly Effective[];
}

/** The keys of the worker as a whole. */
export function loadWorker(
  layers: readonly Layer[],
  robots: readonly Robot[],
  sources: SettleSources,
): LoadedWorker {
  const merged = merge(WORKER, layers);
  const settled = settle(merged, { sources, nameOf: dotted, fromEnvironment: true });
  const problems = [...settled.problems];
  const warnings = [...settled.warnings];
  let { settings } = settled;

  const preferred = find(settings, "defaultAccount");
  const named = robots.find(({ id }) => id === preferred?.output);
  if (preferred?.output !== undefined && robots.length > 0) {
    const name = preferred.origin?.name ?? "defaultAccount";
    if (named === undefined) {
      const ids = robots.filter(({ off }) => !off).map(({ id }) => id);
      problems.push(`${name}: expected one of the accounts: ${ids.join(", ")}`);
    } else if (named.off) {
      warnings.push(`${name}: this account is disabled, so that none is the default`);
      settings = change(settings, "defaultAccount", { value: undefined, output: undefined });
    }
  }
  return {
    config:
      problems.length > 0 ? undefined : v.parse(WorkerSchema, treeOf(merged.groups, settings)),
    problems,
    warnings,
    effective: effectiveOf(settings),
  };
}
