import type { Asker, Chat } from "../inbound/session.ts";

export type { Asker };

/** What someone is to the bridge. Everyone is one of these; who is not named anywhere is a guest. */
export type Role = "owner" | "member" | "guest";

export const ROLES = ["owner", "member", "guest"] as const satisfies readonly Role[];

/** What the bridge itself understands; the names are those of the English slash commands. */
export const COMMANDS = [
  "help",
  "stop",
  "new",
  "status",
  "whoami",
  "agent",
  "approve",
  "btw",
] as const;

export type CommandName = (typeof COMMANDS)[number];

/** Where messages nobody has asked for may go: nowhere, back into the chat they were ordered in, anywhere. */
export type Proactive = "none" | "own" | "any";

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
