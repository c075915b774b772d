import { describe, expect, test } from "bun:test";
import { RUNTIMES } from "../support/runtimes.ts";
import { until } from "../support/until.ts";
import { VERSION } from "../../src/version.ts";
import { openWorld, type World } from "./_world.ts";

describe.each([...RUNTIMES])("%s: dingbridge status", (runtime) => {
  test.concurrent("shows a robot at work, and that its gateway is away", async () => {
    const world = await openWorld({ runtime, block: () => ({ locale: "en", name: "Ada" }) });
    try {
      const person = world.person();
      await person.say("hello");
      await person.replies(1);
      // DingTalk has the answer a moment before the worker knows that.
      const idle = await shown(world, "0 in the inbox, 0 in the outbox");
      expect(idle.code).toBe(0);
      expect(idle.lines).toEqual([
        expect.stringMatching(
          new RegExp(`^dingbridge ${VERSION} on ${runtime} [\\d.]+, up \\d+ s: ready$`, "i"),
        ),
        "",
        `Ada (${world.dingtalk.clientId})`,
        expect.stringMatching(/^ {2}DingTalk {2}connected for \d+ s, last frame \d+ s ago$/),
        "  gateway   works",
        "  turns     0 running, 0 waiting, 0 held for the gateway",
        expect.stringMatching(
          /^ {2}quota {5}\d{4}-\d\d: \d+ of 1000000 API calls, 2 of \d+ pushes \(this worker's share\)$/,
        ),
        "  access    direct chats open, groups open; nobody is an owner: whoever writes directly is treated as one",
        "",
        "store     0 in the inbox, 0 in the outbox",
      ]);

      await world.gateway.stop();
      await person.say("and now?");
      const away = await shown(world, "1 held for the gateway");
      // It takes and keeps what is said.
      expect(away.code).toBe(0);
      expect(away.lines.find((line) => line.startsWith("  gateway"))).toMatch(
        /^ {2}gateway {3}cannot take questions for \d+ s: .*(refused|reach|connect)/i,
      );
      expect(away.lines.at(-1)).toMatch(/^store {5}1 in the inbox/);

      await world.kill();
      const gone = await world.command("status");
      expect(gone).toMatchObject({ code: 1, stdout: "" });
      expect(gone.stderr).toMatch(
        /^error: no dingbridge answers at http:\S+ \(.+\): start it with/,
      );
    } finally {
      await world.close();
    }
  });

  test.concurrent("says in Chinese which robot is not ready, and ends with 1", async () => {
    const world = await openWorld({
      runtime,
      accounts: { wrong: { clientSecret: "not-the-secret", owners: ["boss"] }, right: {} },
      links: 1,
    });
    try {
      const { code, lines } = await shown(world, "stream wrong：");
      expect(code).toBe(1);
      expect(lines[0]).toMatch(/（\S+ [\d.]+），已运行 \d+ 秒：没有就绪$/);
      const [wrong, right] = ["wrong (dingwrong)", "right (dingright)"].map((name) => {
        const at = lines.indexOf(name);
        return lines.slice(at, at + 6);
      });
      expect(wrong?.[1]).toMatch(/^ {2}钉钉 {6}.*clientSecret/);
      expect(wrong?.[5]).toBe("  权限      单聊 open，群聊 open");
      expect(right?.[1]).toMatch(/^ {2}钉钉 {6}已连接（\d+ 秒）/);
      expect(right?.slice(2, 4)).toEqual([
        "  网关      正常",
        "  回答      0 个进行中，0 个排队，0 个在等网关恢复",
      ]);
      expect(right?.[5]).toContain("没有所有者");
      expect(lines.join("\n")).not.toContain("not-the-secret");
      const json = await world.command("status", "--json");
      expect(JSON.parse(json.stdout)).toMatchObject({ version: VERSION, store: { inbox: 0 } });
    } finally {
      await world.close();
    }
  });
});

/** Once these words stand in it. */
async function shown(world: World<string>, words: string) {
  const { code, stdout } = await until(words, async () => {
    const ended = await world.command("status");
    return ended.stdout.includes(words) && ended;
  });
  return { code, lines: stdout.trimEnd().split("\n") };
}
