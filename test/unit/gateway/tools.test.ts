import { describe, expect, test } from "bun:test";
import { createTools } from "../../../src/core/gateway/tools.ts";
import { reasonOf } from "../../../src/core/log.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import {
  createFakeFetch,
  jsonResponse,
  networkError,
  never,
  type FakeCall,
} from "../../support/fake-fetch.ts";
import { URL_ } from "./_asking.ts";
import { invoked } from "./_history.ts";

const GUESTS = "agent:guest:dingtalk:user:u1";
const missing = (status = 404) =>
  jsonResponse(status, { ok: false, error: { type: "not_found", message: "Tool not available" } });
const models = (...agents: string[]) =>
  jsonResponse(200, {
    data: ["openclaw", ...agents.map((id) => `openclaw/${id}`)].map((id) => ({ id })),
  });

/** Tools of a gateway, and whom each call was made for. */
function toolsOf(
  answer: (agent: string | undefined, call: FakeCall) => Response | Promise<Response> | Error,
) {
  const clock = createFakeClock();
  const callers: (string | undefined)[] = [];
  const { fetch, calls } = createFakeFetch((call) => {
    const body = call.body === "" ? {} : (JSON.parse(call.body) as { agentId?: string });
    callers.push(call.url.endsWith("/v1/models") ? "models" : body.agentId);
    return answer(callers.at(-1), call);
  });
  const tools = createTools({
    url: URL_,
    headers: { "x-who": "me" },
    fetch,
    clock,
    hide: (text) => text,
  });
  const look = async (session = GUESTS) =>
    await tools.invoke("sessions_history", { sessionKey: session }, session);
  return { look, tools, clock, callers, calls };
}

describe("the gateway's tools", () => {
  test("are called for the agent of the session: a gateway with several takes no other call", async () => {
    const { look, callers } = toolsOf(() => invoked({ messages: [] }));
    expect(await look()).toMatchObject({ ok: true, details: { messages: [] } });
    expect(await look("agent:main:main")).toMatchObject({ ok: true });
    expect(callers).toEqual(["guest", "main"]);
  });

  test("an agent that is kept short has none: another one's are taken, and from then on at once", async () => {
    const { look, callers, calls } = toolsOf((agent) => {
      if (agent === "models") return models("default", "guest", "short", "main");
      return agent === "main" ? invoked({ found: true }) : missing(agent === "short" ? 403 : 404);
    });
    expect(await look()).toMatchObject({ ok: true, details: { found: true } });
    expect(callers).toEqual(["guest", "models", "short", "main"]);
    expect(calls.map(({ headers }) => headers.get("x-who"))).toEqual(["me", "me", "me", "me"]);
    callers.length = 0;
    expect(await look()).toMatchObject({ ok: true });
    expect(callers).toEqual(["main"]);
  });

  test("and when that one is kept short too, all are tried anew", async () => {
    let short: readonly string[] = ["guest"];
    const { look, callers } = toolsOf((agent = "") => {
      if (agent === "models") return models("main", "guest");
      return short.includes(agent) ? missing() : invoked({});
    });
    await look();
    short = ["main"];
    callers.length = 0;
    expect(await look()).toMatchObject({ ok: true });
    expect(callers).toEqual(["main", "models", "guest"]);
  });

  test("where no agent has it, the call is refused as it was for the session's own", async () => {
    const { look } = toolsOf((agent) => {
      if (agent === "models") return models("main", "guest");
      return missing(agent === "guest" ? 404 : 403);
    });
    const reason = "sessions_history: HTTP 404 not_found";
    expect(await look()).toEqual({ ok: false, kind: "refused", reason });
  });

  test.each([
    ["does not say", () => missing()],
    ["says nonsense", () => jsonResponse(200, { data: "none" })],
    ["breaks off", () => networkError("ECONNRESET")],
  ])("refused where the gateway %s which agents it has", async (_name, list) => {
    const { look, callers } = toolsOf((agent) => (agent === "models" ? list() : missing()));
    expect(await look()).toMatchObject({ ok: false, kind: "refused" });
    expect(callers).toEqual(["guest", "models"]);
  });

  test("another error is nobody else's business", async () => {
    const { look, callers } = toolsOf((agent) => {
      if (agent === "models") return models("main", "other", "guest");
      return agent === "guest" ? missing() : jsonResponse(500, {});
    });
    expect(await look()).toEqual({
      ok: false,
      kind: "refused",
      reason: "sessions_history: HTTP 500",
    });
    expect(callers).toEqual(["guest", "models", "main"]);
  });

  test("10 s are all there is, however many are asked", async () => {
    const { look, clock, calls } = toolsOf((agent) => (agent === "guest" ? missing() : never()));
    const looked = look();
    await clock.advance(10_000);
    expect(await looked).toMatchObject({ ok: false, kind: "timeout" });
    expect(calls).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  test("given up while the agents are looked up: rejected, with the signal's reason", async () => {
    const { tools, clock } = toolsOf((agent) => (agent === "guest" ? missing() : never()));
    const halt = new AbortController();
    const looked = tools.invoke("sessions_list", {}, GUESTS, halt.signal).catch(reasonOf);
    await clock.settle();
    halt.abort(new Error("stopping"));
    expect(await looked).toBe("stopping");
  });
});
