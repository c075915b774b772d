import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { holding, openWorld, textOf, type World } from "./_world.ts";

describe.each([...RUNTIMES])("%s: a configuration that changes while it works", (runtime) => {
  let world: World<"work" | "home">;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      accounts: { work: {}, home: {} },
      block: () => ({ reply: { reaction: "" }, owners: ["boss"] }),
    });
  });
  afterAll(async () => await world.close());

  const file = () => join(world.home, ".openclaw/dingbridge.json");
  interface Block {
    accounts: Record<string, Record<string, unknown>>;
    [key: string]: unknown;
  }
  const change = (edit: (block: Block) => void) => {
    const json = JSON.parse(readFileSync(file(), "utf8")) as { channels: { dingtalk: Block } };
    edit(json.channels.dingtalk);
    writeFileSync(file(), JSON.stringify(json));
  };
  const logged = (message: string) =>
    world.worker.logs().filter((line) => line.message.startsWith(message));
  const taken = async (count: number) =>
    await until("the change", () => logged("configuration taken over").length === count);
  const opened = () =>
    [world.robots.work, world.robots.home].map(({ dingtalk }) => dingtalk.opens.length);

  test("links stay, what changes counts, and a broken file changes nothing", async () => {
    const before = opened();
    const stranger = world.robots.work.person("陌生人");
    await stranger.say("可以吗？");
    expect(textOf((await stranger.replies(1))[0])).toContain(stranger.userId);
    expect(stranger.asked()).toEqual([]);

    // Who may talk: at once, whatever runs.
    change((block) => (block["members"] = [stranger.userId]));
    await taken(1);
    await stranger.say("现在呢？");
    expect(textOf((await stranger.replies(2)).at(-1))).toBe("好的");

    // A setting of the works: the answer under way comes to its end, the next is by the new ones.
    const { respond, release } = holding("先", "后");
    stranger.answers(respond);
    await stranger.say("慢慢说");
    await until("the turn", () => world.gateway.sessionOf(stranger.session)?.active);
    change((block) => (block["locale"] = "en"));
    await until("the change begins", () => logged("configuration").length > 0);
    release();
    expect(textOf((await stranger.replies(3)).at(-1))).toBe("先后");
    await taken(2);
    await stranger.say("/whoami");
    expect(textOf((await stranger.replies(4)).at(-1))).toContain("member");

    // Broken: said, and nothing else.
    const good = readFileSync(file(), "utf8");
    writeFileSync(file(), "{ channels: { dingtalk: { clientId: ");
    await until("the complaint", () => logged("configuration not taken over").length === 1);
    stranger.answers("好的");
    await stranger.say("还在吗");
    expect(textOf((await stranger.replies(5)).at(-1))).toBe("好的");
    expect(opened()).toEqual(before);

    // One robot's own secret: that one connects anew, the other does not.
    writeFileSync(file(), good);
    await until("the same again", () => logged("configuration read again").length === 1);
    change((block) => {
      const { home } = block.accounts;
      if (home !== undefined) home["stream"] = { pingIntervalMs: 4000 };
    });
    await taken(3);
    await until("the new link", () => opened()[1] === (before[1] ?? 0) + 1);
    expect(opened()[0]).toBe(before[0] ?? -1);
    const person = world.robots.home.person("小红", { userId: "boss" });
    await person.say("hello");
    await person.replies(1);

    // A robot that is switched off is left, and SIGHUP looks at once.
    change((block) => {
      const { home } = block.accounts;
      if (home !== undefined) home["enabled"] = false;
    });
    world.worker.process.kill("SIGHUP");
    await taken(4);
    const ready = await fetch(`${world.worker.http}/readyz`);
    expect(ready.status).toBe(200);
    expect(
      Object.keys(
        ((await (await fetch(`${world.worker.http}/status`)).json()) as { accounts: object })
          .accounts,
      ),
    ).toEqual(["work"]);
  });
});
