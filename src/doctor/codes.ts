import { DINGTALK_CODES } from "./codes-dingtalk.ts";
import { GATEWAY_CODES } from "./codes-gateway.ts";
import { MACHINE_CODES } from "./codes-machine.ts";
import { WORKER_CODES } from "./codes-worker.ts";
import type { Case, Entry, Group, Said } from "./saying.ts";

/** Every code, in the order in which people read them: what comes first often explains what follows. */
export const CODES = {
  ...MACHINE_CODES,
  ...DINGTALK_CODES,
  ...GATEWAY_CODES,
  ...WORKER_CODES,
} as const satisfies Readonly<Record<string, Entry>>;

export type Code = keyof typeof CODES;
export type CaseOf<C extends Code> = keyof (typeof CODES)[C]["cases"] & string;

export const ALL_CODES = Object.keys(CODES) as readonly Code[];

export const GROUPS: Readonly<Record<Group, Said>> = {
  configuration: { en: "Configuration", zh: "配置" },
  machine: { en: "Machine", zh: "本机" },
  network: { en: "Network", zh: "网络" },
  dingtalk: { en: "DingTalk", zh: "钉钉" },
  gateway: { en: "Gateway", zh: "网关" },
  worker: { en: "Worker", zh: "worker" },
  access: { en: "Access", zh: "访问控制" },
};

/** What stands in place of `{name}`. Never a secret. */
export type Facts = Readonly<Record<string, string | number>>;

/** What a check has found, in no language yet. */
export interface Finding {
  readonly code: Code;
  /** Which of the code's cases. */
  readonly is: string;
  readonly facts: Facts;
  /** Where there are several. */
  readonly account?: string;
  /** How long it took, where that says something. */
  readonly ms?: number;
}

export function finding<C extends Code>(
  code: C,
  is: CaseOf<C>,
  facts: Facts = {},
  more: Pick<Finding, "account" | "ms"> = {},
): Finding {
  return { code, is, facts, ...more };
}

export function caseOf({ code, is }: Pick<Finding, "code" | "is">): Case {
  const cases: Readonly<Record<string, Case>> = CODES[code].cases;
  const found = cases[is];
  if (found === undefined) throw new Error(`${code} has no case ${is}`);
  return found;
}
