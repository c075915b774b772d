import { afterEach, beforeEach, expect, test } from "bun:test";
import process from "node:process";
import { openDesk, type PairDesk } from "./_pair.ts";

let desk: PairDesk;
beforeEach(() => {
  desk = openDesk();
  process.env["LC_ALL"] = "zh_CN.UTF-8";
  desk.configure({ dmPolicy: "pairing", locale: undefined });
});
afterEach(() => desk.close());

test("who is let in, changed and sent away is told in the system's language", async () => {
  await desk.asks("staff1", { nick: "小红", code: "ABCDEFGH" });
  await desk.asks("staff2", { nick: "小明", code: "BCDEFGHJ" });
  expect((await desk.run("approve", "ABCDEFGH")).stdout).toBe(
    "已批准：小红 (staff1)，身份：所有者（owner）",
  );
  const { stdout } = await desk.run("list");
  expect(stdout.split("\n")).toEqual([
    "等待批准（dingbridge pair approve 配对码）：",
    "  配对码    用户 ID  申请时间  昵称",
    "  BCDEFGHJ  staff2   刚刚      小明",
    "已批准的身份（配置文件里写的不在其中）：",
    "  用户 ID  身份             批准者  时间              昵称",
    expect.stringMatching(
      /^ {2}staff1 {3}所有者（owner） {2}命令行 {2}[-\d]{10} \d\d:\d\d {2}小红$/,
    ),
  ]);
  expect(await desk.run("role", "staff1", "member")).toMatchObject({
    stdout: "小红 (staff1) 现在的身份是成员（member），之前是所有者（owner）",
  });
  expect((await desk.run("revoke", "staff1")).stdout).toBe(
    "已收回批准：小红 (staff1) 之前是成员（member）",
  );
  expect((await desk.fails("approve", "ABCDEFGH")).message).toStartWith("没有这个配对码");
  expect((await desk.fails("revoke", "staff1")).message).toStartWith("staff1 没有经过批准的身份");
  desk.clock.sleep(3_600_000);
  expect((await desk.run("list")).stdout).toBe(
    "等待批准（dingbridge pair approve 配对码）：无\n已批准的身份（配置文件里写的不在其中）：无",
  );
});

test.each<[string, object, string]>([
  [
    "overruled, and answered by no agent",
    { users: { staff1: { role: "guest" } } },
    "访客（guest）",
  ],
  ["kept out of direct chats", { dmPolicy: "disabled" }, 'dmPolicy 是 "disabled"'],
  ["let in by the file", { members: ["staff1"] }, "仍然可以使用机器人，身份是成员（member）"],
])("and what else holds: %s", async (_what, block, words) => {
  desk.configure({ owners: ["boss"], dmPolicy: "pairing", ...block, locale: undefined });
  await desk.asks("staff1", { code: "ABCDEFGH" });
  const said = [await desk.run("approve", "ABCDEFGH"), await desk.run("revoke", "staff1")];
  expect(said.map(({ stderr }) => stderr).join("\n")).toContain(words);
});

test("an English robot's command speaks English", async () => {
  desk.configure({ locale: "en" });
  expect((await desk.run("list")).stdout).toContain("waiting for");
});

test("several robots are told apart", async () => {
  const robot = { clientSecret: "s", dmPolicy: "pairing" };
  desk.configure({
    locale: undefined,
    accounts: { work: { ...robot, clientId: "a" }, home: { ...robot, clientId: "b" } },
  });
  await desk.asks("staff1", { code: "ABCDEFGH", account: "work" });
  expect((await desk.run("approve", "ABCDEFGH")).stdout).toEndWith("，账号 work");
  expect((await desk.run("list")).stdout).toStartWith("账号 work\n");
  expect((await desk.fails("revoke", "staff1")).message).toBe(
    "有多个账号：请加上 --account，可选 work、home",
  );
});
