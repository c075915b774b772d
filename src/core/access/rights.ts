import type { AccountConfig } from "../config/schema.ts";
import { COMMANDS, type Rights, type Role } from "./model.ts";

/** What a role may do where `roles.<role>` says nothing else. */
export const DEFAULT_RIGHTS: Readonly<Record<Role, Rights>> = {
  owner: { commands: COMMANDS, media: true, files: true, proactive: "any" },
  member: {
    commands: ["help", "stop", "new", "status", "whoami", "btw"],
    media: true,
    files: true,
    proactive: "own",
  },
  guest: {
    commands: ["help", "stop", "new", "whoami", "btw"],
    media: true,
    // They would be files of the owner's machine.
    files: false,
    proactive: "none",
  },
};

/** What each role may do: each key of `roles.<role>`, or else the default. */
export function rightsOf({ roles }: Pick<AccountConfig, "roles">): Readonly<Record<Role, Rights>> {
  const of = (role: Role): Rights => {
    const usual = DEFAULT_RIGHTS[role];
    const own = roles[role];
    return {
      commands: own.commands ?? usual.commands,
      media: own.media ?? usual.media,
      files: own.files ?? usual.files,
      proactive: own.proactive ?? usual.proactive,
    };
  };
  return { owner: of("owner"), member: of("member"), guest: of("guest") };
}
