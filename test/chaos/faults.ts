import type { Fault, Planned } from "./schedule.ts";
import type { World } from "./world.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits for something without insisting on it. */
async function hopefully(look: () => boolean, ms: number): Promise<void> {
  const end = Date.now() + ms;
  while (!look() && Date.now() < end) await pause(10);
}

const BUSY = { status: 503, body: { code: "ServiceUnavailable", message: "service busy" } };

/** Does what is planned for one track, one after the other. */
export async function runTrack(world: World, plan: readonly Planned[]): Promise<void> {
  for (const { at, fault } of plan) {
    await pause(Math.max(0, world.journal.startedAt + at - Date.now()));
    world.journal.note(`fault: ${JSON.stringify(fault)}`);
    await strike(world, fault);
    world.journal.note(`fault over: ${fault.kind}`);
  }
}

async function strike(world: World, fault: Fault): Promise<void> {
  const { dingtalk, gateway, line, sends, triggers, worker } = world;
  switch (fault.kind) {
    case "kill":
      await kill(world, fault);
      await pause(fault.pauseMs);
      return await worker.start();
    case "term":
      await worker.stop();
      await pause(fault.pauseMs);
      return await worker.start();
    case "drop":
      return line.drop();
    case "disconnect":
      return dingtalk.stream.disconnect();
    case "hole":
      line.blackHole(fault.newOnesToo);
      await pause(fault.ms);
      return line.heal(fault.heal);
    case "open":
      dingtalk.faults.open = BUSY;
      await pause(fault.ms);
      dingtalk.faults.open = null;
      return;
    case "gateway-stop":
      return await outage(world, async () => {
        await gateway.stop();
        await pause(fault.ms);
      });
    case "gateway-crash":
      return await outage(world, async () => {
        let crashed = Promise.resolve();
        await triggers.arm(fault.on, () => {
          crashed = gateway.crash();
        });
        await crashed;
        await pause(fault.ms);
      });
    case "gateway-drain":
      return await outage(world, async () => {
        gateway.drain();
        await pause(fault.ms);
        if (fault.downMs === 0) return;
        await hopefully(() => gateway.inFlight === 0, 5000);
        await gateway.stop();
        await pause(fault.downMs);
      });
    case "sends":
      sends.strike(fault.fault, fault.share);
      await pause(fault.ms);
      return sends.strike(undefined);
    case "expire-webhooks":
      return dingtalk.expireWebhooks();
    case "expire-tokens":
      return dingtalk.expireTokens();
  }
}

async function kill(world: World, { on }: Extract<Fault, { kind: "kill" }>): Promise<void> {
  const { gateway, journal, sends, triggers, worker } = world;
  let before = 0;
  let at = 0;
  await triggers.arm(on, () => {
    before = gateway.earlyAborts;
    at = Date.now();
    worker.kill();
    journal.note(`kill -9, ${gateway.inFlight} turns in flight`);
  });
  await worker.gone();
  // Its requests end at the gateway now; nobody else's can.
  await hopefully(() => gateway.inFlight === 0, 3000);
  await pause(30);
  world.excusedAborts += gateway.earlyAborts - before;
  sends.doubtLast(at);
}

async function outage(world: World, run: () => Promise<void>): Promise<void> {
  const { gateway, outages } = world;
  const current = { from: Date.now(), to: Infinity };
  outages.push(current);
  await run();
  await gateway.start();
  await hopefully(() => gateway.ready, 5000);
  current.to = Date.now();
}
