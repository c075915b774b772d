import type { AccountConfig } from "../config/schema.ts";
import type { Asker, ChatSettings, Denial } from "./model.ts";
import { byId, peopleOf, type People } from "./people.ts";

type GroupBlock = AccountConfig["groups"][string];

/** What the configuration says about one group. */
export interface Group {
  /** Nobody is served there. */
  readonly closed: Denial | undefined;
  /** Those who are; undefined: all. */
  readonly senders: People | undefined;
  /** Named in the list of this group, its own or that of "*": `groupAllowFrom` is not among them. */
  readonly named: People | undefined;
  /** `groups.<cid>.agentId`. */
  readonly agentId: string | undefined;
  readonly settings: ChatSettings;
}

export interface Groups {
  /** By conversation id, exactly as it is written; every group without a block of its own is alike. */
  of(conversationId: string): Group;
  /** `groups."*".agentId`. */
  readonly agentId: string | undefined;
  /** Of direct chats. */
  readonly direct: ChatSettings;
}

/** Why somebody is not served in a group. Being an owner opens no group. */
export function denialIn({ closed, senders }: Group, asker: Asker): Denial | undefined {
  if (closed !== undefined) return closed;
  if (senders === undefined || senders.everyone || senders.names(asker)) return undefined;
  return "sender-not-listed";
}

/** Everything is worked out once: a group is asked about with every message. */
export function createGroups(config: AccountConfig): Groups {
  const rest = config.groups["*"];
  const blocks = byId(Object.entries(config.groups));
  const groups = new Map(
    blocks.entries().map(([id, block]) => [id, groupOf(config, block, rest)] as const),
  );
  const other = groupOf(config, undefined, rest);
  return {
    of: (conversationId) => groups.get(conversationId) ?? other,
    agentId: rest?.agentId,
    direct: settingsOf(config, "direct"),
  };
}

function groupOf(
  config: AccountConfig,
  own: GroupBlock | undefined,
  rest: GroupBlock | undefined,
): Group {
  const named = own?.allowFrom ?? rest?.allowFrom;
  const senders = named ?? config.groupAllowFrom;
  return {
    closed: closedBy(config, own, rest),
    senders: senders && peopleOf(senders),
    named: named && peopleOf(named),
    agentId: own?.agentId,
    settings: settingsOf(config, "group", own, rest),
  };
}

function closedBy(
  { groupPolicy }: AccountConfig,
  own: GroupBlock | undefined,
  rest: GroupBlock | undefined,
): Denial | undefined {
  if (groupPolicy === "disabled") return "groups-disabled";
  if ((own?.enabled ?? rest?.enabled) === false) return "group-not-listed";
  const listed = own !== undefined || rest !== undefined;
  return groupPolicy === "allowlist" && !listed ? "group-not-listed" : undefined;
}

function settingsOf(
  config: AccountConfig,
  kind: "direct" | "group",
  own?: GroupBlock,
  rest?: GroupBlock,
): ChatSettings {
  const { reply } = config;
  const prompts = [config.systemPrompt, own?.systemPrompt ?? rest?.systemPrompt];
  const systemPrompt = prompts.filter((prompt) => prompt !== undefined).join("\n\n");
  return {
    requireMention: own?.requireMention ?? rest?.requireMention ?? config.requireMention,
    sessionScope: own?.sessionScope ?? rest?.sessionScope ?? config.sessionScope,
    systemPrompt: systemPrompt === "" ? undefined : systemPrompt,
    reply: {
      mode: own?.reply?.mode ?? rest?.reply?.mode ?? reply[kind].mode ?? reply.mode,
      tables: own?.reply?.tables ?? rest?.reply?.tables ?? reply.tables,
      chunkChars: own?.reply?.chunkChars ?? rest?.reply?.chunkChars ?? reply.chunkChars,
      atSender: own?.reply?.atSender ?? rest?.reply?.atSender ?? reply.atSender,
    },
  };
}
