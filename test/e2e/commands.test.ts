import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { DESK_TEXTS } from "../../src/core/desk/texts.ts";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { holding, openWorld, textOf, type Chat, type World } from "./_world.ts";

const texts = DESK_TEXTS.zh;
/** When a request to the gateway may be broken off at the earliest, and a little more. */
const HANG_UP_MS = 12_000;

/** What the audit of a worker says, all of it. */
function auditOf({ home }: { readonly home: string }): readonly Record<string, unknown>[] {
  const folder = join(home, ".openclaw/dingbridge/audit");
  return readdirSync(folder).flatMap((name) =>
    readFileSync(join(folder, name), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}

describe.each([...RUNTIMES])("%s: commands", (runtime) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      block: () => ({
        owners: ["boss"],
        members: ["person1", "person2", "person3", "person4", "person5", "person6"],
        roles: { guest: { agentId: "guest" } },
        reply: { reaction: "" },
      }),
    });
  });
  afterAll(async () => await world.close());

  const last = async (chat: Chat, count: number, ms?: number) =>
    textOf((await chat.replies(count, ms)).at(-1));

  test.concurrent("/stop ends the running answer at once, and the agent's work when that is safe", async () => {
    const person = world.person();
    const { respond } = holding("第一句。", "永远不会说");
    person.answers(respond);
    await person.say("写一篇长文");
    const session = () => world.gateway.sessionOf(person.session);
    await until("the turn", () => session()?.active);
    await person.say("/stop");
    expect(await last(person, 1)).toBe(texts.stopped);
    await until("the hang-up", () => session()?.status === "killed", HANG_UP_MS);
    expect(world.gateway.earlyAborts).toBe(0);
    await person.say("停止");
    expect(await last(person, 2)).toBe(texts.nothingToStop);
  });

  test.concurrent("/new ends the running answer, and the agent forgets", async () => {
    const person = world.person();
    const { respond } = holding("慢慢来。", "永远不会说");
    person.answers(respond);
    await person.say("记住 42");
    await until("the turn", () => world.gateway.sessionOf(person.session)?.active);
    await person.say("／新会话");
    expect(await last(person, 1, HANG_UP_MS)).toBe(texts.reset);
    expect(world.gateway.earlyAborts).toBe(0);
    expect(world.gateway.resets.map(({ session }) => session)).toContain(person.session);
    person.answers("我不记得了");
    await person.say("数字是几？");
    expect(await last(person, 2)).toBe("我不记得了");
  });

  test.concurrent("/btw is answered beside the running turn, in a session of its own", async () => {
    const person = world.person();
    const { respond, release } = holding("先", "完了");
    person.answers(respond);
    await person.say("写一篇长文");
    await until("the turn", () => world.gateway.sessionOf(person.session)?.active);
    await person.say("/btw 现在几点？");
    expect(await last(person, 1)).toBe("好的");
    const aside = world.gateway.asked.find(({ session }) => session === `${person.session}:btw`);
    expect(aside?.text.split("\n").at(-1)).toBe("现在几点？");
    release();
    expect(await last(person, 2)).toBe("先完了");
  });

  test.concurrent("/whoami, /help and unknown commands are answered here, and nobody asks the agent", async () => {
    const person = world.person();
    await person.say("/whoami");
    expect(await last(person, 1)).toContain(person.userId);
    await person.say("/帮助");
    expect(await last(person, 2)).toContain("/new");
    await person.say("/stauts");
    expect(await last(person, 3)).toContain("/status");
    await person.say("/approve ABCDEFGH");
    expect(await last(person, 4)).toBe(texts.commandRefused("`/approve`"));
    expect(person.asked()).toEqual([]);
    await person.say("/etc/passwd 是什么？");
    expect(await last(person, 5)).toBe("好的");
    expect(auditOf(world)).toContainEqual(
      expect.objectContaining({ event: "command-refused", by: person.userId, what: "approve" }),
    );
  });

  test.concurrent("/status is answered while the agent works", async () => {
    const person = world.person();
    const { respond, release } = holding("等等", "好了");
    person.answers(respond);
    await person.say("慢慢做");
    await until("the turn", () => world.gateway.sessionOf(person.session)?.active);
    await person.say("/状态");
    const said = await last(person, 1);
    expect(said).toContain(person.session);
    release();
    expect(await last(person, 2)).toBe("等等好了");
  });

  test.concurrent("/agent holds for one person in one chat, until it is taken back", async () => {
    const { dingtalk } = world;
    const group = world.group();
    const say = async (who: string, text: string) =>
      await dingtalk.say({
        kind: "group",
        conversationId: group.conversationId,
        senderStaffId: who,
        text,
      });
    const asked = () =>
      world.gateway.asked.filter(({ session }) => session.includes(group.conversationId));
    await say("boss", "/agent helper");
    await group.replies(1);
    await say("boss", "one");
    await until("a question", () => asked().length === 1);
    await say("person1", "two");
    await until("a second question", () => asked().length === 2);
    await say("boss", "/agent default");
    await until("the answers", () => group.sends().length === 4);
    await say("boss", "three");
    await until("a third question", () => asked().length === 3);
    expect(asked().map(({ session }) => session.split(":")[1])).toEqual(["helper", "main", "main"]);
  });

  test.concurrent("in a group a guest may not start over for all, and only an owner stops others", async () => {
    const group = world.group();
    const say = async (who: string, text: string) =>
      await world.dingtalk.say({
        kind: "group",
        conversationId: group.conversationId,
        senderStaffId: who,
        text,
      });
    await say("guest1", "/new");
    expect(await last(group, 1)).toBe(`@guest1 ${texts.sharedSession}`);
    const { respond } = holding("第一句。", "永远不会说");
    group.answers(respond);
    await say("person1", "写一篇长文");
    await until("the turn", () => world.gateway.sessionOf(group.session)?.active);
    await say("guest1", "/stop");
    expect(await last(group, 2)).toBe(`@guest1 ${texts.notYoursToStop}`);
    await say("boss", "/stop");
    expect(await last(group, 3)).toBe(`@boss ${texts.stopped}`);
    expect(auditOf(world)).toContainEqual(
      expect.objectContaining({ event: "turn-stopped", by: "boss", subject: "person1" }),
    );
  });
});

describe.each([...RUNTIMES])("%s: pairing", (runtime) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      block: () => ({ dmPolicy: "pairing", reply: { reaction: "" } }),
    });
  });
  afterAll(async () => await world.close());

  const codeIn = (text: string) => /[A-HJKMNP-Z2-9]{8}/.exec(text)?.[0] ?? "";

  test("the first is let in on the command line and owns the robot, the next by them in the chat", async () => {
    const [first, second] = [world.person("小红"), world.person("小明")];
    await first.say("你好");
    const code = codeIn(textOf((await first.replies(1))[0]));
    expect(code).not.toBe("");
    const listed = await world.command("pair", "list");
    expect(listed.stdout).toContain(code);
    expect(listed.stdout).toContain("小红");
    expect(await world.command("pair", "approve", "WRONGCDE")).toMatchObject({ code: 1 });
    const approved = await world.command("pair", "approve", code);
    expect(approved).toMatchObject({ code: 0 });
    expect(approved.stdout).toContain(`已批准：小红 (${first.userId})，身份：所有者（owner）`);
    // Before the worker looks by itself.
    await first.say("现在呢？");
    const told = await first.replies(3);
    expect(told.slice(1).map(textOf)).toEqual([texts.letIn("owner"), "好的"]);

    await second.say("我也要");
    const next = codeIn(textOf((await second.replies(1))[0]));
    expect(second.asked()).toEqual([]);
    await first.say(`/approve ${next.toLowerCase()}`);
    expect(textOf((await first.replies(4)).at(-1))).toContain(second.userId);
    expect(textOf((await second.replies(2)).at(-1))).toBe(texts.letIn("member"));
    await second.say("谢谢");
    expect(textOf((await second.replies(3)).at(-1))).toBe("好的");

    // It outlives the worker, and can be taken back.
    await world.kill();
    await world.start();
    const session = () => world.gateway.sessionOf(second.session);
    const asked = second.asked().length;
    await second.say("还在吗");
    // Not by counting messages: what was being sent at the kill is sent again.
    await until("the answer", () => second.asked().length > asked && session()?.active === false);
    expect(textOf((await second.replies(4)).at(-1))).toBe("好的");
    // It ends what runs for them, too.
    const { respond } = holding("第一句。", "永远不会说");
    second.answers(respond);
    await second.say("写一篇长文");
    await until("the turn", () => session()?.active);
    expect(await world.command("pair", "revoke", second.userId)).toMatchObject({ code: 0 });
    await until("its end", () => session()?.active === false, 15_000);
    expect(second.sends().filter((send) => textOf(send).includes("第一句"))).toEqual([]);
    // Noticed within a second. One word at a time: more would have to wait for DingTalk's limits.
    await until("the revocation", async () => {
      const sent = second.sends().length;
      await second.say("还能说吗");
      if (codeIn(textOf((await second.replies(sent + 1)).at(-1))) !== "") return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return false;
    });
    expect(await world.command("pair", "revoke", "nobody")).toMatchObject({ code: 1 });
    const json = await world.command("pair", "list", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({
      account: "default",
      granted: [{ userId: first.userId, role: "owner", by: "command line" }],
    });

    const audit = auditOf(world);
    expect(audit).toContainEqual(
      expect.objectContaining({ event: "paired", by: "command line", subject: first.userId }),
    );
    expect(audit).toContainEqual(
      expect.objectContaining({ event: "paired", by: first.userId, subject: second.userId }),
    );
    expect(audit).toContainEqual(expect.objectContaining({ event: "revoked" }));
    // Neither what people write nor a code that could still be used.
    expect(JSON.stringify(audit)).not.toContain("你好");
    expect(JSON.stringify(audit)).not.toContain(next);
    const folder = join(world.home, ".openclaw/dingbridge/audit");
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    }
  });
});
