import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  startDingTalk,
  times,
  TOO_MANY_UPLOADS,
  type DingTalk,
} from "../../../src/simulator/dingtalk.ts";
import { chart, silence } from "../../../src/simulator/samples.ts";
import { createRobot } from "./_clients.ts";

const bytesOf = (text: string, length = text.length) => {
  const bytes = new Uint8Array(length);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
};

describe("the simulator's uploads", () => {
  let dingtalk: DingTalk;
  let robot: ReturnType<typeof createRobot>;

  beforeEach(async () => {
    dingtalk = await startDingTalk();
    robot = createRobot(dingtalk);
  });
  afterEach(() => dingtalk.close());

  test("a file is kept as it came, under a media id", async () => {
    const bytes = chart();
    const answer = await robot.upload("image", new File([bytes], "图 1.png"));
    expect(answer).toEqual({
      errcode: 0,
      errmsg: "ok",
      type: "image",
      media_id: expect.stringMatching(/^@\w+$/),
      created_at: expect.any(Number),
    });
    const upload = dingtalk.upload(String(answer["media_id"]));
    expect(upload).toMatchObject({ type: "image", name: "图 1.png", mime: "image/png" });
    expect(upload?.bytes).toEqual(bytes);
    expect(dingtalk.uploads()).toHaveLength(1);
  });

  const takes: [string, string, Uint8Array<ArrayBuffer>][] = [
    ["image", "a.JPG", Uint8Array.from([0xff, 0xd8, 0xff, 0xe0])],
    ["voice", "a.amr", silence(100)],
    ["voice", "a.ogg", bytesOf("OggS")],
    ["video", "a.mp4", bytesOf("\0\0\0\0ftypisom")],
    ["file", "a.pdf", bytesOf("%PDF-1.4")],
    ["file", "notes.txt", bytesOf("anything")],
  ];
  test.each(takes)("%s: %s is taken", async (type, name, bytes) => {
    expect((await robot.upload(type, new File([bytes], name)))["errcode"]).toBe(0);
  });

  const MB = 2 ** 20;
  const refuses: [string, string, Uint8Array<ArrayBuffer>, number][] = [
    ["image", "a.svg", bytesOf("<svg>"), 40005],
    ["image", "a.png", bytesOf("GIF89a"), 40005],
    ["image", "png", chart(), 40005],
    ["voice", "a.m4a", bytesOf("\0\0\0\0ftypM4A "), 40005],
    ["video", "a.mov", bytesOf("\0\0\0\0ftypqt  "), 40005],
    ["file", "a.docx", bytesOf("no zip"), 40005],
    ["voice", "a.amr", bytesOf("#!AMR\n", 2 * MB + 1), 40006],
    ["file", "a.zip", bytesOf("PK", 20 * MB + 1), 40006],
    ["document", "a.pdf", bytesOf("%PDF"), 40004],
    ["file", "empty.txt", bytesOf(""), 41005],
  ];
  test.each(refuses)("%s: %s is refused", async (type, name, bytes, errcode) => {
    const answer = await robot.upload(type, new File([bytes], name));
    expect(answer).toEqual({ errcode, errmsg: expect.any(String) });
    expect(dingtalk.uploads()).toEqual([]);
  });

  test("without a file, a token, the permission or the time for it", async () => {
    const file = new File([chart()], "a.png");
    expect((await robot.upload("image", undefined))["errcode"]).toBe(41005);
    expect((await robot.upload("image", file, "token-forged"))["errcode"]).toBe(40014);
    expect((await robot.upload("image", file, ""))["errcode"]).toBe(41001);
    dingtalk.denied.add("qyapi_base");
    expect(await robot.upload("image", file)).toMatchObject({ errcode: 88, sub_code: "60011" });
    dingtalk.denied.clear();
    dingtalk.faults.upload = times(1, TOO_MANY_UPLOADS);
    expect((await robot.upload("image", file))["errcode"]).toBe(90018);
    expect((await robot.upload("image", file))["errcode"]).toBe(0);
  });
});
