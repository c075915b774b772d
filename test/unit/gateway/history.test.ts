import { describe, expect, test } from "bun:test";
import { reasonOf } from "../../../src/core/log.ts";
import { jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { TOKEN, client, watch } from "./_asking.ts";
import {
  CUT,
  answer,
  assistant,
  delivered,
  invoked,
  noSession,
  recordsOf,
  resumePrompt,
  toolResult,
  user,
} from "./_history.ts";
import { ASKED, AT, KEY, look, running } from "./_look.ts";

describe("Gateway.look(), an answered question", () => {
  test("is known by its run id", async () => {
    const entries = [user("other words", AT - 5000), answer("Hello!", "chatcmpl_7")];
    expect(await look({ entries }, { runId: "chatcmpl_7" })).toEqual({
      kind: "answered",
      text: "Hello!",
      truncated: false,
      shortened: false,
      media: [],
      runId: "chatcmpl_7",
    });
  });

  test("is known by its words and time where no run id is", async () => {
    const entries = [
      user("你好", AT - 60_000),
      answer("an old answer", "chatcmpl_1"),
      user("你好", AT + 12),
      answer("the answer", "chatcmpl_2"),
    ];
    expect(await look({ entries })).toMatchObject({
      kind: "answered",
      text: "the answer",
      runId: "chatcmpl_2",
    });
  });

  test("may have been finished under another run id, after the gateway's own prompt", async () => {
    const entries = [
      user("你好", AT + 5),
      assistant("Let me look.", { runId: "chatcmpl_1" }),
      resumePrompt(AT + 30_000),
      answer("the answer", "chatcmpl_9"),
    ];
    for (const runId of [undefined, "chatcmpl_1"]) {
      expect(await look({ entries }, { runId })).toMatchObject({
        kind: "answered",
        text: "the answer",
        runId: "chatcmpl_9",
      });
    }
  });

  test("may have tools and commentary before its end", async () => {
    const entries = [
      user("你好", AT + 5),
      assistant("Let me look.", { runId: "chatcmpl_1" }),
      assistant("And there.", { runId: "chatcmpl_1", stopReason: "toolUse" }),
      toolResult("42"),
      answer("It is 42."),
    ];
    for (const runId of [undefined, "chatcmpl_1"]) {
      expect(await look({ entries }, { runId })).toMatchObject({ text: "It is 42." });
    }
  });

  test("is answered though the session is at work: that is another question", async () => {
    const entries = [user("你好", AT + 5), answer("the answer")];
    expect(await look({ entries, ...running })).toMatchObject({ kind: "answered" });
  });

  test("says when the model ran into its limit", async () => {
    const entries = [user("你好", AT + 5), assistant("half", { stopReason: "length" })];
    expect(await look({ entries })).toMatchObject({ text: "half", truncated: true });
  });

  test("has only the beginning of a long answer", async () => {
    const entries = [user("你好", AT + 5), answer(`${"长".repeat(4000)}${CUT}`)];
    expect(await look({ entries })).toMatchObject({
      text: "长".repeat(4000),
      truncated: false,
      shortened: true,
      media: [],
    });
  });

  test("names no files: those lines are for machines", async () => {
    const entries = [user("你好", AT + 5), answer("Here it is.\nMEDIA:/tmp/a.png\nGood luck!")];
    expect(await look({ entries })).toMatchObject({ text: "Here it is.\nGood luck!" });
  });

  test("does not take the answer to what somebody else asked later", async () => {
    const entries = [user("你好", AT + 5), user("in the web chat", AT + 9000), answer("for them")];
    expect(await look({ entries })).toEqual({ kind: "cut-off" });
  });

  test("is answered where the gateway's first try at the model failed", async () => {
    const entries = [
      user("你好", AT + 5),
      assistant("", { runId: "chatcmpl_1", stopReason: "error" }),
      answer("the answer", "chatcmpl_1"),
    ];
    expect(await look({ entries }, { runId: "chatcmpl_1" })).toMatchObject({ kind: "answered" });
  });

  test("is still under way while the gateway tries the model again", async () => {
    const entries = [
      user("你好", AT + 5),
      assistant("", { runId: "chatcmpl_1", stopReason: "error" }),
    ];
    expect(await look({ entries, ...running })).toEqual({ kind: "running" });
  });
});

describe("Gateway.look(), a question without an answer", () => {
  const begun = [user("你好", AT + 5), assistant("Let me look.", { runId: "chatcmpl_1" })];

  test("has failed if its last word is an error", async () => {
    const entries = [user("你好", AT + 5), assistant("", { stopReason: "error" })];
    expect(await look({ entries })).toMatchObject({ kind: "failed" });
  });

  test("was cut off if it went on after an error, and then ended without an answer", async () => {
    const entries = [
      user("你好", AT + 5),
      assistant("", { runId: "chatcmpl_1", stopReason: "error" }),
      assistant("Let me look.", { runId: "chatcmpl_1", stopReason: "toolUse" }),
    ];
    expect(await look({ entries })).toEqual({ kind: "cut-off" });
  });

  test("has failed for a reason that holds none of the agent's words", async () => {
    const said = assistant("TOPSECRET words", { stopReason: "error" });
    const found = await look({ entries: [user("你好", AT + 5), said] });
    expect(found).toMatchObject({ kind: "failed" });
    expect(JSON.stringify(found)).not.toContain("TOPSECRET");
  });

  test.each([
    ["active", { active: [{ key: KEY }] }],
    ["listed as running", { rows: [{ key: KEY, status: "running" }] }],
    ["listed as queued", { rows: [{ key: KEY, status: "queued" }] }],
    [
      "listed as running since before a crash",
      { rows: [{ key: KEY, status: "running", abortedLastRun: true }] },
    ],
  ])("is under way while the session is %s", async (_what, rows) => {
    expect(await look({ entries: begun, ...rows })).toEqual({ kind: "running" });
    expect(await look({ entries: [], ...rows })).toEqual({ kind: "running" });
    expect(await look({ entries: undefined, ...rows })).toEqual({ kind: "running" });
  });

  test.each([undefined, "done", "failed", "killed", "timeout"])(
    "was cut off if it was begun and the session is %s",
    async (status) => {
      const rows = [{ key: KEY, ...(status === undefined ? {} : { status }) }];
      expect(await look({ entries: begun, rows })).toEqual({ kind: "cut-off" });
      expect(await look({ entries: begun, rows }, { runId: "chatcmpl_1" })).toEqual({
        kind: "cut-off",
      });
    },
  );

  test("was cut off where the gateway gave the session up: its notice is no answer", async () => {
    const entries = [...begun, resumePrompt(AT + 9000), delivered()];
    expect(await look({ entries })).toEqual({ kind: "cut-off" });
  });

  test("is not known where only an older one of the same words is", async () => {
    const entries = [user("你好", AT - 301), answer("the answer to that one", "chatcmpl_1")];
    expect(await look({ entries })).toEqual({ kind: "absent" });
  });

  // The run id comes with the first chunk, seconds before the question is in the records: a run of which
  // there is no entry may still show.
  test("is not known yet where its run id is, but no entry of it", async () => {
    const entries = [user("你好", AT - 301), answer("the answer to that one", "chatcmpl_1")];
    for (const each of [entries, [], undefined]) {
      const found = await look({ entries: each }, { runId: "chatcmpl_2" });
      expect(found).toEqual({ kind: "absent" });
    }
  });

  test("is not known to a gateway that does not know the session", async () => {
    expect(await look({ entries: undefined })).toEqual({ kind: "absent" });
    expect(await look({ entries: [] })).toEqual({ kind: "absent" });
  });

  test("was begun if its run is known, though the question is too far back", async () => {
    const tools = Array.from({ length: 50 }, () =>
      assistant("", { runId: "chatcmpl_1", stopReason: "toolUse" }),
    );
    expect(await look({ entries: tools }, { runId: "chatcmpl_1" })).toEqual({ kind: "cut-off" });
  });
});

describe("Gateway.look(), the session", () => {
  const entries = [user("你好", AT + 5)];

  test("is not mistaken for one whose key is longer", async () => {
    const rows = [{ key: `${KEY}23`, status: "running" }];
    expect(await look({ entries, active: rows, rows })).toEqual({ kind: "cut-off" });
  });

  test("is found by its key in small letters", async () => {
    const session = "agent:main:dingtalk:group:cidXyZ9/fG+hIJk==";
    const rows = [{ key: session.toLowerCase(), status: "running" }];
    expect(await look({ entries, rows }, { session })).toEqual({ kind: "running" });
  });

  test("is found by its key as it travelled in the header", async () => {
    const session = "agent:main:dingtalk:user:小 明";
    const key = "agent:main:dingtalk:user:%e5%b0%8f%20%e6%98%8e";
    const { gateway, calls } = client(recordsOf({ entries, active: [{ key }] }));
    const found = await gateway.look({ ...ASKED, session }, new AbortController().signal);
    expect(found).toEqual({ kind: "running" });
    expect(calls.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
      { tool: "sessions_list", args: { search: key, activeOnly: true } },
      {
        tool: "sessions_history",
        args: { sessionKey: "agent:main:dingtalk:user:%E5%B0%8F%20%E6%98%8E" },
      },
    ]);
  });

  test("is asked for at work before its history is read: what ends in between is in there", async () => {
    const tools: string[] = [];
    const { gateway } = client((call) => {
      tools.push((JSON.parse(call.body) as { tool: string }).tool);
      return recordsOf({ entries })(call);
    });
    await gateway.look(ASKED, new AbortController().signal);
    expect(tools).toEqual(["sessions_list", "sessions_list", "sessions_history"]);
  });
});

describe("Gateway.look(), a gateway that does not tell", () => {
  const at = (answer: (tool: string, nth: number) => Response | Promise<Response> | Error) =>
    client((call, nth) => answer((JSON.parse(call.body) as { tool: string }).tool, nth));
  const lookAt = (answer: (tool: string, nth: number) => Response | Promise<Response> | Error) => {
    const { gateway, clock, calls } = at(answer);
    const halt = new AbortController();
    return { found: gateway.look(ASKED, halt.signal), clock, calls, halt };
  };
  const draining = () =>
    jsonResponse(503, {
      error: {
        message: "Gateway is temporarily unavailable while suspending or restarting",
        type: "service_unavailable",
        code: "gateway_unavailable",
      },
    });

  test.each([
    ["is down", () => networkError("ECONNREFUSED")],
    ["drains", draining],
  ])("cannot be reached if it %s, from the first call to the last", async (_what, answer) => {
    for (const last of [0, 1, 2]) {
      const { found } = lookAt((tool, nth) =>
        nth < last
          ? recordsOf({ entries: [] })({ body: JSON.stringify({ tool, args: {} }) } as never)
          : answer(),
      );
      expect(await found).toMatchObject({ kind: "unreachable" });
    }
  });

  test.each([
    ["starts", () => jsonResponse(500, { ok: false, error: { message: "starting" } })],
    ["does not allow it", () => jsonResponse(401, { error: { type: "unauthorized" } })],
    ["has no such tool", () => jsonResponse(404, { ok: false, error: { type: "not_found" } })],
    ["is something else", () => new Response("<html>Welcome</html>")],
    ["breaks off", () => networkError("ECONNRESET", "read ECONNRESET")],
  ])("cannot be read if it %s", async (_what, answer) => {
    expect(await lookAt(answer).found).toMatchObject({ kind: "unreadable" });
  });

  test("cannot be read if its history has another shape", async () => {
    const { found } = lookAt((tool) =>
      tool === "sessions_list" ? invoked({ sessions: [] }) : invoked({ items: [] }),
    );
    expect(await found).toMatchObject({ kind: "unreadable" });
  });

  test("cannot be read if it keeps the history to itself", async () => {
    const { found } = lookAt((tool) =>
      tool === "sessions_list"
        ? invoked({ sessions: [] })
        : invoked({ status: "forbidden", error: "Session history visibility is restricted" }),
    );
    expect(await found).toMatchObject({ kind: "unreadable" });
  });

  test("cannot be read if its list of sessions has another shape", async () => {
    const { found } = lookAt((tool) =>
      tool === "sessions_list"
        ? invoked({ status: "forbidden", error: "not allowed" })
        : invoked({ messages: [user("你好", AT + 5)] }),
    );
    expect(await found).toMatchObject({ kind: "unreadable" });
  });

  test("gets 10 s for each call", async () => {
    const { found, clock } = lookAt(() => never());
    const state = watch(found);
    await clock.advance(9999);
    expect(state.over).toBe(false);
    await clock.advance(1);
    expect(await found).toMatchObject({ kind: "unreadable" });
    expect(clock.pending).toBe(0);
  });

  test("is left at once when the worker stops", async () => {
    const { found, clock, halt } = lookAt(() => never());
    const reason = found.catch(reasonOf);
    await clock.settle();
    halt.abort(new Error("stopping"));
    expect(await reason).toBe("stopping");
    expect(clock.pending).toBe(0);
  });

  test("is told nothing that it does not know", async () => {
    const { calls, found } = lookAt(() => noSession(KEY));
    await found;
    expect(calls[0]).toMatchObject({ method: "POST", url: "http://127.0.0.1:18789/tools/invoke" });
    expect(calls[0]?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    expect(calls[0]?.redirect).toBe("manual");
  });

  test("gives the token away in no reason", async () => {
    const { found } = lookAt(() => new Response(`Bearer ${TOKEN}`, { status: 500 }));
    expect(JSON.stringify(await found)).not.toContain(TOKEN);
  });

  test("gives what people said away in no reason: it goes to the log", async () => {
    const { found } = lookAt((tool) =>
      tool === "sessions_list"
        ? invoked({ sessions: [] })
        : jsonResponse(200, { result: { messages: [user("TOPSECRET", AT + 5)] } }),
    );
    const said = await found;
    expect(said).toMatchObject({ kind: "unreadable" });
    expect(JSON.stringify(said)).not.toContain("TOPSECRET");
  });
});
