import type * as v from "valibot";
import { problemsOf } from "../reply/schema/message-schema.ts";

/** Why something in a request is refused; holds nothing of it but the path. */
export interface Problem {
  /** `to[1]`, `link.url`; empty: the whole. */
  readonly path: string;
  readonly reason: string;
}

/** Nobody reads more. */
const MAX_PROBLEMS = 50;

export function problemsIn(issues: readonly v.BaseIssue<unknown>[]): Problem[] {
  return problemsOf(issues.slice(0, MAX_PROBLEMS)).map(({ path, reason }) => ({
    path: path.replace(/(^|\.)(\d+)(?=\.|$)/g, "[$2]"),
    reason,
  }));
}
