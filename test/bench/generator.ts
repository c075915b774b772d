// A process of its own for the load: pushes to the clients that connect here, one at a time, as asked by
// `POST /for?…&ms=…`, `POST /all?…&messages=…` and `POST /paced?…&perSecond=…&ms=…` (see load-generator.ts).
// Its first line says where it listens.
import { createSessionFrames } from "./frames.ts";
import { pushAll, pushFor, pushPaced } from "./loads.ts";
import { startPushServer, type MakeFrame, type PushServer } from "./push-server.ts";

const makers = new Map<string, MakeFrame>();

/** Kept from load to load: each message is a new one, and the sessions' turns go on. */
function framesFor(webhook: string, sessions: number): MakeFrame {
  const key = `${sessions} ${webhook}`;
  const known = makers.get(key);
  if (known !== undefined) return known;
  const webhookOf = (session: string) => `${webhook}/robot/sendBySession?session=${session}`;
  const made = createSessionFrames(sessions, webhookOf);
  makers.set(key, made);
  return made;
}

const server: PushServer = startPushServer({
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const number = (name: string) => Number(searchParams.get(name));
    const makeFrame = framesFor(searchParams.get("webhook") ?? server.url, number("sessions") || 1);
    const link = await server.linkOf(searchParams.get("client") ?? "");
    switch (pathname) {
      case "/for":
        return Response.json(await pushFor(link, makeFrame, number("inFlight"), number("ms")));
      case "/all":
        return Response.json(
          await pushAll(link, makeFrame, number("inFlight"), number("messages")),
        );
      case "/paced":
        return Response.json(await pushPaced(link, makeFrame, number("perSecond"), number("ms")));
      default:
        return new Response(null, { status: 404 });
    }
  },
});
console.log(server.url);
