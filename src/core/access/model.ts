import type { Asker, Chat } from "../inbound/session.ts";
import { COMMANDS, ROLES, type CommandName, type Proactive, type Role } from "../roles.ts";

export { COMMANDS, ROLES, type CommandName, type Proactive, type Role };
export type { Asker };

/** What someone may do. */
export interface Rights {
  readonly commands: readonly CommandName[];
  /** Pictures and files they send reach the agent. */
  readonly media: boolean;
  /** Answers to them may carry files of the worker's machine (`media.roots`). */
  readonly files: boolean;
  /** What scheduled jobs ordered in their chats may reach. */
  readonly proactive: Proactive;
}

/** Why somebody is not let in. */
export type Denial =
  /** `dmPolicy: "disabled"`. */
  | "direct-disabled"
  /** `dmPolicy: "allowlist"`, and not on it. */
  | "direct-not-listed"
  /** `dmPolicy: "pairing"`, and not approved yet: a code is handed out. */
  | "pairing"
  /** `groupPolicy: "disabled"`. */
  | "groups-disabled"
  /** `groupPolicy: "allowlist"`, and the group is not on it, or `groups.<cid>.enabled: false`. */
  | "group-not-listed"
  /** The group is served, but not for this person. */
  | "sender-not-listed"
  /** There is an owner, and nobody has named an agent for guests. */
  | "no-agent-for-guests";

export type Decision =
  | {
      readonly allowed: true;
      readonly role: Role;
      readonly rights: Rights;
      readonly agentId: string;
    }
  | { readonly allowed: false; readonly role: Role; readonly denial: Denial };

/** What `groups.<cid>`, `groups.*` and the account itself say about one chat, the most specific first. */
export interface ChatSettings {
  /** Means something in groups only. */
  readonly requireMention: boolean;
  readonly sessionScope: "group" | "sender";
  /** What the agent is told besides, the account's before the group's. */
  readonly systemPrompt: string | undefined;
  readonly reply: {
    readonly mode: "text" | "markdown" | "card" | "auto";
    readonly tables: "keep" | "code" | "list";
    readonly chunkChars: number;
    readonly atSender: boolean;
  };
}

/** Somebody's role, given by an approval: it outlives restarts. */
export interface Grant {
  readonly account: string;
  readonly userId: string;
  readonly role: Role;
  readonly nick: string | undefined;
  /** Who gave it: a user id, or "command line". */
  readonly by: string;
  /** Ms since the epoch. */
  readonly at: number;
}

/** Somebody waits for an approval. */
export interface Pairing {
  readonly account: string;
  readonly userId: string;
  readonly nick: string | undefined;
  /** Of the direct chat in which it was asked for. */
  readonly chat: Chat;
  readonly code: string;
  /** Ms since the epoch. */
  readonly createdAt: number;
}

/** An agent somebody has chosen for themselves in one chat (`/agent NAME`). */
export interface Choice {
  readonly account: string;
  readonly kind: Chat["kind"];
  /** Direct chats: the user's id; groups: the conversation's. */
  readonly chatId: string;
  readonly userId: string;
  readonly agentId: string;
}
