import type { ParseArgsConfig } from "node:util";

/** What `dingbridge onboard` is told on the command line. All may be left out. */
export const ONBOARD_OPTIONS = {
  config: { type: "string" },
  "client-id": { type: "string" },
  "client-secret": { type: "string" },
  "client-secret-file": { type: "string" },
  "gateway-url": { type: "string" },
  "gateway-token": { type: "string" },
  access: { type: "string" },
  "api-url": { type: "string" },
  "oapi-url": { type: "string" },
  qr: { type: "boolean" },
  "no-qr": { type: "boolean" },
  resume: { type: "boolean" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
} as const satisfies ParseArgsConfig["options"];

export type OnboardOptions = {
  readonly [Name in keyof typeof ONBOARD_OPTIONS]?:
    | ((typeof ONBOARD_OPTIONS)[Name]["type"] extends "boolean" ? boolean : string)
    | undefined;
};

export const ONBOARD_USAGE = `onboard                          from nothing to a working robot, step by step
  --config FILE                  write there (default: ~/.openclaw/dingbridge.json)
  --client-id ID                 the app's Client ID; also DINGTALK_CLIENT_ID
  --client-secret-file FILE      its Client Secret, in a file; also DINGTALK_CLIENT_SECRET
  --client-secret SECRET         … or here, where other users of this machine can see it
  --qr, --no-qr                  create the robot by scanning a QR code, also without a terminal; never
  --gateway-url URL              OpenClaw's gateway (default: from OpenClaw's file)
  --gateway-token TOKEN          its token (default: from OpenClaw's file)
  --access pairing|open|skip     who may talk to the robot: those you approve; everybody; leave it as it is
  --api-url URL, --oapi-url URL  DingTalk's addresses, for private clouds
  --resume                       go on where an earlier run was broken off
  --yes                          take the defaults, ask nothing
  --json                         one JSON document on standard output, everything else on standard error`;
