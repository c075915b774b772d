import { UNCONFIGURED, entry, fail, pass, skipped, warn } from "./saying.ts";

/** DB6xx and DB7xx: the worker, and who may talk. */
export const WORKER_CODES = {
  DB601: entry("worker", ["The worker", "worker 进程"], {
    ready: pass(["it runs and is ready: {version} at {url}", "正在运行并已就绪：{version}，{url}"]),
    unready: fail(
      ["it runs at {url} and is not ready: {said}", "正在运行（{url}），但没有就绪：{said}"],
      [
        "mend what it names; dingbridge status shows more",
        "请按它说的处理；dingbridge status 有更多信息",
      ],
    ),
    other: warn(
      [
        "a worker runs at {url}, but not for this robot",
        "{url} 上有 worker 在运行，但没有这个机器人",
      ],
      [
        "it works by another configuration, or could not take over a changed one: see its log, or restart it",
        "它用的是另一份配置，或没能采用改动：请看它的日志，或重启它",
      ],
    ),
    mute: warn(
      [
        "it runs{pid}, but its status cannot be read at {url} ({said})",
        "正在运行{pid}，但在 {url} 读不到它的状态（{said}）",
      ],
      [
        "let http.host, http.port and http.token (DINGBRIDGE_PORT, DINGBRIDGE_API_TOKEN) be here what they are there",
        "请让这里的 http.host、http.port、http.token（DINGBRIDGE_PORT、DINGBRIDGE_API_TOKEN）与它那边一致",
      ],
    ),
    none: skipped(
      ["none runs on this machine", "本机没有 worker 在运行"],
      ["dingbridge start", "dingbridge start"],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB602: entry("worker", ["Another worker of this robot", "同一机器人的另一个 worker"], {
    none: pass(["no other one on this machine", "本机没有另一个"]),
    running: warn(
      [
        "another dingbridge{pid} runs for this robot, with another data folder: one with this configuration will not start",
        "另一个 dingbridge{pid} 正在用别的数据目录运行这个机器人：用这份配置启动会失败",
      ],
      ["stop one of them", "请停掉其中一个"],
    ),
    unknown: skipped(["cannot be told: {said}", "无法判断：{said}"]),
    unconfigured: UNCONFIGURED,
  }),
  DB603: entry("worker", ["Other programs that take messages", "分走消息的其他程序"], {
    unknowable: skipped(
      [
        "cannot be known from here: DingTalk gives each message to one of the robot's connections, at random, and tells nobody how many there are",
        "从这里看不出来：钉钉把每条消息随机交给机器人的某一个连接，也不说有几个连接",
      ],
      [
        `if only some messages arrive, stop the other program (a test server, a colleague's machine, another bridge); if you cannot find it, reset Client Secret: https://open-dev.dingtalk.com/fe/app`,
        `如果只收到一部分消息，请停掉另一个程序（测试服务器、同事的电脑、别的桥接）；找不到的话，重置 Client Secret：https://open-dev.dingtalk.com/fe/app`,
      ],
    ),
    plugin: warn(
      [
        "OpenClaw's file switches on {names}, which connects by itself: with the same robot it takes some of the messages",
        "OpenClaw 的配置里启用了 {names}，它会自己连接钉钉：同一个机器人的话，会分走一部分消息",
      ],
      ["switch it off there, or give it a robot of its own", "请在那里停用它，或给它另一个机器人"],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB604: entry("worker", ["The worker's port", "worker 的端口"], {
    own: pass(["{url} is the worker's", "{url} 由 worker 使用"]),
    free: pass(["{url} is free", "{url} 空闲"]),
    any: pass(["any free port is taken", "使用任意空闲端口"]),
    taken: fail(
      [
        "something else answers at {url} ({said}): the worker cannot start",
        "{url} 被别的程序占用（{said}）：worker 无法启动",
      ],
      [
        "stop that, or set http.port (DINGBRIDGE_PORT) to another one",
        "请停掉它，或把 http.port（DINGBRIDGE_PORT）改成别的端口",
      ],
    ),
    mute: skipped([
      "{url} is taken, perhaps by the worker itself ({said})",
      "{url} 已被占用，可能就是 worker 自己（{said}）",
    ]),
    unconfigured: UNCONFIGURED,
  }),
  DB701: entry("access", ["Whose robot it is", "机器人归谁"], {
    owned: pass(["it has an owner, or nobody is taken for one", "有主人，或者没有人会被当成主人"]),
    open: warn(
      [
        "NOBODY owns this robot and anyone may write to it: whoever does so directly is taken for the owner of the machine behind the agent, and may have it run commands there",
        "这个机器人没有主人，而任何人都能给它发消息：谁私聊它，谁就被当成智能体所在机器的主人，可以让它在那台机器上执行命令",
      ],
      [
        'set owners to your user id (send the robot /whoami), or dmPolicy to "pairing"; docs/access.md',
        '请把 owners 设为你的 userId（给机器人发 /whoami 可以看到），或把 dmPolicy 设为 "pairing"；见 docs/access.md',
      ],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB702: entry("access", ["Policies", "访问策略"], {
    clear: pass(["nothing that may not be meant", "没有可疑的设置"]),
    doubt: warn(
      ["perhaps not as it is meant: {said}", "可能与本意不符：{said}"],
      [
        "dingbridge config check says what the policies come to",
        "dingbridge config check 会说明这些策略的实际效果",
      ],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB703: entry("access", ["What others' agent may do", "他人所用智能体的权限"], {
    restricted: pass([
      "guests and members reach no agent but restricted ones: {agents}",
      "访客和成员只能用到受限的智能体：{agents}",
    ]),
    nobody: pass(["nobody but owners reaches an agent", "除了主人，没有人能用到智能体"]),
    powerful: warn(
      [
        "{roles} reach agent {agent}, which has no restricted tool profile: they can have it run commands on its machine",
        "{roles} 能用到智能体 {agent}，它没有受限的工具集：他们可以让它在所在机器上执行命令",
      ],
      [
        'in openclaw.json agents: { entries: { guest: { tools: { profile: "minimal", deny: ["gateway", "session_status"] } } } }, here roles: { member: { agentId: "guest" }, guest: { agentId: "guest" } }',
        'openclaw.json 里写 agents: { entries: { guest: { tools: { profile: "minimal", deny: ["gateway", "session_status"] } } } }，这里写 roles: { member: { agentId: "guest" }, guest: { agentId: "guest" } }',
      ],
    ),
    listed: skipped(
      [
        "{roles} reach agent {agent}, which has tool lists of its own (tools.allow, tools.deny): not judged here",
        "{roles} 能用到智能体 {agent}，它有自己的工具清单（tools.allow、tools.deny）：这里不作判断",
      ],
      ["make sure that they leave out exec, read and write", "请确认其中没有 exec、read、write"],
    ),
    unknown: skipped(
      [
        "{roles} reach agent {agent}; what it may do stands in OpenClaw's file, which is not this machine's",
        "{roles} 能用到智能体 {agent}；它的权限写在 OpenClaw 的配置里，而那不在本机",
      ],
      [
        'give it tools: { profile: "minimal", deny: ["gateway", "session_status"] } there',
        '请在那边给它设 tools: { profile: "minimal", deny: ["gateway", "session_status"] }',
      ],
    ),
    unconfigured: UNCONFIGURED,
  }),
} as const;
