import { describe, expect, test } from "bun:test";
import type { AppOptions } from "../../../src/core/http/app.ts";
import { isLoopback } from "../../../src/core/network.ts";
import { TOKEN, serving } from "./_app.ts";

const app = (options: Partial<AppOptions> = {}) => serving(options).app;

async function get(path: string, options: Partial<AppOptions> = {}, headers = {}) {
  const response = await app(options).request(path, { headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

describe("GET /healthz", () => {
  test("is well as long as the process answers", async () => {
    const readiness = () => Promise.reject(new Error("store gone"));
    expect(await get("/healthz", { readiness })).toMatchObject({
      status: 200,
      text: '{"ok":true}',
    });
  });

  test("needs no token", async () => {
    expect((await get("/healthz", { token: "t" })).status).toBe(200);
    expect((await get("/healthz", { token: undefined })).status).toBe(200);
  });
});

describe("GET /readyz", () => {
  test("is 200 when every part is ready", async () => {
    const { status, text } = await get("/readyz");
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual({ ready: true, failing: [] });
  });

  test("is 503 with the reasons when one is not", async () => {
    const failing = [{ part: "stream default", reason: "connecting" }];
    const { status, text } = await get("/readyz", {
      readiness: async () => ({ ready: false, failing }),
      token: "t",
    });
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({ ready: false, failing });
  });

  test("is 500 without details when it cannot be told", async () => {
    const readiness = () => Promise.reject(new Error("TOPSECRET"));
    const { app, log } = serving({ readiness });
    const response = await app.request("/readyz");
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("TOPSECRET");
    // What it was is for whoever reads the log, which hides secrets by itself.
    expect(log.entries).toContainEqual(
      expect.objectContaining({ level: "error", fields: { path: "/readyz", reason: "TOPSECRET" } }),
    );
  });
});

describe.each([
  ["/status", '{"version":"1.2.3"}'],
  ["/metrics", "dingbridge_ready 1\n"],
])("GET %s", (path, said) => {
  test("is open on loopback", async () => {
    expect(await get(path)).toMatchObject({ status: 200, text: said });
  });

  test("needs the bearer token elsewhere", async () => {
    const options = { token: TOKEN };
    expect((await get(path, options)).status).toBe(401);
    expect((await get(path, options, { authorization: "Bearer wrong" })).status).toBe(401);
    expect((await get(path, options, { authorization: `Basic ${TOKEN}` })).status).toBe(401);
    const right = await get(path, options, { authorization: `Bearer ${TOKEN}` });
    expect(right).toMatchObject({ status: 200, text: said });
  });

  test("is closed elsewhere where no token is set, and says how to open it", async () => {
    const { status, text } = await get(path, { token: undefined });
    expect(status).toBe(403);
    expect(text).toContain("DINGBRIDGE_API_TOKEN");
    expect(text).not.toContain(said.trim());
  });
});

describe("any other path", () => {
  test.each(["/", "/nothing", "/healthz/x", "/v1/messages", "/v1/hooks/openclaw"])(
    "is 404: %s",
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, text: '{"error":"not found"}' });
    },
  );

  test("and any other method is 404", async () => {
    const response = await app().request("/healthz", { method: "POST" });
    expect(response.status).toBe(404);
  });

  test("carries headers that keep browsers out", async () => {
    const { headers } = await get("/healthz");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("isLoopback()", () => {
  test.each(["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost"])("is true of %s", (host) => {
    expect(isLoopback(host)).toBe(true);
  });

  test.each(["0.0.0.0", "::", "192.168.1.2", "127.0.0.1.evil.test", "1127.0.0.1", ""])(
    "is false of %j",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
