import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { startDingTalk, type DingTalk } from "../../src/simulator/dingtalk.ts";
import { startGateway, type EchoGateway } from "../../src/simulator/gateway.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import {
  runWorker,
  startWorker,
  temporaryFolder,
  type Run,
  type WorkerSetup,
} from "../support/worker-process.ts";

const TIMEOUT = 30_000;

describe.each([...RUNTIMES])("%s: two workers by mistake", (runtime) => {
  let home: ReturnType<typeof temporaryFolder>;
  let dingtalk: DingTalk;
  let other: DingTalk;
  let gateway: EchoGateway;
  const runs: Run[] = [];

  beforeAll(async () => {
    dingtalk = await startDingTalk({ perMinute: 1000, disconnectGraceMs: 200 });
    other = await startDingTalk();
    gateway = await startGateway({
      respond: async function* () {
        yield "好的";
      },
    });
  });
  afterAll(async () => {
    await dingtalk.close();
    await other.close();
    await gateway.stop();
  });
  beforeEach(() => {
    home = temporaryFolder();
    for (const name of ["tmp", "a", "b"]) mkdirSync(join(home.path, name));
  });
  afterEach(async () => {
    for (const run of runs.splice(0)) {
      run.process.kill("SIGKILL");
      await run.exited;
    }
    home.remove();
  });

  const folder = (name: string) => join(home.path, name);
  /** A worker of the first robot, unless told otherwise, with the data folder of this name. */
  const setup = (
    data: string,
    { robot = dingtalk, ...rest }: Partial<WorkerSetup> & { robot?: DingTalk } = {},
  ): WorkerSetup => ({
    runtime,
    dingtalk: robot,
    gateway,
    home: home.path,
    ...rest,
    env: { TMPDIR: folder("tmp"), DINGBRIDGE_DATA_DIR: folder(data), ...rest.env },
  });
  const started = async (options: WorkerSetup) => {
    const worker = await startWorker(options);
    runs.push(worker);
    return worker;
  };
  const refused = async (options: WorkerSetup) => {
    const run = runWorker(options);
    runs.push(run);
    const code = await run.exited;
    return { code, stderr: run.stderr(), stdout: run.stdout() };
  };
  const who = (run: Run) =>
    `another dingbridge \\(pid ${run.process.pid} on host ${RegExp.escape(hostname())}, since \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\)`;
  const answers = async (text: string) => {
    dingtalk.sent.length = 0;
    await dingtalk.say({ text });
    await until("the answer", () => dingtalk.sent.length === 1);
  };

  test(
    "the second is refused with the first's pid, whatever its runtime and data folder",
    async () => {
      const first = await started(setup("a"));
      const seconds = await Promise.all(
        RUNTIMES.flatMap((second) => [
          refused(setup("a", { runtime: second })),
          refused(setup("b", { runtime: second })),
        ]),
      );
      for (const second of seconds) {
        expect(second.stderr).toMatch(
          new RegExp(`^error: ${who(first)} already runs for this robot: stop it first\n$`),
        );
        expect(second.code).toBe(1);
        // It never came so far as to take a message or to touch the store.
        expect(second.stdout).toBe("");
      }
      expect(readdirSync(folder("b"))).toEqual([]);
      await answers("still there?");
      expect(await first.stop()).toBe(0);
      const next = await started(setup("b"));
      await answers("and you?");
      expect(await next.stop()).toBe(0);
    },
    TIMEOUT,
  );

  test(
    "another robot may run beside it, but not in the same data folder",
    async () => {
      const first = await started(setup("a"));
      const second = await refused(setup("a", { robot: other }));
      expect(second.code).toBe(1);
      expect(second.stderr).toMatch(
        new RegExp(
          `^error: ${who(first)} already uses the data folder ${folder("a")}: stop it, or set dataDir \\(DINGBRIDGE_DATA_DIR\\)\n$`,
        ),
      );
      // A refused start must not leave the lock of its own robot behind.
      await started(setup("b", { robot: other }));
      await answers("still there?");
    },
    TIMEOUT,
  );

  test(
    "of two started at the same moment one runs, and the other names it",
    async () => {
      const pair = [runWorker(setup("a")), runWorker(setup("a"))];
      runs.push(...pair);
      const loser = await Promise.race(pair.map((run) => run.exited.then(() => run)));
      const winner = pair.find((run) => run !== loser) as Run;
      expect(loser.process.exitCode).toBe(1);
      expect(loser.stderr()).toMatch(new RegExp(`^error: ${who(winner)} already runs`));
      await until("the link", () => winner.stdout().includes("connected to DingTalk"));
      await answers("who is it?");
    },
    TIMEOUT,
  );

  test(
    "a restart is never refused: ten times right after a kill -9, and after SIGTERM",
    async () => {
      const isUp = (run: Run) =>
        until("the start", () => {
          if (run.process.exitCode !== null) throw new Error(run.stderr());
          return run.stdout().includes("dingbridge is starting");
        });
      for (let round = 0; round < 10; round++) {
        const run = runWorker(setup("a"));
        runs.push(run);
        await isUp(run);
        run.process.kill("SIGKILL");
        await run.exited;
      }
      const stopped = await started(setup("a"));
      expect(await stopped.stop()).toBe(0);
      await started(setup("a"));
      await answers("back again?");
    },
    2 * TIMEOUT,
  );

  test(
    "who holds the locks can be read, and they are one small file each",
    async () => {
      const worker = await started(setup("a"));
      const [shared = ""] = readdirSync(folder("tmp"));
      const locks = readdirSync(join(folder("tmp"), shared));
      expect(locks).toHaveLength(1);
      expect(readdirSync(folder("a")).filter((name) => name.includes(".lock"))).toEqual([
        "dingbridge.lock",
      ]);
      for (const path of [
        join(folder("a"), "dingbridge.lock"),
        join(folder("tmp"), shared, locks[0] ?? ""),
      ]) {
        const db = new DatabaseSync(path, { readOnly: true });
        expect(db.prepare("SELECT pid, host FROM holder").all()).toEqual([
          { pid: Number(worker.process.pid), host: hostname() },
        ]);
        db.close();
        expect(statSync(path).size).toBeLessThanOrEqual(8192);
        expect(statSync(path).mode & 0o777).toBe(0o600);
      }
    },
    TIMEOUT,
  );

  test(
    "without a temporary folder it warns, runs, and still guards the data folder",
    async () => {
      const env = { TMPDIR: folder("missing") };
      const first = await started(setup("a", { env }));
      const warning = first.logs().find(({ message }) => message.startsWith("cannot tell whether"));
      expect(warning?.level).toBe("WARN");
      expect(String(warning?.["reason"])).toContain("missing");
      await answers("are you there?");
      const second = await refused(setup("a", { env }));
      expect(second.code).toBe(1);
      expect(second.stderr).toMatch(
        new RegExp(`^error: ${who(first)} already uses the data folder`),
      );
    },
    TIMEOUT,
  );

  test(
    "a damaged lock: exit 78 and what to delete",
    async () => {
      writeFileSync(join(folder("a"), "dingbridge.lock"), "no database ".repeat(1000));
      const run = await refused(setup("a"));
      expect(run.code).toBe(78);
      expect(run.stderr).toMatch(
        /^error: .*\/a\/dingbridge\.lock is damaged: make sure that no other dingbridge runs, then delete it\n$/,
      );
    },
    TIMEOUT,
  );
});
