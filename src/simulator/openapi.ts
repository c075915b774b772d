import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import * as v from "valibot";
import { apiError, invalidParam, jsonOf, wrongRobot } from "./api-shapes.ts";
import type { DingTalkSettings } from "./dingtalk-options.ts";
import type { Files } from "./files.ts";
import type { Guard } from "./guard.ts";
import type { Tokens } from "./tokens.ts";

const TOKEN_PATH = "/v1.0/oauth2/accessToken";
const DOWNLOAD_PATH = "/v1.0/robot/messageFiles/download";

const Credentials = v.object({ appKey: v.string(), appSecret: v.string() });
const Download = v.object({
  downloadCode: v.optional(v.string(), ""),
  robotCode: v.optional(v.string(), ""),
});

export interface OpenApiPorts {
  readonly settings: Pick<DingTalkSettings, "clientId" | "clientSecret">;
  readonly guard: Guard["guard"];
  readonly tokens: Tokens;
  readonly files: Files;
}

/** The OpenAPI's token, and where people's files are. */
export function createOpenApi(ports: OpenApiPorts): Hono<{ Bindings: HttpBindings }> {
  const { settings, guard, tokens } = ports;
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(TOKEN_PATH, guard({ path: TOKEN_PATH, fault: ({ token }) => token, scope: undefined }));
  app.use(
    DOWNLOAD_PATH,
    guard({
      path: DOWNLOAD_PATH,
      fault: ({ download }) => download,
      scope: "qyapi_robot_sendmsg",
    }),
  );

  app.post(TOKEN_PATH, async (c) => {
    const asked = v.safeParse(Credentials, await jsonOf(c));
    if (!asked.success) {
      return apiError(400, "Missingbody", "body is mandatory for this action");
    }
    const { appKey, appSecret } = asked.output;
    if (appKey !== settings.clientId || appSecret !== settings.clientSecret) {
      return apiError(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
    }
    return c.json(tokens.issue());
  });

  app.post(DOWNLOAD_PATH, async (c) => {
    const parsed = v.safeParse(Download, await jsonOf(c));
    if (!parsed.success) return invalidParam();
    const { downloadCode, robotCode } = parsed.output;
    if (robotCode === "") {
      return apiError(400, "invalidParameter.robotCode.empty", "robotCode不能为空");
    }
    if (robotCode !== settings.clientId) return wrongRobot();
    const downloadUrl = ports.files.sign(downloadCode);
    if (downloadUrl !== undefined) return c.json({ downloadUrl });
    return apiError(
      400,
      "invalidParameter.robotCode.downloadCode",
      "downloadCode错误或已过期，或robotCode与downloadCode不匹配",
    );
  });

  return app;
}
