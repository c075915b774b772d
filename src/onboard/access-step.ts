import type { Session } from "./session.ts";

const ACCESS = ["pairing", "open", "skip"] as const;

export type Access = (typeof ACCESS)[number];

export const isAccess = (word: string): word is Access => ACCESS.some((each) => each === word);

/**
 * Who may talk to the robot: at the gateway everybody is the machine's owner.
 * @param isSet the file says something about it already, which stays.
 */
export async function accessStep(session: Session, isSet: boolean): Promise<Access> {
  const { ui, texts, options, resumed } = session;
  if (options.access !== undefined && isAccess(options.access)) return options.access;
  if (resumed.access !== undefined) return resumed.access;
  if (isSet) return "skip";
  const { access } = texts;
  return await ui.choose<Access>(
    access.question,
    [
      { value: "pairing", label: access.pairing, hint: access.pairingHint },
      { value: "open", label: access.open, hint: access.openHint },
      { value: "skip", label: access.skip },
    ],
    "pairing",
  );
}
