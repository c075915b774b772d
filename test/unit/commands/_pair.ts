import { spyOn } from "bun:test";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../src/host/exit.ts";
import { pair, type PairOptions } from "../../../src/commands/pair.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { ownEnvironment } from "../../support/own-environment.ts";

export type PairDesk = ReturnType<typeof openDesk>;

/** `dingbridge pair` beside a worker's store that stays open, as while the worker runs. */
export function openDesk() {
  const environment = ownEnvironment();
  const dataDir = environment.path;
  const file = join(dataDir, "dingbridge.json5");
  const store = openSqliteStore(join(dataDir, "dingbridge.sqlite"));
  const clock = createFakeClock();

  const configure = (block: object) => {
    const robot = { clientId: "a", clientSecret: "TOP-SECRET", dataDir, locale: "en" };
    writeFileSync(file, JSON.stringify({ channels: { dingtalk: { ...robot, ...block } } }));
  };
  configure({ dmPolicy: "pairing" });

  const runWith = async (options: PairOptions, action: string, ...operands: string[]) => {
    const out = spyOn(console, "log").mockImplementation(() => undefined);
    const err = spyOn(console, "error").mockImplementation(() => undefined);
    try {
      const code = await pair(action, operands, { ...options, config: file }, clock);
      const said = (calls: unknown[][]) => calls.map((call) => call.join(" ")).join("\n");
      return { code, stdout: said(out.mock.calls), stderr: said(err.mock.calls) };
    } finally {
      out.mockRestore();
      err.mockRestore();
    }
  };
  const run = (action: string, ...operands: string[]) => runWith({}, action, ...operands);

  return {
    dataDir,
    file,
    store,
    clock,
    /** `channels.dingtalk` of the file from now on, besides what every robot needs. */
    configure,
    run,
    runWith,
    /** What it complains of. */
    async fails(action: string, ...operands: string[]): Promise<UserError> {
      const error = await run(action, ...operands).catch((thrown: unknown) => thrown);
      if (error instanceof UserError) return error;
      throw new Error(`expected a UserError: ${JSON.stringify(error)}`, { cause: error });
    },
    /** Somebody has written to the robot, and was given this code. */
    async asks(
      userId: string,
      { code, nick, account = "default" }: { code: string; nick?: string; account?: string },
    ) {
      const chat = { account, kind: "direct", conversationId: `cid-${userId}`, userId } as const;
      const createdAt = clock.now();
      const wish = { account, userId, nick, chat, code, createdAt };
      await store.requestPairing(wish, createdAt - 3_600_000, 100);
    },
    /** What the audit says, without the times. */
    audited(): Record<string, unknown>[] {
      const folder = join(dataDir, "audit");
      if (!existsSync(folder)) return [];
      return readdirSync(folder)
        .toSorted()
        .flatMap((name) => readFileSync(join(folder, name), "utf8").trimEnd().split("\n"))
        .map((line) => {
          const { time: _, ...event } = JSON.parse(line) as Record<string, unknown>;
          return event;
        });
    },
    close() {
      try {
        store.close();
      } catch {
        // A test has closed it already.
      }
      environment.close();
    },
  };
}
