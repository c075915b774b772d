import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as v from "valibot";
import { parseJson } from "../core/json.ts";
import { replace } from "./write.ts";

const ProgressSchema = v.object({
  version: v.literal(1),
  /** When it was kept, in ms since the epoch. */
  time: v.number(),
  clientId: v.optional(v.string()),
  /** The app was made by a QR code in that run. */
  isCreated: v.optional(v.boolean()),
  gatewayUrl: v.optional(v.string()),
  /** The gateway was asked, or passed over. Its token is a secret: it is looked at again. */
  gatewayDone: v.optional(v.boolean()),
  /** DingTalk's addresses, where somebody has named others. */
  apiUrl: v.optional(v.string()),
  oapiUrl: v.optional(v.string()),
  /** Where the configuration goes. */
  file: v.optional(v.string()),
  access: v.optional(v.picklist(["pairing", "open", "skip"])),
});

/** What has been answered so far. Never a secret. */
export type Progress = Omit<v.InferOutput<typeof ProgressSchema>, "version" | "time">;

/** The answers of an earlier run; undefined if there was none or nobody can read them. */
export function readProgress(file: string): Progress | undefined {
  try {
    const parsed = v.safeParse(ProgressSchema, parseJson(readFileSync(file, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

/** Best effort: a folder that cannot be written keeps nobody from being set up. */
export function keepProgress(file: string, progress: Progress, now: Date): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    replace(file, `${JSON.stringify({ version: 1, time: now.getTime(), ...progress })}\n`);
  } catch {
    // Then there is nothing to go on from.
  }
}

export function dropProgress(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It says nothing that could hurt.
  }
}
