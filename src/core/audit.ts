import type { Role } from "./access/model.ts";

/** A decision that matters, as one line of the audit. Ids and reasons, never what anybody has written. */
export interface AuditEvent {
  readonly event:
    | "denied"
    | "pairing-requested"
    | "paired"
    | "approve-failed"
    | "revoked"
    | "role-changed"
    | "agent-chosen"
    | "session-reset"
    | "turn-stopped"
    | "command-refused"
    | "loop-stopped"
    | "proactive-send"
    | "proactive-refused";
  readonly account: string;
  /** Who did it: a user id, "command line", "send API" or "gateway". */
  readonly by?: string | undefined;
  readonly chat?: { readonly kind: "direct" | "group"; readonly id: string } | undefined;
  /** Whom it is about, if not `by`: a user id, or addressees. */
  readonly subject?: string | readonly string[] | undefined;
  readonly role?: Role | undefined;
  readonly reason?: string | undefined;
  /** A command's name, an agent's, a submission's id. */
  readonly what?: string | undefined;
  /** What was written: kept only where `audit.content` says so; the sink leaves it out otherwise. */
  readonly content?: string | undefined;
}

/** Where decisions are written down. Never throws and never waits: a full disk must not cost a message. */
export interface Audit {
  record(event: AuditEvent): void;
}
