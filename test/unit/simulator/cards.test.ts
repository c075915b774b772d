import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  permissionDenied,
  startDingTalk,
  STOPPABLE,
  times,
  TOO_MANY_CALLS,
  UNKNOWN_ERROR,
  type DingTalk,
} from "../../../src/simulator/dingtalk.ts";
import { createRobot } from "./_clients.ts";

const CREATE = "/v1.0/card/instances/createAndDeliver";
const STREAM = "/v1.0/card/streaming";

describe("the simulator's cards", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
    dingtalk.groups.add("cidG==");
  });
  afterEach(() => dingtalk.close());

  const refusal = (code: string) => ({ status: 400, body: expect.objectContaining({ code }) });
  const card = () => dingtalk.cards()[0];
  const update = (params: Record<string, unknown>, fields: object = {}) =>
    robot.api(
      "/v1.0/card/instances",
      { outTrackId: "c1", cardData: { cardParamMap: params }, ...fields },
      "PUT",
    );
  const BY_KEY = { cardUpdateOptions: { updateCardDataByKey: true } };

  test("a card comes up in the chat it names, and grows to its end", async () => {
    dingtalk.messageFor({ senderStaffId: "u1", conversationId: "cidOne==" });
    const { status, body } = await robot.card("c1", { user: "u1" });
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      result: {
        outTrackId: "c1",
        deliverResults: [
          {
            spaceType: "IM_ROBOT",
            spaceId: "u1",
            success: true,
            carrierId: expect.any(String),
            errorMsg: expect.any(String),
          },
        ],
      },
    });
    expect(card()).toMatchObject({ conversationId: "cidOne==", state: "processing", text: "" });
    expect((await robot.frame("c1", "Hel")).body).toEqual({ success: true, result: true });
    expect(card()).toMatchObject({ state: "inputing", text: "Hel" });
    await robot.frame("c1", "Hello", { isFinalize: true });
    expect(card()).toMatchObject({ state: "finished", text: "Hello", blank: false });
    expect(card()?.frames.map(({ content }) => content)).toEqual(["Hel", "Hello"]);
  });

  test("in a group it mentions people by name", async () => {
    const deliver = { robotCode: dingtalk.clientId, atUserIds: { u1: "小明" } };
    await robot.card("c1", { group: "cidG==" }, { imGroupOpenDeliverModel: deliver });
    expect(card()).toMatchObject({ conversationId: "cidG==", at: { u1: "小明" } });
  });

  test.each([
    ["a template nobody has published", { cardTemplateId: "x.schema" }, "param.templateNotExist"],
    ["no template", { cardTemplateId: undefined }, "param.cardTemplateIdEmpty"],
    ["no name of its own", { outTrackId: "" }, "param.outTrackIdEmpty"],
    ["no data", { cardData: undefined }, "param.cardPublicDataEmpty"],
    ["a number among its data", { cardData: { cardParamMap: { a: 1 } } }, "param.invalid"],
    ["a space without a scheme", { openSpaceId: "IM_GROUP.cidG==" }, "param.openSpaceIdInvalid"],
    [
      "a group the robot is not in",
      { openSpaceId: "dtv1.card//IM_GROUP.x" },
      "param.openSpaceIdInvalid",
    ],
    ["no model of the space", { imGroupOpenSpaceModel: undefined }, "param.openSpaceModelInvalid"],
    ["no model of delivery", { imGroupOpenDeliverModel: undefined }, "param.deliverModelInvalid"],
    ["another robot", { imGroupOpenDeliverModel: { robotCode: "x" } }, "param.robotCode"],
  ])("none is made with %s", async (_, fields, code) => {
    expect(await robot.card("c1", { group: "cidG==" }, fields)).toEqual(refusal(code));
    expect(dingtalk.cards()).toEqual([]);
  });

  test("a name is good for one card, and success does not mean delivery", async () => {
    await robot.card("c1", { user: "u1" });
    expect(await robot.card("c1", { user: "u1" })).toEqual(refusal("param.cardAlreadyExist"));
    dingtalk.invalidStaff.add("gone");
    const { status, body } = await robot.card("c2", { user: "gone" });
    expect(status).toBe(200);
    expect(body["result"]).toMatchObject({ deliverResults: [{ success: false }] });
    expect(dingtalk.cards()).toHaveLength(1);
  });

  test.each([
    ["of an unknown card", { outTrackId: "other" }, "param.stream.outTrackId"],
    ["without a guid", { guid: undefined }, "param.stream.guidEmpty"],
    ["without a key", { key: "" }, "param.stream.keyEmpty"],
    ["without content", { content: "" }, "param.stream.contentEmpty"],
    ["that does not say it is whole", { isFull: undefined }, "param.stream.isFull"],
    ["that is a piece", { isFull: false }, "param.stream.isFull"],
  ])("a frame %s is refused", async (_, fields, code) => {
    await robot.card("c1", { user: "u1" });
    expect(await robot.frame("c1", "x", fields)).toEqual(refusal(code));
    expect(card()).toMatchObject({ frames: [], state: "processing" });
  });

  test("a variable that is not streamed is an unknown error, as is a template without a stream", async () => {
    await robot.card("c1", { user: "u1" });
    const unknown = { status: 500, body: UNKNOWN_ERROR.body };
    expect(await robot.frame("c1", "x", { key: "title" })).toEqual(unknown as never);
    const cardTemplateId = "589420e2-c1e2-46ef-a5ed-b8728e654da9.schema";
    await robot.card("c2", { user: "u1" }, { cardTemplateId });
    expect(await robot.frame("c2", "x", { key: "markdown" })).toEqual(unknown as never);
  });

  test("a guid counts once", async () => {
    await robot.card("c1", { user: "u1" });
    await robot.frame("c1", "first", { guid: "g" });
    expect((await robot.frame("c1", "second", { guid: "g" })).status).toBe(200);
    expect(card()?.text).toBe("first");
    expect(card()?.frames.map(({ repeated }) => repeated)).toEqual([false, true]);
  });

  test("an error is seen as one, and too much text not at all", async () => {
    await robot.card("c1", { user: "u1" });
    await robot.frame("c1", "字".repeat(2999));
    expect(card()?.blank).toBe(false);
    await robot.frame("c1", "字".repeat(3000), { isError: true });
    expect(card()).toMatchObject({ blank: true, state: "failed" });
  });

  test("an update replaces all, or what it names, and may end the card", async () => {
    await robot.card("c1", { user: "u1" }, { cardData: { cardParamMap: { a: "1", b: "2" } } });
    await update({ b: "3", flowStatus: "2" }, BY_KEY);
    expect(card()).toMatchObject({ params: { a: "1", b: "3" }, state: "inputing" });
    await update({ content: "all", flowStatus: "3" });
    expect(card()?.params).toEqual({ content: "all", flowStatus: "3" });
    expect(card()).toMatchObject({ text: "all", state: "finished" });
    expect(await update({ a: 1 })).toEqual(refusal("param.invalid"));
    expect(await update({}, { outTrackId: "other" })).toEqual(refusal("param.cardNotExist"));
  });

  test("a card that has ended takes an update only after its last frame was played again", async () => {
    await robot.card("c1", { user: "u1" });
    await robot.frame("c1", "end", { isFinalize: true });
    expect((await update({ content: "more" }, BY_KEY)).status).toBe(200);
    expect(card()).toMatchObject({ text: "end", updates: [{ ignored: true }] });
    await robot.frame("c1", "end", { isFinalize: true });
    await update({ content: "more" }, BY_KEY);
    expect(card()).toMatchObject({ text: "more", state: "finished" });
    await update({ content: "even more" }, BY_KEY);
    expect(card()?.text).toBe("more");
  });

  test("a card can be taken back by its carrierId", async () => {
    await robot.card("c1", { user: "u1" });
    const key = card()?.carrierId ?? "";
    const keys = { processQueryKeys: [key] };
    const { body } = await robot.api("/v1.0/robot/otoMessages/batchRecall", keys);
    expect(body).toEqual({ successResult: [key], failedResult: {} });
    expect(card()?.recalledAt).toBeNumber();
  });

  test("permissions, throttling and faults stand before it, and every call is noted", async () => {
    dingtalk.denied.add("Card.Instance.Write");
    expect(await robot.card("c1", { user: "u1" })).toEqual(
      permissionDenied("Card.Instance.Write") as never,
    );
    dingtalk.denied.clear();
    dingtalk.faults.card = times(1, TOO_MANY_CALLS);
    expect((await robot.card("c1", { user: "u1" })).status).toBe(403);
    expect((await robot.card("c1", { user: "u1" })).status).toBe(200);
    dingtalk.faults.streaming = UNKNOWN_ERROR;
    expect((await robot.frame("c1", "x")).status).toBe(500);
    const cardCalls = dingtalk.calls.filter(({ api }) => api.includes("/card/"));
    expect(cardCalls.map(({ api, status }) => [api, status])).toEqual([
      [CREATE, 403],
      [CREATE, 403],
      [CREATE, 200],
      [STREAM, 500],
    ]);
  });

  test("a call can be slow, and without a token it is refused", async () => {
    await robot.card("c1", { user: "u1" });
    const asked: string[] = [];
    dingtalk.faults.slow = (path) => {
      asked.push(path);
      return 1;
    };
    dingtalk.expireTokens();
    const stale = { "x-acs-dingtalk-access-token": "token-old" };
    const answer = await fetch(dingtalk.url + STREAM, { method: "PUT", headers: stale });
    expect(((await answer.json()) as { code: string }).code).toBe("InvalidAuthentication");
    expect(asked).toEqual([STREAM]);
  });
});

describe("a card's button in the simulator", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
    await robot.connect();
  });
  afterEach(() => dingtalk.close());

  test("a press is pushed in DingTalk's shape, and its ack is noted", async () => {
    await robot.card("c1", { user: "u1" });
    const options = { outTrackId: "c1", actionId: STOPPABLE.stopAction ?? "", userId: "u1" };
    const press = await dingtalk.press({ ...options, params: { why: "long" } });
    expect(press).toMatchObject({ ...options, ack: { code: 200, late: false } });
    const [frame] = robot.pushed;
    expect(frame).toMatchObject({
      type: "actionCallback",
      outTrackId: "c1",
      userId: "u1",
      userIdType: 1,
      spaceType: "IM_ROBOT",
    });
    expect(JSON.parse(String(frame?.["content"]))).toEqual({
      cardPrivateData: { actionIds: ["stop"], params: { why: "long" } },
    });
    expect(dingtalk.presses()).toEqual([press]);
  });

  test("nothing is pushed for a card without callbacks", async () => {
    await robot.card("c1", { user: "u1" }, { callbackType: undefined });
    expect(dingtalk.press({ outTrackId: "c1", actionId: "stop" })).rejects.toThrow("no such card");
    expect(dingtalk.press({ outTrackId: "c9", actionId: "stop" })).rejects.toThrow("no such card");
    expect(robot.pushed).toEqual([]);
  });
});
