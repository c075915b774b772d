import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startConnectProxy } from "../support/connect-proxy.ts";
import { until } from "../support/until.ts";
import { useHouse } from "./_onboarding.ts";

const house = useHouse();
const { inHome, own, progress, secret, withOpenClaw, run, onboard } = house;
const flags = () => ["--yes", "--client-id", house.dingtalk.clientId];

/** A gateway that is up and answers every question the same way. */
async function refusingGateway(status: number) {
  const server = createServer((request, response) => {
    const isHealth = /^\/(?:healthz|readyz)$/.test(request.url ?? "");
    response.writeHead(isHealth ? 200 : status, { "content-type": "application/json" });
    response.end(isHealth ? '{"ok":true,"ready":true,"failing":[]}' : '{"error":{"message":"no"}}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

describe("--json says why nothing came of it", () => {
  test.each([
    ["EXPIRED", "expired"],
    ["FAIL", "not created"],
  ])("a QR code that ends as %s", async (status, why) => {
    house.dingtalk.registrations.script = [{ status }];
    const { code, document } = await onboard("bun", ["--yes", "--qr"]);
    expect(code).toBe(1);
    expect(document.checks).toMatchObject([{ name: "credentials", status: "failed" }]);
    expect(document.checks[0]?.text).toContain(why);
    expect(document.error).toBeDefined();
  });

  test("an option that cannot be", async () => {
    const { code, document } = await onboard("bun", ["--gateway-url", "ftp://x"]);
    expect(code).toBe(2);
    expect(document).toMatchObject({ ok: false, checks: [] });
    expect(document.error).toContain("--gateway-url");
  });

  test("a secret that cannot be one: which option it came by", async () => {
    const { code, document } = await onboard("bun", flags(), { DINGTALK_CLIENT_SECRET: "short" });
    expect(code).toBe(2);
    expect(document.missing?.[0]).toContain("DINGTALK_CLIENT_SECRET");
    expect(document.missing?.[0]).toContain("Client Secret");
  });

  test("a file that must be changed by hand: what is to stand in it, but no secret", async () => {
    const before = `{ channels: { dingtalk: { accounts: [{ clientId: "dingold", clientSecret: "old-secret" }] } } }`;
    writeFileSync(own(), before);
    const { code, document } = await onboard("bun", flags(), secret());
    expect(code).toBe(1);
    const file = document.checks.find(({ name }) => name === "file");
    expect(file?.status).toBe("failed");
    expect(file?.text).toContain(`"clientId": "${house.dingtalk.clientId}"`);
    expect(readFileSync(own(), "utf8")).toBe(before);
  });
});

describe("a gateway that is there and takes no questions", () => {
  test.each([
    [404, "openclaw config set gateway.http.endpoints.chatCompletions.enabled true"],
    [401, "token"],
  ])(
    "HTTP %d: the cure is in the document, and nobody is promised an answer",
    async (status, cure) => {
      const gateway = await refusingGateway(status);
      try {
        const args = [...flags(), "--gateway-url", gateway.url];
        const { code, document, stderr } = await onboard("bun", args, secret());
        expect(code).toBe(0);
        const [failed, skipped] = document.checks.filter(({ name }) => name === "gateway");
        expect(failed?.text).toContain(cure);
        expect(stderr).toContain(cure);
        expect(skipped?.text).not.toContain("are kept");
      } finally {
        gateway.close();
      }
    },
  );

  test("one that is away: messages are kept", async () => {
    const { document } = await onboard(
      "bun",
      [...flags(), "--gateway-url", "http://127.0.0.1:9"],
      secret(),
    );
    expect(document.checks.at(-2)).toMatchObject({ name: "gateway", status: "skipped" });
    expect(document.checks.at(-2)?.text).toContain("are kept");
  });
});

test("--resume keeps to the private cloud and the file of the run it goes on with", async () => {
  withOpenClaw();
  house.gateway.respond = async function* () {
    await new Promise(() => undefined);
    yield "";
  };
  const elsewhere = inHome("elsewhere.json");
  const broken = run("bun", [...flags(), "--config", elsewhere], secret());
  await until("the question", () => house.gateway.asked.length > 0);
  broken.process.kill("SIGKILL");
  await broken.exited;
  house.gateway.respond = async function* () {
    yield "OK.";
  };
  // Nothing but this DingTalk can be reached: no proxy leads anywhere.
  const env = { ...secret(), HTTPS_PROXY: "http://127.0.0.1:9" };
  const resumed = await onboard("bun", ["--yes", "--resume"], env, []);
  expect(resumed.document).toMatchObject({ ok: true, file: elsewhere });
  expect(house.robotIn(elsewhere)).toMatchObject({
    clientId: house.dingtalk.clientId,
    apiUrl: house.dingtalk.url,
  });
  expect(existsSync(own())).toBe(false);
});

test("a file's proxy counts before there is a robot in it", async () => {
  const proxy = await startConnectProxy({ to: () => 9, answer: 403 });
  try {
    writeFileSync(own(), JSON.stringify({ channels: { dingtalk: { proxy: proxy.url } } }));
    const where = ["--api-url", "https://api.example.com"];
    const { code } = await onboard("bun", flags(), secret(), where);
    expect(code).toBe(1);
    expect(proxy.targets).toContain("api.example.com:443");
  } finally {
    await proxy.stop();
  }
});

test("what keeps a worker from starting is no success", async () => {
  const { port } = new URL(house.gateway.url);
  const auth = { mode: "token", token: "with a blank" };
  writeFileSync(inHome("openclaw.json"), JSON.stringify({ gateway: { port: Number(port), auth } }));
  const { code, document, checks, stderr } = await onboard("bun", flags(), secret());
  expect(code).toBe(78);
  expect(document).toMatchObject({ ok: false, file: own() });
  expect(checks).toMatchObject({ credentials: "ok", file: "ok", configuration: "failed" });
  expect(stderr).not.toContain("What next");
});

test.each(["null", "[]", '{"channels":null}', '{"channels":{"dingtalk":null}}'])(
  "%s is no file to add to, which is said before anybody is asked anything",
  async (text) => {
    writeFileSync(own(), text);
    const { code, document } = await onboard("bun", flags(), secret());
    expect(code).toBe(78);
    expect(document.checks).toMatchObject([{ name: "configuration", status: "failed" }]);
    expect(document.checks[0]?.text).toContain("channels.dingtalk");
    expect(readFileSync(own(), "utf8")).toBe(text);
    expect(house.dingtalk.opens).toHaveLength(0);
  },
);

test("broken off before any answer, it does not offer to go on", async () => {
  house.dingtalk.registrations.script = [{ status: "WAITING" }];
  const waiting = run("bun", ["--yes", "--qr", "--json"], {});
  await until("a poll", () => house.dingtalk.registrations.polls() > 0);
  waiting.process.kill("SIGINT");
  expect(await waiting.exited).toBe(130);
  const { error } = JSON.parse(waiting.stdout()) as { readonly error: string };
  expect(error).toContain("Cancelled");
  expect(error).not.toContain("--resume");
  expect(existsSync(progress())).toBe(false);
});
