import { accessOf } from "../core/access/report.ts";
import type { Grant, Role } from "../core/access/model.ts";
import { get, isTree } from "../core/config/aliases-tree.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import { audienceOf } from "./audience.ts";
import { finding, type Finding } from "./codes.ts";
import { whose } from "./shared.ts";

export interface AccessFacts {
  readonly config: AccountConfig;
  /** Its name, where there are several. */
  readonly account: string | undefined;
  /** What approvals have given. */
  readonly grants: readonly Grant[];
  /** OpenClaw's file, if it is that of the robot's gateway. */
  readonly openclaw: unknown;
}

export function accessFindings({ config, account, grants, openclaw }: AccessFacts): Finding[] {
  const who = whose(account);
  const { agents, unowned } = audienceOf(config, grants);
  const isOpen = unowned && config.dmPolicy === "open";
  const doubts = accessOf(config).warnings.filter(
    // Has words of its own here, or is no longer so since somebody has been approved.
    (said) =>
      !said.startsWith("nobody is an owner while") &&
      (unowned || !said.startsWith("nobody is an owner")),
  );
  return [
    finding("DB701", isOpen ? "open" : "owned", {}, who),
    ...(doubts.length === 0
      ? [finding("DB702", "clear", {}, who)]
      : doubts.map((said) => finding("DB702", "doubt", { said }, who))),
    ...powers(agents, openclaw).map(({ is, facts }) => finding("DB703", is, facts, who)),
  ];
}

type Power = "restricted" | "powerful" | "listed" | "unknown";

function powers(agents: ReadonlyMap<string, ReadonlySet<Role>>, openclaw: unknown) {
  const others = [...agents].flatMap(([agent, roles]) => {
    const names = [...roles].filter((role) => role !== "owner").toSorted();
    return names.length === 0 ? [] : [{ agent, roles: names.join(", ") }];
  });
  if (others.length === 0) return [{ is: "nobody" as const, facts: {} }];
  const judged = others.map((each) => ({ ...each, is: powerOf(each.agent, openclaw) }));
  const doubtful = judged.filter(({ is }) => is !== "restricted");
  return doubtful.length === 0
    ? [
        {
          is: "restricted" as const,
          facts: { agents: others.map(({ agent }) => agent).join(", ") },
        },
      ]
    : doubtful.map(({ is, agent, roles }) => ({ is, facts: { agent, roles } }));
}

/** Profiles without exec, read and write. */
const RESTRICTED = new Set<unknown>(["minimal"]);

export function powerOf(agent: string, openclaw: unknown): Power {
  if (!isTree(openclaw)) return "unknown";
  const id = agent.toLowerCase();
  const entries = get(openclaw, "agents.entries");
  const list = get(openclaw, "agents.list");
  const own = [
    ...Object.entries(isTree(entries) ? entries : {}),
    ...(Array.isArray(list) ? list : []).map(
      (each: unknown) => [isTree(each) ? String(each["id"]) : "", each] as const,
    ),
  ].find(([name]) => name.toLowerCase() === id)?.[1];
  const tools = [own, openclaw].map((level) => (isTree(level) ? level["tools"] : undefined));
  const profile = tools.map((level) => (isTree(level) ? level["profile"] : undefined));
  const sets = (name: string) => tools.some((level) => isTree(level) && level[name] !== undefined);
  if (RESTRICTED.has(profile[0] ?? profile[1])) return sets("alsoAllow") ? "listed" : "restricted";
  return sets("allow") || sets("deny") ? "listed" : "powerful";
}
