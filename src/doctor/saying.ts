/** `fail`: it will not work · `warn`: it works, and may not be meant so · `skipped`: not looked at, or not to be known. */
export type Status = "pass" | "warn" | "fail" | "skipped";

export type Group =
  | "configuration"
  | "machine"
  | "network"
  | "dingtalk"
  | "gateway"
  | "worker"
  | "access";

/** In both languages. `{name}` stands for what a finding knows. */
export interface Said {
  readonly en: string;
  readonly zh: string;
}

/** One thing a check may find. */
export interface Case {
  readonly status: Status;
  readonly cause: Said;
  /** Empty where there is nothing to be done. */
  readonly cure: Said;
}

/** What a code stands for. A code never changes its meaning: people look it up and scripts wait for it. */
export interface Entry {
  readonly group: Group;
  readonly title: Said;
  readonly cases: Readonly<Record<string, Case>>;
}

type Pair = readonly [en: string, zh: string];

const said = ([en, zh]: Pair): Said => ({ en, zh });
const NOTHING: Pair = ["", ""];

const as =
  (status: Status) =>
  (cause: Pair, cure: Pair = NOTHING): Case => ({ status, cause: said(cause), cure: said(cure) });

export const pass = as("pass");
export const warn = as("warn");
export const fail = as("fail");
export const skipped = as("skipped");

/** The same for all: what a check needs is not there, and another one says why. */
export const OFFLINE = skipped(["not looked at: --offline", "未检查：--offline"]);
export const UNCONFIGURED = skipped([
  "not looked at: there is no valid configuration yet",
  "未检查：还没有有效的配置",
]);
export const NO_NETWORK = skipped([
  "not looked at: no connection can be made (see DB301)",
  "未检查：无法建立网络连接（见 DB301）",
]);

export const entry = <const Cases extends Readonly<Record<string, Case>>>(
  group: Group,
  title: Pair,
  cases: Cases,
) => ({ group, title: said(title), cases });

/** Where apps are, with what belongs to them. */
export const CONSOLE = "https://open-dev.dingtalk.com/fe/app";
