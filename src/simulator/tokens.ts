import { randomUUID } from "node:crypto";

/** Access tokens: one at a time, the same one as long as it lives; asking for it renews it. */
export function createTokens(ttlMs: number) {
  let token = "";
  let expiresAt = 0;
  let mints = 0;
  const alive = () => token !== "" && Date.now() < expiresAt;
  return {
    issue(): { readonly accessToken: string; readonly expireIn: number } {
      if (!alive()) {
        token = `token-${randomUUID()}`;
        mints++;
      }
      expiresAt = Date.now() + ttlMs;
      return { accessToken: token, expireIn: Math.floor(ttlMs / 1000) };
    },
    valid: (presented: string | undefined) => presented === token && alive(),
    expire() {
      expiresAt = 0;
    },
    get mints() {
      return mints;
    },
  };
}

export type Tokens = ReturnType<typeof createTokens>;
