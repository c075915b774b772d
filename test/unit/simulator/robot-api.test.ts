import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { startDingTalk, times, TOO_MANY_CALLS } from "../../../src/simulator/dingtalk.ts";
import type { DingTalk } from "../../../src/simulator/dingtalk.ts";
import { chart, silence } from "../../../src/simulator/samples.ts";
import { createRobot } from "./_clients.ts";

const mp4 = Uint8Array.from([0, 0, 0, 16, ...new TextEncoder().encode("ftypisom")]);
const button = (at: number) => ({ [`actionTitle${at}`]: "A", [`actionURL${at}`]: "https://x.cn" });
const CARD = { title: "t", text: "x" };

describe("what a robot may send by the simulator's OpenAPI", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;
  /** Media ids by what they are. */
  let media: Record<"image" | "sound" | "video" | "file", string>;

  beforeEach(async () => {
    dingtalk = await startDingTalk({ perMinute: 1000, perSecond: 1000 });
    robot = createRobot(dingtalk);
    dingtalk.groups.add("cidG==");
    const upload = async (type: string, name: string, bytes: Uint8Array<ArrayBuffer>) =>
      String((await robot.upload(type, new File([bytes], name)))["media_id"]);
    media = {
      image: await upload("image", "a.png", chart()),
      sound: await upload("voice", "a.amr", silence(1000)),
      video: await upload("video", "a.mp4", mp4),
      file: await upload("file", "a.md", new TextEncoder().encode("# x")),
    };
  });
  afterEach(() => dingtalk.close());

  const send = (msgKey: string, param: object) =>
    robot.toGroup("cidG==", "", { msgKey, msgParam: JSON.stringify(param) });

  const bodies = (): [string, Record<string, string>][] => [
    ["sampleText", { content: "x" }],
    ["sampleMarkdown", { title: "t", text: "x" }],
    ["sampleImageMsg", { photoURL: media.image }],
    ["sampleImageMsg", { photoURL: "https://example.com/a.png" }],
    ["sampleLink", { title: "t", text: "x", messageUrl: "https://x.cn", picUrl: media.image }],
    ["sampleActionCard", { ...CARD, singleTitle: "go", singleURL: "https://x.cn" }],
    ["sampleActionCard2", { ...CARD, ...button(1), ...button(2) }],
    [
      "sampleActionCard5",
      { ...CARD, ...button(1), ...button(2), ...button(3), ...button(4), ...button(5) },
    ],
    [
      "sampleActionCard6",
      { ...CARD, buttonTitle1: "A", buttonUrl1: "x", buttonTitle2: "B", buttonUrl2: "y" },
    ],
    ["sampleAudio", { mediaId: media.sound, duration: "1000" }],
    ["sampleFile", { mediaId: media.file, fileName: "a.md", fileType: "md" }],
    [
      "sampleVideo",
      { duration: "3", videoMediaId: media.video, videoType: "mp4", picMediaId: media.image },
    ],
  ];

  test("every kind with the parameters it needs, each named as it came", async () => {
    for (const [msgKey, param] of bodies()) {
      const { status, body } = await send(msgKey, param);
      expect({ msgKey, status }).toEqual({ msgKey, status: 200 });
      expect(dingtalk.sends().at(-1)).toEqual({
        chat: "cidG==",
        time: expect.any(Number),
        via: "group",
        msgKey,
        param,
        processQueryKey: String(body["processQueryKey"]),
        recalled: false,
      });
    }
  });

  test("none with one of them missing", async () => {
    const optional = new Set(["picUrl"]);
    for (const [msgKey, param] of bodies()) {
      for (const name of Object.keys(param).filter((key) => !optional.has(key))) {
        const { body } = await send(msgKey, { ...param, [name]: undefined });
        const { code } = body;
        expect([msgKey, name, code]).toEqual([msgKey, name, "invalidParameter.msgParam.invalid"]);
      }
    }
    expect(dingtalk.sent).toEqual([]);
  });

  test("no media that was never uploaded, or is something else", async () => {
    const video = { videoMediaId: media.video, videoType: "mp4", picMediaId: media.image };
    const wrong: [string, object][] = [
      ["sampleImageMsg", { photoURL: "@lALnothing" }],
      ["sampleImageMsg", { photoURL: media.file }],
      ["sampleFile", { mediaId: "lost", fileName: "a.md", fileType: "md" }],
      ["sampleAudio", { mediaId: media.image, duration: "1000" }],
      ["sampleAudio", { mediaId: media.sound, duration: 1000 }],
      ["sampleVideo", { ...video, duration: "3", picMediaId: media.video }],
      ["sampleVideo", { ...video, duration: "3", videoMediaId: media.image }],
      ["sampleVideo", { ...video, duration: "3", videoType: "mov" }],
    ];
    for (const [msgKey, param] of wrong) {
      const { body } = await send(msgKey, param);
      expect([param, body["code"]]).toEqual([param, "invalidParameter.msgParam.invalid"]);
    }
  });

  test("what was sent can be taken back, once and where it was sent", async () => {
    const key = async (answer: ReturnType<typeof send>) =>
      String((await answer).body["processQueryKey"]);
    const inGroup = await key(robot.toGroup("cidG=="));
    const direct = await key(robot.toUsers(["u1", "u2"]));
    const recall = (path: string, processQueryKeys: readonly string[]) =>
      robot.api(`/v1.0/robot/${path}`, { openConversationId: "cidG==", processQueryKeys });
    expect((await recall("groupMessages/recall", [inGroup, direct])).body).toEqual({
      successResult: [inGroup],
      failedResult: { [direct]: expect.any(String) },
    });
    expect((await recall("otoMessages/batchRecall", [direct])).body).toEqual({
      successResult: [direct],
      failedResult: {},
    });
    expect(dingtalk.sends().map(({ recalled }) => recalled)).toEqual([true, true, true]);
    const again = await recall("otoMessages/batchRecall", [direct]);
    expect(again.body["failedResult"]).toEqual({ [direct]: expect.any(String) });
  });

  test("a recall names one to twenty messages", async () => {
    const recall = (count: number) =>
      robot.api("/v1.0/robot/otoMessages/batchRecall", {
        processQueryKeys: Array.from({ length: count }, (_, at) => `k${at}`),
      });
    expect((await recall(0)).body["code"]).toBe("invalidParameter.processQueryKeys.empty");
    expect((await recall(20)).status).toBe(200);
    expect((await recall(21)).body["code"]).toBe("invalidParameter.processQueryKeys.overMax");
    dingtalk.faults.recall = times(1, TOO_MANY_CALLS);
    expect((await recall(1)).status).toBe(403);
  });

  test("without the permission nothing is sent or taken back", async () => {
    dingtalk.denied.add("qyapi_robot_sendmsg");
    const { status, body } = await robot.toGroup("cidG==");
    expect(status).toBe(403);
    expect(body).toMatchObject({
      code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
      accessdenieddetail: { requiredScopes: ["qyapi_robot_sendmsg"] },
    });
  });
});

describe("reactions in the simulator", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;
  let message: { readonly msgId: string; readonly conversationId: string };

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
    message = dingtalk.messageFor({});
  });
  afterEach(() => dingtalk.close());

  const emotion = (action: "reply" | "recall", name: string, fields: object = {}) =>
    robot.api(`/v1.0/robot/emotion/${action}`, {
      openMsgId: message.msgId,
      openConversationId: message.conversationId,
      emotionType: 2,
      emotionName: name,
      textEmotion: { emotionId: "1", emotionName: name, text: name, backgroundId: "im_bg_1" },
      ...fields,
    });

  test("one is put on a message and taken off with the same body", async () => {
    expect(await emotion("reply", "🤔")).toEqual({ status: 200, body: { success: true } });
    expect((await emotion("recall", "🥳")).body["code"]).toBe("system.err");
    expect(dingtalk.reactions()).toMatchObject([{ openMsgId: message.msgId, name: "🤔" }]);
    expect(dingtalk.reactions()[0]?.recalledAt).toBeUndefined();
    expect((await emotion("recall", "🤔")).status).toBe(200);
    expect(dingtalk.reactions()[0]?.recalledAt).toBeNumber();
    expect((await emotion("recall", "🤔")).status).toBe(400);
  });

  test("DingTalk's own need no sticker", async () => {
    const own = { emotionType: 1, textEmotion: undefined };
    expect((await emotion("reply", "收到", own)).status).toBe(200);
  });

  test.each([
    ["a message nobody has written", { openMsgId: "msgOther==" }],
    ["a chat it was not written in", { openConversationId: "cidOther==" }],
    ["another robot", { robotCode: "other" }],
    ["no sticker", { textEmotion: undefined }],
    ["an unknown type", { emotionType: 3 }],
    ["no name", { emotionName: "" }],
  ])("not with %s", async (_, fields) => {
    expect((await emotion("reply", "🤔", fields)).status).toBe(400);
    expect(dingtalk.reactions()).toEqual([]);
  });
});
