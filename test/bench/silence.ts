import type { RuntimeName } from "../support/runtimes.ts";
import { ANSWER, startAnswering } from "./answering.ts";
import { createFrames } from "./frames.ts";
import { runBridge } from "./processes.ts";
import { startPushServer } from "./push-server.ts";

/** Where a gateway can be silent: a client may have a limit on either. */
const PLACES = ["headers", "body"] as const;
/** How much later than the gateway's last byte the answer may come. */
const GRACE_MS = 15_000;

export interface SilenceResult {
  readonly runtime: RuntimeName;
  readonly place: (typeof PLACES)[number];
  readonly arrived: boolean;
  readonly afterMs: number;
  /** What came instead of the answer. */
  readonly body: string;
}

/** Turns whose gateway says nothing for a while before it answers, all at once. */
export async function measureSilence(
  runtimes: readonly RuntimeName[],
  seconds: number,
): Promise<readonly SilenceResult[]> {
  const server = startPushServer();
  const answering = startAnswering({
    hold: (place) => ({ [place]: Bun.sleep(seconds * 1000) }),
  });
  const bridges = runtimes.map((runtime) =>
    runBridge({
      runtime,
      clientId: runtime,
      api: server.url,
      oapi: answering.url,
      gateway: answering.url,
    }),
  );

  const turn = async (runtime: RuntimeName, place: SilenceResult["place"]) => {
    const session = `${runtime}-${place}`;
    const webhook = answering.webhook(session);
    const reply = answering.reply(session);
    const makeFrame = createFrames({ webhook, senderStaffId: place, text: place });
    const pushed = await server.push(runtime, makeFrame);
    const limit = Bun.sleep(seconds * 1000 + GRACE_MS).then(() => ({ body: "nothing" }));
    const { body } = await Promise.race([reply, limit]);
    const afterMs = performance.now() - pushed;
    const arrived = body.includes(ANSWER) && afterMs > seconds * 1000;
    return { runtime, place, arrived, afterMs, body };
  };

  try {
    return await Promise.all(
      runtimes.flatMap((runtime) => PLACES.map((place) => turn(runtime, place))),
    );
  } finally {
    await Promise.all(bridges.map((bridge) => bridge.stop()));
    await Promise.all([server.stop(), answering.stop()]);
  }
}
