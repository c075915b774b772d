import type { AccountConfig } from "../config/schema.ts";
import type { Chat } from "../inbound/session.ts";
import type { Groups } from "./groups.ts";
import type { Asker, Rights, Role } from "./model.ts";
import { byId, valueFor } from "./people.ts";
import type { Roster } from "./roster.ts";

export interface AgentsOptions {
  readonly config: AccountConfig;
  readonly roster: Roster;
  readonly groups: Groups;
  readonly rights: Readonly<Record<Role, Rights>>;
}

/**
 * Which agent answers, the first that is named:
 *
 * |   | named by                               | direct | group           | guests of an owned robot      |
 * |---|----------------------------------------|--------|-----------------|-------------------------------|
 * | 1 | the person, by /agent, if they may     | yes    | yes             | if 2–5 name it for them too   |
 * | 2 | `users.<id>.agentId`                   | yes    | –               | yes                           |
 * |   | `groups.<cid>.agentId`                 | –      | yes             | yes                           |
 * | 3 | OpenClaw's binding for this very peer  | yes    | yes             | yes                           |
 * | 4 | `users.<id>.agentId`                   | –      | scope "sender"  | yes                           |
 * | 5 | `roles.<role>.agentId`, or else        | yes    | yes             | yes                           |
 * |   | `groups."*".agentId`                   | –      | yes             | yes                           |
 * | 6 | `agentId`                              | yes    | yes             | no                            |
 * | 7 | OpenClaw's binding for the account     | yes    | yes             | no                            |
 * | 8 | OpenClaw's binding for the channel     | yes    | yes             | no                            |
 * | 9 | OpenClaw's default, or else "main"     | yes    | yes             | no                            |
 *
 * What names a person or a chat goes before what names a kind of people, and that before what names
 * nobody at all: so `roles.guest.agentId` cannot be got round by what is said for all groups, nor by a
 * choice. Whoever talks to an agent has its power over the owner's machine; so for guests of an owned
 * robot the rules end where nobody has had them in mind.
 */
export interface Agents {
  /** `closed`: a guest of an owned robot is asked about. Undefined: nobody has named an agent for guests. */
  agentOf(chat: Chat, asker: Asker, role: Role, closed: boolean): string | undefined;
}

export function createAgents({ config, roster, groups, rights }: AgentsOptions): Agents {
  const { agents, roles } = config;
  const users = byId(
    Object.entries(config.users).flatMap(([id, { agentId }]) =>
      agentId === undefined ? [] : [[id, agentId] as const],
    ),
  );
  const directBindings = byId(Object.entries(agents.direct));
  const groupBindings = byId(Object.entries(agents.group));
  const fallback = config.agentId ?? agents.account ?? agents.channel ?? agents.default ?? "main";

  /** Rows 2 to 5 of the table. */
  const namedFor = (chat: Chat, asker: Asker, role: Role): readonly (string | undefined)[] => {
    if (chat.kind === "direct") {
      return [valueFor(asker, users), valueFor(asker, directBindings), roles[role].agentId];
    }
    const group = groups.of(chat.conversationId);
    return [
      group.agentId,
      groupBindings.get(chat.conversationId),
      group.settings.sessionScope === "sender" ? valueFor(asker, users) : undefined,
      roles[role].agentId ?? groups.agentId,
    ];
  };

  return {
    agentOf(chat, asker, role, closed) {
      const named = namedFor(chat, asker, role);
      const chosen = rights[role].commands.includes("agent")
        ? roster.choiceOf(chat, asker.userId)
        : undefined;
      if (chosen !== undefined && (!closed || named.includes(chosen))) return chosen;
      return named.find((agentId) => agentId !== undefined) ?? (closed ? undefined : fallback);
    },
  };
}
