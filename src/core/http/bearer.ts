import { createMiddleware } from "hono/factory";
import { timingSafeEqual } from "hono/utils/buffer";

export const SENDING_OFF =
  "sending is off: set http.token (DINGBRIDGE_API_TOKEN) to turn it on, and send it as the bearer token";

/**
 * Lets only those in who know the token; undefined: nobody, and `off` tells them why. Not hono's `bearerAuth`, which knows no
 * token with characters like "!", while `http.token` may be any visible ones.
 */
export function bearer(token: string | undefined, off: string) {
  return createMiddleware(async (c, next) => {
    if (token === undefined) {
      return c.json({ error: off }, 403);
    }
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given === undefined || !(await timingSafeEqual(token, given))) {
      c.header("www-authenticate", "Bearer");
      return c.json({ error: "expected the header Authorization: Bearer <http.token>" }, 401);
    }
    await next();
    return undefined;
  });
}
