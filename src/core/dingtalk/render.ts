import type { Message } from "../message.ts";
import { jsonOf } from "./render/json.ts";
import { apiPayload } from "./render/openapi.ts";
import { webhookBody } from "./render/webhook.ts";

export { apiPayload, type ApiPayload } from "./render/openapi.ts";
export { webhookBody } from "./render/webhook.ts";

/**
 * Bytes a message may take in its longer form, so that it fits either path: the OpenAPI takes 15 000
 * of `msgParam`, a webhook 20 000 of the whole body.
 * @see https://open.dingtalk.com/document/development/the-robot-sends-a-group-message
 */
export const MAX_MESSAGE_BYTES = 14_000;

const encoder = new TextEncoder();

/**
 * UTF-8 bytes of a message in its longer form: the webhook's body or the OpenAPI's `msgParam`.
 * @throws {TypeError} a file that has not been uploaded
 */
export function bytesOf(message: Message): number {
  const forms =
    message.format === "card"
      ? [jsonOf(message.text)]
      : [webhookBody(message) ?? "", apiPayload(message).msgParam];
  return Math.max(...forms.map((form) => encoder.encode(form).length));
}
