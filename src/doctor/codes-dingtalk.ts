import {
  CONSOLE,
  NO_NETWORK,
  OFFLINE,
  UNCONFIGURED,
  entry,
  fail,
  pass,
  skipped,
  warn,
} from "./saying.ts";

const CREDENTIALS = `${CONSOLE} → your app → 凭证与基础信息`;
const CREDENTIALS_ZH = `${CONSOLE} → 应用 → 凭证与基础信息`;
const ROBOT = `${CONSOLE} → your app → 机器人`;
const ROBOT_ZH = `${CONSOLE} → 应用 → 机器人`;

const UNAVAILABLE = {
  offline: OFFLINE,
  unconfigured: UNCONFIGURED,
  disconnected: NO_NETWORK,
} as const;

/** What it can be that a host cannot be reached; the same for each host. */
const REACH = {
  reached: pass(["{host} answers", "{host} 有应答"]),
  reserved: warn(
    [
      "{host} answers, but its name leads to {address}, an address that a proxy has made up (fake-IP)",
      "{host} 有应答，但解析到 {address}，这是代理虚构的地址（fake-IP）",
    ],
    [
      "exempt DingTalk's hosts from it, else files that people send are refused; or name them under media.allowHosts",
      "请让代理放过钉钉的域名，否则别人发的文件会被拒收；或者写进 media.allowHosts",
    ],
  ),
  dns: fail(
    ["{host} cannot be looked up ({said})", "解析不了 {host}（{said}）"],
    [
      "check this machine's DNS; behind a company proxy set proxy or HTTPS_PROXY",
      "请检查本机 DNS；公司网络要走代理的话，请设置 proxy 或 HTTPS_PROXY",
    ],
  ),
  tls: fail(
    [
      "{host} is reached, but its certificate is not accepted ({said})",
      "连得上 {host}，但证书不被接受（{said}）",
    ],
    [
      "if a company proxy puts in its own, set caFile to its authority's certificate; also check the clock (DB204)",
      "如果是公司代理换了证书，把它的根证书设为 caFile；也请检查时钟（DB204）",
    ],
  ),
  proxy: fail(
    [
      "{host} is not reached over the proxy {proxy} ({said})",
      "经代理 {proxy} 连不上 {host}（{said}）",
    ],
    [
      "let the proxy connect to {host}:{port}, mend proxy or HTTPS_PROXY, or exempt the host in NO_PROXY",
      "请让代理放行 {host}:{port}，或改正 proxy、HTTPS_PROXY，或在 NO_PROXY 里排除它",
    ],
  ),
  unreachable: fail(
    ["{host}:{port} cannot be connected to ({said})", "连不上 {host}:{port}（{said}）"],
    [
      "let outgoing connections to {host}:{port} through the firewall",
      "请在防火墙上放行到 {host}:{port} 的出站连接",
    ],
  ),
  ...UNAVAILABLE,
} as const;

/** DB3xx and DB4xx: the way to DingTalk, and what is there. */
export const DINGTALK_CODES = {
  DB301: entry("network", ["Proxy", "代理"], {
    none: pass(["connections go out directly", "直接连接，不走代理"]),
    used: pass([
      "connections to DingTalk go over {proxy} ({from})",
      "到钉钉的连接走代理 {proxy}（来自 {from}）",
    ]),
    exempt: pass([
      "a proxy is set ({from}), but DingTalk's hosts are reached directly",
      "设置了代理（{from}），但到钉钉是直接连接",
    ]),
    unusable: fail(
      ["the proxy cannot be used: {said}", "代理不能用：{said}"],
      ["write it as http://host:port, or unset it", "请写成 http://host:port，或者去掉它"],
    ),
    authority: fail(
      ["no connection can be made: {said}", "无法建立任何连接：{said}"],
      [
        "set caFile to a file with certificates in PEM, or remove it",
        "请把 caFile 指向 PEM 格式的证书文件，或去掉它",
      ],
    ),
    unconfigured: UNCONFIGURED,
  }),
  DB302: entry("network", ["DingTalk's API", "钉钉 API"], REACH),
  DB303: entry(
    "network",
    ["DingTalk's old API: answers and uploads", "钉钉旧版 API：回复与上传"],
    REACH,
  ),
  DB304: entry("network", ["DingTalk's Stream host", "钉钉 Stream 主机"], {
    ...REACH,
    connected: pass(["{host}: the connection stands", "{host}：连接成功"]),
    worker: pass(["the running worker is connected", "正在运行的 worker 已连接"]),
    unknown: skipped([
      "not looked at: only DingTalk says which host it is, and it did not (see DB402)",
      "未检查：主机名由钉钉给出，而它没有给（见 DB402）",
    ]),
    busy: skipped([
      "not looked at: a worker runs for this robot (see DB403)",
      "未检查：这个机器人有 worker 在运行（见 DB403）",
    ]),
  }),
  DB401: entry("dingtalk", ["Credentials", "凭证"], {
    accepted: pass(["DingTalk gives {clientId} an access token", "钉钉给 {clientId} 发了访问令牌"]),
    refused: fail(
      [
        "DingTalk refuses clientId and clientSecret ({said}); it has one code for both, and does not say which is wrong",
        "钉钉不认 clientId 和 clientSecret（{said}）；两者用同一个错误码，它不说是哪个错",
      ],
      [
        `copy both again, whole; a secret that has been reset is no good any more: ${CREDENTIALS}`,
        `请把两个都完整地重新复制；重置过的话，旧 Secret 已失效：${CREDENTIALS_ZH}`,
      ],
    ),
    "wrong-id": fail(
      [
        "DingTalk refuses the credentials ({said}), and clientId does not look like one",
        "钉钉不认凭证（{said}），而且 clientId 的样子不对",
      ],
      [
        `copy Client ID (AppKey), not AgentId, App ID, CorpId or the secret: ${CREDENTIALS}`,
        `请复制 Client ID（AppKey），不是 AgentId、App ID、CorpId 或 Secret：${CREDENTIALS_ZH}`,
      ],
    ),
    "wrong-secret": fail(
      [
        "DingTalk refuses the credentials ({said}), and clientSecret does not look like one",
        "钉钉不认凭证（{said}），而且 clientSecret 的样子不对",
      ],
      [
        `show Client Secret (AppSecret) first, then copy it whole: ${CREDENTIALS}`,
        `请先点显示，再完整复制 Client Secret（AppSecret）：${CREDENTIALS_ZH}`,
      ],
    ),
    "not-listed": fail(
      ["DingTalk does not let this machine's address in ({said})", "钉钉不放行本机的 IP（{said}）"],
      [
        `add it: ${CONSOLE} → your app → 开发配置 → 安全中心 → 服务器出口IP`,
        `请加上它：${CONSOLE} → 应用 → 开发配置 → 安全中心 → 服务器出口IP`,
      ],
    ),
    unanswered: fail(
      ["no access token: {said}", "拿不到访问令牌：{said}"],
      ["see DB302; if DingTalk is busy, try again later", "见 DB302；如果是钉钉忙，稍后再试"],
    ),
    ...UNAVAILABLE,
  }),
  DB402: entry("dingtalk", ["Stream mode and publication", "Stream 模式与发布"], {
    open: pass(["DingTalk opens a Stream for this app", "钉钉为这个应用开通了 Stream"]),
    worker: pass(["the running worker has its Stream", "正在运行的 worker 已连上 Stream"]),
    configuration: fail(
      [
        "the credentials are right, but DingTalk cannot open a Stream for this app ({said}): the receiving mode is not Stream, or the version with the robot is not published, or clientId is really a robotCode",
        "凭证没问题，但钉钉不能为这个应用开 Stream（{said}）：消息接收模式不是 Stream，或带机器人的版本没有发布，或 clientId 填的是 robotCode",
      ],
      [
        `${ROBOT}: set 消息接收模式 to Stream 模式, save, then publish under 版本管理与发布; if events are subscribed to, these over Stream too`,
        `${ROBOT_ZH}：「消息接收模式」选 Stream 模式并保存，再到「版本管理与发布」发布；订阅了事件的话，事件也选 Stream 推送`,
      ],
    ),
    credentials: fail(
      [
        "DingTalk refuses the credentials here ({said}): clientId or clientSecret is wrong (DB401), or the app's IP allow-list does not have this machine",
        "钉钉在这里不认凭证（{said}）：clientId 或 clientSecret 不对（见 DB401），或应用的 IP 白名单里没有本机",
      ],
      [
        `${CREDENTIALS}, and 开发配置 → 安全中心 → 服务器出口IP`,
        `${CREDENTIALS_ZH}，以及 开发配置 → 安全中心 → 服务器出口IP`,
      ],
    ),
    refused: fail(
      ["DingTalk refuses to open a Stream ({said})", "钉钉拒绝开 Stream（{said}）"],
      [
        `look at the app, and at any proxy in between: ${CONSOLE}`,
        `请检查应用的设置，以及中间的代理：${CONSOLE}`,
      ],
    ),
    unanswered: fail(
      ["no Stream: {said}", "没有开成 Stream：{said}"],
      ["see DB302; if DingTalk is busy, try again later", "见 DB302；如果是钉钉忙，稍后再试"],
    ),
    busy: skipped([
      "not tried: a worker runs for this robot (see DB403)",
      "未尝试：这个机器人有 worker 在运行（见 DB403）",
    ]),
    ...UNAVAILABLE,
  }),
  DB403: entry("dingtalk", ["A live connection", "真实连接"], {
    answered: pass([
      "connected for a moment; a ping came back after {ping} ms",
      "连上片刻即断开；ping 往返 {ping} 毫秒",
    ]),
    worker: pass([
      "the running worker is connected; no second connection was made, since DingTalk would send it some of the messages",
      "正在运行的 worker 已连接；没有再建连接，否则钉钉会把一部分消息分给它",
    ]),
    down: fail(
      ["the running worker is not connected: {said}", "正在运行的 worker 没有连上：{said}"],
      ["its log has the reason; it goes on trying by itself", "原因见它的日志；它会自己重试"],
    ),
    handshake: fail(
      [
        "DingTalk gave a ticket, but the WebSocket does not come about: {said}",
        "拿到了票据，但 WebSocket 连不上：{said}",
      ],
      [
        "let wss connections to the host of DB304 through, in the firewall and in any proxy",
        "请在防火墙和代理上放行到 DB304 所示主机的 wss 连接",
      ],
    ),
    silent: fail(
      [
        "the connection stands, but nothing comes through it: {said}",
        "连接建立了，却没有任何数据：{said}",
      ],
      [
        "a proxy in between does not pass WebSockets on: exempt the host of DB304 from it (NO_PROXY)",
        "中间的代理不转发 WebSocket：请在 NO_PROXY 里排除 DB304 所示的主机",
      ],
    ),
    unopened: skipped([
      "not tried: there is no ticket (see DB402)",
      "未尝试：没有票据（见 DB402）",
    ]),
    busy: skipped([
      "not tried: a worker runs for this robot, and a second connection would be sent some of its messages; its own status cannot be read (see DB601)",
      "未尝试：这个机器人有 worker 在运行，再建连接会分走一部分消息；它自己的状态读不到（见 DB601）",
    ]),
    unsure: skipped(
      [
        "not tried: it cannot be told whether a worker runs for this robot ({said}), and a second connection would be sent some of its messages",
        "未尝试：无法判断这个机器人是否有 worker 在运行（{said}），再建连接会分走一部分消息",
      ],
      [
        "start the worker and read dingbridge status instead",
        "请启动 worker，再看 dingbridge status",
      ],
    ),
    ...UNAVAILABLE,
  }),
  DB404: entry("dingtalk", ["Permissions", "接口权限"], {
    granted: pass([
      "qyapi_robot_sendmsg is there; Card.Instance.Write and Card.Streaming.Write (cards that grow) cannot be tried without making a card",
      "已有 qyapi_robot_sendmsg；Card.Instance.Write、Card.Streaming.Write（流式卡片）不建卡片无法试出",
    ]),
    missing: warn(
      [
        "the app lacks {scopes}: files people send, answers after 90 minutes, sending unasked and reactions need it",
        "应用缺少 {scopes}：接收文件、90 分钟后的回复、主动发送和表情回应都要用它",
      ],
      [
        "apply here, publish a version and wait a minute: https://open-dev.dingtalk.com/appscope/apply?content={clientId}%23{scope}",
        "在这里申请，发布版本，再等一分钟：https://open-dev.dingtalk.com/appscope/apply?content={clientId}%23{scope}",
      ],
    ),
    "robot-code": warn(
      [
        "DingTalk does not know robotCode as this app's robot ({said})",
        "钉钉不认 robotCode 是这个应用的机器人（{said}）",
      ],
      [`remove robotCode, or copy it again: ${ROBOT}`, `请去掉 robotCode，或重新复制：${ROBOT_ZH}`],
    ),
    untold: skipped(
      [
        "DingTalk did not say ({said}); needed: qyapi_robot_sendmsg for files people send, sending unasked and reactions, Card.Instance.Write and Card.Streaming.Write for cards",
        "钉钉没有给出答案（{said}）；需要的权限：qyapi_robot_sendmsg（接收文件、主动发送、表情回应），Card.Instance.Write 与 Card.Streaming.Write（卡片）",
      ],
      [`compare: ${CONSOLE} → your app → 权限管理`, `请对照：${CONSOLE} → 应用 → 权限管理`],
    ),
    unauthorized: skipped([
      "not tried: there is no access token (see DB401)",
      "未尝试：没有访问令牌（见 DB401）",
    ]),
    ...UNAVAILABLE,
  }),
} as const;
