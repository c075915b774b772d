import { describe, expect, test } from "bun:test";
import { connectionFindings } from "../../../src/doctor/check-connection.ts";
import { credentialFindings } from "../../../src/doctor/check-dingtalk.ts";
import { jsonResponse, networkError, never } from "../../support/fake-fetch.ts";
import { createFakeDial } from "../../support/fake-socket.ts";
import { after, robot, timeOf, told, waysTo } from "./_doctor.ts";

const MINTED = { accessToken: "t0ken-of-the-app", expireIn: 7200 };
const REFUSED = { code: "invalidClientIdOrSecret", message: "无效的clientId或者clientSecret" };
const NO_FILE = { code: "invalidParameter.robotCode.downloadCode", message: "downloadCode错误" };

/** What the token's address and the file's answer. */
async function credentials(
  token: () => Response | Promise<Response> | Error,
  file: () => Response | Promise<Response> | Error = () => jsonResponse(400, NO_FILE),
  more: object = {},
) {
  const { clock, time } = timeOf();
  const { ways, calls } = waysTo(({ url }) => (url.endsWith("/accessToken") ? token() : file()));
  const config = robot({ clientId: "dingclient1", clientSecret: "the-client-secret", ...more });
  const looking = credentialFindings({ config, account: undefined, fetch: ways.fetch }, time);
  const findings = await after(clock, 10_000, looking);
  expect(JSON.stringify(findings)).not.toContain("the-client-secret");
  expect(JSON.stringify(findings)).not.toContain(MINTED.accessToken);
  return { findings, calls };
}

describe("credentials", () => {
  test("a token, and the permission tried with a file nobody has sent", async () => {
    const { findings, calls } = await credentials(() => jsonResponse(200, MINTED));
    expect(told(findings)).toEqual(["DB401 accepted", "DB404 granted"]);
    expect(calls).toHaveLength(2);
    expect(calls[1]?.headers.get("x-acs-dingtalk-access-token")).toBe(MINTED.accessToken);
    expect(JSON.parse(calls[1]?.body ?? "")).toMatchObject({ robotCode: "dingclient1" });
  });

  test.each([
    [{}, "refused"],
    [{ clientId: "3312345678" }, "wrong-id"],
    [{ clientId: "b0a83318-0000-4000-8000-000000000000" }, "wrong-id"],
    [{ clientSecret: "********" }, "wrong-secret"],
    [{ clientSecret: "short" }, "wrong-secret"],
  ])("one code for both fields, told apart by what they look like: %j is %s", async (more, is) => {
    const { findings, calls } = await credentials(
      () => jsonResponse(400, REFUSED),
      undefined,
      more,
    );
    expect(told(findings)).toEqual([`DB401 ${is}`, "DB404 unauthorized"]);
    expect(calls).toHaveLength(1);
  });

  test.each([
    [() => jsonResponse(403, { code: "Forbidden.AccessDenied.IpNotInWhiteList" }), "not-listed"],
    [() => networkError("ENOTFOUND"), "unanswered"],
    [() => jsonResponse(503, {}), "unanswered"],
    [never, "unanswered"],
  ])("no token: %#", async (token, is) => {
    expect(told((await credentials(token)).findings)[0]).toBe(`DB401 ${is}`);
  });
});

const denied = (scopes: readonly string[]) =>
  jsonResponse(403, {
    code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
    accessdenieddetail: { requiredScopes: scopes },
  });

describe("the permission", () => {
  test.each([
    [() => denied(["qyapi_robot_sendmsg"]), "missing"],
    [() => denied([]), "missing"],
    [() => jsonResponse(400, { code: "invalidParameter.robotCode.notExsit" }), "robot-code"],
    [() => jsonResponse(403, { code: "Forbidden.AccessDenied.QpsLimitForApi" }), "untold"],
    [() => jsonResponse(500, {}), "untold"],
    [() => networkError("ECONNRESET"), "untold"],
    [never, "untold"],
  ])("%#: %s", async (file, is) => {
    const { findings } = await credentials(() => jsonResponse(200, MINTED), file);
    expect(told(findings)).toEqual(["DB401 accepted", `DB404 ${is}`]);
  });

  test("what is missing is named, for the page where one applies for it", async () => {
    const { findings } = await credentials(
      () => jsonResponse(200, MINTED),
      () => denied(["qyapi_robot_sendmsg"]),
    );
    expect(findings[1]?.facts).toMatchObject({
      scope: "qyapi_robot_sendmsg",
      clientId: "dingclient1",
    });
  });
});

const TICKET = { endpoint: "wss://stream.example/connect", ticket: "the-ticket" };

/** A connection up to where it has been dialled, if it is. */
async function connecting(open: () => Response | Promise<Response> | Error) {
  const { clock, time } = timeOf();
  const { dial, sockets } = createFakeDial();
  const { ways, calls } = waysTo(({ url }) =>
    url.endsWith("/open") ? open() : networkError("ECONNREFUSED"),
  );
  const config = robot();
  const looking = connectionFindings(
    { config, account: undefined, ways, dial, userAgent: "test" },
    time,
  );
  await clock.settle();
  return { clock, sockets, calls, looking };
}

async function dialled() {
  const world = await connecting(() => jsonResponse(200, TICKET));
  const [socket] = world.sockets;
  if (socket === undefined) throw new Error("not dialled");
  return { ...world, socket };
}

describe("a connection", () => {
  test("is pinged and let go, and nothing is sent or acked", async () => {
    const { clock, socket, sockets, looking } = await dialled();
    socket.open();
    socket.text('{"type":"CALLBACK","headers":{"messageId":"1"},"data":"{}"}');
    await clock.settle();
    socket.end(1000);
    const findings = await looking;
    expect(told(findings)).toEqual(["DB304 connected", "DB402 open", "DB403 answered"]);
    expect(socket.sent).toEqual([]);
    expect(socket.pings()).toBe(1);
    expect(socket.closing()?.code).toBe(1000);
    expect(sockets).toHaveLength(1);
    expect(JSON.stringify(findings)).not.toContain("the-ticket");
    expect(clock.pending).toBe(0);
  });

  test("the ping's way there and back is what is told", async () => {
    const { clock, socket, looking } = await dialled();
    await clock.advance(300);
    socket.open();
    await clock.advance(42);
    socket.pong();
    socket.end(1000);
    const findings = await looking;
    expect(findings.at(-1)).toMatchObject({ is: "answered", facts: { ping: 42 } });
  });

  test.each([
    [() => jsonResponse(401, { code: "authFailed" }), "credentials"],
    [() => jsonResponse(400, { code: "systemError" }), "configuration"],
    [() => jsonResponse(403, { code: "Forbidden" }), "refused"],
    [() => jsonResponse(503, {}), "unanswered"],
    [() => networkError("ENOTFOUND"), "unanswered"],
    [never, "unanswered"],
  ])("without a ticket nothing is dialled: %#, %s", async (open, is) => {
    const { clock, sockets, looking } = await connecting(open);
    const findings = await after(clock, 5000, looking);
    expect(told(findings)).toEqual([`DB402 ${is}`, "DB403 unopened", "DB304 unknown"]);
    expect(sockets).toHaveLength(0);
    expect(clock.pending).toBe(0);
  });

  test("that does not come about: the host is looked at besides", async () => {
    const { socket, looking } = await dialled();
    socket.end(1006, "Unexpected server response: 400");
    expect(told(await looking)).toEqual(["DB304 unreachable", "DB402 open", "DB403 handshake"]);
  });

  test("neither dialling nor silence is waited for longer than 5 s", async () => {
    const slow = await dialled();
    expect(told(await after(slow.clock, 5000, slow.looking))).toContain("DB403 handshake");
    expect(slow.socket.terminated()).toBe(true);
    const silent = await dialled();
    silent.socket.open();
    expect(told(await after(silent.clock, 5000, silent.looking))).toContain("DB403 silent");
    expect(silent.socket.terminated()).toBe(true);
  });
});
