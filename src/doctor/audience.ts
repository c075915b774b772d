import { createAccess } from "../core/access/access.ts";
import { createGroups } from "../core/access/groups.ts";
import type { Asker, Grant, Role } from "../core/access/model.ts";
import { createRoles } from "../core/access/roles.ts";
import type { Roster } from "../core/access/roster.ts";
import type { AccountConfig } from "../core/config/schema.ts";
import type { Chat } from "../core/inbound/session.ts";

/** Who gets to talk to which agents of one robot. */
export interface Audience {
  /** By agent: the roles of those who get to it. */
  readonly agents: ReadonlyMap<string, ReadonlySet<Role>>;
  /** Neither the file nor an approval speaks of an owner. */
  readonly unowned: boolean;
}

/** Nobody's id. */
const ANYONE = "a stranger";
const OTHER_GROUP = "any other group";

/**
 * Asks the very rules by which the worker decides, for everybody the file or an approval names, for somebody
 * nobody has named, and for whoever may still be approved, in every kind of chat.
 */
export function audienceOf(config: AccountConfig, grants: readonly Grant[]): Audience {
  const roster = rosterOf(grants);
  const access = createAccess({ config, roster });
  const { unowned } = createRoles({ config, roster, groups: createGroups(config) });
  const agents = new Map<string, Set<Role>>();
  const add = (agent: string, role: Role) =>
    agents.set(agent, (agents.get(agent) ?? new Set<Role>()).add(role));

  for (const userId of peopleOf(config, grants)) {
    const asker: Asker = { userId, ids: [userId], nick: undefined };
    for (const conversationId of [undefined, OTHER_GROUP, ...groupsOf(config)]) {
      const decision = access.decide(chatOf(config, userId, conversationId), asker);
      if (decision.allowed) add(decision.agentId, decision.role);
    }
  }
  // Whoever is approved later becomes a member, unless somebody says otherwise.
  if (config.dmPolicy === "pairing") {
    const grant: Grant = {
      account: config.id,
      userId: ANYONE,
      role: "member",
      nick: undefined,
      by: "",
      at: 0,
    };
    const later = createAccess({ config, roster: rosterOf([...grants, grant]) });
    const asker: Asker = { userId: ANYONE, ids: [ANYONE], nick: undefined };
    const decision = later.decide(chatOf(config, ANYONE, undefined), asker);
    if (decision.allowed) add(decision.agentId, decision.role);
  }
  return { agents, unowned };
}

/** All it may be asked to send something to, whoever asks. */
export function agentsOf(config: AccountConfig): readonly string[] {
  const { agents, users, groups, roles } = config;
  const named = [
    config.agentId ?? agents.account ?? agents.channel ?? agents.default ?? "main",
    ...Object.values(roles).map(({ agentId }) => agentId),
    ...[...Object.values(users), ...Object.values(groups)].map(({ agentId }) => agentId),
    ...Object.values(agents.direct),
    ...Object.values(agents.group),
  ];
  return [...new Set(named.filter((agent) => agent !== undefined))];
}

function peopleOf(config: AccountConfig, grants: readonly Grant[]): readonly string[] {
  const { owners, members, allowFrom = [], groupAllowFrom = [], users, agents, groups } = config;
  const listed = Object.values(groups).flatMap(({ allowFrom: list = [] }) => list);
  const ids = [
    ANYONE,
    ...owners,
    ...members,
    ...allowFrom,
    ...groupAllowFrom,
    ...listed,
    ...Object.keys(users),
    ...Object.keys(agents.direct),
    ...grants.map(({ userId }) => userId),
  ];
  return [...new Set(ids)].filter((id) => id !== "*" && id !== "");
}

const groupsOf = ({ groups, agents }: AccountConfig): readonly string[] =>
  [...new Set([...Object.keys(groups), ...Object.keys(agents.group)])].filter((id) => id !== "*");

const chatOf = (config: AccountConfig, userId: string, group: string | undefined): Chat => ({
  account: config.id,
  kind: group === undefined ? "direct" : "group",
  conversationId: group ?? "",
  userId: group === undefined ? userId : undefined,
});

function rosterOf(grants: readonly Grant[]): Roster {
  const byUser = new Map(grants.map((grant) => [grant.userId, grant]));
  return {
    refresh: async () => false,
    grantOf: (userId) => byUser.get(userId),
    grants,
    choiceOf: () => undefined,
  };
}
