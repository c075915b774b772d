import { expect, test } from "bun:test";
import { lookAtGateway } from "../../../src/onboard/gateway.ts";
import { acceptsDingTalk } from "../../../src/onboard/openclaw.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createFakeFetch, jsonResponse, networkError } from "../../support/fake-fetch.ts";

const UNAUTHORIZED = { error: { message: "Unauthorized", type: "unauthorized" } };

async function look(ready: Response | Error, models: Response | Error) {
  const { fetch, calls } = createFakeFetch(({ url }) => (url.endsWith("/readyz") ? ready : models));
  const signal = new AbortController().signal;
  const options = { url: "http://gw", token: "gateway-token", fetch, clock: createFakeClock() };
  return { look: await lookAtGateway(options, signal), calls };
}

const READY = () => jsonResponse(200, { ready: true });

test("a gateway that lists its agents takes questions, and no model was asked", async () => {
  const { look: found, calls } = await look(READY(), jsonResponse(200, { data: [] }));
  expect(found).toEqual({ ok: true });
  expect(calls.map(({ url }) => url)).toEqual(["http://gw/readyz", "http://gw/v1/models"]);
});

test.each([
  ["unreachable", networkError("ECONNREFUSED"), READY()],
  ["busy", jsonResponse(503, { ready: false }), READY()],
  ["endpoint-off", READY(), new Response("Not Found", { status: 404 })],
  ["unauthorized", READY(), jsonResponse(401, UNAUTHORIZED)],
  ["endpoint-off", READY(), new Response("<html>", { status: 200 })],
  ["unreachable", READY(), networkError("ECONNRESET", "gateway-token was cut")],
] as const)("%s", async (kind, ready, models) => {
  const { look: found } = await look(ready, models);
  expect(found).toMatchObject({ ok: false, kind });
  expect(JSON.stringify(found)).not.toContain("gateway-token");
});

const OURS = { id: "dingbridge", channels: ["dingtalk"] };

/** OpenClaw's file with these plugins, and manifests by folder. */
function accepts(plugins: object, manifests: Readonly<Record<string, unknown>> = {}): boolean {
  return acceptsDingTalk({ plugins }, (folder) => manifests[folder]);
}

test.each([
  [{ installs: { dingbridge: { installPath: "/p" } } }, { "/p": OURS }],
  [{ load: { paths: ["/other", "/p"] } }, { "/p": OURS }],
])("a plugin that is entered and declares the channel makes OpenClaw accept it: %j", (more, at) => {
  expect(accepts({ entries: { dingbridge: { enabled: true } }, ...more }, at)).toBe(true);
});

test.each([
  ["no plugins at all", {}, {}],
  ["an entry without a plugin", { entries: { dingtalk: { enabled: true } } }, {}],
  [
    "a plugin that is switched off",
    { entries: { dingbridge: { enabled: false } }, load: { paths: ["/p"] } },
    { "/p": OURS },
  ],
  ["a plugin that is not entered", { load: { paths: ["/p"] } }, { "/p": OURS }],
  [
    "a plugin without this channel",
    { entries: { dingbridge: {} }, load: { paths: ["/p"] } },
    { "/p": { id: "dingbridge", channels: ["telegram"] } },
  ],
  [
    "another plugin's folder",
    { entries: { dingbridge: {} }, load: { paths: ["/p"] } },
    { "/p": { id: "other", channels: ["dingtalk"] } },
  ],
])("%s does not", (_what, plugins, manifests) => {
  expect(accepts(plugins, manifests)).toBe(false);
});
