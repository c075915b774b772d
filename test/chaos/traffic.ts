import { randomUUID } from "node:crypto";
import { ROBOT_TOPIC } from "../../src/core/stream/frame.ts";
import { CHATS, mannerBy, textOf, type Message } from "./messages.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

/** How often a message is pushed again although it was acked, and although it may still be. */
const AGAIN = { afterAck: 0.08, atOnce: 0.04 };

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** People talk, all at once, until the time is over. Resolves when the last has spoken. */
export async function runTraffic(
  world: World,
  random: Random,
  { perSecond, untilMs }: { readonly perSecond: number; readonly untilMs: number },
): Promise<void> {
  const end = world.journal.startedAt + untilMs;
  while (Date.now() < end) {
    const chat = random.pick(CHATS);
    const burst = random.chance(0.2) ? random.int(2, 5) : 1;
    for (let said = 0; said < burst; said++) {
      say(world, random, world.messages.add(chat, mannerBy(random)));
      if (random.chance(0.5)) await pause(random.int(0, 30));
    }
    await pause(Math.min(random.gap((1000 * burst) / perSecond), Math.max(0, end - Date.now())));
  }
}

function say(world: World, random: Random, message: Message): void {
  const { dingtalk, journal } = world;
  const { chat, tag } = message;
  const senderStaffId = random.pick(chat.members);
  const { kind, conversationId } = chat;
  const data = dingtalk.messageFor({
    kind,
    conversationId,
    senderStaffId,
    senderNick: senderStaffId,
    text: textOf(message),
  });
  const push = async (what: object, how: string) => {
    const { delivery } = await dingtalk.stream.push(ROBOT_TOPIC, JSON.stringify(what), (to) => {
      message.deliveries.push(to);
      journal.note(`${how} over link ${to.link.slice(0, 4)} as delivery ${to.seq}`, [tag]);
      world.triggers.fire("push");
    });
    journal.note(`delivery ${delivery.seq} acked`, [tag]);
    message.acked ??= { time: Date.now(), delivery };
  };
  const sameId = random.chance(0.5);
  const again = async () => {
    await push(
      sameId ? data : { ...data, msgId: `msg${randomUUID()}==` },
      `pushed again under ${sameId ? "the same" : "a new"} id`,
    );
  };
  const isRepeated = random.chance(AGAIN.afterAck);
  const waitMs = random.int(0, 1500);
  void push(data, "pushed").then(async () => {
    if (!isRepeated) return;
    await pause(waitMs);
    await again();
  });
  if (random.chance(AGAIN.atOnce)) void again();
}
