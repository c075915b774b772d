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
