import * as v from "valibot";
import { oldError } from "./api-shapes.ts";

const words = v.pipe(v.string(), v.nonEmpty());
const optional = v.optional(v.string());
const link = v.object({ title: words, messageURL: words, picURL: words });

/** The kinds of message a webhook takes, by msgtype. */
const BODIES = {
  text: v.object({ content: words }),
  markdown: v.object({ title: words, text: words }),
  link: v.object({ title: words, text: words, messageUrl: words, picUrl: optional }),
  actionCard: v.intersect([
    v.object({
      title: words,
      text: words,
      btnOrientation: v.optional(v.picklist(["0", "1"])),
      hideAvatar: v.optional(v.picklist(["0", "1"])),
    }),
    v.union([
      v.object({ singleTitle: words, singleURL: words }),
      v.object({
        btns: v.pipe(v.array(v.object({ title: words, actionURL: words })), v.nonEmpty()),
      }),
    ]),
  ]),
  feedCard: v.object({ links: v.pipe(v.array(link), v.nonEmpty()) }),
} as const;

const At = v.optional(
  v.object({
    atUserIds: v.optional(v.array(v.string())),
    atMobiles: v.optional(v.array(v.string())),
    atDingtalkIds: v.optional(v.array(v.string())),
    isAtAll: v.optional(v.boolean()),
  }),
);

const isKind = (msgtype: unknown): msgtype is keyof typeof BODIES =>
  typeof msgtype === "string" && Object.hasOwn(BODIES, msgtype);

/** What a webhook says to a body it does not take; undefined for one that it does. */
export function webhookRefusal(body: Readonly<Record<string, unknown>>): Response | undefined {
  const { msgtype } = body;
  if (!isKind(msgtype)) return oldError(400105, "不支持的消息类型");
  const checked = v.safeParse(BODIES[msgtype], body[msgtype]);
  if (checked.success && v.is(At, body["at"])) return undefined;
  const missing = checked.issues?.[0]?.path?.map(({ key }) => String(key)) ?? [];
  return oldError(401102, `miss param : ${[msgtype, ...missing].join("->")}`);
}
