import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { until } from "../../support/until.ts";
import { createRobot } from "./_clients.ts";

describe("what the simulator makes of sends", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk({ perMinute: 2, perSecond: 3 });
    robot = createRobot(dingtalk);
  });
  afterEach(() => dingtalk.close());

  test("a conversation's minute is shared by all ways to it, another's is its own", async () => {
    const message = dingtalk.messageFor({ senderStaffId: "u1", conversationId: "cidOne==" });
    expect((await robot.toWebhook(message)).body).toEqual({ errcode: 0, errmsg: "ok" });
    expect((await robot.toUsers(["u1"])).status).toBe(200);
    expect((await robot.toWebhook(message)).body["errcode"]).toBe(130101);
    expect(await robot.toUsers(["u1"])).toMatchObject({
      status: 400,
      body: { code: "send.too.fast" },
    });
    expect((await robot.toUsers(["u2"])).status).toBe(200);
    expect(dingtalk.sent.map(({ via }) => via)).toEqual(["webhook", "oTo", "oTo"]);
    expect(dingtalk.violations).toEqual([
      { time: expect.any(Number), kind: "minute", where: "cidOne==" },
      { time: expect.any(Number), kind: "minute", where: "cidOne==" },
    ]);
  });

  test("an API takes so many calls a second, and only those that are answered count", async () => {
    const token = await robot.token();
    const send = (userId: string) =>
      robot.call("oToMessages/batchSend", { userIds: [userId], ...robot.text("x") }, token);
    const answers = await Promise.all(["a", "b", "c", "d", "e"].map(send));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    const refused = answers.find(({ status }) => status !== 200);
    expect(refused?.status).toBe(403);
    expect(refused?.body["code"]).toBe("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi");
    const where = "/v1.0/robot/oToMessages/batchSend";
    expect(dingtalk.violations).toEqual(
      Array.from({ length: 2 }, () => ({ time: expect.any(Number), kind: "second", where })),
    );
    expect(dingtalk.sent).toHaveLength(3);
  });

  const ways = {
    webhook: (content: string) =>
      robot.toWebhook(dingtalk.messageFor({ senderStaffId: "u1" }), content),
    oTo: (content: string) => robot.toUsers(["u1"], content),
    group: (content: string) => robot.toGroup("cidG==", content),
  };

  describe.each(["webhook", "oTo", "group"] as const)("by %s", (via) => {
    const send = (content: string) => ways[via](content);
    beforeEach(() => dingtalk.groups.add("cidG=="));

    test("swallow: taken, and no answer", async () => {
      dingtalk.faults.sends = () => "swallow";
      expect(await send("lost").catch(() => "closed")).toBe("closed");
      expect(dingtalk.sent.map(({ body }) => body.text?.content)).toEqual(["lost"]);
    });

    test("drop: neither taken nor answered", async () => {
      dingtalk.faults.sends = () => "drop";
      expect(await send("lost").catch(() => "closed")).toBe("closed");
      expect(dingtalk.sent).toHaveLength(0);
    });

    test("hang: not taken, and no answer while the simulator lives", async () => {
      let asked = false;
      dingtalk.faults.sends = ({ body }) => {
        asked ||= body.text?.content === "lost";
        return body.text?.content === "lost" ? "hang" : "ok";
      };
      let answered = false;
      const call = send("lost")
        .then(() => (answered = true))
        .catch(() => "closed");
      await until("the call", () => asked);
      expect((await robot.toUsers(["u9"], "fine")).status).toBe(200);
      expect(answered).toBe(false);
      expect(dingtalk.sent.map(({ body }) => body.text?.content)).toEqual(["fine"]);
      await dingtalk.close();
      expect(await call).toBe("closed");
    });

    test("an answer of the test's, asked for by what the call is", async () => {
      const seen: unknown[] = [];
      dingtalk.faults.sends = (call) => {
        seen.push(call);
        return { status: 500, body: { code: "system.error" } };
      };
      expect(await send("x")).toEqual({ status: 500, body: { code: "system.error" } });
      const conversationId = via === "group" ? "cidG==" : expect.stringMatching(/^ciddirect/);
      const body = { msgtype: "text", text: { content: "x" } };
      expect(seen).toEqual([{ via, conversationId, body }]);
      expect(dingtalk.sent).toHaveLength(0);
      dingtalk.faults.sends = null;
      expect((await send("y")).status).toBe(200);
    });
  });
});
