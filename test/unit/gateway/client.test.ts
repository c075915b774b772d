import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { headerValue } from "../../../src/core/header.ts";
import { jsonResponse, never, type FakeCall } from "../../support/fake-fetch.ts";
import {
  DONE,
  answerStream,
  createFakeStream,
  delta,
  event,
  finish,
  streamOf,
} from "../../support/fake-stream.ts";
import { QUESTION, TOKEN, asking } from "./_asking.ts";
import { CUT, answer, invoked, user } from "./_history.ts";

describe("Gateway.ask(), the request", () => {
  test("is what the gateway wants", async () => {
    const { asked, calls } = asking(() => answerStream("hi").response());
    await asked;
    const { url, method, headers, body, redirect } = calls[0] as FakeCall;
    expect(url).toBe("http://127.0.0.1:18789/v1/chat/completions");
    expect(method).toBe("POST");
    expect(redirect).toBe("manual");
    expect(Object.fromEntries(headers)).toEqual({
      authorization: `Bearer ${TOKEN}`,
      "content-type": "application/json",
      accept: "text/event-stream",
      "x-openclaw-session-key": QUESTION.session,
      "x-openclaw-message-channel": "dingtalk",
      "x-openclaw-agent-id": "main",
    });
    expect(JSON.parse(body)).toEqual({
      model: "openclaw/main",
      stream: true,
      messages: [
        { role: "system", content: "the rules" },
        { role: "user", content: "你好" },
      ],
    });
  });

  test("carries no authorization without a token", async () => {
    const { asked, calls } = asking(() => answerStream("hi").response(), { token: undefined });
    await asked;
    expect(calls[0]?.headers.has("authorization")).toBe(false);
  });

  test("percent-encodes what a header cannot hold", async () => {
    const question = { session: "agent:main:dingtalk:user:小 明" };
    const { asked, calls } = asking(() => answerStream("hi").response(), { question });
    await asked;
    expect(calls[0]?.headers.get("x-openclaw-session-key")).toBe(
      "agent:main:dingtalk:user:%E5%B0%8F%20%E6%98%8E",
    );
  });
});

describe("headerValue()", () => {
  test("leaves the ids of DingTalk as they are", () => {
    const key = "agent:main:dingtalk:group:cidXyZ9abCDe/fG+hIJk==";
    expect(headerValue(key)).toBe(key);
    expect(headerValue("$:LWCP_v1:$abc")).toBe("$:LWCP_v1:$abc");
  });

  test("is printable ASCII, whatever comes in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(headerValue(text)).toMatch(/^[\x21-\x7e]*$/);
      }),
    );
  });

  test("can be decoded to what went in", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(decodeURIComponent(headerValue(text))).toBe(text);
      }),
      { examples: [["%"], ["100%25"], ["a b"], ["中文"]] },
    );
  });
});

describe("Gateway.ask(), the stream", () => {
  test("joins the deltas of a run", async () => {
    const { asked } = asking(() =>
      streamOf(
        event({ id: "chatcmpl_7", choices: [{ delta: { role: "assistant" } }] }),
        event({ id: "chatcmpl_7", choices: [{ delta: { content: "Hel" } }] }),
        event({ id: "chatcmpl_7", choices: [{ delta: { content: "lo" }, finish_reason: null }] }),
        event({ id: "chatcmpl_7", choices: [{ delta: {}, finish_reason: "stop" }] }),
        DONE,
      ).response(),
    );
    expect(await asked).toEqual({
      ok: true,
      runId: "chatcmpl_7",
      text: "Hello",
      truncated: false,
      shortened: false,
      media: [],
    });
  });

  test("tells of the run with its first chunk and of its words, as far as they have come", async () => {
    const stream = createFakeStream();
    const { asked, clock, events } = asking(() => stream.response());
    await clock.settle();
    expect(events).toEqual([]);
    stream.write(event({ id: "chatcmpl_1", choices: [{ delta: { role: "assistant" } }] }));
    await clock.settle();
    expect(events).toEqual(["run chatcmpl_1"]);
    stream.write(delta(""));
    await clock.settle();
    expect(events).toEqual(["run chatcmpl_1"]);
    stream.write(delta("a") + delta("b"));
    await clock.settle();
    expect(events).toEqual(["run chatcmpl_1", "content a", "content ab"]);
    stream.write(delta("c") + finish() + DONE);
    await asked;
    expect(events.slice(3)).toEqual(["content abc"]);
  });

  test("says when the model ran into its limit", async () => {
    const { asked } = asking(() => streamOf(delta("half"), finish("length"), DONE).response());
    expect(await asked).toMatchObject({ ok: true, text: "half", truncated: true });
  });

  test("hands on an empty answer as one: the caller knows what it means", async () => {
    const { asked } = asking(() => streamOf(finish(), DONE).response());
    expect(await asked).toMatchObject({ ok: true, text: "" });
  });

  test("passes over chunks that carry nothing for us", async () => {
    const { asked } = asking(() =>
      streamOf(
        ": a comment\n\n",
        "event: other\ndata: {}\n\n",
        "data: not JSON\n\n",
        event({ choices: [], usage: { total_tokens: 3 } }),
        event({ choices: [{ delta: { content: null } }] }),
        event([1, 2]),
        delta("ok"),
        DONE,
      ).response(),
    );
    expect(await asked).toMatchObject({ ok: true, text: "ok" });
  });

  test("calls a stream that ends without [DONE] broken: it may be half an answer", async () => {
    const { asked } = asking(() => streamOf(delta("half an ans")).response());
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "broken" } });
  });

  test("calls a stream that breaks off broken", async () => {
    const stream = createFakeStream();
    const { asked, clock } = asking(() => stream.response());
    stream.write(delta("half"));
    await clock.settle();
    stream.break(new TypeError("terminated", { cause: new Error("other side closed") }));
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "broken" } });
  });

  test("reports an error in the stream even if [DONE] never comes", async () => {
    const error = { error: { message: "429 slow", type: "rate_limit_error" } };
    const { asked } = asking(() => streamOf(delta("a"), event(error)).response());
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "model-busy" } });
  });

  const whole = `${delta("你好，😀 world")}${delta(" 👨‍👩‍👧 ende")}${finish()}${DONE}`;
  const text = "你好，😀 world 👨‍👩‍👧 ende";

  test("reads the same wherever the bytes are cut, inside [DONE] and characters too", async () => {
    const bytes = new TextEncoder().encode(whole);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { asked } = asking(() => streamOf(bytes.slice(0, cut), bytes.slice(cut)).response());
      expect(await asked).toMatchObject({ ok: true, text });
    }
  });

  test("reads a stream byte by byte", async () => {
    const bytes = Array.from(new TextEncoder().encode(whole), (byte) => Uint8Array.of(byte));
    const { asked } = asking(() => streamOf(...bytes).response());
    expect(await asked).toMatchObject({ ok: true, text });
  });

  test.each([
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("reads lines that end with %s", async (_what, end) => {
    const stream = whole.replaceAll("\n", end) + (end === "\r" ? "\n" : "");
    const { asked } = asking(() => streamOf(stream).response());
    expect(await asked).toMatchObject({ ok: true, text });
  });

  test("reads data: without a blank behind the colon", async () => {
    const { asked } = asking(() => streamOf(whole.replaceAll("data: ", "data:")).response());
    expect(await asked).toMatchObject({ ok: true, text });
  });

  test("does not wait for a stream that stays open after [DONE], and hangs up later", async () => {
    const stream = createFakeStream();
    const { asked, clock } = asking(() => stream.response());
    stream.write(whole);
    expect(await asked).toMatchObject({ ok: true, text });
    await clock.advance(4999);
    expect(stream.cancelled()).toBe(false);
    await clock.advance(1);
    expect(stream.cancelled()).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("leaves no timer behind when the gateway ends the stream itself", async () => {
    const { asked, clock } = asking(() => answerStream("hi").response());
    await asked;
    await clock.settle();
    expect(clock.pending).toBe(0);
  });
});

describe("Gateway.ask(), an answer that changed after part of it was streamed", () => {
  const rewritten = () =>
    streamOf(
      delta("alpha beta"),
      event({
        error: {
          message: "Assistant output cannot be represented as an append-only response stream.",
          type: "api_error",
        },
      }),
      DONE,
    ).response();
  const history = (runId: string, text: string) =>
    invoked({ messages: [user("q", 0), answer(text, runId)] });

  test("is read back whole from the session's history", async () => {
    const { asked, calls } = asking((_call, at) =>
      at === 0 ? rewritten() : history("chatcmpl_1", "gamma delta"),
    );
    expect(await asked).toMatchObject({ ok: true, runId: "chatcmpl_1", text: "gamma delta" });
    expect(calls[1]?.url).toBe("http://127.0.0.1:18789/tools/invoke");
    expect(calls[1]?.headers.get("authorization")).toBe(`Bearer ${TOKEN}`);
    expect(JSON.parse(calls[1]?.body ?? "")).toMatchObject({
      tool: "sessions_history",
      args: { sessionKey: QUESTION.session },
    });
  });

  test.each([
    ["the history has another run only", () => history("chatcmpl_0", "old")],
    ["the history cannot be read", () => jsonResponse(404, { ok: false })],
    ["the gateway is gone", () => new TypeError("fetch failed")],
  ])("is broken if %s", async (_what, answer) => {
    const { asked } = asking((_call, at) => (at === 0 ? rewritten() : answer()));
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "broken" } });
  });

  test("is broken if the history does not come in 10 s", async () => {
    const { asked, clock } = asking((_call, at) => (at === 0 ? rewritten() : never()));
    await clock.advance(10_000);
    expect(await asked).toMatchObject({ ok: false, failure: { kind: "broken" } });
  });

  test("says so where the history has only the beginning of it", async () => {
    const { asked } = asking((_call, at) =>
      at === 0 ? rewritten() : history("chatcmpl_1", `gamma${CUT}`),
    );
    expect(await asked).toMatchObject({ ok: true, text: "gamma", shortened: true });
  });
});

describe("Gateway.ask(), the token", () => {
  test("is in no reason, even where fetch quotes the header it cannot send", async () => {
    const { asked } = asking(({ headers }) => {
      const value = headers.get("authorization");
      return new TypeError(`Headers.append: "${value}" is an invalid header value.`);
    });
    const answer = await asked;
    expect(answer).toMatchObject({ ok: false });
    expect(JSON.stringify(answer)).not.toContain(TOKEN);
  });

  test("is in no reason, even where the other side echoes the request", async () => {
    const echo = `no such path; your headers were authorization: Bearer ${TOKEN}`;
    const page = await asking(() => new Response(echo, { status: 500 })).asked;
    expect(JSON.stringify(page)).not.toContain(TOKEN);
    const error = event({ error: { message: echo, type: "api_error" } });
    const streamed = await asking(() => streamOf(error, DONE).response()).asked;
    expect(streamed).toMatchObject({ ok: false });
    expect(JSON.stringify(streamed)).not.toContain(TOKEN);
  });
});

describe("Gateway.ask(), memory", () => {
  /** A body without an end; tells how much of it was taken. */
  const endless = (type: string, status: number) => {
    const taken = { bytes: 0, cancelled: false };
    const chunk = new TextEncoder().encode("x".repeat(65_536));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        taken.bytes += chunk.byteLength;
        controller.enqueue(chunk);
      },
      cancel() {
        taken.cancelled = true;
      },
    });
    return { taken, response: new Response(body, { status, headers: { "content-type": type } }) };
  };

  test("reads an error page no further than it needs", async () => {
    const { taken, response } = endless("text/html", 500);
    expect(await asking(() => response).asked).toMatchObject({ ok: false });
    expect(taken.cancelled).toBe(true);
    expect(taken.bytes).toBeLessThan(1_000_000);
  });

  test("gives up on a stream whose event never ends", async () => {
    const { taken, response } = endless("text/event-stream", 200);
    const answer = await asking(() => response).asked;
    expect(answer).toMatchObject({ ok: false, failure: { kind: "broken" } });
    expect(taken.cancelled).toBe(true);
    expect(taken.bytes).toBeLessThan(6_000_000);
  });
});

describe("Gateway.ask(), files of an answer", () => {
  const withRecords = (text: string) => (call: FakeCall) =>
    call.url.endsWith("/tools/invoke")
      ? jsonResponse(200, {
          ok: true,
          result: {
            details: {
              messages: [
                { role: "user", content: "draw", timestamp: 1 },
                {
                  role: "assistant",
                  content: [{ type: "text", text }],
                  timestamp: 2,
                  stopReason: "stop",
                  __openclaw: { runId: "chatcmpl_1" },
                },
              ],
            },
          },
        })
      : answerStream(text.replace(/^MEDIA:.*$/gm, "").trim() || NOTHING).response();
  const NOTHING = "No response from OpenClaw.";
  const drawn = "Here it is\nMEDIA:/srv/a b.png\nMEDIA: https://example.com/c.pdf";

  test("are read back from the history where they may be sent", async () => {
    const { asked, calls } = asking(withRecords(drawn), { readMedia: true });
    expect(await asked).toMatchObject({
      ok: true,
      text: "Here it is",
      media: ["/srv/a b.png", "https://example.com/c.pdf"],
    });
    expect(calls).toHaveLength(2);
  });

  test("says when the records show too little of a long answer to know", async () => {
    const { asked } = asking(withRecords(`long${CUT}`), { readMedia: true });
    expect(await asked).toMatchObject({ ok: true, unseen: true, shortened: false });
  });

  test("cost no call where none may be sent", async () => {
    const { asked, calls } = asking(withRecords(drawn));
    expect(await asked).toMatchObject({ text: "Here it is", media: [] });
    expect(calls).toHaveLength(1);
  });

  test("are looked for where nothing else is left of the answer", async () => {
    const { asked } = asking(withRecords("MEDIA:/srv/a.png"));
    expect(await asked).toMatchObject({ ok: true, text: "", media: ["/srv/a.png"] });
  });

  test("a history that cannot be read costs nobody the words", async () => {
    const { asked } = asking(
      (call) =>
        call.url.endsWith("/tools/invoke")
          ? jsonResponse(500, { error: { message: "no" } })
          : answerStream("words").response(),
      { readMedia: true },
    );
    expect(await asked).toMatchObject({ ok: true, text: "words", media: [] });
  });
});
