import { randomUUID } from "node:crypto";

/** Session webhooks: the same one for a conversation as long as it lives; each message extends it. */
export function createWebhooks(ttlMs: number) {
  const sessions = new Map<string, { readonly conversationId: string; expiresAt: number }>();
  let expired = false;
  return {
    issue(conversationId: string): { readonly session: string; readonly expiresAt: number } {
      expired = false;
      const expiresAt = Date.now() + ttlMs;
      const known = [...sessions].find(
        ([, held]) => held.conversationId === conversationId && held.expiresAt > Date.now(),
      );
      const session = known?.[0] ?? randomUUID().replaceAll("-", "");
      sessions.set(session, { conversationId, expiresAt });
      return { session, expiresAt };
    },
    /** Undefined when there is no such session, or no longer. */
    conversationOf(session: string): string | undefined {
      const held = sessions.get(session);
      return held !== undefined && held.expiresAt >= Date.now() ? held.conversationId : undefined;
    },
    expireAll() {
      for (const held of sessions.values()) held.expiresAt = 0;
      expired = true;
    },
    get state(): "valid" | "expired" {
      return expired ? "expired" : "valid";
    },
  };
}

export type Webhooks = ReturnType<typeof createWebhooks>;

/** Which conversations the robot can write to without a webhook: those it has heard from. */
export function createDirectory() {
  const direct = new Map<string, string>();
  const groups = new Set<string>();
  return {
    groups,
    heard(kind: "direct" | "group", conversationId: string, staffId: string) {
      if (kind === "group") groups.add(conversationId);
      else direct.set(staffId, conversationId);
    },
    /** Where a user's direct messages come from; made up when there were none. */
    directOf: (staffId: string) => direct.get(staffId) ?? `ciddirect-${staffId}==`,
  };
}

export type Directory = ReturnType<typeof createDirectory>;
