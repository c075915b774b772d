import type { Role } from "../core/access/model.ts";
import { DESK_TEXTS } from "../core/desk/texts.ts";
import type { Locale } from "../core/texts.ts";
import type { ChangeNote } from "../host/worker-store.ts";

/** What `dingbridge pair` says. `account` is undefined where there is only one, to be taken for granted. */
export interface PairTexts {
  readonly letIn: (who: string, role: Role, account: string | undefined) => string;
  readonly changed: (who: string, role: Role, was: Role, account: string | undefined) => string;
  readonly revoked: (who: string, role: Role, account: string | undefined) => string;
  readonly note: (note: ChangeNote) => string;

  readonly noSuchCode: string;
  readonly noRole: (userId: string, account: string | undefined) => string;
  readonly severalAccounts: (ids: readonly string[]) => string;

  readonly account: (id: string) => string;
  readonly waiting: string;
  readonly waitingHead: readonly string[];
  readonly granted: string;
  readonly grantedHead: readonly string[];
  readonly role: (role: Role) => string;
  /** In place of who has approved. */
  readonly commandLine: string;
  readonly table: (title: string) => string;
  readonly nobody: (title: string) => string;
  /** Of whole minutes. */
  readonly ago: (minutes: number) => string;
}

const enAt = (account: string | undefined) => (account === undefined ? "" : `, account ${account}`);

const en: PairTexts = {
  letIn: (who, role, account) => `let in: ${who} as ${role}${enAt(account)}`,
  changed: (who, role, was, account) => `${who} is ${role} now, and was ${was}${enAt(account)}`,
  revoked: (who, role, account) => `${who} is not ${role} by approval any more${enAt(account)}`,
  note(note) {
    switch (note.kind) {
      case "unowned":
        return "warning: nobody is an owner: whoever writes to the robot directly counts as one";
      case "still-in":
        return `note: the configuration still lets them in, as ${note.role}`;
      case "overruled":
        return `note: the configuration goes first, and makes them ${note.role}`;
      case "no-agent":
        return "note: no agent is named for guests, so that nobody answers them: set roles.guest.agentId";
      case "closed":
        return `note: dmPolicy is "${note.dmPolicy}", so that they cannot write to the robot directly`;
    }
  },

  noSuchCode:
    "there is no such code: it may be mistyped, used or older than an hour; dingbridge pair list shows those that wait",
  noRole: (userId, account) =>
    `${userId} has no role by approval${enAt(account)}: dingbridge pair list shows who has, by their exact ids; the configuration's roles are changed there`,
  severalAccounts: (ids) =>
    `there are several accounts: add --account with one of ${ids.join(", ")}`,

  account: (id) => `account ${id}`,
  waiting: "waiting for dingbridge pair approve CODE",
  waitingHead: ["CODE", "USER ID", "ASKED", "NAME"],
  granted: "roles by approval; those of the configuration come on top",
  grantedHead: ["USER ID", "ROLE", "BY", "SINCE", "NAME"],
  role: (role) => role,
  commandLine: "command line",
  table: (title) => `${title}:`,
  nobody: (title) => `${title}: nobody`,
  ago: (minutes) => (minutes < 1 ? "just now" : `${minutes} min ago`),
};

const zhRole = (role: Role) => `${DESK_TEXTS.zh.roles[role]}（${role}）`;
const zhAt = (account: string | undefined) => (account === undefined ? "" : `，账号 ${account}`);

const zh: PairTexts = {
  letIn: (who, role, account) => `已批准：${who}，身份：${zhRole(role)}${zhAt(account)}`,
  changed: (who, role, was, account) =>
    `${who} 现在的身份是${zhRole(role)}，之前是${zhRole(was)}${zhAt(account)}`,
  revoked: (who, role, account) => `已收回批准：${who} 之前是${zhRole(role)}${zhAt(account)}`,
  note(note) {
    switch (note.kind) {
      case "unowned":
        return "警告：没有所有者：任何单聊机器人的人都会被当作所有者";
      case "still-in":
        return `注意：按配置文件，对方仍然可以使用机器人，身份是${zhRole(note.role)}`;
      case "overruled":
        return `注意：以配置文件为准，对方的身份是${zhRole(note.role)}`;
      case "no-agent":
        return "注意：还没有为访客指定智能体，对方得不到回答：请设置 roles.guest.agentId";
      case "closed":
        return `注意：dmPolicy 是 "${note.dmPolicy}"，对方不能单聊机器人`;
    }
  },

  noSuchCode:
    "没有这个配对码：可能写错了、用过了，或已超过一小时；运行 dingbridge pair list 可以看到等待批准的配对码",
  noRole: (userId, account) =>
    `${userId} 没有经过批准的身份${zhAt(account)}：运行 dingbridge pair list 可以看到谁有（ID 要完全一致）；写在配置文件里的身份请在那里修改`,
  severalAccounts: (ids) => `有多个账号：请加上 --account，可选 ${ids.join("、")}`,

  account: (id) => `账号 ${id}`,
  waiting: "等待批准（dingbridge pair approve 配对码）",
  waitingHead: ["配对码", "用户 ID", "申请时间", "昵称"],
  granted: "已批准的身份（配置文件里写的不在其中）",
  grantedHead: ["用户 ID", "身份", "批准者", "时间", "昵称"],
  role: zhRole,
  commandLine: "命令行",
  table: (title) => `${title}：`,
  nobody: (title) => `${title}：无`,
  ago: (minutes) => (minutes < 1 ? "刚刚" : `${minutes} 分钟前`),
};

export const PAIR_TEXTS: Readonly<Record<Locale, PairTexts>> = { zh, en };
