import process from "node:process";
import { runtime } from "#runtime";
import { reasonOf } from "../../src/core/log.ts";
import { OTHER_AUTHORITY } from "./certificates.ts";

/** Prints what a URL answers, without caFile and with one that does not help. For a process of its own. */
const answers = [undefined, OTHER_AUTHORITY].map(async (ca) => {
  const response = await runtime.network({ env: {}, ca }).fetch(process.argv[2] ?? "");
  return response.text();
});
console.log((await Promise.all(answers.map((answer) => answer.catch(reasonOf)))).join(" "));
process.exit(0);
