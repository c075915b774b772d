import { describe, expect, test } from "bun:test";
import { jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { TOKEN, client, watch } from "./_asking.ts";

describe("Gateway.health()", () => {
  const ready = { ready: true, failing: [] };
  const starting = { ready: false, failing: ["startup-sidecars"] };

  test("is well when /readyz says so", async () => {
    const { gateway, calls } = client(() => jsonResponse(200, ready));
    expect(await gateway.health()).toBeUndefined();
    expect(calls[0]).toMatchObject({ url: "http://127.0.0.1:18789/readyz", method: "GET" });
    expect(calls[0]?.redirect).toBe("manual");
  });

  test("tells what the gateway says is missing", async () => {
    const { gateway } = client(() => jsonResponse(503, starting));
    expect(await gateway.health()).toContain("startup-sidecars");
  });

  test("tells why the gateway cannot be reached", async () => {
    const { gateway } = client(() => networkError("ECONNREFUSED"));
    expect(await gateway.health()).toContain("ECONNREFUSED");
  });

  test("does not wait longer than 5 s", async () => {
    const { gateway, clock } = client(never);
    const health = gateway.health();
    const state = watch(health);
    await clock.advance(4999);
    expect(state.over).toBe(false);
    await clock.advance(1);
    expect(await health).toBe("no answer within 5000 ms");
    expect(clock.pending).toBe(0);
  });

  test.each([200, 302, 401, 404])("lets a turn find out what HTTP %i means", async (status) => {
    const { gateway } = client(() => new Response("page", { status }));
    expect(await gateway.health()).toBeUndefined();
  });

  test("keeps the token to itself", async () => {
    const { gateway } = client(() => new Response(`Bearer ${TOKEN}`, { status: 500 }));
    expect(await gateway.health()).not.toContain(TOKEN);
  });
});
