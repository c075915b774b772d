// A process of its own for the load: pushes to the clients that connect here, one at a time, as asked by
// `POST /load?client=…&inFlight=…&ms=…`. Its first line says where it listens.
import { createFrames } from "./frames.ts";
import { startPushServer, type PushServer } from "./push-server.ts";

const server: PushServer = startPushServer({
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const client = searchParams.get("client") ?? "";
    const load = {
      inFlight: Number(searchParams.get("inFlight")),
      ms: Number(searchParams.get("ms")),
    };
    return Response.json(await server.load(client, makeFrame, load));
  },
});
const makeFrame = createFrames({ webhook: `${server.url}/robot/sendBySession?session=bench` });
console.log(server.url);
