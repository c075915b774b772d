import type { AccountConfig } from "../core/config/schema.ts";
import { finding, type Finding } from "./codes.ts";
import { whose } from "./shared.ts";
import type { WorkerLook, WorkerStatus } from "./worker-look.ts";

/** Whether somebody holds a lock. */
export type Held =
  | { readonly kind: "free" }
  | { readonly kind: "held"; readonly pid: number | undefined }
  | { readonly kind: "unknown"; readonly said: string };

export interface Locks {
  /** The data folder's. */
  readonly data: Held;
  /** By account. */
  readonly robots: Readonly<Record<string, Held>>;
}

export interface WorkerView {
  readonly accounts: readonly AccountConfig[];
  readonly locks: Locks;
  readonly look: WorkerLook;
  readonly origin: string;
  /** Other DingTalk plugins that OpenClaw's file switches on. */
  readonly plugins: readonly string[];
}

type Stream = WorkerStatus["accounts"][string]["stream"];

/** May a connection of our own be made for this robot? */
export type Liberty =
  | { readonly kind: "free" }
  /** The worker says how its own is. */
  | { readonly kind: "worker"; readonly stream: Stream }
  | { readonly kind: "busy" }
  | { readonly kind: "unsure"; readonly said: string };

export function libertyOf({ locks, look }: WorkerView, config: AccountConfig): Liberty {
  const stream = streamOf(look, config);
  if (stream !== undefined) return { kind: "worker", stream };
  const robot = locks.robots[config.id] ?? { kind: "unknown", said: "no lock" };
  if (robot.kind === "held") return { kind: "busy" };
  // A worker that says which robots it has does not have this one.
  if (locks.data.kind === "held" && look.kind !== "worker") return { kind: "busy" };
  return robot.kind === "unknown" ? { kind: "unsure", said: robot.said } : { kind: "free" };
}

const streamOf = (look: WorkerLook, { clientId }: AccountConfig): Stream | undefined =>
  look.kind === "worker"
    ? Object.values(look.status.accounts).find((each) => each.clientId === clientId)?.stream
    : undefined;

/** In place of a connection of our own. */
export function takenFindings(
  liberty: Exclude<Liberty, { kind: "free" }>,
  account: string | undefined,
): readonly Finding[] {
  const who = whose(account);
  if (liberty.kind !== "worker") {
    return [
      finding("DB304", "busy", {}, who),
      finding("DB402", "busy", {}, who),
      liberty.kind === "busy"
        ? finding("DB403", "busy", {}, who)
        : finding("DB403", "unsure", { said: liberty.said }, who),
    ];
  }
  const { state, problem } = liberty.stream;
  if (state === "connected") {
    return [
      finding("DB304", "worker", {}, who),
      finding("DB402", "worker", {}, who),
      finding("DB403", "worker", {}, who),
    ];
  }
  const said = problem?.reason ?? state;
  const kind = problem?.kind;
  return [
    finding("DB304", "busy", {}, who),
    kind === "credentials" || kind === "configuration" || kind === "refused"
      ? finding("DB402", kind, { said }, who)
      : finding("DB402", "busy", {}, who),
    finding("DB403", "down", { said }, who),
  ];
}

export function workerFindings(view: WorkerView): readonly Finding[] {
  const { accounts, plugins } = view;
  const several = accounts.length > 1;
  return [
    workerFinding(view),
    ...accounts.map((config) =>
      finding(...otherWorker(view, config), whose(several ? config.id : undefined)),
    ),
    plugins.length === 0
      ? finding("DB603", "unknowable")
      : finding("DB603", "plugin", { names: plugins.join(", ") }),
    portFinding(view),
  ];
}

function workerFinding({ accounts, locks, look, origin: url }: WorkerView): Finding {
  const isHeld = locks.data.kind === "held";
  const pid = locks.data.kind === "held" ? pidOf(locks.data.pid) : "";
  if (look.kind === "worker") {
    const { version, readiness } = look.status;
    const has = accounts.some((config) => streamOf(look, config) !== undefined);
    if (!has) return finding("DB601", "other", { url });
    if (readiness.ready) return finding("DB601", "ready", { version, url });
    const said = readiness.failing.map(({ part, reason }) => `${part}: ${reason}`).join("; ");
    return finding("DB601", "unready", { url, said });
  }
  if (!isHeld) return finding("DB601", "none");
  return finding("DB601", "mute", { pid, url, said: silenceOf(look) });
}

function silenceOf(look: Exclude<WorkerLook, { kind: "worker" }>): string {
  if (look.kind === "unknown") return "http.port is 0";
  return look.kind === "nobody" ? "connection refused" : look.said;
}

function otherWorker(
  { locks, look }: WorkerView,
  config: AccountConfig,
): ["DB602", "none" | "running" | "unknown", Readonly<Record<string, string>>] {
  const robot = locks.robots[config.id] ?? { kind: "unknown", said: "no lock" };
  if (robot.kind === "unknown") return ["DB602", "unknown", { said: robot.said }];
  const isOurs = locks.data.kind === "held" || streamOf(look, config) !== undefined;
  return robot.kind === "held" && !isOurs
    ? ["DB602", "running", { pid: pidOf(robot.pid) }]
    : ["DB602", "none", {}];
}

function portFinding({ locks, look, origin: url }: WorkerView): Finding {
  switch (look.kind) {
    case "unknown":
      return finding("DB604", "any");
    case "nobody":
      return finding("DB604", "free", { url });
    case "worker":
      return finding("DB604", "own", { url });
    case "closed":
      return finding("DB604", "mute", { url, said: look.said });
    case "stranger":
      return locks.data.kind === "held"
        ? finding("DB604", "mute", { url, said: look.said })
        : finding("DB604", "taken", { url, said: look.said });
  }
}

const pidOf = (pid: number | undefined) => (pid === undefined ? "" : ` (pid ${pid})`);
