import { describe, expect, test } from "bun:test";
import { agentsFinding, lookAtGateway } from "../../../src/doctor/check-gateway.ts";
import { askFinding } from "../../../src/doctor/check-question.ts";
import { createFakeFetch, jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import type { FakeCall } from "../../support/fake-fetch.ts";
import { answerStream } from "../../support/fake-stream.ts";
import { after, timeOf, told } from "./_doctor.ts";

const URL_ = "http://127.0.0.1:18789";
const TOKEN = "t0ken-of-the-gateway";

const refusal = (message: string, type = "invalid_request_error") => ({ error: { message, type } });
const UNAUTHORIZED = refusal("Unauthorized", "unauthorized");
const NOT_FOUND = () => new Response("Not Found", { status: 404 });
const RESERVED = refusal(
  "`x-openclaw-session-key` cannot use reserved internal session namespaces.",
);

/** What a real one answers (OpenClaw 2026.9.6). */
const REAL = {
  ready: () => jsonResponse(200, { ready: true, failing: [] }) as Response | Error,
  broken: () => jsonResponse(400, refusal("Expected property name or '}' in JSON at position 1")),
  empty: () => jsonResponse(400, RESERVED),
  models: () =>
    jsonResponse(200, {
      data: ["openclaw", "openclaw/default", "openclaw/main"].map((id) => ({ id })),
    }),
  tools: () => jsonResponse(200, { ok: true, result: { details: { sessions: [] } } }),
};
type Parts = Record<keyof typeof REAL, () => Response | Promise<Response> | Error>;

function gateway(parts: Partial<Parts>) {
  const all: Parts = { ...REAL, ...parts };
  const answer = ({ url, body }: FakeCall) => {
    switch (url.slice(URL_.length)) {
      case "/readyz":
        return all.ready();
      case "/v1/models":
        return all.models();
      case "/tools/invoke":
        return all.tools();
      default:
        return body === "{" ? all.broken() : all.empty();
    }
  };
  return createFakeFetch(answer);
}

async function look(parts: Partial<Parts> = {}, token: string | undefined = TOKEN) {
  const { clock, time } = timeOf();
  const { fetch, calls } = gateway(parts);
  const looking = lookAtGateway({ url: URL_, token, agentId: "main", fetch }, time);
  const found = await after(clock, 15_000, looking);
  expect(JSON.stringify(found)).not.toContain(TOKEN);
  return { ...found, said: told(found.findings), calls };
}

describe("a gateway", () => {
  test("all is well, and nothing that was sent could become a turn", async () => {
    const { said, calls, isReady, agents } = await look();
    expect(said).toEqual([
      "DB501 reached",
      "DB502 ready",
      "DB503 accepted",
      "DB504 on",
      "DB506 honoured",
      "DB507 usable",
    ]);
    expect(isReady).toBe(true);
    expect(agents).toEqual(["main"]);
    for (const { url, body } of calls.filter(({ url }) => url.endsWith("/completions"))) {
      expect(url).toBe(`${URL_}/v1/chat/completions`);
      const messages = body === "{" ? [] : (JSON.parse(body) as { messages: unknown[] }).messages;
      expect(messages).toEqual([]);
    }
  });

  test.each<[string, Partial<Parts>, readonly string[]]>([
    ["away", { ready: () => networkError("ECONNREFUSED") }, ["DB501 away", "DB504 away"]],
    ["silent", { ready: never }, ["DB501 away", "DB503 away"]],
    [
      "starting",
      { ready: () => jsonResponse(503, { ready: false, failing: ["startup-sidecars"] }) },
      ["DB501 reached", "DB502 starting", "DB504 on"],
    ],
    [
      "another program",
      { ready: NOT_FOUND, broken: NOT_FOUND, models: NOT_FOUND, tools: NOT_FOUND },
      ["DB502 stranger", "DB503 untold", "DB504 untold"],
    ],
    ["behind a proxy", { ready: NOT_FOUND }, ["DB502 hidden", "DB504 on"]],
    // As long as another endpoint is on, the models are listed although chats are not answered.
    ["endpoint off", { broken: NOT_FOUND }, ["DB503 accepted", "DB504 off", "DB506 untold"]],
    [
      "endpoint off, token wrong",
      { broken: NOT_FOUND, models: NOT_FOUND, tools: () => jsonResponse(401, UNAUTHORIZED) },
      ["DB503 refused", "DB504 off", "DB507 untold"],
    ],
    [
      "token wrong",
      {
        broken: () => jsonResponse(401, UNAUTHORIZED),
        models: () => jsonResponse(401, UNAUTHORIZED),
        tools: () => jsonResponse(401, UNAUTHORIZED),
      },
      ["DB503 refused", "DB504 on", "DB506 untold", "DB507 untold"],
    ],
    [
      "a proxy in between",
      { broken: () => jsonResponse(403, refusal("Proxy …", "proxy_attribution_required")) },
      ["DB503 forbidden"],
    ],
    [
      "a header that is lost",
      { empty: () => jsonResponse(400, refusal("Missing user message in `messages`.")) },
      ["DB504 on", "DB506 ignored"],
    ],
    [
      "several agents",
      { empty: () => jsonResponse(400, refusal("Multiple agents are configured, …")) },
      ["DB506 untold"],
    ],
    [
      "no tools",
      { tools: () => jsonResponse(404, refusal("Tool not available", "not_found")) },
      ["DB503 accepted", "DB507 refused"],
    ],
    ["a web page", { broken: () => new Response("<html>") }, ["DB504 untold"]],
    ["bad gateway", { broken: () => new Response("", { status: 502 }) }, ["DB504 untold"]],
    ["an endpoint that hangs", { broken: never }, ["DB504 untold", "DB503 accepted"]],
  ])("%s", async (_name, parts, expected) => {
    expect((await look(parts)).said).toEqual(expect.arrayContaining([...expected]));
  });

  test("only who refuses as OpenClaw does is sent an empty list", async () => {
    const { calls } = await look({ broken: () => new Response("", { status: 500 }) });
    expect(calls.filter(({ body }) => body.includes("messages"))).toEqual([]);
  });

  test("without a token nothing pretends to have one", async () => {
    const { said, calls } = await look(
      { broken: () => jsonResponse(401, UNAUTHORIZED) },
      // Left out.
      "",
    );
    expect(said).toContain("DB503 refused");
    expect(calls).not.toHaveLength(0);
    const { clock, time } = timeOf();
    const { fetch, calls: bare } = gateway({ broken: () => jsonResponse(401, UNAUTHORIZED) });
    const looking = lookAtGateway({ url: URL_, token: undefined, agentId: "main", fetch }, time);
    expect(told((await after(clock, 0, looking)).findings)).toContain("DB503 missing");
    for (const { headers } of bare) expect(headers.get("authorization")).toBeNull();
  });
});

describe("agents", () => {
  const seen = { findings: [], isReady: true };
  test.each([
    [["main", "guest"], ["main"], "known"],
    [["main"], ["Main"], "known"],
    [["main"], ["main", "gone"], "unknown"],
    [[], ["main"], "untold"],
    ["HTTP 401", ["main"], "untold"],
    [undefined, ["main"], "away"],
  ] as const)("%j has %j: %s", (agents, wanted, is) => {
    const found = agentsFinding({ ...seen, agents }, wanted, "work");
    expect(found).toMatchObject({ is, account: "work" });
    if (is === "unknown") expect(found.facts).toMatchObject({ missing: "gone" });
  });
});

describe("a real question", () => {
  const asked = async (answer: () => Response | Error) => {
    const { time } = timeOf();
    const { fetch } = createFakeFetch(answer);
    return await askFinding(
      { url: URL_, token: TOKEN, agentId: "main", fetch, text: "Say OK." },
      time,
      undefined,
    );
  };
  test("is answered, not answered, refused", async () => {
    expect(await asked(() => answerStream("OK.").response())).toMatchObject({
      is: "answered",
      facts: { said: "OK." },
    });
    expect((await asked(() => answerStream("").response())).is).toBe("empty");
    expect((await asked(() => jsonResponse(401, UNAUTHORIZED))).is).toBe("failed");
    expect((await asked(() => networkError("ECONNREFUSED"))).is).toBe("failed");
  });
});
