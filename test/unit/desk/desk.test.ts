import { describe, expect, test } from "bun:test";
import { COMMANDS, type CommandName } from "../../../src/core/access/model.ts";
import { ALIASES } from "../../../src/core/desk/command.ts";
import type { DeskOptions } from "../../../src/core/desk/desk.ts";
import { DESK_TEXTS } from "../../../src/core/desk/texts.ts";
import { groupData, robotData } from "../../support/fake-messages.ts";
import { rowsOf } from "../access/_access.ts";
import { HOUSE, STATUS, atDesk } from "./_desk.ts";

const house = (options: Partial<DeskOptions> = {}) => atDesk({ block: HOUSE, options });

describe("which commands are for whom", () => {
  const table = rowsOf(`
    |          | help | stop | new | status | whoami | agent | approve | btw |
    | boss     | yes  | yes  | yes | yes    | yes    | yes   | yes     | yes |
    | mia      | yes  | yes  | yes | yes    | yes    | no    | no      | yes |
    | stranger | yes  | yes  | yes | no     | yes    | no    | no      | yes |
  `);
  const cells = table.rows.flatMap((row) =>
    table.head.flatMap((name, at) =>
      at > 1 && name !== "" ? [[row[1] ?? "", name, row[at] === "yes"] as const] : [],
    ),
  );

  test("the table is whole", () => {
    expect(cells).toHaveLength(3 * COMMANDS.length);
  });

  test.each(cells)("%s, /%s: %p", async (who, name, may) => {
    const { says, audit } = await house();
    const said = await says(who, `/${name}`);
    if (may) expect(said ?? "").not.toContain("may not use");
    else expect(said).toBe(DESK_TEXTS.en.commandRefused(`\`/${name}\``));
    const refused = audit.filter(({ event }) => event === "command-refused");
    expect(refused.map(({ by, what }) => [by, what])).toEqual(may ? [] : [[who, name]]);
  });

  test("the configuration may say otherwise", async () => {
    const block = { ...HOUSE, roles: { owner: { commands: ["help"] } } };
    const { says } = await atDesk({ block });
    expect(await says("boss", "停止")).toContain("may not use `/stop`");
  });
});

describe("/help", () => {
  test.each(["boss", "mia", "stranger"])("lists what %s may use, by both names", async (who) => {
    const { says, access } = await house();
    const said = (await says(who, "/help")) ?? "";
    const decision = access.decide(
      { account: "work", kind: "direct", conversationId: "c", userId: who },
      { userId: who, ids: [who], nick: undefined },
    );
    const may: readonly CommandName[] = decision.allowed ? decision.rights.commands : [];
    for (const name of COMMANDS) {
      expect(said.includes(`- /${name} (/${ALIASES[name][0]})`)).toBe(may.includes(name));
    }
  });

  test("leaves out what would be refused here", async () => {
    const { says, saysInGroup } = await house();
    expect(await saysInGroup("stranger", "/help")).not.toContain("- /new");
    expect(await saysInGroup("mia", "/help")).toContain("- /new");
    expect(await says("stranger", "/help")).toContain("- /new");
  });
});

describe("what is no command", () => {
  test.each([
    ["/stat", "`/status`"],
    ["/w", "`/whoami`"],
    ["/st", "`/stop`"],
    ["/新", "`/新会话`"],
    ["/hlep", "`/help`"],
    ["/statsu", "`/status`"],
    ["/新回话", "`/新会话`"],
    ["/Stopp", "`/stop`"],
  ])("%s: did you mean %s?", async (typed, near) => {
    const { says } = await house();
    const said = await says("boss", typed);
    expect(said).toContain(near);
    expect(said).toContain("must not begin with");
  });

  test.each(["/xyzzy", "/日报", "/3"])("%s is like none", async (typed) => {
    const { says } = await house();
    const said = await says("boss", typed);
    expect(said).not.toContain("Did you mean");
    expect(said).toContain("`/help`");
  });

  test("nothing is proposed that they may not use", async () => {
    const { says } = await house();
    expect(await says("mia", "/aprove")).not.toContain("/approve");
    expect(await says("boss", "/aprove")).toContain("`/approve`");
  });

  test("a message for the agent gets no answer here", async () => {
    const { says, audit } = await house();
    expect(await says("boss", "你好")).toBeUndefined();
    expect(audit).toEqual([]);
  });

  test("/btw without a question says how it is used", async () => {
    const { says } = await house();
    expect(await says("stranger", "/顺便")).toContain("/btw QUESTION");
  });
});

describe("/status", () => {
  test("robot, gateway, agent, session, queue and budget, a line each", async () => {
    const { says, asked } = await house();
    const said = await says("mia", "/status");
    expect(said?.split("\n")).toEqual([
      "- Robot: 小白, connected (1 h 5 min)",
      "- Gateway: works",
      "- Agent: `main`",
      "- Session: `agent:main:dingtalk:user:mia`",
      "- Queue: 2 in this session (answering); 3 in all, 1 to be sent",
      "- This month: 120/5000 API calls, 80/3000 pushes",
    ]);
    expect(asked).toEqual([{ session: "agent:main:dingtalk:user:mia" }]);
  });

  test("an outage is said", async () => {
    const status: DeskOptions["status"] = async () => ({
      ...STATUS,
      link: { state: "waiting", since: STATUS.link.since + 3_900_000 },
      gateway: { state: "shut", since: STATUS.link.since },
    });
    const { says } = await house({ status, texts: DESK_TEXTS.zh });
    const said = await says("mia", "/状态");
    expect(said).toContain("网关：连接不上（1 小时 5 分钟）");
    expect(said).toContain("等待重连（不到 1 分钟）");
  });
});

describe("/whoami", () => {
  test("in a direct chat", async () => {
    const { says } = await house();
    expect((await says("mia", "/whoami"))?.split("\n")).toEqual([
      "- Name: MIA",
      "- Your id: `mia`",
      "- Another id of yours: `$:LWCP_v1:$mia`",
      "- Role: member",
      "- Agent: `main`",
      "- Session: `agent:main:dingtalk:user:mia`",
    ]);
  });

  test("in a group", async () => {
    const { saysInGroup } = await house();
    const said = await saysInGroup("stranger", "/我是谁");
    expect(said).toContain("Role: guest");
    expect(said).toContain("- Group: 测试群 `cidGroup==`");
    expect(said).toContain("`agent:lobby:dingtalk:group:cidGroup==`");
  });

  test("an id that is the only one is said once", async () => {
    const { send } = await house();
    const said = await send(
      robotData({ senderStaffId: undefined, senderId: "mia", text: { content: "/whoami" } }),
    );
    expect(said).toContain("`mia`");
    expect(said).not.toContain("Another id");
  });

  test("a robot that nobody owns says how that is changed", async () => {
    const open = await atDesk();
    expect(await open.says("mia", "/whoami")).toContain("`owners`");
    const owned = await house();
    expect(await owned.says("mia", "/whoami")).not.toContain("`owners`");
  });

  test("names make no markup, link or mention", async () => {
    const { send } = await house();
    const said = await send(
      groupData({
        senderStaffId: "mia",
        senderNick: "**[x](https://evil.example)** @boss\n# www.evil.example",
        conversationTitle: "`a` <img src=x> ![y](http://e.example)",
        text: { content: " /whoami" },
      }),
    );
    expect(said).not.toMatch(/@|:\/\/|(?<!\\)[*[]|<|www\.|\n#/);
  });
});

test("nothing that people typed reaches the log", async () => {
  const { says, log } = await house();
  for (const text of ["/geheim geheim", "/agent geheim", "/new geheim", "/approve geheim"]) {
    await says("boss", text);
  }
  expect(log.text()).not.toContain("geheim");
});
