import { describe, expect, test } from "bun:test";
import type { Address } from "../../../src/core/send/address.ts";
import type { DeliveryState } from "../../../src/core/store.ts";
import { ID, createWorld, directChat } from "./_sending.ts";

const user = (id: string): Address => ({ kind: "user", id });
const group = (id: string): Address => ({ kind: "group", id });
const hello = { kind: "text", text: "hello" } as const;
const sent = (processQueryKey: string) => ({ state: "sent" as const, processQueryKey });
const DAY = 24 * 60 * 60 * 1000;

async function submitted(to: readonly Address[]) {
  const world = createWorld();
  await world.submit({ to, content: hello });
  return world;
}

describe("fate()", () => {
  test("of what waits", async () => {
    const { sending, clock } = await submitted([group("g")]);
    const at = new Date(clock.now()).toISOString();
    expect(await sending.fate(ID)).toEqual({
      id: ID,
      account: "default",
      createdAt: at,
      state: "queued",
      deliveries: [{ to: "group:g", state: "queued", at }],
    });
  });

  test("of what went out, and what could not", async () => {
    const { sending, settle, clock } = await submitted([user("a"), group("g")]);
    const at = clock.now() + 1000;
    settle("user:a", { state: "failed", reason: "not a member", at });
    settle("group:g", { ...sent("k1"), leftOut: ["at"], at });
    const iso = new Date(at).toISOString();
    expect(await sending.fate(ID)).toMatchObject({
      state: "partial",
      deliveries: [
        { to: "user:a", state: "failed", reason: "not a member", at: iso },
        { to: "group:g", state: "sent", processQueryKeys: ["k1"], leftOut: ["at"], at: iso },
      ],
    });
  });

  test("of an id nobody knows", async () => {
    expect(await createWorld().sending.fate(ID)).toBeUndefined();
  });

  /** One person is sent a long text in three messages. */
  test.each<[DeliveryState[], DeliveryState]>([
    [["sent", "sent", "sent"], "sent"],
    [["sent", "queued", "queued"], "queued"],
    [["sent", "failed", "queued"], "failed"],
    [["recalled", "recalled", "recalled"], "recalled"],
    [["sent", "recalled", "recalled"], "sent"],
  ])("of several messages for one addressee: %j is %s", async (states, state) => {
    const world = createWorld();
    await world.submit({
      to: [group("g")],
      content: { kind: "markdown", text: "1\n2\n3" },
    });
    const fate = (await world.store.fate(ID)) ?? { deliveries: [] };
    expect(fate.deliveries).toHaveLength(3);
    const parts = new Map(fate.deliveries.map(({ outboxId }, at) => [outboxId, states[at]]));
    for (const [outboxId, state] of parts) world.settleOne(outboxId, { state: state ?? "queued" });
    const report = await world.sending.fate(ID);
    expect(report?.deliveries.map((target) => target.state)).toEqual([state]);
    expect(report?.state).toBe(state);
  });

  test.each<[DeliveryState, DeliveryState, string]>([
    ["sent", "sent", "sent"],
    ["sent", "queued", "queued"],
    ["failed", "queued", "queued"],
    ["failed", "failed", "failed"],
    ["sent", "failed", "partial"],
    ["sent", "recalled", "partial"],
    ["recalled", "recalled", "recalled"],
  ])("of several addressees: %s and %s is %s", async (one, other, state) => {
    const { sending, settle } = await submitted([group("a"), group("b")]);
    settle("group:a", { state: one });
    settle("group:b", { state: other });
    expect((await sending.fate(ID))?.state).toBe(state as DeliveryState);
  });
});

describe("withdraw()", () => {
  test("takes back what waits, without asking DingTalk", async () => {
    const { sending, recalls } = await submitted([user("a"), group("g")]);
    const report = await sending.withdraw(ID);
    expect(report?.state).toBe("recalled");
    expect(report?.deliveries.every(({ recall }) => recall === undefined)).toBe(true);
    expect(recalls).toEqual([]);
  });

  test("recalls what was sent: groups one by one, direct chats together", async () => {
    const { sending, settle, recalls } = await submitted([
      user("staff1"),
      group("g1"),
      group("g2"),
    ]);
    settle("user:staff1", sent("k1"));
    settle("group:g1", sent("k2"));
    settle("group:g2", sent("k3"));
    expect((await sending.withdraw(ID))?.state).toBe("recalled");
    expect(recalls.map(({ chat, keys }) => [chat.conversationId, keys.join()])).toEqual([
      [directChat.conversationId, "k1"],
      ["g1", "k2"],
      ["g2", "k3"],
    ]);
  });

  test("recalls a message several people have once", async () => {
    const { sending, settle, recalls } = await submitted([user("a"), user("b")]);
    settle("user:a", sent("k1"));
    settle("user:b", sent("k1"));
    const report = await sending.withdraw(ID);
    expect(recalls.map(({ keys }) => keys)).toEqual([["k1"]]);
    expect(report?.deliveries.map(({ state }) => state)).toEqual(["recalled", "recalled"]);
  });

  test("says why something stays", async () => {
    const world = await submitted([group("g1"), group("g2"), group("g3"), group("g4")]);
    const { sending, settle, clock, recalls } = world;
    settle("group:g1", { state: "sent", at: clock.now() });
    settle("group:g2", { ...sent("old"), at: clock.now() - DAY - 1 });
    settle("group:g3", { state: "queued", reason: "being sent" });
    settle("group:g4", { state: "failed", reason: "gone" });
    const report = await sending.withdraw(ID);
    expect(recalls).toEqual([]);
    const said = report?.deliveries.map(({ recall = [] }) => recall.join());
    expect(said?.[0]).toContain("webhook");
    expect(said?.[1]).toContain("24 hours");
    expect(said?.[2]).toContain("being sent right now");
    expect(said?.[3]).toBe("");
  });

  test("recalls what is a day old to the millisecond", async () => {
    const { sending, settle, clock } = await submitted([group("g")]);
    settle("group:g", { ...sent("k"), at: clock.now() - DAY });
    expect((await sending.withdraw(ID))?.state).toBe("recalled");
  });

  test("passes on what DingTalk says", async () => {
    const world = await submitted([group("g1"), user("a"), user("b")]);
    world.recall = (keys) => ({
      recalled: [],
      failed: keys.map((key) => ({ key, reason: `no ${key}` })),
    });
    world.settle("group:g1", sent("k1"));
    world.settle("user:a", sent("k2"));
    world.settle("user:b", sent("k2"));
    const report = await world.sending.withdraw(ID);
    expect(report?.state).toBe("sent");
    const said = Object.fromEntries(
      report?.deliveries.map(({ to, recall }) => [to, recall?.join()]) ?? [],
    );
    expect(said).toEqual({ "group:g1": "no k1", "user:a": "no k2", "user:b": "no k2" });
  });

  test("of an id nobody knows", async () => {
    expect(await createWorld().sending.withdraw(ID)).toBeUndefined();
  });
});
