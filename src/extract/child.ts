import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import type { Writable } from "node:stream";
import type { Format } from "./format.ts";
import type { Command } from "./sandbox.ts";
import {
  EXTRACT_FAILURES,
  type Extracted,
  type ExtractFailure,
  type ExtractLimits,
} from "./types.ts";

/** The first line a child reads. */
export interface Request {
  readonly format: Exclude<Format, "text">;
  /** Length of the file that follows. */
  readonly bytes: number;
  readonly limits: ExtractLimits;
}

/** How often a child's memory is looked at: it can grow by some 100 MB in between. */
const WATCH_MS = 50;
/** A character takes at most six bytes in JSON; the rest of an answer is small. */
const MAX_ANSWER_BYTES_PER_CHAR = 6;
const ANSWER_SURPLUS = 4_096;
const PAGE_BYTES = 4_096;
const PIECE_BYTES = 262_144;

/**
 * Has one file read by one process of its own, which is killed when it takes too long or too much.
 *
 * Not a worker thread: with one, a file that fills the memory takes the bridge with it. Seen with
 * node:worker_threads: Bun 1.4.5 ignores `resourceLimits`; in Deno 2.9.6 and Node 24 they hold the
 * heap but no array buffers; what a terminated thread had taken stays with the process in Bun and
 * Deno; and Deno goes on running a loop it has "terminated".
 *
 * Never rejects, and does not keep the calling process alive.
 */
export function runChild(
  command: Command,
  request: Request,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<Extracted> {
  const { limits } = request;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ ok: false, reason: "aborted" });
    let child: ReturnType<typeof spawn>;
    try {
      child = spawn(command.program, command.args, {
        cwd: command.cwd,
        env: command.env,
        stdio: ["pipe", "pipe", "ignore"],
        windowsHide: true,
      });
    } catch (error) {
      return resolve(failed(error));
    }

    let settled = false;
    const settle = (extracted: Extracted) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      clearInterval(watch);
      signal.removeEventListener("abort", abort);
      resolve(extracted);
    };
    const kill = (reason: ExtractFailure) => {
      child.kill("SIGKILL");
      settle({ ok: false, reason });
    };
    const abort = () => kill("aborted");
    signal.addEventListener("abort", abort, { once: true });
    const timer = setTimeout(() => kill("too slow"), limits.timeoutMs);
    const watch = setInterval(() => {
      void residentBytes(child.pid).then((resident) => {
        if (!settled && resident > limits.memoryBytes) kill("out of memory");
      });
    }, WATCH_MS);
    timer.unref();
    watch.unref();

    child.on("error", (error) => settle(failed(error)));
    const chunks: Uint8Array[] = [];
    let room = limits.chars * MAX_ANSWER_BYTES_PER_CHAR + ANSWER_SURPLUS;
    child.stdout?.on("data", (chunk: Uint8Array) => {
      room -= chunk.length;
      if (room < 0) kill("failed");
      else chunks.push(chunk);
    });
    child.on("close", (code, signal) => settle(answerOf(chunks, limits, code, signal)));

    if (child.stdin !== null) send(child.stdin, JSON.stringify(request), bytes);
    // Not started, which "error" will tell: in Deno there is nothing to unref then, and it throws.
    if (child.pid === undefined) return;
    yieldTo(child.pid);
    child.unref();
    for (const stream of [child.stdin, child.stdout]) {
      (stream as { unref?: () => void } | null)?.unref?.();
    }
  });
}

/** A piece at a time: handed over whole, a large file holds up the event loop. */
function send(stdin: Writable, header: string, bytes: Uint8Array): void {
  let at = 0;
  const more = () => {
    while (at < bytes.length) {
      const from = at;
      at += PIECE_BYTES;
      if (!stdin.write(bytes.subarray(from, at))) return void stdin.once("drain", more);
    }
    stdin.end();
  };
  // It may die before it has read all: "close" tells.
  stdin.on("error", () => undefined);
  stdin.write(`${header}\n`);
  more();
}

/** The child has read what a stranger sent, so its answer is not taken on trust. */
function answerOf(
  chunks: readonly Uint8Array[],
  limits: ExtractLimits,
  code: number | null,
  signal: string | null,
): Extracted {
  const ended = { ok: false, reason: "failed", detail: `ended with ${signal ?? code}` } as const;
  try {
    const answer = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Extracted;
    if (!answer.ok) {
      const reason = EXTRACT_FAILURES.find((known) => known === answer.reason);
      return reason === undefined ? ended : { ok: false, reason };
    }
    const { text, truncated } = answer;
    if (typeof text !== "string" || text.length > limits.chars || !text.isWellFormed())
      return ended;
    return { ok: true, text, truncated };
  } catch {
    return ended;
  }
}

function failed(error: unknown): Extracted {
  return { ok: false, reason: "failed", detail: error instanceof Error ? error.message : "" };
}

/** Resident memory of a process; 0 where the system does not tell (only Linux does). */
async function residentBytes(pid: number | undefined): Promise<number> {
  try {
    const [, pages] = (await readFile(`/proc/${pid}/statm`, "utf8")).split(" ");
    return Number(pages) * PAGE_BYTES;
  } catch {
    return 0;
  }
}

/** The bridge's own work goes first; and if the system runs out of memory, the child goes first. */
function yieldTo(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Already gone, or not allowed: then it competes.
  }
  writeFile(`/proc/${pid}/oom_score_adj`, "900").catch(() => undefined);
}
