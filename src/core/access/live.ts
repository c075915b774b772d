import type { AccountConfig } from "../config/schema.ts";
import { createAccess, type Access, type AccessOptions } from "./access.ts";

/** Access by a configuration that may be replaced while people talk. */
export interface LiveAccess extends Access {
  use(config: AccountConfig): void;
}

export function createLiveAccess({ config, roster }: AccessOptions): LiveAccess {
  let current = createAccess({ config, roster });
  return {
    use(next) {
      current = createAccess({ config: next, roster });
    },
    decide: (chat, asker) => current.decide(chat, asker),
    roleOf: (chat, asker) => current.roleOf(chat, asker),
    rightsOf: (role) => current.rightsOf(role),
    get unowned() {
      return current.unowned;
    },
    settings: (chat) => current.settings(chat),
    scopeOf: (chat, asker, role) => current.scopeOf(chat, asker, role),
  };
}
