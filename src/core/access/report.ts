import { createAgents } from "./agent.ts";
import { createGroups } from "./groups.ts";
import type { Asker, Role } from "./model.ts";
import { rightsOf } from "./rights.ts";
import { createRoles } from "./roles.ts";
import type { Roster } from "./roster.ts";
import type { AccountConfig } from "../config/schema.ts";
import type { Chat } from "../inbound/session.ts";
import { warningsOn } from "./mistakes.ts";
import { listOf, namedIn, namesIn } from "./names.ts";

/** Who can talk to one robot, and what of that its owner may not have meant. */
export interface AccessReport {
  readonly account: string;
  /** One line each, in plain words. */
  readonly says: readonly string[];
  readonly warnings: readonly string[];
}

/** The file alone: approvals are in the worker's database. */
const NOBODY_APPROVED: Roster = {
  refresh: async () => false,
  grantOf: () => undefined,
  grants: [],
  choiceOf: () => undefined,
};

/** Neither is in any file: a person nobody has named, and a group. */
const STRANGER: Asker = { userId: "a stranger", ids: ["a stranger"], nick: undefined };
const ANY_GROUP = "any other group";

/** Asks the very rules by which the worker decides. */
export function accessOf(config: AccountConfig): AccessReport {
  const groups = createGroups(config);
  const { unowned } = createRoles({ config, roster: NOBODY_APPROVED, groups });
  /** As the worker: who has said who may write wants nobody else to have the agent. */
  const isOpen = unowned && config.dmPolicy === "open";
  const agents = createAgents({
    config,
    roster: NOBODY_APPROVED,
    groups,
    rights: rightsOf(config),
  });
  const chatWith = (conversationId: string | undefined): Chat => ({
    account: config.id,
    kind: conversationId === undefined ? "direct" : "group",
    conversationId: conversationId ?? "",
    userId: conversationId === undefined ? STRANGER.userId : undefined,
  });
  const agentFor = (role: Role, group?: string) =>
    agents.agentOf(chatWith(group), STRANGER, role, role === "guest" && !isOpen);

  const isServed = (group: string) => groups.of(group).closed === undefined;
  const listed = namesIn(Object.keys(config.groups));
  const bound = new Map(Object.entries(config.agents.group));
  const known = [...new Set([...listed, ...bound.keys()])];

  /** What is different in one group. */
  const inGroup = (group: string): string[] => {
    const own = config.groups[group]?.allowFrom;
    const named = config.groups[group]?.agentId ?? bound.get(group);
    const said = [
      ...(own === undefined ? [] : [peopleIn(own)]),
      ...(named === undefined ? [] : [`agent ${named} answers whoever asks`]),
    ];
    return said.length === 0 || !isServed(group) ? [] : [`in ${group}: ${said.join(", ")}`];
  };

  const whom = config.groups["*"]?.allowFrom ?? config.groupAllowFrom;
  const isAnyServed = isServed(ANY_GROUP) || listed.some(isServed);
  return {
    account: config.id,
    says: [
      directChats(config),
      groupChats(config, { isServed, listed }),
      ...(isAnyServed ? [`in groups: ${whom === undefined ? "anyone" : peopleIn(whom)}`] : []),
      ...known.flatMap(inGroup),
      owners(config, unowned, agentFor("owner")),
      members(config, agentFor("member")),
      guests(isOpen, agentFor("guest"), agentFor("guest", ANY_GROUP)),
      ...named(config),
    ],
    warnings: warningsOn(config, { unowned, others: isServed(ANY_GROUP) }),
  };
}

const peopleIn = (ids: readonly string[]): string => {
  if (ids.includes("*")) return "anyone";
  return ids.length === 0 ? "nobody (the list is empty)" : `only ${listOf(namesIn(ids))}`;
};

function directChats(config: AccountConfig): string {
  const { dmPolicy, allowFrom } = config;
  const why = `(dmPolicy ${JSON.stringify(dmPolicy)})`;
  if (dmPolicy === "open") return `direct chats: anyone who can see the robot ${why}`;
  if (dmPolicy === "disabled") return `direct chats: nobody ${why}`;
  if (allowFrom?.includes("*") === true) return 'direct chats: anyone (allowFrom holds "*")';
  const approved = "whoever has been approved";
  const names = namedIn(config);
  const listed =
    names.length === 0 ? `nobody but ${approved}` : `only ${listOf([...names, approved])}`;
  const code =
    dmPolicy === "pairing"
      ? "; anyone else gets a code, to be approved by an owner or on the command line"
      : "";
  return `direct chats: ${listed} ${why}${code}`;
}

interface Served {
  readonly isServed: (group: string) => boolean;
  readonly listed: readonly string[];
}

function groupChats({ groupPolicy }: AccountConfig, { isServed, listed }: Served): string {
  const why = `(groupPolicy ${JSON.stringify(groupPolicy)})`;
  const served = listed.filter(isServed);
  const closed = listed.filter((group) => !isServed(group));
  if (isServed(ANY_GROUP)) {
    const except = closed.length === 0 ? "" : `, but not ${listOf(closed)}`;
    return `groups: all the robot is in${except} ${why}`;
  }
  return served.length === 0 ? `groups: none ${why}` : `groups: only ${listOf(served)} ${why}`;
}

function owners({ owners: own, users, dmPolicy }: AccountConfig, unowned: boolean, agent = "?") {
  if (unowned) {
    if (dmPolicy === "open") {
      return `owners: nobody in this file is an owner: unless somebody has been approved as one, whoever writes directly is treated as the owner of the machine behind agent ${agent}`;
    }
    const first =
      dmPolicy === "pairing" ? "; the first who is approved on the command line becomes one" : "";
    return `owners: nobody in this file${first}`;
  }
  const said = Object.entries(users);
  const made = said.flatMap(([id, { role }]) => (role === "owner" ? [id] : []));
  const names = namesIn([...own, ...made]).filter((id) => (users[id]?.role ?? "owner") === "owner");
  return names.length === 0
    ? 'owners: nobody, as "*" is nobody\'s id; the robot counts as owned all the same'
    : `owners: ${listOf(names)}, with agent ${agent}`;
}

function members(config: AccountConfig, agent = "?"): string {
  const { users } = config;
  const made = Object.entries(users).flatMap(([id, { role }]) => (role === "member" ? [id] : []));
  const lists = [config.members, config.allowFrom ?? [], config.groupAllowFrom ?? [], made];
  const isMember = (id: string) => {
    const said = users[id]?.role;
    return said === undefined ? !config.owners.includes(id) : said === "member";
  };
  const names = namesIn(lists.flat()).filter(isMember);
  return names.length === 0
    ? "members: nobody in this file"
    : `members: ${listOf(names)}, with agent ${agent}`;
}

function guests(isOpen: boolean, direct: string | undefined, group: string | undefined): string {
  const why = "roles.guest.agentId is not set";
  if (isOpen) {
    const agents = [...new Set([direct, group])].filter((agent) => agent !== undefined);
    return `guests: while nobody is an owner they talk to agent ${agents.join(" or ")} too`;
  }
  if (direct === undefined && group === undefined) return `guests are refused: ${why}`;
  if (direct === group) return `guests talk to agent ${direct}`;
  return direct === undefined
    ? `guests talk to agent ${group} in groups, and are refused in direct chats: ${why}`
    : `guests talk to agent ${direct} in direct chats, and to agent ${group ?? "none"} in groups`;
}

/** People with an agent of their own. */
function named({ users, agents }: AccountConfig): string[] {
  const bound = new Map(Object.entries(agents.direct));
  return namesIn([...Object.keys(users), ...bound.keys()]).flatMap((id) => {
    const agent = users[id]?.agentId ?? bound.get(id);
    return agent === undefined ? [] : [`${id} talks to agent ${agent} in direct chats`];
  });
}
