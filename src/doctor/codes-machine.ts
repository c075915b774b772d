import { OFFLINE, UNCONFIGURED, NO_NETWORK, entry, fail, pass, skipped, warn } from "./saying.ts";

/** DB1xx and DB2xx: the file, and the machine it is on. */
export const MACHINE_CODES = {
  DB101: entry("configuration", ["Configuration file", "配置文件"], {
    found: pass(["{path}", "{path}"]),
    environment: pass([
      "no file; the environment variables say all that is needed",
      "没有配置文件，环境变量已给出所需内容",
    ]),
    none: fail(
      ["no robot is configured anywhere", "还没有配置任何机器人"],
      [
        "run dingbridge onboard, which writes the file",
        "运行 dingbridge onboard，它会写好配置文件",
      ],
    ),
    unreadable: fail(
      ["the file cannot be used: {said}", "配置文件不能用：{said}"],
      [
        "mend the file, or name another one with --config; JSON5 takes comments and trailing commas",
        "请修好这个文件，或用 --config 指定另一个；JSON5 允许注释和末尾逗号",
      ],
    ),
  }),
  DB102: entry("configuration", ["Values", "配置取值"], {
    valid: pass(["all values are valid", "所有取值都有效"]),
    problem: fail(
      ["a value cannot work: {said}", "取值有问题：{said}"],
      [
        "mend this key; dingbridge config check shows what is in force and where it comes from",
        "请改好这个键；dingbridge config check 会列出生效的值及其来源",
      ],
    ),
    none: skipped(["there are none to look at", "没有可检查的取值"]),
    disabled: warn(
      [
        "enabled is false for every account: nothing would run",
        "所有账号的 enabled 都是 false：什么都不会运行",
      ],
      [
        "remove enabled: false from an account that is to run",
        "把要运行的账号的 enabled: false 去掉",
      ],
    ),
    unread: skipped([
      "not looked at: there is no file that can be read",
      "未检查：没有能读的配置文件",
    ]),
  }),
  DB103: entry("configuration", ["Unknown and ignored keys", "未知或被忽略的键"], {
    none: pass(["every key means something", "每个键都有含义"]),
    warning: warn(
      ["not as it may be meant: {said}", "可能与本意不符：{said}"],
      [
        "mend or remove it: as it stands it has no effect, or not the one meant",
        "请改正或删除：它现在不起作用，或者作用与本意不同",
      ],
    ),
    ignored: warn(
      [
        "{keys}: another bridge's keys, which mean nothing here",
        "{keys}：其他桥接的键，在这里没有意义",
      ],
      [
        "remove them; dingbridge config migrate writes the block in dingbridge's own keys",
        "可以删掉；dingbridge config migrate 能把整段改写成 dingbridge 自己的键",
      ],
    ),
    unread: skipped([
      "not looked at: there is no file that can be read",
      "未检查：没有能读的配置文件",
    ]),
  }),
  DB104: entry("configuration", ["Who may read the file", "配置文件权限"], {
    closed: pass(["secrets are for your eyes only", "密钥只有你自己能读"]),
    open: warn(
      [
        "{path} holds a secret and others on this machine may read it (mode {mode})",
        "{path} 里有密钥，本机其他用户也能读（权限 {mode}）",
      ],
      ["chmod 600 {path}", "chmod 600 {path}"],
    ),
    unknown: skipped(["there is no file, or it has no mode here", "没有文件，或此系统没有权限位"]),
  }),
  DB201: entry("machine", ["Versions", "版本"], {
    supported: pass([
      "dingbridge {version} on {runtime} {has}",
      "dingbridge {version}，运行于 {runtime} {has}",
    ]),
    old: fail(
      [
        "{runtime} {has} is too old: dingbridge {version} needs {needs}",
        "{runtime} {has} 太旧：dingbridge {version} 需要 {needs}",
      ],
      [
        "update it, or let another runtime run it: DINGBRIDGE_RUNTIME=bun|deno|node",
        "请升级，或换一个运行时：DINGBRIDGE_RUNTIME=bun|deno|node",
      ],
    ),
  }),
  DB202: entry("machine", ["Data folder", "数据目录"], {
    writable: pass(["{path} can be written, by you alone", "{path} 可写，且只有你能访问"]),
    missing: pass(["{path} is not there yet and will be made", "{path} 还不存在，启动时会创建"]),
    open: warn(
      [
        "{path} holds what people write, and others on this machine get in (mode {mode})",
        "{path} 里有聊天内容，本机其他用户也能进入（权限 {mode}）",
      ],
      ["chmod 700 {path}", "chmod 700 {path}"],
    ),
    unwritable: fail(
      ["{path} cannot be written: {said}", "{path} 不可写：{said}"],
      [
        "make it writable for the user that runs dingbridge, or set dataDir (DINGBRIDGE_DATA_DIR) to another folder",
        "让运行 dingbridge 的用户能写它，或把 dataDir（DINGBRIDGE_DATA_DIR）改到别处",
      ],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB203: entry("machine", ["Disk space", "磁盘空间"], {
    enough: pass(["{free} free where the data are", "数据所在磁盘剩余 {free}"]),
    little: warn(
      [
        "only {free} free where the data are; the database may grow to {most}",
        "数据所在磁盘只剩 {free}，而数据库最大可到 {most}",
      ],
      ["make room, or lower store.maxMb", "请腾出空间，或调低 store.maxMb"],
    ),
    full: fail(
      [
        "only {free} free where the data are: messages could not be stored, and so not taken in",
        "数据所在磁盘只剩 {free}：消息存不下，也就不会接收",
      ],
      ["make room, or move dataDir to another disk", "请腾出空间，或把 dataDir 移到别的磁盘"],
    ),
    unknown: skipped(["the system does not say", "系统没有给出"]),
    unconfigured: UNCONFIGURED,
  }),
  DB204: entry("machine", ["Clock", "时钟"], {
    right: pass(["{skew} s off DingTalk's", "与钉钉相差 {skew} 秒"]),
    off: warn(
      [
        "this machine's clock is off by {skew} s (+: ahead of DingTalk's)",
        "本机时钟与钉钉相差 {skew} 秒（正数：本机偏快）",
      ],
      [
        "set it by the network (timedatectl set-ntp true): deadlines of webhooks and tickets are reckoned by it",
        "请开启网络对时（timedatectl set-ntp true）：webhook 和票据的期限都按它计算",
      ],
    ),
    wrong: fail(
      [
        "this machine's clock is off by {skew} s (+: ahead of DingTalk's): certificates, tickets and session webhooks are taken for expired, or for good when they are not",
        "本机时钟与钉钉相差 {skew} 秒（正数：本机偏快）：证书、票据和会话 webhook 的有效期都会判断错",
      ],
      [
        "set it by the network: timedatectl set-ntp true",
        "请开启网络对时：timedatectl set-ntp true",
      ],
    ),
    untold: skipped(["no answer of DingTalk's to compare it with", "没有钉钉的应答可供比较"]),
    offline: OFFLINE,
    unconfigured: UNCONFIGURED,
    disconnected: NO_NETWORK,
  }),
} as const;
