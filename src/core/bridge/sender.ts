import type { Clock } from "../clock.ts";
import { CARD_CALLS, type CardApi } from "../dingtalk/card.ts";
import { webhookBody } from "../dingtalk/render.ts";
import { apiOf, isAddressable, type RobotApi } from "../dingtalk/robot.ts";
import type { Throttle } from "../dingtalk/throttle.ts";
import type { SendResult } from "../dingtalk/errors.ts";
import type { TokenSource } from "../dingtalk/token.ts";
import { sendToWebhook } from "../dingtalk/webhook.ts";
import { needsWebhook } from "../message.ts";
import type { OutboxEntry, Quota, Store } from "../store.ts";

/** A webhook nearer to its end than this is only used where there is no other way. */
const MARGIN_MS = 5 * 60_000;

/** The way one message takes to DingTalk. */
export type Route =
  | {
      readonly kind: "webhook";
      /** What DingTalk's limit per second counts together. */
      readonly api: string;
      readonly quota: Quota;
      readonly url: string;
    }
  /** `card`: no new message, but the last state of one. */
  | { readonly kind: "api" | "card"; readonly api: string; readonly quota: Quota };

/** Chooses a way and sends by it. */
export interface Sender {
  /**
   * An answer goes by the session webhook while it lives: it costs no API call and can @ people. What
   * others asked to be sent goes by the OpenAPI, whose key allows recalling it, unless only the webhook
   * can carry it whole. Undefined: there is no way left to this chat.
   */
  route(entry: OutboxEntry): Promise<Route | undefined>;
  /** Waits until the app may make one more call of this kind. */
  slot(route: Route, signal: AbortSignal): Promise<void>;
  send(route: Route, entry: OutboxEntry, signal: AbortSignal): Promise<SendResult>;
}

export interface SenderOptions {
  readonly store: Pick<Store, "webhook">;
  readonly api: RobotApi;
  readonly cards: Pick<CardApi, "finish">;
  readonly tokens: Pick<TokenSource, "get">;
  readonly throttle: Throttle;
  /** Of all calls about cards together. */
  readonly cardThrottle: Throttle;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export function createSender(options: SenderOptions): Sender {
  const { store, api, tokens, throttle, fetch, clock } = options;

  return {
    async route({ chat, message, submission, userIds }) {
      if (message.format === "card") return { kind: "card", api: CARD_CALLS, quota: "api" };
      const byApi = { kind: "api", api: apiOf(chat), quota: "api" } as const;
      if (userIds !== undefined) return byApi;
      const body = webhookBody(message);
      const webhook = body === undefined ? undefined : await store.webhook(chat);
      const leftMs = webhook === undefined ? 0 : (webhook.expiresAt ?? Infinity) - clock.now();
      const byWebhook = () =>
        ({ kind: "webhook", api: "webhook", quota: "stream", url: webhook?.url ?? "" }) as const;
      const addressable = isAddressable(chat);
      const prefersApi = submission !== undefined && addressable && !needsWebhook(message);
      if (leftMs > MARGIN_MS && !prefersApi) return byWebhook();
      if (addressable) return byApi;
      return leftMs > 0 ? byWebhook() : undefined;
    },
    async slot(route, signal) {
      // First: calls that all wait for one token would leave together, long after they were counted.
      if (route.kind !== "webhook") await tokens.get(signal);
      const calls = route.kind === "card" ? options.cardThrottle : throttle;
      await calls.take(route.api, signal);
    },
    async send(route, { chat, message, userIds }, signal) {
      if (message.format === "card") {
        const { outTrackId, text, key } = message;
        const result = await options.cards.finish(outTrackId, text, signal);
        return result.ok && key !== undefined ? { ...result, processQueryKey: key } : result;
      }
      return route.kind === "webhook"
        ? await sendToWebhook(route.url, webhookBody(message) ?? "", fetch, clock, signal)
        : await api.send(chat, message, signal, userIds);
    },
  };
}
