import { hangUp, staySilent, type SocketContext } from "./listen.ts";

/** An answer instead of the work. A text body goes out as HTML, as proxies and gateways send it. */
export interface Fault {
  readonly status: number;
  readonly body: unknown;
}

export function faultResponse({ status, body }: Fault): Response {
  return typeof body === "string"
    ? new Response(body, { status, headers: { "content-type": "text/html; charset=utf-8" } })
    : Response.json(body, { status });
}

/** How the robot's message came to DingTalk. */
export type Via = "webhook" | "oTo" | "group";

/** One recipient of a send. */
export interface SendCall<Body = unknown> {
  readonly via: Via;
  readonly conversationId: string;
  /** In the webhook's shape, whichever way it came. */
  readonly body: Body;
}

/**
 * What becomes of a send: `ok` as it should · `swallow` taken, and the connection closed instead of an
 * answer · `hang` not taken, and no answer ever · `drop` not taken, and the connection closed.
 */
export type SendOutcome = "ok" | "swallow" | "hang" | "drop" | Fault;

export interface Delivery<Body> {
  readonly calls: readonly SendCall<Body>[];
  readonly outcome: SendOutcome;
  /** Takes the messages, all or none: false when that is too fast. */
  readonly take: (calls: readonly SendCall<Body>[]) => boolean;
  readonly ok: () => Response;
  readonly tooFast: () => Response;
}

/** Takes the messages of one request, or not, and answers it, or not. */
export async function deliver<Body>(c: SocketContext, delivery: Delivery<Body>): Promise<Response> {
  const { calls, outcome, take } = delivery;
  if (outcome === "drop") return hangUp(c);
  if (outcome === "hang") return await staySilent(c);
  if (typeof outcome === "object") return faultResponse(outcome);
  const answer = take(calls) ? delivery.ok : delivery.tooFast;
  return outcome === "swallow" ? hangUp(c) : answer();
}
