import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { createCounters } from "../../../src/core/counters.ts";
import type { Link } from "../../../src/core/stream/link.ts";
import { createReceiver } from "../../../src/core/stream/receive.ts";
import { createFakeLog } from "../../support/fake-log.ts";
import { frameText } from "../../support/fake-messages.ts";

function receiving(open = true) {
  const log = createFakeLog();
  const counters = createCounters();
  const presses: string[] = [];
  const messages: { data: string; messageId: string; link: Link }[] = [];
  const disconnects: { reason: string; link: Link }[] = [];
  const sent: unknown[] = [];
  const link: Link = {
    send(text) {
      if (open) sent.push(JSON.parse(text));
      return open;
    },
    drain: () => undefined,
    close: () => undefined,
    drop: () => undefined,
    livedMs: () => 0,
  };
  const receive = createReceiver(log, counters, {
    onRobotMessage: (data, messageId, link) => void messages.push({ data, messageId, link }),
    onCardCallback: (data) => void presses.push(data),
    onDisconnect: (reason, link) => void disconnects.push({ reason, link }),
  });
  const take = (text: string) => receive(text, link);
  return { take, link, log, counters, messages, presses, disconnects, sent };
}

describe("createReceiver()", () => {
  test("answers a ping with the same data and messageId", () => {
    const { take, sent, counters } = receiving();
    const data = '{"opaque":"95dae637-6f9e-415b-a695-d0af4a393eeb"}';
    take(frameText({ type: "SYSTEM", topic: "ping", messageId: "p1", data }));
    expect(sent).toEqual([
      {
        code: 200,
        message: "OK",
        headers: { messageId: "p1", contentType: "application/json" },
        data,
      },
    ]);
    expect(counters.read()).toEqual({ frames: 1, acks: 1 });
  });

  test("hands a robot message on, unacked, with the link it came by", () => {
    const { take, link, messages, sent } = receiving();
    take(frameText({ messageId: "m1", data: "{}" }));
    expect(messages).toEqual([{ data: "{}", messageId: "m1", link }]);
    expect(sent).toEqual([]);
  });

  test("hands a disconnect on and answers nothing", () => {
    const { take, link, disconnects, sent } = receiving();
    const data = '{"reason":"persistent connection is timeout"}';
    take(frameText({ type: "SYSTEM", topic: "disconnect", messageId: "d1", data }));
    expect(disconnects).toEqual([{ reason: data, link }]);
    expect(sent).toEqual([]);
  });

  test("acks a card callback with an empty response, and hands it on", () => {
    const { take, sent, presses } = receiving();
    take(frameText({ topic: "/v1.0/card/instances/callback", messageId: "c1", data: "{}" }));
    expect(presses).toEqual(["{}"]);
    expect(sent).toMatchObject([
      { code: 200, headers: { messageId: "c1" }, data: '{"response":{}}' },
    ]);
  });

  test.each([
    ["CALLBACK", "/v1.0/graph/api/invoke"],
    ["CALLBACK", "/v1.0/im/bot/messages/delegate"],
    ["EVENT", "*"],
  ])("answers %s %s, which nobody here handles, with 404", (type, topic) => {
    const { take, sent, counters } = receiving();
    take(frameText({ type, topic, messageId: "u1", data: "{}" }));
    expect(sent).toMatchObject([{ code: 404, headers: { messageId: "u1" } }]);
    expect(counters.read()).toMatchObject({ frames_unknown_topic: 1, acks: 1 });
  });

  test.each(["CONNECTED", "REGISTERED", "KEEPALIVE", "whatever"])(
    "ignores the SYSTEM frame %s",
    (topic) => {
      const { take, sent, counters } = receiving();
      take(frameText({ type: "SYSTEM", topic, messageId: "s1" }));
      expect(sent).toEqual([]);
      expect(counters.read()).toEqual({ frames: 1 });
    },
  );

  test("counts a malformed frame and goes on with the next", () => {
    const { take, messages, counters, log } = receiving();
    take("<html>");
    take(frameText({ messageId: "m1", data: "{}" }));
    expect(counters.read()).toMatchObject({ frames: 2, frames_malformed: 1 });
    expect(messages).toHaveLength(1);
    expect(log.entries[0]).toMatchObject({ level: "warn", fields: { reason: "not JSON" } });
  });

  test("counts a robot message without messageId as malformed: it cannot be acked", () => {
    const { take, messages, sent, counters } = receiving();
    take(frameText({ data: "{}" }));
    expect(messages).toEqual([]);
    expect(sent).toEqual([]);
    expect(counters.read()).toMatchObject({ frames_malformed: 1 });
  });

  test("takes a ping without messageId for a sign of life and no more", () => {
    const { take, sent, counters } = receiving();
    take(frameText({ type: "SYSTEM", topic: "ping" }));
    expect(sent).toEqual([]);
    expect(counters.read()).toEqual({ frames: 1 });
  });

  test("counts an answer that a closed link did not take", () => {
    const { take, counters } = receiving(false);
    take(frameText({ type: "SYSTEM", topic: "ping", messageId: "p1" }));
    expect(counters.read()).toEqual({ frames: 1, acks_unsent: 1 });
  });

  test("never throws and never logs what came in", () => {
    const { take, log } = receiving();
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => take(text)),
    );
    take("TOPSECRET");
    take('{"type":"CALLBACK","headers":{"topic":7},"data":"TOPSECRET"}');
    expect(log.text()).not.toContain("TOPSECRET");
  });
});
