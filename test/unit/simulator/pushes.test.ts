import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { createRobot } from "./_clients.ts";

describe("what the simulator pushes", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
    await robot.connect();
  });
  afterEach(() => dingtalk.close());

  test("over quota a message comes without what was said", async () => {
    dingtalk.overQuota = true;
    await dingtalk.say({ text: "hello" });
    await dingtalk.say({ text: "hi", override: { errorCode: undefined, errCode: "20001" } });
    dingtalk.overQuota = false;
    await dingtalk.say({ text: "again" });
    const [first, second, third] = robot.pushed;
    expect(first).toMatchObject({ errorCode: "20001", errorMessage: expect.any(String) });
    expect(first).not.toHaveProperty("text");
    expect(first).not.toHaveProperty("content");
    expect(second).toMatchObject({ errCode: "20001" });
    expect(second).not.toHaveProperty("errorCode");
    expect(third).toMatchObject({ text: { content: "again" } });
    expect(third).not.toHaveProperty("errorCode");
  });

  test("a message is pushed again as it was, or under a new id", async () => {
    const message = await dingtalk.say({ text: "once" });
    expect(await dingtalk.pushAgain(message)).toEqual(message);
    const renamed = await dingtalk.pushAgain(message, { newMsgId: true });
    expect(renamed.msgId).not.toBe(message.msgId);
    expect({ ...renamed, msgId: message.msgId }).toEqual(message);
    expect(robot.pushed).toEqual([message, message, renamed]);
  });
});
