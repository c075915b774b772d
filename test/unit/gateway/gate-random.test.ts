import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import type { Pass } from "../../../src/core/gateway/gate.ts";
import { gateOf } from "./_gate.ts";

describe("createGate(), whatever comes", () => {
  type Command =
    | { readonly do: "enter" | "shut" | "well" | "ill" }
    | { readonly do: "taken" | "works" | "over"; readonly which: number }
    | { readonly do: "advance"; readonly ms: number };

  const which = fc.nat({ max: 7 });
  const command: fc.Arbitrary<Command> = fc.oneof(
    { weight: 4, arbitrary: fc.constant<Command>({ do: "enter" }) },
    { weight: 2, arbitrary: fc.constant<Command>({ do: "shut" }) },
    fc.constant<Command>({ do: "well" }),
    fc.constant<Command>({ do: "ill" }),
    fc.record({ do: fc.constant("taken" as const), which }),
    fc.record({ do: fc.constant("works" as const), which }),
    { weight: 2, arbitrary: fc.record({ do: fc.constant("over" as const), which }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("advance" as const),
        ms: fc.integer({ min: 0, max: 20_000 }),
      }),
    },
  );

  test("never has two turns trying, and lets nobody in while it is shut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60 }), async (commands) => {
        const { gate, clock, health, events, shut } = gateOf();
        const under: { pass: Pass; trying: boolean }[] = [];
        const one = (at: number) => under[at % Math.max(under.length, 1)];
        let outageMs = 0;
        for (const each of commands) {
          switch (each.do) {
            case "enter": {
              const before = gate.state;
              const wasTrying = under.some(({ trying }) => trying);
              const pass = gate.enter();
              // Whoever is let in while others are not is the one that tries.
              const allowed = before === "open" || (before === "ready" && !wasTrying);
              expect(pass !== undefined).toBe(allowed);
              if (pass !== undefined) under.push({ pass, trying: before === "ready" });
              break;
            }
            case "taken":
            case "works":
              one(each.which)?.pass[each.do]();
              break;
            case "over": {
              const ended = one(each.which);
              ended?.pass.over();
              if (ended !== undefined) under.splice(under.indexOf(ended), 1);
              break;
            }
            case "shut":
              shut();
              expect(gate.state).toBe("shut");
              break;
            case "well":
              health.problem = undefined;
              break;
            case "ill":
              health.problem = "away";
              break;
            case "advance":
              await clock.advance(each.ms);
              break;
          }
          // Once it is shut or open, what the turn that tried says is old news; also if it is ready again since.
          const isNews = gate.state !== "ready" || events.splice(0).includes("ready");
          if (isNews) for (const one of under) one.trying = false;
          const trying = under.filter((each) => each.trying).length;
          expect(trying).toBeLessThanOrEqual(1);
          expect(gate.probing).toBe(trying === 1);
          expect(gate.outageMs()).toBeGreaterThanOrEqual(outageMs);
          expect(gate.status().since === null).toBe(gate.state === "open");
          outageMs = gate.outageMs();
        }
      }),
    );
  });

  test("lets another one try when the one that tried was not taken", async () => {
    const { gate, clock, health, readied, enter } = gateOf();
    health.problem = undefined;
    await readied();
    const late = enter();
    await clock.advance(32_000);
    expect(gate.state).toBe("ready");
    expect(gate.probing).toBe(false);
    enter();
    late.works();
    late.over();
    expect(gate.state).toBe("ready");
    expect(gate.probing).toBe(true);
  });

  test("opens again in the end, if the gateway is well and turns come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
        const { gate, clock, health, shut } = gateOf();
        const under: Pass[] = [];
        for (const each of commands) {
          if (each.do === "enter") {
            const pass = gate.enter();
            if (pass !== undefined) under.push(pass);
          } else if (each.do === "shut") shut();
          else if (each.do === "well") health.problem = undefined;
          else if (each.do === "ill") health.problem = "away";
          else if (each.do === "advance") await clock.advance(each.ms);
          else if ("which" in each) under[each.which % Math.max(under.length, 1)]?.[each.do]();
        }
        for (const pass of under) pass.over();
        health.problem = undefined;
        await clock.advance(15_000);
        const pass = gate.enter();
        expect(pass).toBeDefined();
        pass?.works();
        pass?.over();
        expect(gate.state).toBe("open");
      }),
    );
  });
});
