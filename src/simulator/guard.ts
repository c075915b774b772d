import type { HttpBindings } from "@hono/node-server";
import type { MiddlewareHandler } from "hono";
import { unauthenticated } from "./api-shapes.ts";
import type { Faults } from "./dingtalk-options.ts";
import {
  faultResponse,
  permissionDenied,
  TOO_MANY_CALLS,
  type Scope,
  type Switch,
} from "./faults.ts";
import type { Outbox } from "./outbox.ts";
import type { Tokens } from "./tokens.ts";

/** A call of an API, however it ended. */
export interface ApiCall {
  readonly time: number;
  readonly api: string;
  /** 0 while it is being answered. */
  status: number;
}

export interface GuardPorts {
  readonly faults: Faults;
  readonly tokens: Tokens;
  readonly outbox: Outbox;
  /** Permissions the app has not been given. */
  readonly denied: ReadonlySet<Scope>;
}

/** What stands before an API. */
export interface Entrance {
  readonly path: string;
  readonly fault: (faults: Faults) => Switch;
  /** Undefined: anybody may call it. */
  readonly scope: Scope | undefined;
}

/** Checks what all APIs check alike, and notes every call. */
export function createGuard({ faults, tokens, outbox, denied }: GuardPorts) {
  const calls: ApiCall[] = [];

  const refusalOf = (entrance: Entrance, token: string | undefined): Response | undefined => {
    const { path, scope } = entrance;
    if (!outbox.call(path)) return faultResponse(TOO_MANY_CALLS);
    const fault = struck(entrance.fault(faults), path);
    if (fault !== undefined) return faultResponse(fault);
    if (scope === undefined) return undefined;
    if (!tokens.valid(token)) return unauthenticated();
    return denied.has(scope) ? faultResponse(permissionDenied(scope)) : undefined;
  };

  return {
    /** In order of arrival. */
    calls,
    /** For an API that is called with the token in a header. */
    guard:
      (entrance: Entrance): MiddlewareHandler<{ Bindings: HttpBindings }> =>
      async (c, next) => {
        const call: ApiCall = { time: Date.now(), api: entrance.path, status: 0 };
        calls.push(call);
        await slowed(faults, entrance.path);
        const refusal = refusalOf(entrance, c.req.header("x-acs-dingtalk-access-token"));
        if (refusal === undefined) await next();
        else c.res = refusal;
        call.status = c.res.status;
      },
  };
}

export type Guard = ReturnType<typeof createGuard>;

export function struck(fault: Switch, path: string) {
  return typeof fault === "function" ? fault(path) : (fault ?? undefined);
}

export async function slowed({ slow }: Faults, path: string): Promise<void> {
  const ms = slow?.(path) ?? 0;
  if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
}
