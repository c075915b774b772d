import type { Clock } from "../clock.ts";
import { webhookBody } from "../dingtalk/render.ts";
import { apiOf, isAddressable, type RobotApi } from "../dingtalk/robot.ts";
import type { Throttle } from "../dingtalk/throttle.ts";
import type { SendResult } from "../dingtalk/errors.ts";
import type { TokenSource } from "../dingtalk/token.ts";
import { sendToWebhook } from "../dingtalk/webhook.ts";
import type { Chat } from "../inbound/session.ts";
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
  | { readonly kind: "api"; readonly api: string; readonly quota: Quota };

/** Chooses a way and sends by it. */
export interface Sender {
  /**
   * The session webhook while it lives: it costs no API call and can @ people. Else the OpenAPI. Undefined:
   * there is no way left to this chat.
   */
  route(chat: Chat): Promise<Route | undefined>;
  /** Waits until the app may make one more call of this kind. */
  slot(route: Route, signal: AbortSignal): Promise<void>;
  send(route: Route, entry: OutboxEntry, signal: AbortSignal): Promise<SendResult>;
}

export interface SenderOptions {
  readonly store: Pick<Store, "webhook">;
  readonly api: RobotApi;
  readonly tokens: Pick<TokenSource, "get">;
  readonly throttle: Throttle;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export function createSender(options: SenderOptions): Sender {
  const { store, api, tokens, throttle, fetch, clock } = options;

  return {
    async route(chat) {
      const webhook = await store.webhook(chat);
      const leftMs = webhook === undefined ? 0 : (webhook.expiresAt ?? Infinity) - clock.now();
      const byWebhook = () =>
        ({ kind: "webhook", api: "webhook", quota: "stream", url: webhook?.url ?? "" }) as const;
      if (leftMs > MARGIN_MS) return byWebhook();
      if (isAddressable(chat)) return { kind: "api", api: apiOf(chat), quota: "api" };
      return leftMs > 0 ? byWebhook() : undefined;
    },
    async slot(route, signal) {
      // First: calls that all wait for one token would leave together, long after they were counted.
      if (route.kind === "api") await tokens.get(signal);
      await throttle.take(route.api, signal);
    },
    send: (route, { chat, message }, signal) =>
      route.kind === "webhook"
        ? sendToWebhook(route.url, webhookBody(message), fetch, clock, signal)
        : api.send(chat, message, signal),
  };
}
