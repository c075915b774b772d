import { note, originOf, trace, type Work } from "./aliases-apply.ts";
import { get, isTree, remove } from "./aliases-tree.ts";
import type { Tree } from "./model.ts";

/** Alibaba's plugin has no policies: its `allowFrom` speaks of all chats. */
const WITHOUT_POLICIES = "clawdbot-dingtalk";

/** Lists of people that hold in direct chats and groups alike where they come from. */
const FOR_ALL_CHATS: ReadonlySet<string> = new Set([
  "allow_from",
  "allowed_users",
  "allowedSenders",
]);

/** Of adongguo's plugin alone, which shares its channel with two others. */
const STRICT_SIGNS = [
  "aiCardMode",
  "capabilities",
  "configWrites",
  "cooldownMs",
  "gatewayPort",
  "renderMode",
  "sessionTimeout",
  "templates",
  "webhookPath",
  "webhookPort",
];

/** What the file says before anything is renamed and cannot be told afterwards. */
export interface Stance {
  /** The list of people applies where its bridge's other keys say so. */
  readonly openGroups: boolean;
  readonly ownerOnly: boolean;
}

export function stanceOf(work: Work): Stance {
  const { tree } = work;
  const access = get(tree, "senderAccess");
  const ownerOnly = access === "owner";
  if (ownerOnly && get(tree, "allowedSenders") !== undefined) {
    remove(tree, "allowedSenders");
    note(work, "allowedSenders", "ignored", 'senderAccess "owner" lets nobody else in');
  }
  return { openGroups: get(tree, "group_policy") === "open" || access === "all", ownerOnly };
}

/** A plugin that lets nobody in by default is not opened by a change of bridges. */
export function applyStrictDefaults(work: Work, block: Tree): void {
  const accounts = isTree(block["accounts"]) ? Object.entries(block["accounts"]) : [];
  const levels = [
    ["", block] as const,
    ...accounts.map(([id, account]) => [`accounts.${id}.`, account] as const),
  ];
  const holding = (name: string) =>
    levels.find(([, level]) => isTree(level) && get(level, name) !== undefined);
  const found = holding("appKey");
  if (found === undefined || !STRICT_SIGNS.some((name) => holding(name) !== undefined)) return;
  const name = `${found[0]}appKey`;
  for (const [key, value] of [
    ["dmPolicy", "pairing"],
    ["groupPolicy", "allowlist"],
  ] as const) {
    if (get(work.tree, key) !== undefined) continue;
    work.tree[key] = value;
    trace(work, key, name);
    note(
      work,
      name,
      "understood",
      `${key} is taken as "${value}", as in the plugin this is written for; write ${key}: "open" to let everyone in`,
    );
  }
}

/** Lists of people that were to hold everywhere are made to. */
export function applyLists(
  work: Work,
  stance: Stance,
  inherited: Tree,
  channel: string | undefined,
): void {
  const { tree } = work;
  const access =
    originOf(work, "dmPolicy") === "senderAccess" && get(tree, "dmPolicy") === "allowlist";
  const without = channel === WITHOUT_POLICIES;
  const source = originOf(work, "allowFrom") ?? "allowFrom";
  const forAll = FOR_ALL_CHATS.has(source) || (without && get(tree, "dmPolicy") === undefined);
  if (!access && !forAll) return;
  const name = access ? "senderAccess" : source;
  if (stance.ownerOnly && access && get(tree, "allowFrom") === undefined) {
    tree["allowFrom"] = [];
    trace(work, "allowFrom", name);
  }
  const listed = get(tree, "allowFrom");
  const owners = get(tree, "owners") ?? get(inherited, "owners");
  if ((listed !== undefined && !Array.isArray(listed)) || (!access && listed === undefined)) return;
  if (listed?.includes("*")) return;
  const entries: unknown[] = [...(Array.isArray(owners) ? owners : []), ...(listed ?? [])];
  const people = entries.filter((id) => !isConversation(id));

  const above = get(inherited, "dmPolicy");
  if (get(tree, "dmPolicy") === undefined && (above === undefined || without)) {
    const policy = above === "disabled" ? above : "allowlist";
    tree["dmPolicy"] = policy;
    trace(work, "dmPolicy", name);
    note(
      work,
      name,
      "understood",
      `dmPolicy is taken as "${policy}"; write dmPolicy: "open" to let everyone write to the robot`,
    );
  }
  // A list of nothing but conversations says nothing about the people in them.
  const silent = people.length === 0 && entries.length > 0;
  if (get(tree, "groupAllowFrom") === undefined && !stance.openGroups && !silent) {
    tree["groupAllowFrom"] = people;
    trace(work, "groupAllowFrom", name);
    note(
      work,
      name,
      "understood",
      'it is taken as groupAllowFrom too; write groupAllowFrom: ["*"] to let everyone in groups in',
    );
  }
}

/** `dms.enabled: false` closes direct chats, whatever policy stands beside it. */
export function applyDms(work: Work): void {
  const { tree } = work;
  const enabled = get(tree, "dms.enabled");
  if (typeof enabled !== "boolean") return;
  remove(tree, "dms.enabled");
  if (enabled) {
    note(work, "dms.enabled", "ignored", "direct chats are open unless dmPolicy says otherwise");
    return;
  }
  tree["dmPolicy"] = "disabled";
  trace(work, "dmPolicy", "dms.enabled");
  note(
    work,
    "dms.enabled",
    "understood",
    'taken as dmPolicy: "disabled"; remove it if dmPolicy is to decide',
  );
}

/** Lists of nobody let everybody in elsewhere. */
export function noteEmptyLists(work: Work): void {
  const empty = (path: string) => {
    const list = get(work.tree, path);
    return Array.isArray(list) && list.length === 0 && originOf(work, path) !== "senderAccess";
  };
  const say = (path: string, text: string) => {
    note(work, originOf(work, path) ?? path, "understood", text);
  };
  if (empty("allowFrom")) {
    say(
      "allowFrom",
      'an empty list names nobody: where dmPolicy is "allowlist", nobody may write to the robot; write ["*"] for everyone',
    );
  }
  if (empty("groupAllowFrom")) {
    say(
      "groupAllowFrom",
      'an empty list lets nobody in groups talk to the robot; write ["*"] for everyone',
    );
  }
}

export const PREFIX = /^(?:dingtalk|dd|ding|group):/i;

/** Ids of conversations begin so, those of people do not. */
export const isConversation = (id: unknown): id is string =>
  typeof id === "string" && id.trim().replace(PREFIX, "").startsWith("cid");
