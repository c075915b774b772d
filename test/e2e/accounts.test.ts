import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { openWorld, textOf, type World } from "./_world.ts";

const TOKEN = "a-long-random-token";

describe.each([...RUNTIMES])("%s: several robots in one worker", (runtime) => {
  let world: World<"work" | "home">;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      accounts: { work: { agentId: "worker" }, home: {} },
      block: () => ({ reply: { reaction: "" }, http: { token: TOKEN } }),
    });
  });
  afterAll(async () => await world.close());

  test.concurrent("two robots @-ed in one message answer it once each", async () => {
    const conversationId = "cidBoth/+A==";
    const saying = {
      kind: "group",
      conversationId,
      msgId: "msgOfBoth==",
      senderStaffId: "staff1",
      text: "both of you?",
    } as const;
    await Promise.all(
      [world.robots.work, world.robots.home].map(({ dingtalk }) => dingtalk.say(saying)),
    );
    for (const { dingtalk } of [world.robots.work, world.robots.home]) {
      const sends = () => dingtalk.sends().filter(({ chat }) => chat === conversationId);
      await until("an answer", () => sends().length > 0);
      expect(sends().map(textOf)).toEqual(["@staff1 好的"]);
    }
    const asked = world.gateway.asked.filter(({ text }) => text.includes("both of you?"));
    expect(asked.map(({ session }) => session).toSorted()).toEqual([
      `agent:main:dingtalk:group:${conversationId}`,
      `agent:worker:dingtalk:group:${conversationId}`,
    ]);
    // DingTalk brings it again: both know it.
    await Promise.all(
      [world.robots.work, world.robots.home].map(({ dingtalk }) => dingtalk.say(saying)),
    );
    const person = world.robots.home.person();
    await person.say("something else");
    await person.replies(1);
    expect(world.gateway.asked.filter(({ text }) => text.includes("both of you?"))).toHaveLength(2);
  });

  test.concurrent("one person's chats with two robots of one agent are two sessions", async () => {
    const robots = [world.robots.work, world.robots.home];
    for (const { dingtalk } of robots) {
      const text = "/agent shared";
      await dingtalk.say({ senderStaffId: "Both", conversationId: "cidBoth1==", text });
    }
    const told = ({ dingtalk }: (typeof robots)[number]) =>
      dingtalk.sends().some(({ chat }) => chat === "cidBoth1==");
    await until("both choices", () => robots.every(told));
    for (const { dingtalk } of robots) {
      await dingtalk.say({ senderStaffId: "Both", conversationId: "cidBoth1==", text: "who am I" });
    }
    const asked = () => world.gateway.asked.filter(({ text }) => text.includes("who am I"));
    await until("both questions", () => asked().length === 2);
    expect(
      asked()
        .map(({ session }) => session)
        .toSorted(),
    ).toEqual(["agent:shared:dingtalk:user:Both", "agent:shared:dingtalk:user:Both~2"]);
  });

  test.concurrent("the send API speaks through the robot it is told", async () => {
    // DingTalk takes messages for groups only where the robot is.
    const groups = [world.robots.work.group(), world.robots.home.group()] as const;
    for (const group of groups) {
      await group.says(world.robots.work.person(), "welcome");
      await group.replies(1);
    }
    const [atWork, atHome] = groups;
    const post = async (body: object) =>
      await fetch(`${world.worker.http}/v1/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" },
        body: JSON.stringify({ to: `group:${atHome.conversationId}`, text: "news", ...body }),
      });
    expect((await post({})).status).toBe(400);
    expect((await post({ account: "nobody" })).status).toBe(400);
    expect((await post({ account: "home" })).status).toBe(202);
    expect((await atHome.replies(2)).slice(1).map(textOf)).toEqual(["news"]);
    const to = `group:${atWork.conversationId}`;
    const sent = await world.command(
      "send",
      "--account",
      "work",
      "--to",
      to,
      "--text",
      "more",
      "--wait",
    );
    expect(sent).toMatchObject({ code: 0 });
    expect((await atWork.replies(2)).slice(1).map(textOf)).toEqual(["more"]);
  });

  test.concurrent("a robot does not answer its own words, nor those of the other", async () => {
    const [work, home] = [world.robots.work, world.robots.home];
    const group = home.group();
    // The worker learns a robot's own id from what it is sent.
    const person = work.person();
    await person.say("hello");
    await person.replies(1);
    await group.says(home.person(), "@work says:", {
      from: "robot",
      senderId: work.dingtalk.robotId,
    });
    await group.says(home.person(), "I said:", { from: "robot", senderId: home.dingtalk.robotId });
    await group.says(home.person("小红"), "and I?");
    await group.replies(1);
    expect(group.asked().map(({ text }) => text.split("\n").at(-1))).toEqual(["and I?"]);
  });
});

describe.each([...RUNTIMES])("%s: two robots, one with a wrong secret", (runtime) => {
  let world: World<"right" | "wrong">;
  beforeAll(async () => {
    world = await openWorld({
      runtime,
      accounts: { wrong: { clientSecret: "not-the-secret" }, right: {} },
      block: () => ({ reply: { reaction: "" } }),
      links: 1,
    });
  });
  afterAll(async () => await world.close());

  test("the other one works, and readiness names the one that does not", async () => {
    const person = world.robots.right.person();
    await person.say("still there?");
    expect((await person.replies(1)).map(textOf)).toEqual(["好的"]);
    const ready = await fetch(`${world.worker.http}/readyz`);
    expect(ready.status).toBe(503);
    const { failing } = (await ready.json()) as { failing: { part: string; reason: string }[] };
    expect(failing.map(({ part }) => part)).toEqual(["stream wrong"]);
    expect(JSON.stringify(failing)).not.toContain("not-the-secret");
    expect(JSON.stringify(world.worker.logs())).not.toContain("not-the-secret");
  });
});
