import { isConversation, PREFIX } from "./aliases-access.ts";
import { apply, note, originOf, trace, type Work } from "./aliases-apply.ts";
import { GROUP } from "./aliases-table.ts";
import { get, isTree, remove } from "./aliases-tree.ts";
import type { Tree } from "./model.ts";

/** Lists of nothing but conversations, in other bridges. */
const OF_GROUPS = ["groupAllowlist", "allowed_chats"];

/** The keys inside each group. */
export function applyGroups(work: Work): void {
  const { groups } = work.tree;
  if (!isTree(groups)) return;
  for (const [id, tree] of Object.entries(groups)) {
    if (!isTree(tree)) continue;
    const group = { ...work, tree, prefix: `${work.prefix}groups.${id}.` };
    apply(group, GROUP);
    const people = get(tree, "allowFrom");
    if (!Array.isArray(people) || people.length > 0) continue;
    note(
      group,
      originOf(group, "allowFrom") ?? "allowFrom",
      "understood",
      'an empty list lets nobody there talk to the robot; write ["*"] for everyone',
    );
  }
}

/**
 * Conversation ids go where groups are: under `groups`, and nowhere else is answered. Of the lists they
 * stand in, soimy's and claudetalk's hold people, the official connector's, BytePioneer's and largezhou's
 * hold conversations: their ids tell them apart.
 * @param inherited the top level, for an account.
 */
export function splitLists(work: Work, inherited: Tree): void {
  for (const name of OF_GROUPS) takeGroups(work, inherited, name);
  for (const key of ["groupAllowFrom", "allowFrom"]) {
    const list = get(work.tree, key);
    if (!Array.isArray(list) || !list.some(isConversation) || !canHoldGroups(work.tree)) continue;
    const people: unknown[] = list.filter((id) => !isConversation(id));
    // Without its own an account has the top level's list: for direct chats that would let in more people.
    const closes = key === "allowFrom" && get(inherited, key) !== undefined;
    if (people.length > 0 || closes) work.tree[key] = people;
    else remove(work.tree, key);
    const name = originOf(work, key) ?? key;
    restrict(
      work,
      list.filter(isConversation).map(conversationOf),
      inherited,
      name,
      key === "groupAllowFrom",
    );
  }
}

function takeGroups(work: Work, inherited: Tree, name: string): void {
  const list = get(work.tree, name);
  if (list === undefined || !canHoldGroups(work.tree)) return;
  remove(work.tree, name);
  const ids = typeof list === "string" ? list.split(",") : list;
  if (!Array.isArray(ids)) {
    // For the schema to refuse: what was to close groups must not just go.
    work.tree["groupAllowFrom"] = list;
    trace(work, "groupAllowFrom", name);
  } else if (ids.includes("*")) note(work, name, "ignored", "it names every group");
  else restrict(work, ids.map(conversationOf), inherited, name);
}

const canHoldGroups = ({ groups }: Tree) => groups === undefined || isTree(groups);

const conversationOf = (id: unknown) => String(id).trim().replace(PREFIX, "");

/** @param alone groups that are not on the list are closed, also where they have a block of their own. */
function restrict(
  work: Work,
  ids: readonly string[],
  inherited: Tree,
  name: string,
  alone = true,
): void {
  const { tree } = work;
  const groups = new Map(Object.entries(isTree(tree["groups"]) ? tree["groups"] : {}));
  const above = isTree(inherited["groups"]) ? inherited["groups"] : {};
  const listed = new Set(ids.filter((id) => id !== "" && id !== "*"));
  const decide = (id: string, enabled: boolean) => {
    const block = groups.get(id) ?? {};
    if (!isTree(block)) return;
    groups.set(id, { ...block, enabled });
    trace(work, `groups.${id}.enabled`, name);
  };

  for (const id of listed) {
    const block = groups.get(id);
    if (!isTree(block) || block["enabled"] === undefined) decide(id, true);
  }
  const others = new Set([...groups.keys(), ...Object.keys(above)]);
  const closed = [...others].filter((id) => {
    if (!alone || listed.has(id)) return false;
    const own = groups.get(id);
    const said = isTree(own) ? own["enabled"] : undefined;
    return said !== false && (id === "*" || said === undefined);
  });
  for (const id of closed) decide(id, false);
  if (groups.size > 0) tree["groups"] = Object.fromEntries(groups);

  const { groupPolicy = inherited["groupPolicy"] } = tree;
  const disabled = groupPolicy === "disabled";
  if (!disabled && groupPolicy !== "allowlist") {
    tree["groupPolicy"] = "allowlist";
    trace(work, "groupPolicy", name);
  }
  const policy = disabled
    ? 'groupPolicy stays "disabled"'
    : 'groupPolicy is "allowlist"; take them out and write groupPolicy: "open" to answer in every group';
  note(
    work,
    name,
    "understood",
    `its conversation ids are taken as groups.<id>.enabled, other ids as people; ${policy}`,
  );
  if (closed.length === 0) return;
  note(
    work,
    name,
    "understood",
    `groups it does not name are closed: ${closed.join(", ")}; write enabled: true under one, or put it on the list, to open it`,
  );
}
