import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { apiError, invalidParam, jsonOf, wrongRobot } from "./api-shapes.ts";
import type { EventLog } from "./events.ts";
import type { Guard } from "./guard.ts";

const words = v.pipe(v.string(), v.nonEmpty());
const message = { robotCode: words, openMsgId: words, openConversationId: words };

/** A word of the robot's own, or one of DingTalk's by name. */
const Emotion = v.variant("emotionType", [
  v.object({
    ...message,
    emotionType: v.literal(2),
    emotionName: words,
    textEmotion: v.object({
      emotionId: words,
      emotionName: words,
      text: words,
      backgroundId: words,
    }),
  }),
  v.object({ ...message, emotionType: v.literal(1), emotionName: words }),
]);
type Emotion = v.InferOutput<typeof Emotion>;

/** What the robot has put on somebody's message. */
export interface Reaction {
  readonly openMsgId: string;
  readonly conversationId: string;
  readonly name: string;
  readonly time: number;
  /** When it was taken off again. */
  recalledAt?: number;
}

export interface ReactionsOptions {
  readonly guard: Guard["guard"];
  readonly robotCode: string;
  readonly events: EventLog;
  /** Where a message was said; undefined: nowhere. */
  readonly conversationOf: (msgId: string) => string | undefined;
}

const REPLY_PATH = "/v1.0/robot/emotion/reply";
const RECALL_PATH = "/v1.0/robot/emotion/recall";

/** Reactions to messages. Taking one off needs the very body that put it on. */
export function createReactions(options: ReactionsOptions) {
  const { guard, robotCode, events, conversationOf } = options;
  const reactions: (Reaction & { readonly body: string })[] = [];
  const app = new Hono<{ Bindings: HttpBindings }>();

  for (const path of [REPLY_PATH, RECALL_PATH]) {
    app.use(path, guard({ path, fault: ({ emotion }) => emotion, scope: "qyapi_robot_sendmsg" }));
  }

  const tell = ({ openConversationId, openMsgId, emotionName }: Emotion, on: boolean) =>
    events.emit({
      type: "reaction",
      time: Date.now(),
      conversationId: openConversationId,
      msgId: openMsgId,
      name: emotionName,
      on,
    });

  const read = (asked: unknown): Emotion | Response => {
    const parsed = v.safeParse(Emotion, asked);
    if (!parsed.success) return invalidParam();
    const emotion = parsed.output;
    if (emotion.robotCode !== robotCode) return wrongRobot();
    const said = conversationOf(emotion.openMsgId);
    return said === emotion.openConversationId ? emotion : failed();
  };

  app.post(REPLY_PATH, async (c) => {
    const emotion = read(await jsonOf(c));
    if (emotion instanceof Response) return emotion;
    const { openMsgId, openConversationId: conversationId, emotionName: name } = emotion;
    const body = JSON.stringify(emotion);
    reactions.push({ openMsgId, conversationId, name, time: Date.now(), body });
    tell(emotion, true);
    return c.json({ success: true });
  });

  app.post(RECALL_PATH, async (c) => {
    const emotion = read(await jsonOf(c));
    if (emotion instanceof Response) return emotion;
    const body = JSON.stringify(emotion);
    const reaction = reactions.find((it) => it.body === body && it.recalledAt === undefined);
    if (reaction === undefined) return failed();
    reaction.recalledAt = Date.now();
    tell(emotion, false);
    return c.json({ success: true });
  });

  return { app, all: (): readonly Reaction[] => reactions };
}

const failed = () => apiError(400, "system.err", "系统错误");
