import { Hono, type Context } from "hono";
import type { Log } from "../log.ts";
import { parseRequest } from "../send/request.ts";
import type { Sending } from "../send/sending.ts";
import { SENDING_OFF, bearer } from "./bearer.ts";
import { invalid, readJson } from "./json-body.ts";
import { orUnavailable, submitted } from "./outcome.ts";

export interface MessagesOptions {
  /** `http.token`; undefined: sending is off. */
  readonly token: string | undefined;
  readonly sending: Sending;
  readonly log: Log;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * `POST /v1/messages` takes messages on (202) · `GET /v1/messages/<id>` says what became of them ·
 * `DELETE /v1/messages/<id>` takes them back as far as that is possible.
 */
export function createMessages({ token, sending, log }: MessagesOptions): Hono {
  const app = new Hono();
  const auth = bearer(token, SENDING_OFF);

  app.post("/v1/messages", auth, async (c) => {
    const body = await readJson(c);
    if (!body.ok) return body.answer;
    const parsed = parseRequest(body.json, c.req.header("idempotency-key"), sending.accounts);
    if (!parsed.ok) return invalid(c, parsed.problems);
    return await orUnavailable(c, log, async () =>
      submitted(c, await sending.submit({ ...parsed.request, by: "send API" })),
    );
  });

  const about = async (c: Context, act: Sending["fate"]): Promise<Response> => {
    const id = c.req.param("id") ?? "";
    // What is no id of ours is not worth a look.
    if (!UUID.test(id)) return c.json(NO_SUCH, 404);
    return await orUnavailable(c, log, async () => {
      const report = await act(id.toLowerCase());
      return report === undefined ? c.json(NO_SUCH, 404) : c.json(report);
    });
  };
  app.get("/v1/messages/:id", auth, (c) => about(c, sending.fate));
  app.delete("/v1/messages/:id", auth, (c) => about(c, sending.withdraw));
  return app;
}

const NO_SUCH = { error: "no such message, or it was sent too long ago" };
