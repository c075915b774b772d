import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { ackFrame, parseFrame } from "../../../src/core/stream/frame.ts";
import { frameText } from "../../support/fake-messages.ts";

describe("parseFrame()", () => {
  test("reads a robot frame and cuts it down to what the bridge needs", () => {
    const text = frameText({ messageId: "m1", data: '{"msgId":"x"}' });
    expect(parseFrame(text)).toEqual({
      ok: true,
      frame: {
        type: "CALLBACK",
        topic: "/v1.0/im/bot/messages/get",
        messageId: "m1",
        data: '{"msgId":"x"}',
      },
    });
  });

  test("takes a disconnect frame without messageId", () => {
    const parsed = parseFrame(frameText({ type: "SYSTEM", topic: "disconnect" }));
    expect(parsed).toMatchObject({ ok: true, frame: { topic: "disconnect" } });
    expect(parsed.ok && parsed.frame.messageId).toBeUndefined();
  });

  test("takes a frame without data as one with empty data", () => {
    const text = '{"type":"SYSTEM","headers":{"topic":"ping","messageId":"1"}}';
    expect(parseFrame(text)).toMatchObject({ ok: true, frame: { data: "" } });
  });

  test("lets unknown fields and headers pass", () => {
    const text =
      '{"type":"EVENT","headers":{"topic":"*","eventId":"e","time":1},"data":"","extra":[1]}';
    expect(parseFrame(text)).toMatchObject({ ok: true, frame: { type: "EVENT", topic: "*" } });
  });

  const refused: [string, string, RegExp][] = [
    ["what is not JSON", "hello", /not JSON/],
    ["an empty text", "", /not JSON/],
    ["half a frame", '{"type":"SYSTEM","headers":{"to', /not JSON/],
    ["null", "null", /frame/],
    ["an array", "[]", /type|headers/],
    ["a number", "7", /frame/],
    ["a frame without type", '{"headers":{"topic":"ping"}}', /^type/],
    ["an unknown type", '{"type":"HELLO","headers":{"topic":"ping"}}', /^type/],
    ["a frame without headers", '{"type":"SYSTEM"}', /^headers/],
    ["a frame without topic", '{"type":"SYSTEM","headers":{}}', /^headers\.topic/],
    ["a topic that is no text", '{"type":"SYSTEM","headers":{"topic":5}}', /^headers\.topic/],
    ["data that is no text", '{"type":"SYSTEM","headers":{"topic":"ping"},"data":{}}', /^data/],
  ];
  test.each(refused)("refuses %s and says where it is wrong", (_what, text, reason) => {
    const parsed = parseFrame(text);
    expect(parsed.ok).toBe(false);
    expect(parsed.ok ? "" : parsed.reason).toMatch(reason);
  });

  test("never quotes what came in: it may be a message's text", () => {
    const parsed = parseFrame('{"type":"TOPSECRET","headers":{"topic":"ping"},"data":"TOPSECRET"}');
    expect(JSON.stringify(parsed)).not.toContain("TOPSECRET");
  });

  test("never throws, whatever text comes in", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        expect(typeof parseFrame(text).ok).toBe("boolean");
      }),
    );
  });

  test("never throws, whatever the fields of a frame hold", () => {
    const headers = fc.record({ topic: fc.jsonValue(), messageId: fc.jsonValue() });
    const frame = fc.record(
      {
        type: fc.constantFrom("SYSTEM", "EVENT", "CALLBACK", 1, null),
        headers,
        data: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(frame, (fields) => {
        const parsed = parseFrame(JSON.stringify(fields));
        if (parsed.ok) expect(typeof parsed.frame.data).toBe("string");
        else expect(parsed.reason).not.toBe("");
      }),
    );
  });
});

describe("ackFrame()", () => {
  test("echoes the messageId and says what DingTalk's document says", () => {
    expect(JSON.parse(ackFrame("m1", '{"response":null}'))).toEqual({
      code: 200,
      message: "OK",
      headers: { messageId: "m1", contentType: "application/json" },
      data: '{"response":null}',
    });
  });

  test("carries any code and message asked for", () => {
    expect(JSON.parse(ackFrame("m1", "", 404, "topic not implemented"))).toMatchObject({
      code: 404,
      message: "topic not implemented",
      data: "",
    });
  });

  test("keeps any messageId and data as they are", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (id, data) => {
        const ack = JSON.parse(ackFrame(id, data)) as {
          data: string;
          headers: { messageId: string };
        };
        expect(ack.headers.messageId).toBe(id);
        expect(ack.data).toBe(data);
      }),
    );
  });
});
