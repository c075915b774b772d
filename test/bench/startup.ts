import type { RuntimeName } from "../support/runtimes.ts";
import { runBridge } from "./processes.ts";
import { startPushServer } from "./push-server.ts";

const STARTS = 5;

/** From the spawn of the process to its link at the server, in ms. */
export async function measureStartup(runtime: RuntimeName): Promise<readonly number[]> {
  let linked: (at: number) => void = () => {};
  const server = startPushServer({ onLink: () => linked(performance.now()) });
  const times: number[] = [];
  try {
    while (times.length < STARTS) {
      const link = new Promise<number>((resolve) => {
        linked = resolve;
      });
      const spawned = performance.now();
      // No turn is ever run: the gateway's address is only read.
      const bridge = runBridge({
        runtime,
        clientId: "bridge",
        api: server.url,
        oapi: server.url,
        gateway: server.url,
      });
      times.push((await link) - spawned);
      await bridge.stop();
    }
    return times;
  } finally {
    await server.stop();
  }
}
