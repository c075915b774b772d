import type { Texts } from "./texts-shape.ts";

const CONSOLE = "https://open-dev.dingtalk.com";
const FIELDS = `developer console ${CONSOLE} → the app → 凭证与基础信息`;

export const en: Texts = {
  title: "dingbridge: a DingTalk robot in a few minutes",
  yes: "Yes",
  no: "No",
  keys: "(↑/↓ and Enter)",
  quit: "Quit",
  retry: "Try again",
  skip: "Skip",
  cancelled: (isKept) =>
    `Cancelled; nothing was written.${isKept ? " --resume goes on from here." : ""}`,
  missing: (options) => `there is no terminal to ask at; missing: ${options.join("; ")}`,

  look: {
    file: (path) => `Configuration: ${path}`,
    noFile: "There is no configuration file yet.",
    broken: (path) =>
      `${path} is not valid JSON5. So that nothing is lost it is left alone; please mend it first:`,
    noObject: (path, key) =>
      `${path}: ${key} and all above it must be objects, { … }, and something there is not. It was left alone; please mend it first.`,
    openclaw: (path) => `OpenClaw's file: ${path}`,
    noOpenclaw: "OpenClaw's file was not found.",
    blockWithoutPlugin: (path) =>
      `${path} has channels.dingtalk, but no plugin that declares it: the gateway's next start will fail. dingbridge config migrate moves it into dingbridge.json.`,
    gateway: (url) => `Gateway ${url}: running`,
    noGateway: (url) => `Gateway ${url}: not reached`,
    resumed: (clientId) => `Going on with ${clientId}`,
    nothingToResume: "There is no run to go on with: starting anew.",
    canResume: "An earlier run was broken off: --resume goes on with it.",
  },

  robot: {
    how: "Which robot?",
    configured: (clientId) => `The configured one, ${clientId}`,
    qr: "Create one: scan a QR code with DingTalk, one tap",
    qrHint: "takes developer permission in the organisation",
    paste: "I have an app: enter Client ID and Client Secret",
    pasteHint: "from the page 凭证与基础信息",
    id: `Client ID (${FIELDS})`,
    secret: "Client Secret (not shown)",
    visibleSecret:
      "--client-secret stands in the process list, where other users of this machine can read it. Better: --client-secret-file or DINGTALK_CLIENT_SECRET.",
    secretFile: (path, why) => `--client-secret-file: cannot read ${path} (${why})`,
    problems: {
      "id-empty": "The Client ID is empty",
      "id-is-agent-id": "This is the AgentId (digits only). The Client ID mostly begins with ding",
      "id-is-app-id":
        "This is the App ID. The Client ID is on the same page and mostly begins with ding",
      "id-is-corp-id": "This is the organisation's CorpId, not the app's Client ID",
      "id-is-secret": "This looks like the Client Secret: are the two mixed up?",
      "id-odd": "This has characters no Client ID has: copy it again",
      "secret-empty": "The Client Secret is empty",
      "secret-masked": "These are the stars: show the secret first, then copy it",
      "secret-is-id": "This is the Client ID; the Client Secret stands below it",
      "secret-odd":
        "The Client Secret is too short, or has blanks or other characters no secret has: copy it again",
    },
    checking: "Connecting to DingTalk to check the credentials …",
    works: (clientId) => `Connected: ${clientId} can send and receive over Stream`,
    failures: {
      credentials:
        "DingTalk refuses this pair. It does not say which of the two is wrong: copy both again. After a reset the old secret is void. If the app has a list of allowed IP addresses, this machine must be on it.",
      configuration:
        "The pair is right, but the app cannot use Stream yet: check that the robot's message receiving mode (消息接收模式) is Stream, that a version with the robot is published, and that this is the Client ID, not the robotCode.",
      refused:
        "DingTalk refused to open a connection. Check the app's settings and any proxy in between.",
      unavailable:
        "DingTalk cannot be reached. Check the network, DNS and proxy; api.dingtalk.com:443 must be open.",
      handshake:
        "There is a ticket, but no WebSocket connection: mostly a proxy or firewall that blocks wss. Allow the host named above.",
      silent:
        "The connection is open, but nothing comes through: mostly a proxy that does not pass WebSocket on.",
    },
    idHint: "A Client ID mostly begins with ding, and this one does not: look at it first.",
    other: "Enter another pair",
    otherSecret: "Enter the Client Secret again",
    saveAnyway: "Save it and check later",
    notYet: "The app is new and still being published: trying again in a moment …",
  },

  qr: {
    scan: "Scan this with DingTalk, choose the organisation, tap create:",
    url: (url) => `Or open it in DingTalk on the phone, or in a browser:\n${url}`,
    code: (userCode) => `The page shows the code ${userCode}`,
    noBegin: "No QR code was to be had.",
    statuses: {
      WAITING: "Waiting for the scan … (Ctrl+C cancels)",
      CREATING: "Scanned; the app is being created …",
      PUBLISHING: "Being published …",
      APPROVING: "Waiting for an administrator's approval …",
    },
    status: (status) => `DingTalk: ${status}`,
    created: (clientId) => `The app is there: ${clientId}`,
    secretInConsole: (clientId) =>
      `The app ${clientId} was created, but is in no configuration. Its Client Secret can be seen again in the ${FIELDS}.`,
    failed: (reason) =>
      `It was not created${reason === "" ? "" : `: ${reason}`}. Mostly the name is taken in the organisation (2 to 20 characters).`,
    expired: "The QR code has expired.",
    refused: "DingTalk does not go on with this.",
    again: "What now?",
    renew: "A new QR code",
  },

  gateway: {
    url: "The address of OpenClaw's gateway",
    badUrl: "expected an address like http://127.0.0.1:18789",
    ready: (url) => `Gateway ${url}: takes questions`,
    failures: {
      unreachable: "The gateway cannot be reached. Is it running, is the address right?",
      busy: "The gateway is starting or restarting.",
      unauthorized: "The gateway refuses the token (OpenClaw's gateway.auth.token).",
      "endpoint-off": "The gateway's HTTP chat endpoint is off. This command turns it on:",
      "unknown-agent":
        "The gateway does not have this agent: check agentId (openclaw agents list).",
      "model-auth": "The model provider refuses the gateway's key: check the model's API key.",
      "model-quota": "The model provider's credit is used up.",
      "model-busy": "The model provider is too busy now.",
    },
    failed: "The gateway did not answer as it should.",
    whatNow: "What now?",
    otherUrl: "Another address",
    otherToken: "Enter the token",
    token: "The gateway's token (not shown; Enter if there is none)",
    runCommand: "Run this command now",
    dropsComments: (path) =>
      `It would drop the comments in ${path}, so it is not run from here: that is yours to decide.`,
    ran: "Done; waiting for the gateway to take it up …",
    notRun: (said) => `The command failed: ${said}`,
    asking: 'Asking the agent: "Say OK." …',
    answered: (answer) => `The agent says: ${answer}`,
    silent: "The agent said nothing.",
    skipped:
      "The gateway is left for later. Messages that come while it is away are kept and answered when it is back.",
    skippedIll:
      "The gateway is left for later. Until this is mended, whoever writes to the robot is told that it cannot answer.",
  },

  file: {
    where: "Which file?",
    own: (path) => path,
    ownHint: "dingbridge's own file, which OpenClaw does not read",
    openclaw: (path) => path,
    openclawHint: "with OpenClaw's settings, written by openclaw config set",
    why: "dingbridge.json is always safe. openclaw.json works only with a plugin that declares channels.dingtalk:\nwithout it OpenClaw does not know the channel and refuses to start.",
    willRun: (command) => `This will be run: ${command}`,
    refusesOpenclaw: (path) =>
      `${path} has no plugin that declares channels.dingtalk, so the gateway would not start with it there. Leave --config out, or name ~/.openclaw/dingbridge.json.`,
    openclawComments: (path) =>
      `${path} has comments, which openclaw config set would drop, so nothing is written from here. Please add this yourself:`,
    noProgram: "The openclaw command was not found. Please add this yourself:",
    replaces: (clientId, file) => `${file} holds the robot ${clientId}. Replace it?`,
    replaceNeedsYes: (clientId, file) =>
      `${file} holds another robot (${clientId}): add --yes to replace it`,
    written: (path) => `Written: ${path} (readable by you only)`,
    unchanged: (path) => `${path} says all of this already: not changed`,
    backup: (path) => `What was there before: ${path}`,
    paste: (path) =>
      `So that no comment of ${path} is lost it was left alone. Please add this yourself:`,
    pasteSecret: "your Client Secret",
    unreadable: (path, why) => `${path} cannot be read: ${why}`,
    unwritable: (path, why) => `${path} cannot be written: ${why}`,
    masked: (path) =>
      `From now on dingbridge reads this file, and channels.dingtalk in ${path} has no effect.`,
    overridden:
      "the environment variable DINGTALK_CLIENT_ID names another robot and wins over the file",
    problem: (line) => `The configuration still has a problem: ${line}`,
    unverified: "Saved, but the credentials have not been verified.",
    willNotStart:
      "Saved, and the credentials work; but a worker does not start before this is mended.",
  },

  access: {
    question: "Who may talk to the robot?",
    pairing: "Only me, and whom I approve (pairing)",
    pairingHint: "strangers get a code, which you approve",
    open: "Everybody who can see it",
    openHint: "they can have your agent do things, run commands included",
    skip: "Leave it as it is",
  },

  next: {
    title: "Done. What next:",
    steps: ({ run, isPairing, isQr }) => [
      `Run it: ${run("start")}, and wait for "connected to DingTalk" in the log`,
      ...(isQr
        ? []
        : [
            "If it is not published yet: developer console → 版本管理与发布 → new version → publish",
          ]),
      "Find the robot by its name in DingTalk and say hello to it",
      ...(isPairing
        ? [
            `It gives you a code: run ${run("pair approve CODE")} on this machine; the first who is approved becomes the owner`,
          ]
        : []),
      "Add it to a group (group settings → robots → add), then @ it",
      `Keep it running: ${run("service install")}. If something is wrong: ${run("doctor")}`,
    ],
    notDone: "Not finished.",
  },
};
