import * as v from "valibot";
import { cutText } from "../inbound/cut.ts";
import { arrayIn, idIn, objectIn } from "../inbound/fields.ts";
import type { Chat } from "../inbound/session.ts";
import { parseJson } from "../json.ts";
import type { Mention } from "../message.ts";
import { createCaller, type CallOptions } from "./call.ts";
import { cardRefusal, existsAlready, type CardCall, type CardResult } from "./card-errors.ts";
import { isAddressable } from "./robot.ts";

/** What the throttle knows all calls about cards by: one limit holds for all of them together. */
export const CARD_CALLS = "card";

/** DingTalk's own people name 20 to 50 calls a second for an app; less is safe. */
export const CARD_CALLS_PER_SECOND = 15;

export interface NewCard {
  /** Ours; a second card of the same id is never made. */
  readonly outTrackId: string;
  readonly chat: Chat;
  /** Markdown, as far as it is written. */
  readonly text: string;
  /** Who is @-ed in a group. */
  readonly asker?: Mention | undefined;
  /** Push notification and chat list show it at first; default: how the text begins. */
  readonly title?: string | undefined;
}

export interface CardFrame {
  readonly outTrackId: string;
  /** All of it, not only what is new. */
  readonly text: string;
  /** The card looks finished from then on. */
  readonly final: boolean;
}

/**
 * AI cards, whose text grows while people look. Each call but `ready` needs a slot among `CARD_CALLS` that
 * the caller has taken; a second one it may need it takes by itself. Never throws.
 */
export interface CardApi {
  /** Resolves when there is an access token, so that calls leave when their slot is there. */
  ready(signal: AbortSignal): Promise<void>;
  /**
   * A card in the chat, its text in it. `processQueryKey` is its carrier's id, by which quotes name it. A
   * card that exists by an earlier try is a success without one.
   */
  create(card: NewCard, signal: AbortSignal): Promise<CardResult>;
  /** `guid` is new for each frame: DingTalk drops one it knows. */
  stream(frame: CardFrame, guid: string, signal: AbortSignal): Promise<CardResult>;
  /** The card's last state: two calls. May be repeated. */
  finish(outTrackId: string, text: string, signal: AbortSignal): Promise<CardResult>;
}

export interface CardOptions extends CallOptions {
  readonly robotCode: string;
  /** `….schema` */
  readonly templateId: string;
  /** The template's streaming variable. */
  readonly contentKey: string;
}

const CREATE = "/v1.0/card/instances/createAndDeliver";
const STREAM = "/v1.0/card/streaming";
const UPDATE = "/v1.0/card/instances";

/** The template DingTalk's SDKs use, with the order of its parts as they give it. */
const SDK_TEMPLATE = "382e4302-551d-4880-bf29-a30acfab2e71.schema";
const SDK_ORDER = ["msgTitle", "msgButtons", "msgImages", "msgTextList", "msgContent"];
const WRITING = "2";
const FINISHED = "3";
const PREVIEW_CHARS = 40;
/** DingTalk takes no empty text. */
const NOTHING = "…";

const Done = v.object({
  success: v.literal(true),
  result: v.optional(
    v.pipe(
      v.unknown(),
      v.check((result) => result !== false),
    ),
  ),
});
const Delivered = v.object({
  success: v.literal(true),
  result: v.object({
    deliverResults: v.pipe(
      v.array(
        v.object({
          success: v.boolean(),
          carrierId: v.fallback(v.string(), ""),
          errorMsg: v.fallback(v.string(), ""),
        }),
      ),
      v.minLength(1),
    ),
  }),
});

/**
 * @see https://open.dingtalk.com/document/development/create-and-deliver-cards
 * @see https://open.dingtalk.com/document/development/api-streamingupdate
 * @see https://open.dingtalk.com/document/development/interactive-card-update-interface
 */
export function createCardApi(options: CardOptions): CardApi {
  const { robotCode, templateId, contentKey, tokens, throttle, clock } = options;
  const call = createCaller(options);
  let streams = false;

  const put = async (
    kind: Exclude<CardCall, "create">,
    body: object,
    signal: AbortSignal,
  ): Promise<CardResult> => {
    const path = kind === "stream" ? STREAM : UPDATE;
    const request = { method: "PUT", path, api: CARD_CALLS, body: JSON.stringify(body) } as const;
    const posted = await call(request, signal);
    if (!posted.ok) return posted;
    const { status, text } = posted;
    if (status < 300 && v.is(Done, parseJson(text))) return { ok: true };
    return cardRefusal(kind, status, text, streams);
  };

  const stream: CardApi["stream"] = async ({ outTrackId, text, final }, guid, signal) => {
    const frame = {
      outTrackId,
      guid,
      key: contentKey,
      content: contentOf(text, final),
      // A markdown variable knows no other way.
      isFull: true,
      isFinalize: final,
      isError: false,
    };
    const result = await put("stream", frame, signal);
    if (result.ok) streams = true;
    return result;
  };

  return {
    async ready(signal) {
      await tokens.get(signal);
    },
    async create(card, signal) {
      const { chat, outTrackId } = card;
      if (!isAddressable(chat)) return UNREACHABLE;
      const content = contentOf(card.text, false);
      const order = { sys_full_json_obj: JSON.stringify({ order: SDK_ORDER }) };
      const body = JSON.stringify({
        cardTemplateId: templateId,
        outTrackId,
        callbackType: "STREAM",
        userIdType: 1,
        cardData: {
          cardParamMap: {
            [contentKey]: content,
            flowStatus: WRITING,
            ...(templateId === SDK_TEMPLATE ? order : {}),
          },
        },
        ...spaceOf(chat, robotCode, card.asker, previewOf(card.title ?? content)),
      });
      const posted = await call({ path: CREATE, api: CARD_CALLS, body }, signal);
      if (!posted.ok) return posted;
      const { status, text } = posted;
      const parsed = v.safeParse(Delivered, parseJson(text));
      if (status >= 300 || !parsed.success) {
        return existsAlready(text) ? { ok: true } : cardRefusal("create", status, text, streams);
      }
      const [delivered] = parsed.output.result.deliverResults;
      // `errorMsg` holds something even where all went well.
      if (delivered?.success !== true) return undelivered(delivered?.errorMsg ?? "");
      const { carrierId } = delivered;
      return { ok: true, ...(carrierId === "" ? {} : { processQueryKey: carrierId }) };
    },
    stream,
    async finish(outTrackId, text, signal) {
      // First: a card that is finished already shows a new text only if it came in a frame.
      const guid = `${outTrackId}-end-${clock.now()}`;
      const framed = await stream({ outTrackId, text, final: true }, guid, signal);
      if (!framed.ok) return framed;
      try {
        await throttle.take(CARD_CALLS, signal);
      } catch {
        return STOPPED;
      }
      const state = {
        outTrackId,
        cardData: {
          cardParamMap: { flowStatus: FINISHED, [contentKey]: contentOf(text, true) },
        },
        // Without it all other variables would be lost.
        cardUpdateOptions: { updateCardDataByKey: true },
        userIdType: 1,
      };
      const updated = await put("update", state, signal);
      // The text is there: nobody needs it a second time because a state could not be set.
      return updated.ok || updated.failure === "retry" ? updated : { ok: true };
    },
  };
}

const STOPPED: CardResult = {
  ok: false,
  failure: "retry",
  reason: "stopped before the card was finished",
};

const UNREACHABLE: CardResult = {
  ok: false,
  failure: "final",
  reason: "cards can only be sent to people who have a user id in the robot's organisation",
};

const undelivered = (errorMsg: string): CardResult => ({
  ok: false,
  failure: "final",
  reason: `DingTalk made the card and did not deliver it${errorMsg && ` (${errorMsg.slice(0, 200)})`}`,
});

/** Line ends at the end show as an empty line that jumps away with the next words. */
function contentOf(text: string, final: boolean): string {
  if (text.trim() === "") return NOTHING;
  const whole = text.toWellFormed();
  return final ? whole : whole.trimEnd();
}

function previewOf(text: string): string {
  const line = text.split("\n").find((each) => /[\p{L}\p{N}]/u.test(each)) ?? text;
  const words = line.replace(/[#*>`|]/g, "").trim();
  return cutText(words, PREVIEW_CHARS) || NOTHING;
}

/** Where the card goes, and as whom: without `robotCode` it may come from another robot of the organisation. */
function spaceOf(
  chat: Chat,
  robotCode: string,
  asker: Mention | undefined,
  preview: string,
): object {
  const space = {
    supportForward: true,
    lastMessageI18n: { ZH_CN: preview, EN_US: preview },
    notification: { alertContent: preview, notificationOff: false },
  };
  // The chat list follows the text.
  const extension = { dynamicSummary: "true" };
  if (chat.kind === "direct") {
    return {
      openSpaceId: `dtv1.card//IM_ROBOT.${chat.userId ?? ""}`,
      imRobotOpenSpaceModel: space,
      imRobotOpenDeliverModel: { spaceType: "IM_ROBOT", robotCode, extension },
    };
  }
  const { userId, nick } = asker ?? {};
  return {
    openSpaceId: `dtv1.card//IM_GROUP.${chat.conversationId}`,
    imGroupOpenSpaceModel: space,
    imGroupOpenDeliverModel: {
      robotCode,
      extension,
      ...(userId === undefined ? {} : { atUserIds: { [userId]: nick ?? userId } }),
    },
  };
}

/** Somebody pressed a button of a card. */
export interface CardAction {
  readonly outTrackId: string;
  /** Who did; anybody who sees the card can. */
  readonly userId: string;
  readonly actionIds: readonly string[];
  readonly params: Readonly<Record<string, string>>;
}

const MAX_ACTIONS = 20;
const MAX_PARAMS = 100;
const MAX_PARAM_CHARS = 10_000;

/**
 * Reads `data` of a push on `/v1.0/card/instances/callback`. Undefined: it does not say which card or who.
 * @see https://open.dingtalk.com/document/development/event-callback-card
 */
export function readCardCallback(data: string): CardAction | undefined {
  const callback = objectIn(data);
  const outTrackId = idIn(callback?.["outTrackId"]);
  const userId = idIn(callback?.["userId"]);
  if (callback === undefined || outTrackId === undefined || userId === undefined) return undefined;
  const content = objectIn(callback["content"]) ?? objectIn(callback["value"]);
  const pressed = objectIn(content?.["cardPrivateData"]);
  const params = Object.entries(objectIn(pressed?.["params"]) ?? {}).slice(0, MAX_PARAMS);
  return {
    outTrackId,
    userId,
    actionIds: (arrayIn(pressed?.["actionIds"], MAX_ACTIONS) ?? []).flatMap(
      (id) => idIn(typeof id === "number" ? String(id) : id) ?? [],
    ),
    // Own properties only: a name like __proto__ stays a name.
    params: Object.fromEntries(params.map(([name, value]) => [name, paramOf(value)])),
  };
}

/** Whether the button pressed is the one `card.stopAction` names, by its action id or its `action` parameter. */
export function isStopButton(pressed: CardAction, stopAction: string | undefined): boolean {
  if (stopAction === undefined) return false;
  return pressed.actionIds.includes(stopAction) || pressed.params["action"] === stopAction;
}

function paramOf(value: unknown): string {
  const said = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return said.slice(0, MAX_PARAM_CHARS);
}
