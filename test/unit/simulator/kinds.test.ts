import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { parseRobotMessage } from "../../../src/core/inbound/robot-message.ts";
import { saidIn } from "../../../src/core/inbound/parts.ts";
import { startDingTalk, type DingTalk } from "../../../src/simulator/dingtalk.ts";
import { startGateway, type EchoGateway } from "../../../src/simulator/gateway.ts";
import * as kinds from "../../../src/simulator/kinds.ts";
import { png } from "../../../src/simulator/png.ts";
import { kindOf } from "../../../src/core/media/kind.ts";

const PICTURE = png(3, 2, () => [1, 2, 3]);

describe("kinds of messages the simulator sends", () => {
  let dingtalk: DingTalk;
  beforeEach(async () => {
    dingtalk = await startDingTalk();
  });
  afterEach(() => dingtalk.close());

  /** What the worker reads in it. */
  const read = (said: kinds.Kind) => {
    const parsed = parseRobotMessage(JSON.stringify(dingtalk.messageFor({ said })));
    if (!parsed.ok) throw new Error(parsed.reason);
    return saidIn(parsed.message);
  };

  test("are read by the worker as what they are", () => {
    expect(read(kinds.picture("a", "b")).parts).toMatchObject([
      { kind: "media", media: "picture", codes: ["a", "b"] },
    ]);
    expect(read(kinds.richText("x", { picture: "a" }, "y")).parts).toMatchObject([
      { kind: "text", text: "x" },
      { media: "picture", codes: ["a"] },
      { kind: "text", text: "y" },
    ]);
    expect(read(kinds.file("a", "b.txt")).parts).toMatchObject([{ media: "file", name: "b.txt" }]);
    expect(read(kinds.audio("a", 2000, "好")).parts).toMatchObject([
      { media: "audio", durationMs: 2000, recognition: "好" },
    ]);
    expect(read(kinds.video("a", 7)).parts).toMatchObject([{ media: "video", durationMs: 7000 }]);
    expect(read(kinds.chatRecord("t", "s")).parts).toMatchObject([{ kind: "record", title: "t" }]);
    expect(read(kinds.card("https://a.example")).parts).toMatchObject([{ kind: "link" }]);
    expect(read(kinds.unknownMsgType()).parts).toMatchObject([{ kind: "unknown" }]);
  });

  test("quotes are read with who said what", () => {
    const { parts, quote } = read(kinds.quote("why?", kinds.saidBy("user01", "小明", "42")));
    expect(parts).toEqual([{ kind: "text", text: "why?" }]);
    expect(quote).toMatchObject({ who: "小明", fromRobot: false, parts: [{ text: "42" }] });
    const own = read(kinds.quote("?", kinds.saidByRobot({ markdown: { text: "# 42" } })));
    expect(own.quote).toMatchObject({ fromRobot: true, parts: [{ text: "# 42" }] });
    const pictured = read(kinds.quote("?", kinds.pictureBy("u", "x", "a")));
    expect(pictured.quote?.parts).toMatchObject([{ media: "picture", codes: ["a"] }]);
  });

  test("over quota they come without what was said", () => {
    dingtalk.overQuota = true;
    const message = dingtalk.messageFor({ said: kinds.picture("a") });
    expect(message).not.toHaveProperty("content");
  });

  test("a picture is one", () => {
    expect(kindOf(PICTURE).mime).toBe("image/png");
  });
});

describe("pictures the simulated gateway is asked about", () => {
  let gateway: EchoGateway;
  beforeEach(async () => {
    gateway = await startGateway();
  });
  afterEach(() => gateway.stop());

  const url = `data:image/png;base64,${Buffer.from(PICTURE).toString("base64")}`;
  const ask = async (urls: readonly string[]) => {
    const images = urls.map((each) => ({ type: "image_url", image_url: { url: each } }));
    const content = [{ type: "text", text: "a" }, ...images, { type: "text", text: "b" }];
    const response = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${gateway.token}` },
      body: JSON.stringify({ model: "openclaw/main", messages: [{ role: "user", content }] }),
    });
    return { status: response.status, body: await response.text() };
  };

  test("are told apart from the words, and counted by the echo", async () => {
    const { status, body } = await ask([url, url]);
    expect(status).toBe(200);
    expect(gateway.asked[0]).toMatchObject({ text: "a\nb", images: [url, url] });
    const said = [...body.matchAll(/"content":"([^"]*)"/g)].map(([, piece]) => piece).join("");
    expect(said).toContain("看到了 **2** 张图片");
  });

  test("are refused when there are too many, or they are none", async () => {
    const refused = (answer: { status: number; body: string }) => {
      expect(answer.status).toBe(400);
      expect(answer.body).toContain("Invalid image_url content");
    };
    refused(await ask(Array.from({ length: 9 }, () => url)));
    for (const bad of ["https://a.example/b.png", "data:image/bmp;base64,AAAA", "data:,"]) {
      refused(await ask([bad]));
    }
    const large = `data:image/png;base64,${"A".repeat(14 * 2 ** 20)}`;
    refused(await ask([large]));
    expect((await ask([large, large])).status).toBe(413);
  });
});
