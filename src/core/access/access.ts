import type { AccountConfig } from "../config/schema.ts";
import type { Chat, Scope } from "../inbound/session.ts";
import { createAgents } from "./agent.ts";
import { createGroups, denialIn } from "./groups.ts";
import type { Asker, ChatSettings, Decision, Denial, Rights, Role } from "./model.ts";
import { rightsOf } from "./rights.ts";
import { createRoles, type Where } from "./roles.ts";
import type { Roster } from "./roster.ts";

export interface AccessOptions {
  readonly config: AccountConfig;
  readonly roster: Roster;
}

/**
 * Who may talk, to which agent. Synchronous: every message is asked about before it is stored. What
 * depends on the roster is of its last refresh.
 */
export interface Access {
  decide(chat: Chat, asker: Asker): Decision;
  /** By name alone, whatever the policies say about the chat. */
  roleOf(chat: Where, asker: Asker): Role;
  rightsOf(role: Role): Rights;
  /** Nobody is an owner and anyone may write: whoever writes directly is taken for one. */
  readonly unowned: boolean;
  settings(chat: Chat): ChatSettings;
  /** The conversation with the agent a message belongs to. */
  scopeOf(chat: Chat, asker: Asker, role: Role): Scope;
}

export function createAccess({ config, roster }: AccessOptions): Access {
  const groups = createGroups(config);
  const roles = createRoles({ config, roster, groups });
  const rights = rightsOf(config);
  const agents = createAgents({ config, roster, groups, rights });
  const everyone = config.allowFrom?.includes("*") === true;

  const directDenial = (asker: Asker): Denial | undefined => {
    const { dmPolicy } = config;
    if (dmPolicy === "open") return undefined;
    if (dmPolicy === "disabled") return "direct-disabled";
    if (everyone || roles.isNamed(asker)) return undefined;
    return dmPolicy === "pairing" ? "pairing" : "direct-not-listed";
  };

  /** Who has said who may write wants nobody else to have the agent, with or without an owner. */
  const isOpen = () => roles.unowned && config.dmPolicy === "open";

  const settings = (chat: Chat): ChatSettings =>
    chat.kind === "direct" ? groups.direct : groups.of(chat.conversationId).settings;

  return {
    decide(chat, asker) {
      const role = roles.roleOf(chat, asker);
      const denial =
        chat.kind === "direct"
          ? directDenial(asker)
          : denialIn(groups.of(chat.conversationId), asker);
      if (denial !== undefined) return { allowed: false, role, denial };
      const closed = role === "guest" && !isOpen();
      const agentId = agents.agentOf(chat, asker, role, closed);
      return agentId === undefined
        ? { allowed: false, role, denial: "no-agent-for-guests" }
        : { allowed: true, role, rights: rights[role], agentId };
    },
    roleOf: roles.roleOf,
    rightsOf: (role) => rights[role],
    get unowned() {
      return isOpen();
    },
    settings,
    scopeOf(chat, asker, role) {
      if (chat.kind === "direct") {
        // While nobody owns the robot its owner may be a stranger, and the main session is somebody's.
        const main = config.dmScope === "main" && role === "owner" && !roles.unowned;
        return main ? { chat, main } : { chat };
      }
      const own = settings(chat).sessionScope === "sender" && asker.userId !== "";
      return own ? { chat, member: asker.userId } : { chat };
    },
  };
}
