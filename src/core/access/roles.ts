import type { AccountConfig } from "../config/schema.ts";
import type { Chat } from "../inbound/session.ts";
import type { Groups } from "./groups.ts";
import { ROLES, type Asker, type Grant, type Role } from "./model.ts";
import { byId, peopleOf, valueFor } from "./people.ts";
import type { Roster } from "./roster.ts";

/** Where somebody has written. Without a conversation, no group's own list is looked at. */
export type Where = Pick<Chat, "kind"> & Partial<Pick<Chat, "conversationId">>;

export interface RolesOptions {
  readonly config: AccountConfig;
  readonly roster: Roster;
  readonly groups: Groups;
}

/**
 * What people are, the first that applies:
 *
 * 1. `users.<id>.role`: the admin's word about one person, so that an owner can be made less again
 * 2. `owners`
 * 3. a stored grant, by user id
 * 4. `members`, and ids in `allowFrom`, in `groupAllowFrom`, or in the list of the group at hand
 * 5. an owner, in a direct chat while the robot is unowned and `dmPolicy` is "open"
 * 6. a guest
 *
 * People without an id are guests. "*" names nobody, in no list: `members: ["*"]` makes nobody a member.
 * `owners: ["*"]` makes nobody an owner either, and besides the robot counts as owned, for otherwise
 * everyone who writes directly would be an owner after all.
 */
export interface Roles {
  roleOf(where: Where, asker: Asker): Role;
  /** Let in wherever `dmPolicy` asks for a name, "*" in `allowFrom` aside; also as a guest. */
  isNamed(asker: Asker): boolean;
  /** Neither the configuration nor a grant speaks of an owner. */
  readonly unowned: boolean;
}

export function createRoles({ config, roster, groups }: RolesOptions): Roles {
  const owners = peopleOf(config.owners);
  const members = peopleOf(config.members);
  const allowed = peopleOf(config.allowFrom ?? []);
  const allowedInGroups = peopleOf(config.groupAllowFrom ?? []);
  const said = byId(
    Object.entries(config.users).flatMap(([id, { role }]) =>
      role === undefined ? [] : [[id, role] as const],
    ),
  );
  const ownedByConfig =
    config.owners.length > 0 || Object.values(config.users).some(({ role }) => role === "owner");

  let grants: readonly Grant[] | undefined;
  let ownedByGrant = false;
  const isUnowned = () => {
    if (ownedByConfig) return false;
    const latest = roster.grants;
    if (latest !== grants) {
      grants = latest;
      ownedByGrant = latest.some(({ role }) => role === "owner");
    }
    return !ownedByGrant;
  };

  const isMember = ({ kind, conversationId }: Where, asker: Asker) =>
    members.names(asker) ||
    allowed.names(asker) ||
    allowedInGroups.names(asker) ||
    (kind === "group" &&
      conversationId !== undefined &&
      groups.of(conversationId).named?.names(asker) === true);

  return {
    roleOf(where, asker) {
      if (asker.userId === "") return "guest";
      const word = leastFor(asker, said);
      if (word !== undefined) return word;
      if (owners.names(asker)) return "owner";
      const grant = roster.grantOf(asker.userId);
      if (grant !== undefined) return grant.role;
      if (isMember(where, asker)) return "member";
      const takenForOwner = where.kind === "direct" && config.dmPolicy === "open" && isUnowned();
      return takenForOwner ? "owner" : "guest";
    },
    isNamed: (asker) =>
      allowed.names(asker) ||
      owners.names(asker) ||
      members.names(asker) ||
      valueFor(asker, said) !== undefined ||
      roster.grantOf(asker.userId) !== undefined,
    get unowned() {
      return isUnowned();
    },
  };
}

/** Where two ids of one person have a role each, the lesser: to make somebody less, one of them is enough. */
function leastFor(asker: Asker, said: ReadonlyMap<string, Role>): Role | undefined {
  let least = valueFor(asker, said);
  if (least === undefined) return undefined;
  for (const id of asker.ids) {
    const other = said.get(id);
    if (other !== undefined && ROLES.indexOf(other) > ROLES.indexOf(least)) least = other;
  }
  return least;
}
