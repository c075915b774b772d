import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { isFromRobotItself, mentionsRobot } from "../../../src/core/inbound/mentions.ts";
import { parseRobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { startDingTalk, type DingTalk, type Saying } from "../../../src/simulator/dingtalk.ts";
import { ROBOT_ID, robotIdOf } from "../../../src/simulator/kinds.ts";
import { createRobot } from "./_clients.ts";

describe("who speaks in the simulator", () => {
  let work: DingTalk;
  let home: DingTalk;
  beforeEach(async () => {
    work = await startDingTalk({ clientId: "dingwork" });
    home = await startDingTalk({ clientId: "dinghome" });
  });
  afterEach(async () => {
    await work.close();
    await home.close();
  });

  /** What the worker reads. */
  const read = (saying: Saying, dingtalk = work) => {
    const parsed = parseRobotMessage(JSON.stringify(dingtalk.messageFor(saying)));
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.message;
  };

  test("a colleague, unless something else is said", () => {
    const message = work.messageFor({});
    expect(message).toMatchObject({
      conversationType: "1",
      senderId: "$:LWCP_v1:$user01",
      senderStaffId: "user01",
      senderNick: "小明",
      senderPlatform: "Mac",
      senderUnionId: expect.stringMatching(/./),
      senderCorpId: message.chatbotCorpId,
      chatbotUserId: robotIdOf("dingwork"),
      robotCode: "dingwork",
    });
    expect(message).not.toHaveProperty("isInAtList");
  });

  test("an outsider has no staff id, and is of another organisation", () => {
    const message = work.messageFor({ from: "outsider", senderStaffId: "wang" });
    expect(message).not.toHaveProperty("senderStaffId");
    expect(message).toMatchObject({ senderId: "$:LWCP_v1:$wang", senderPlatform: "Mac" });
    expect(message.senderCorpId).not.toBe(message.chatbotCorpId);
  });

  test("another robot has no client either, and may be one of ours", () => {
    const said = { from: "robot", senderId: home.robotId } as const;
    const message = work.messageFor(said);
    for (const field of ["senderStaffId", "senderPlatform", "senderUnionId"]) {
      expect(message).not.toHaveProperty(field);
    }
    expect(message.senderId).toBe(home.robotId);
    expect(isFromRobotItself(read(said))).toBe(false);
    expect(isFromRobotItself(read(said, home))).toBe(true);
  });

  test("nobody but a colleague can be written to by a staff id afterwards", async () => {
    const robot = createRobot(work);
    const chats = async (from: Saying["from"], senderStaffId: string) => {
      const { conversationId } = work.messageFor({
        ...(from === undefined ? {} : { from }),
        senderStaffId,
        conversationId: `cid-${senderStaffId}==`,
      });
      await robot.toUsers([senderStaffId]);
      return work.sends().at(-1)?.chat === conversationId;
    };
    expect(await chats(undefined, "zhang")).toBe(true);
    expect(await chats("outsider", "wang")).toBe(false);
  });

  test("in a group the robot is @-ed, unless it is said otherwise", () => {
    const mentioned = read({ kind: "group", text: "hi" });
    expect(mentionsRobot(mentioned)).toBe(true);
    expect(work.messageFor({ kind: "group", text: "hi" })).toMatchObject({
      isInAtList: true,
      atUsers: [{ dingtalkId: work.robotId }],
      text: { content: " hi" },
    });
    const overheard = { kind: "group", text: "hi", mentioned: false } as const;
    expect(mentionsRobot(read(overheard))).toBe(false);
    expect(work.messageFor(overheard)).toMatchObject({
      isInAtList: false,
      atUsers: [],
      text: { content: "hi" },
    });
  });

  test("two robots of one group hear the same message under the same id", async () => {
    const robots = [work, home].map(createRobot);
    for (const robot of robots) await robot.connect();
    const said = {
      kind: "group",
      conversationId: "cidBoth==",
      msgId: "msgBoth==",
      text: "hi",
    } as const;
    await Promise.all([work.say(said), home.say(said)]);
    const [one, other] = robots.map(({ pushed }) => pushed[0]);
    for (const message of [one, other]) {
      expect(message).toMatchObject({ msgId: "msgBoth==", conversationId: "cidBoth==" });
    }
    expect([one?.["robotCode"], other?.["robotCode"]]).toEqual(["dingwork", "dinghome"]);
    expect(one?.["chatbotUserId"]).not.toBe(other?.["chatbotUserId"]);
    expect(one?.["chatbotCorpId"]).toBe(other?.["chatbotCorpId"]);
  });

  test("without an id of its own every message has a new one", () => {
    const ids = [work.messageFor({}), work.messageFor({})].map(({ msgId }) => msgId);
    expect(new Set(ids).size).toBe(2);
  });

  test("a simulator that is told nothing has the robot that quotes name", async () => {
    const plain = await startDingTalk();
    expect(plain.robotId).toBe(ROBOT_ID);
    expect(plain.messageFor({}).chatbotUserId).toBe(ROBOT_ID);
    await plain.close();
  });
});
