import { randomUUID } from "node:crypto";
import { parseJson } from "../core/json.ts";
import type { SocketContext } from "./listen.ts";

/** The error envelope of the OpenAPI. */
export function apiError(status: number, code: string, message: string): Response {
  return Response.json({ code, requestid: randomUUID().toUpperCase(), message }, { status });
}

export const unauthenticated = () => apiError(400, "InvalidAuthentication", "不合法的access_token");

export const wrongRobot = () =>
  apiError(
    400,
    "invalidParameter.robotCode.auth",
    "机器人权限校验不通过，请检查机器人是否归属于token对应的主应用名下",
  );

export const invalidParam = () => apiError(400, "invalidParameter.param.invalid", "参数无效");

/** The error envelope of the old API and of webhooks: always HTTP 200. */
export function oldError(errcode: number, errmsg: string): Response {
  return Response.json({ errcode, errmsg });
}

export async function jsonOf(c: SocketContext): Promise<unknown> {
  return await c.req.json().catch(() => undefined);
}

/** An object in JSON; undefined for anything else. */
export function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = parseJson(text);
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject ? (value as Record<string, unknown>) : undefined;
}

export const bytesIn = (text: string): number => new TextEncoder().encode(text).length;
