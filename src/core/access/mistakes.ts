import type { AccountConfig } from "../config/schema.ts";
import { listOf, namedIn, namesIn } from "./names.ts";

export interface Circumstances {
  /** The file names no owner. */
  readonly unowned: boolean;
  /** Groups that the file does not list are served. */
  readonly others: boolean;
}

/** Policies that are understood and may still not be meant: one line each, with what to write instead. */
export function warningsOn(config: AccountConfig, { unowned, others }: Circumstances): string[] {
  return [
    ...noOwner(config, unowned),
    ...everyoneIsNobody(config),
    ...closedToAll(config),
    ...withoutEffect(config, others),
  ];
}

function noOwner({ dmPolicy }: AccountConfig, unowned: boolean): string[] {
  if (!unowned) return [];
  if (dmPolicy === "open") {
    return [
      'nobody is an owner while dmPolicy is "open": anyone who can see the robot can do what the owner of the machine can; set owners to your user id (send the robot /whoami), or dmPolicy to "pairing"',
    ];
  }
  return dmPolicy === "pairing"
    ? [
        "nobody is an owner yet: the first who is approved on the command line (dingbridge pair approve CODE) becomes the owner, so make sure that it is your code",
      ]
    : [];
}

/** "*" opens doors; it gives nobody a role. */
function everyoneIsNobody({ owners, members, users }: AccountConfig): string[] {
  return [
    ...(owners.includes("*")
      ? ['owners: "*" is nobody\'s id, so that it makes nobody an owner: list user ids']
      : []),
    ...(members.includes("*")
      ? [
          'members: "*" is nobody\'s id, so that it makes nobody a member: list user ids, or give everybody else an agent with roles.guest.agentId',
        ]
      : []),
    ...(Object.hasOwn(users, "*")
      ? ['users: "*" is nobody\'s id, so that what stands there holds for nobody: use roles.guest']
      : []),
  ];
}

function closedToAll(config: AccountConfig): string[] {
  const { dmPolicy, allowFrom, groupPolicy, groups, groupAllowFrom } = config;
  const everyone = allowFrom?.includes("*") === true;
  const served = groupPolicy !== "disabled";
  const empty = Object.entries(groups).flatMap(([id, { allowFrom: list }]) =>
    list?.length === 0 ? [id] : [],
  );
  return [
    ...(dmPolicy === "allowlist" && !everyone && namedIn(config).length === 0
      ? [
          'dmPolicy is "allowlist" and nobody is on a list: nobody is let in who has not been approved; add user ids to owners or allowFrom',
        ]
      : []),
    ...(groupPolicy === "allowlist" && Object.keys(groups).length === 0
      ? [
          'groupPolicy is "allowlist" and groups is empty: no group is served; add groups by their conversation ids',
        ]
      : []),
    ...(served && groupAllowFrom?.length === 0
      ? [
          'groupAllowFrom is an empty list: nobody is let in in groups; remove it, or write ["*"] for everyone',
        ]
      : []),
    ...(served && empty.length > 0
      ? [
          `groups: allowFrom is an empty list for ${listOf(empty)}: nobody is let in there; remove it, or write ["*"] for everyone`,
        ]
      : []),
    ...(dmPolicy === "disabled" && !served
      ? ['dmPolicy and groupPolicy are both "disabled": nobody can talk to this robot']
      : []),
  ];
}

function withoutEffect(config: AccountConfig, others: boolean): string[] {
  const { dmPolicy, allowFrom, groupPolicy, groups } = config;
  const listed = namesIn(Object.keys(groups)).filter((id) => groups[id]?.enabled !== false);
  const people = namesIn(allowFrom ?? []);
  return [
    ...(groupPolicy === "open" && others && listed.length > 0
      ? [
          `groups lists ${listOf(listed)}, but that restricts nothing while groupPolicy is "open": all others are served too; set groupPolicy to "allowlist" to serve these only`,
        ]
      : []),
    ...(dmPolicy === "open" && people.length > 0
      ? [
          'allowFrom restricts nothing while dmPolicy is "open": it makes the people on it members; set dmPolicy to "allowlist" to let only them in',
        ]
      : []),
  ];
}
