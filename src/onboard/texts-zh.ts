import type { Texts } from "./texts-shape.ts";

const CONSOLE = "https://open-dev.dingtalk.com";
const FIELDS = `开发者后台 ${CONSOLE} → 应用 → 凭证与基础信息`;

export const zh: Texts = {
  title: "dingbridge：几分钟接好一个钉钉机器人",
  yes: "是",
  no: "否",
  keys: "（↑/↓ 选择，回车确认）",
  quit: "退出",
  retry: "再试一次",
  skip: "跳过",
  cancelled: (isKept) => `已取消，什么都没有写入。${isKept ? "下次可以用 --resume 接着来。" : ""}`,
  missing: (options) => `没有终端可以提问，还缺：${options.join("；")}`,

  look: {
    file: (path) => `配置文件：${path}`,
    noFile: "还没有配置文件。",
    broken: (path) => `${path} 不是有效的 JSON5，为了不弄丢内容，不会改动它。请先改好：`,
    noObject: (path, key) =>
      `${path}：${key} 以及它上面的每一层都要是对象 { … }，现在不是，所以没有改动它。请先改好。`,
    openclaw: (path) => `OpenClaw 的配置：${path}`,
    noOpenclaw: "没有找到 OpenClaw 的配置文件。",
    blockWithoutPlugin: (path) =>
      `${path} 里有 channels.dingtalk，却没有声明这个渠道的插件：网关下次启动会失败。可以用 dingbridge config migrate 把它搬到 dingbridge.json。`,
    gateway: (url) => `网关 ${url}：在运行`,
    noGateway: (url) => `网关 ${url}：没有连上`,
    resumed: (clientId) => `接着上一次：${clientId}`,
    nothingToResume: "没有中断的记录，从头开始。",
    canResume: "上一次没有做完，加 --resume 可以接着来。",
  },

  robot: {
    how: "机器人从哪里来？",
    configured: (clientId) => `用已经配置的机器人 ${clientId}`,
    qr: "用钉钉扫码，一键创建",
    qrHint: "需要组织的开发者权限",
    paste: "已有应用，填写 Client ID 和 Client Secret",
    pasteHint: "凭证与基础信息页",
    id: `Client ID（${FIELDS}）`,
    secret: "Client Secret（输入时不显示）",
    visibleSecret:
      "--client-secret 写在命令行里，本机其他用户能在进程列表里看到。更好的办法：--client-secret-file 或 DINGTALK_CLIENT_SECRET。",
    secretFile: (path, why) => `--client-secret-file：读不了 ${path}（${why}）`,
    problems: {
      "id-empty": "Client ID 不能为空",
      "id-is-agent-id": "这是 AgentId（纯数字）。要的是 Client ID，多以 ding 开头",
      "id-is-app-id": "这是 App ID。要的是同一页上的 Client ID，多以 ding 开头",
      "id-is-corp-id": "这是组织的 CorpId。要的是应用的 Client ID",
      "id-is-secret": "这看起来是 Client Secret，两个是不是填反了？",
      "id-odd": "Client ID 里有不该有的字符，请重新复制",
      "secret-empty": "Client Secret 不能为空",
      "secret-masked": "复制到的是星号。请先点一下显示，再复制",
      "secret-is-id": "这是 Client ID，要的是它下面的 Client Secret",
      "secret-odd": "Client Secret 太短，或带有空格、中文等字符，请重新复制",
    },
    checking: "正在连接钉钉，验证凭证……",
    works: (clientId) => `连接成功，${clientId} 可以用 Stream 收发消息`,
    failures: {
      credentials:
        "钉钉不认这对凭证。它不会说是哪一个错：请把两个都重新复制一遍。Secret 重置过的话，旧的已经失效。应用设置了服务器出口 IP 的话，也要包含这台机器。",
      configuration:
        "凭证通过了，但这个应用还不能用 Stream：请检查机器人的「消息接收模式」是 Stream 模式，而且带机器人的版本已经发布；填的要是 Client ID，不是 robotCode。",
      refused: "钉钉拒绝了连接请求。请检查应用的设置，以及中间的代理。",
      unavailable: "连不上钉钉。请检查网络、DNS 和代理，api.dingtalk.com:443 要能访问。",
      handshake:
        "拿到了票据，但 WebSocket 连接建不起来：多半是代理或防火墙拦住了 wss。请放行上面的主机。",
      silent: "连接建立了，却收不到任何数据：多半是代理不转发 WebSocket。",
    },
    idHint: "Client ID 一般以 ding 开头，这一个不是：先检查它。",
    other: "换一对凭证",
    otherSecret: "重新输入 Client Secret",
    saveAnyway: "先保存，以后再验证",
    notYet: "应用刚创建，还在发布，等一下再试……",
  },

  qr: {
    scan: "请用钉钉扫码，选择组织，点一下创建：",
    url: (url) => `扫不了的话，在手机钉钉或浏览器里打开：\n${url}`,
    code: (userCode) => `页面上的确认码：${userCode}`,
    noBegin: "取不到二维码。",
    statuses: {
      WAITING: "等待扫码……（Ctrl+C 取消）",
      CREATING: "已扫码，正在创建应用……",
      PUBLISHING: "正在发布……",
      APPROVING: "等待组织的管理员审批……",
    },
    status: (status) => `钉钉：${status}`,
    created: (clientId) => `应用已创建：${clientId}`,
    secretInConsole: (clientId) =>
      `应用 ${clientId} 已经创建，但没有写入配置。它的 Client Secret 可以在${FIELDS}里再看到。`,
    failed: (reason) =>
      `创建失败${reason === "" ? "" : `：${reason}`}。常见原因是名称在组织里已经有了（2 到 20 个字）。`,
    expired: "二维码过期了。",
    refused: "钉钉不再继续这次创建。",
    again: "接下来？",
    renew: "换一个新的二维码",
  },

  gateway: {
    url: "OpenClaw 网关的地址",
    badUrl: "要写成 http://127.0.0.1:18789 这样的地址",
    ready: (url) => `网关 ${url} 可以提问`,
    failures: {
      unreachable: "连不上网关。它在运行吗？地址对吗？",
      busy: "网关正在启动或重启。",
      unauthorized: "网关不认这个令牌（OpenClaw 的 gateway.auth.token）。",
      "endpoint-off": "网关没有打开 HTTP 对话接口。用这条命令打开：",
      "unknown-agent": "网关里没有这个智能体，请检查 agentId（openclaw agents list）。",
      "model-auth": "模型服务拒绝了网关的密钥，请检查模型的 API 密钥。",
      "model-quota": "模型服务的额度用完了。",
      "model-busy": "模型服务现在太忙。",
    },
    failed: "网关没有正常回答。",
    whatNow: "接下来？",
    otherUrl: "换一个地址",
    otherToken: "输入令牌",
    token: "网关的令牌（输入时不显示，没有就直接回车）",
    runCommand: "现在替你运行这条命令",
    dropsComments: (path) => `这条命令会去掉 ${path} 里的注释，所以这里不代为运行，请自己决定。`,
    ran: "已运行，等网关生效……",
    notRun: (said) => `命令没有成功：${said}`,
    asking: "正在问智能体：“Say OK.”……",
    answered: (answer) => `智能体回答：${answer}`,
    silent: "智能体什么都没有说。",
    skipped: "先不管网关。网关不在时，机器人收到的消息会留着，等它回来再答。",
    skippedIll: "先不管网关。改好之前，给机器人发消息的人会被告知它暂时答不了。",
  },

  file: {
    where: "写到哪个文件？",
    own: (path) => path,
    ownHint: "dingbridge 自己的文件，OpenClaw 不读它",
    openclaw: (path) => path,
    openclawHint: "和 OpenClaw 放在一起，由 openclaw config set 写入",
    why: "dingbridge.json 任何时候都安全；openclaw.json 只有装着声明 channels.dingtalk 的插件时才能写，\n插件一旦卸载，OpenClaw 就会因为不认识这个渠道而无法启动。",
    willRun: (command) => `将运行：${command}`,
    refusesOpenclaw: (path) =>
      `${path} 没有声明 channels.dingtalk 的插件，写进去网关就无法启动。请去掉 --config，或写到 ~/.openclaw/dingbridge.json。`,
    openclawComments: (path) =>
      `${path} 里有注释，openclaw config set 会把它们去掉，所以不由这里写入。请把下面的内容自己加进去：`,
    noProgram: "没有找到 openclaw 命令，请把下面的内容自己加进去：",
    replaces: (clientId, file) => `${file} 里已有机器人 ${clientId}，换成新的？`,
    replaceNeedsYes: (clientId, file) =>
      `${file} 里已有另一个机器人（${clientId}），要换掉它请加 --yes`,
    written: (path) => `已写入 ${path}（只有你能读）`,
    unchanged: (path) => `${path} 里已经是这些内容，没有改动`,
    backup: (path) => `原来的内容备份在 ${path}`,
    paste: (path) => `为了不弄丢 ${path} 里的注释和写法，没有改动它。请把下面的内容自己加进去：`,
    pasteSecret: "填上你的 Client Secret",
    unreadable: (path, why) => `${path} 读不了：${why}`,
    unwritable: (path, why) => `${path} 写不了：${why}`,
    masked: (path) => `从现在起 dingbridge 读这个文件，${path} 里的 channels.dingtalk 不再起作用。`,
    overridden: "环境变量 DINGTALK_CLIENT_ID 是另一个机器人，它优先于文件",
    problem: (line) => `配置里还有问题：${line}`,
    unverified: "已保存，但凭证还没有验证通过。",
    willNotStart: "已保存，凭证也没有问题；但上面的问题改好之前，worker 不会启动。",
  },

  access: {
    question: "谁可以和机器人说话？",
    pairing: "只有我，以及我批准的人（配对）",
    pairingHint: "陌生人会得到一个配对码，由你批准",
    open: "能看到机器人的所有人",
    openHint: "谁都能让你的智能体做事，包括运行命令",
    skip: "先不改",
  },

  next: {
    title: "好了。接下来：",
    steps: ({ run, isPairing, isQr }) => [
      `启动：${run("start")}，等日志里出现 connected to DingTalk`,
      ...(isQr ? [] : ["还没发布的话：开发者后台 → 版本管理与发布 → 创建新版本 → 发布"]),
      "在钉钉里搜索机器人的名字，私聊它，说一声“你好”",
      ...(isPairing
        ? [
            `它会给你一个配对码：在这台机器上运行 ${run("pair approve 配对码")}，第一个被批准的人就是主人`,
          ]
        : []),
      "加进群：群设置 → 机器人 → 添加机器人，然后 @ 它提问",
      `让它一直运行：${run("service install")}；出了问题：${run("doctor")}`,
    ],
    notDone: "还没有完成。",
  },
};
