import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { until } from "../../support/until.ts";
import { createRobot, post } from "./_clients.ts";

describe("the simulator's OpenAPI", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
  });
  afterEach(() => dingtalk.close());

  const refusal = (code: string) => ({
    status: 400,
    body: expect.objectContaining({ code, requestid: expect.any(String) }),
  });

  test("the access token stays the same for its life", async () => {
    const first = await robot.token();
    expect(await robot.token()).toBe(first);
    expect(dingtalk.mints).toBe(1);
    dingtalk.expireTokens();
    expect(await robot.token()).not.toBe(first);
    expect(dingtalk.mints).toBe(2);
  });

  test("the access token's life ends by itself", async () => {
    const brief = await startDingTalk({ tokenTtlMs: 30 });
    const hasty = createRobot(brief);
    const first = await hasty.token();
    const send = () => hasty.call("oToMessages/batchSend", { userIds: ["u"] }, first);
    await until("its end", async () => (await send()).body["code"] === "InvalidAuthentication");
    expect(await hasty.token()).not.toBe(first);
    await brief.close();
  });

  test("wrong credentials, a form and a fault get no token", async () => {
    const url = `${dingtalk.url}/v1.0/oauth2/accessToken`;
    const wrong = await post(url, { appKey: dingtalk.clientId, appSecret: "no" });
    expect(wrong).toEqual(refusal("invalidClientIdOrSecret"));
    expect(await post(url, "appKey=a&appSecret=b")).toEqual(refusal("Missingbody"));
    dingtalk.faults.token = { status: 500, body: { code: "system.error" } };
    expect((await post(url, {})).status).toBe(500);
    expect(dingtalk.mints).toBe(0);
  });

  test("a batchSend lands where the user's direct messages come from", async () => {
    dingtalk.messageFor({ senderStaffId: "u1", conversationId: "cidOne==" });
    const { status, body } = await robot.toUsers(["u1", "stranger"], "hello");
    expect(status).toBe(200);
    expect(body).toEqual({
      processQueryKey: expect.any(String),
      invalidStaffIdList: [],
      flowControlledStaffIdList: [],
    });
    expect(dingtalk.sent.map(({ conversationId, via }) => ({ conversationId, via }))).toEqual([
      { conversationId: "cidOne==", via: "oTo" },
      { conversationId: "ciddirect-stranger==", via: "oTo" },
    ]);
    expect(dingtalk.sent[0]?.body).toEqual({ msgtype: "text", text: { content: "hello" } });
  });

  test("users that are unknown or throttled are listed, and get nothing", async () => {
    dingtalk.invalidStaff.add("gone");
    dingtalk.flowControlled.add("busy");
    const { status, body } = await robot.toUsers(["gone", "busy", "there"]);
    expect(status).toBe(200);
    expect(body["invalidStaffIdList"]).toEqual(["gone"]);
    expect(body["flowControlledStaffIdList"]).toEqual(["busy"]);
    expect(dingtalk.sent).toHaveLength(1);
  });

  test("a group is written to once the robot has heard from it", async () => {
    expect(await robot.toGroup("cidG==")).toEqual(refusal("invalid.openConversationId"));
    dingtalk.messageFor({ kind: "group", conversationId: "cidG==" });
    const markdown = { title: "t", text: "# t" };
    const fields = { msgKey: "sampleMarkdown", msgParam: JSON.stringify(markdown) };
    const { status, body } = await robot.toGroup("cidG==", "", fields);
    expect(status).toBe(200);
    expect(body).toEqual({ processQueryKey: expect.any(String) });
    expect(dingtalk.sent).toEqual([
      {
        via: "group",
        conversationId: "cidG==",
        time: expect.any(Number),
        body: { msgtype: "markdown", markdown },
        processQueryKey: String(body["processQueryKey"]),
      },
    ]);
  });

  test("other kinds keep their key and parameters", async () => {
    const msgParam = '{"photoURL":"https://example.com/a.png"}';
    await robot.toUsers(["u"], "", { msgKey: "sampleImageMsg", msgParam });
    const photoURL = "https://example.com/a.png";
    expect(dingtalk.sent[0]?.body).toEqual({ msgtype: "sampleImageMsg", photoURL });
  });

  test("what is wrong with a request is said as DingTalk says it", async () => {
    dingtalk.groups.add("cidG==");
    const send = (token: string) => robot.call("oToMessages/batchSend", { userIds: ["u"] }, token);
    expect(await send("")).toEqual(refusal("InvalidAuthentication"));
    expect(await send("token-forged")).toEqual(refusal("InvalidAuthentication"));
    const cases: [object, string][] = [
      [{ robotCode: "other" }, "invalidParameter.robotCode.auth"],
      [{ robotCode: undefined }, "invalidParameter.robotCode.auth"],
      [{ msgKey: undefined }, "invalidParameter.msgKey.empty"],
      [{ msgKey: "sampleUnheardOf" }, "invalidParameter.msgKey.invalid"],
      [{ msgParam: { content: "x" } }, "invalidParameter.msgParam.invalid"],
      [{ msgParam: "no json" }, "invalidParameter.msgParam.invalid"],
    ];
    for (const [fields, code] of cases) {
      expect(await robot.toGroup("cidG==", "x", fields)).toEqual(refusal(code));
      expect(await robot.toUsers(["u"], "x", fields)).toEqual(refusal(code));
    }
    expect(await robot.toUsers([])).toEqual(refusal("invalidParameter.userIds.empty"));
    expect(await robot.toUsers(["$:LWCP_v1:$x"])).toEqual(refusal("staffId.notExisted"));
    const many = Array.from({ length: 21 }, (_, at) => `u${at}`);
    expect(await robot.toUsers(many)).toEqual(refusal("invalidParameter.userIds.overMax"));
    expect(dingtalk.sent).toHaveLength(0);
  });

  test("a group takes 15 000 bytes of msgParam and no more", async () => {
    dingtalk.groups.add("cidG==");
    const around = JSON.stringify({ content: "" }).length;
    const full = "好".repeat((15_000 - around) / 3);
    const tooLong = refusal("invalidParameter.msgParam.tooLong");
    expect(await robot.toGroup("cidG==", full.padEnd(full.length + 2, "x"))).toEqual(tooLong);
    expect((await robot.toGroup("cidG==", full)).status).toBe(200);
    expect((await robot.toUsers(["u"], `${full}xxx`)).status).toBe(200);
  });

  test("a fault is answered instead of the work", async () => {
    dingtalk.faults.api = { status: 503, body: { code: "system.busy" } };
    expect((await robot.toUsers(["u"])).status).toBe(503);
    dingtalk.faults.api = null;
    expect((await robot.toUsers(["u"])).status).toBe(200);
    expect(dingtalk.sent).toHaveLength(1);
  });
});
