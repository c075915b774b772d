import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { ID, idAt } from "../send/_sending.ts";
import { TOKEN, serving } from "./_app.ts";

const PATH = "/v1/messages";
const good = { to: "group:cid1==", text: "hello" };
const MIB = 1024 * 1024;

describe("POST /v1/messages", () => {
  test("takes a message on", async () => {
    const { post, taken } = serving();
    const { status, headers, json } = await post(PATH, good);
    expect(status).toBe(202);
    expect(json).toEqual({ id: ID });
    expect(headers.get("location")).toBe(`${PATH}/${ID}`);
    expect(taken[0]?.replies.flatMap(({ targets }) => targets)).toEqual(["group:cid1=="]);
  });

  test("takes the same idempotency key for the same message", async () => {
    const { post, taken } = serving();
    const first = await post(PATH, good, { "idempotency-key": "k" });
    const again = await post(PATH, { ...good, idempotencyKey: "k" });
    expect([first.status, again.status]).toEqual([202, 202]);
    expect([first.json, again.json]).toEqual([{ id: ID }, { id: ID }]);
    expect(again.headers.get("location")).toBe(`${PATH}/${ID}`);
    expect(taken).toHaveLength(1);
    await post(PATH, good);
    expect(taken).toHaveLength(2);
  });

  test("names every problem with its path", async () => {
    const { post, taken } = serving();
    const { status, json } = await post(PATH, { to: ["user:a", "b"], text: "" });
    expect(status).toBe(400);
    expect(json).toEqual({
      error: "invalid request",
      problems: [
        { path: "to[1]", reason: 'expected "user:<user id>" or "group:<conversation id>"' },
        { path: "text", reason: "is empty" },
      ],
    });
    expect(taken).toEqual([]);
  });

  test("asks which robot is to send, and takes its name", async () => {
    const { post, taken, audited } = serving({}, { accounts: ["work", "home"] });
    const refused = await post(PATH, good);
    expect(refused.status).toBe(400);
    expect(refused.json).toMatchObject({ problems: [{ path: "account" }] });
    expect((await post(PATH, { ...good, account: "home" })).status).toBe(202);
    expect(taken.map(({ account }) => account)).toEqual(["home"]);
    expect(audited).toMatchObject([{ account: "home", by: "send API" }]);
  });

  test.each(["", "{", "hello", "\ufeff\u0000"])("refuses what is no JSON: %j", async (body) => {
    const { status, json } = await serving().post(PATH, body);
    expect(status).toBe(400);
    expect(json).toEqual({
      error: "invalid request",
      problems: [{ path: "", reason: "expected JSON" }],
    });
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""])(
    "refuses another type of body: %j",
    async (type) => {
      const { post, taken } = serving();
      expect((await post(PATH, good, { "content-type": type })).status).toBe(415);
      expect(taken).toEqual([]);
    },
  );

  test.each(["application/json", "Application/JSON; charset=utf-8"])(
    "knows JSON as %s",
    async (type) => {
      expect((await serving().post(PATH, good, { "content-type": type })).status).toBe(202);
    },
  );

  test("refuses a body over 1 MiB, whether it says its length or not", async () => {
    const { ask, post, taken } = serving();
    const large = JSON.stringify({ ...good, text: "x".repeat(MIB) });
    expect((await post(PATH, large, { "content-length": String(large.length) })).status).toBe(413);
    let pulled = 0;
    const chunks = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(64 * 1024).fill(0x20));
      },
    });
    const init = { method: "POST", body: chunks, duplex: "half" };
    const headers = { "content-type": "application/json" };
    expect((await ask(PATH, { ...init, headers } as RequestInit)).status).toBe(413);
    // It has no end, and nobody waits for it.
    expect(pulled).toBeLessThan(30);
    expect(taken).toEqual([]);
  });

  test("takes a chunked body that is small enough", async () => {
    const { ask } = serving();
    const body = new Blob([JSON.stringify(good)]).stream();
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", body, headers, duplex: "half" } as RequestInit;
    expect((await ask(PATH, init)).status).toBe(202);
  });

  test("asks to come back when too much waits", async () => {
    const { post, fill } = serving();
    fill();
    const { status, headers } = await post(PATH, good);
    expect(status).toBe(429);
    expect(headers.get("retry-after")).toBe("60");
  });

  test("asks to come back when the store fails, without saying how", async () => {
    const world = serving();
    world.break(new Error("disk TOPSECRET"));
    for (const answer of [
      await world.post(PATH, good),
      await world.ask(`${PATH}/${ID}`),
      await world.ask(`${PATH}/${ID}`, { method: "DELETE" }),
    ]) {
      expect(answer.status).toBe(503);
      expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
      expect(answer.text).not.toContain("TOPSECRET");
    }
    expect(world.log.text()).toContain("TOPSECRET");
  });
});

describe("who may send", () => {
  const requests: [string, string][] = [
    ["POST", PATH],
    ["GET", `${PATH}/${ID}`],
    ["DELETE", `${PATH}/${ID}`],
    ["POST", "/v1/hooks/openclaw"],
  ];

  test.each(requests)("nobody, where no token is set: %s %s", async (method, path) => {
    const { ask, taken } = serving({ apiToken: undefined });
    const { status, text } = await ask(path, { method });
    expect(status).toBe(403);
    expect(text).toContain("http.token");
    expect(text).toContain("DINGBRIDGE_API_TOKEN");
    expect(taken).toEqual([]);
  });

  test.each(requests)("nobody else, on loopback either: %s %s", async (method, path) => {
    const { ask, taken } = serving({ token: null });
    for (const authorization of [
      "",
      "Bearer",
      "Bearer wrong",
      `Bearer ${TOKEN}x`,
      `Bearer x ${TOKEN}`,
      `Basic ${TOKEN}`,
      TOKEN,
    ]) {
      const { status, headers, text } = await ask(path, { method, headers: { authorization } });
      expect(status).toBe(401);
      expect(headers.get("www-authenticate")).toBe("Bearer");
      expect(text).not.toContain(TOKEN);
    }
    expect(taken).toEqual([]);
  });

  test("is asked before anything else is looked at", async () => {
    const { app } = serving();
    const response = await app.request(PATH, { method: "POST", body: "x".repeat(2 * MIB) });
    expect(response.status).toBe(401);
  });
});

describe("GET and DELETE /v1/messages/<id>", () => {
  test("say what became of it, and take it back", async () => {
    const { post, ask } = serving();
    await post(PATH, good);
    const { status, json } = await ask(`${PATH}/${ID}`);
    expect(status).toBe(200);
    expect(json).toMatchObject({ id: ID, account: "default", state: "queued" });
    const gone = await ask(`${PATH}/${ID}`, { method: "DELETE" });
    expect(gone.status).toBe(200);
    expect(gone.json).toMatchObject({ state: "recalled" });
    expect((await ask(`${PATH}/${ID}`)).json).toEqual(gone.json);
  });

  test("know an id in capitals too", async () => {
    const { ask, store } = serving();
    const asked: string[] = [];
    store.fate = async (id) => {
      asked.push(id);
      return undefined;
    };
    await ask(`${PATH}/ABCDEF00-0000-4000-8000-000000000000`);
    expect(asked).toEqual(["abcdef00-0000-4000-8000-000000000000"]);
  });

  test.each([idAt(9), "1", "x".repeat(500), "%27%20OR%201", `${ID}x`])(
    "know nothing of %s",
    async (id) => {
      const { ask } = serving();
      expect((await ask(`${PATH}/${id}`)).status).toBe(404);
      expect((await ask(`${PATH}/${id}`, { method: "DELETE" })).status).toBe(404);
    },
  );

  test("are the only ones for an id", async () => {
    const { ask } = serving();
    expect((await ask(`${PATH}/${ID}`, { method: "PUT" })).status).toBe(404);
    expect((await ask(PATH)).status).toBe(404);
  });
});

test("nothing of a refused request comes back but its paths", async () => {
  const { post } = serving();
  const secret = fc.stringMatching(/^[a-z]{3}[0-9]{9}$/);
  const names = ["to", "text", "markdown", "link", "actionCard", "image", "at", "account"];
  const field = fc.constantFrom(...names, "idempotencyKey", "userIds", "url", "title", "buttons");
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      secret,
      secret.map((text) => `user:${text} x`),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.array(fc.tuple(field, tie("value")), { maxLength: 4 }).map(Object.fromEntries),
    ),
  }));
  await fc.assert(
    fc.asyncProperty(value, secret, async (body, key) => {
      const sent = JSON.stringify(body);
      const { status, text } = await post(PATH, sent, { "idempotency-key": `${key} x` });
      expect(status).toBe(400);
      for (const [word] of `${sent}${key}`.matchAll(/[a-z]{3}[0-9]{9}/g)) {
        expect(text).not.toContain(word);
      }
    }),
  );
});
