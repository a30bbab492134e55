import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Profile } from '@ancloud/contracts/common/v1/common';
import { Stage } from '@ancloud/contracts/state/v1/state';
import { LoneHost } from './lone-host.js';
import type { Images, Scenario } from './scenario.js';
import { type ScenarioName, scenarios } from './scenarios.js';
import { countsOf, tracesOf } from './sweep.js';

const POINTS = ['before', 'inside', 'after'] as const;
const WITNESS = 'ph_witness';

/**
 * container-svc-killed-inside-each-step: in every step that a scenario is the first to run, before it, inside it and after it,
 * container-svc is killed; started again it brings the phone to where it was wanted, as whole as if nothing had been. A second
 * phone, which is ready all the while, runs on through every kill with the same boot.
 */
export function killsIn(name: ScenarioName): void {
  const { folder, images: files, steps } = inject('prepared');
  const scenario: Scenario = scenarios[name];
  const env = scenario.env ?? {};
  const phone = `ph_${name}`;

  describe(`container-svc killed while a phone is asked to ${name}`, () => {
    let host: LoneHost;
    let images: Images;
    let witness: string;

    beforeAll(async () => {
      host = new LoneHost({ importDirs: [folder], env });
      await host.start();
      // The witness has an image of its own, so that unmounting the other's is a step that is taken.
      const [first, second] = [
        await host.import(files[0], Profile.PROFILE_REFERENCE),
        await host.import(files[1], Profile.PROFILE_REFERENCE),
      ];
      images = { first, second };
      witness = (await host.run(WITNESS, { imageId: second })).bootId;
    });
    afterAll(() => host?.remove());

    for (const step of steps[name]) {
      it.each(POINTS)(`${step}: killed %s it`, async (point) => {
        await scenario.begin(host, phone, images);
        const before = point === 'before' && (step === 'saveTarget' || step === 'removeSnapshot');
        await host.restart({ ANCLOUD_ENABLE_FAULTS: '1', ANCLOUD_FAULT: `${step}:${point}` });
        const from = scenario.from === undefined ? Stage.STAGE_READY : scenario.from;
        if (from !== null) await host.until(phone, from);
        const asked = scenario.wish(host, phone, images).catch(() => {});
        expect(await host.service.ended()).toEqual({ code: null, signal: 'SIGKILL' });
        await asked;

        await host.restart();
        // Killed before anything was done or the wish was on disk: nobody was told that it was taken, so whoever wished will ask again.
        if (before) await scenario.wish(host, phone, images);
        await scenario.reached(host, phone);
        await host.settled(phone);
        const traces = tracesOf(host.place, phone);
        expect(countsOf(traces), JSON.stringify(traces)).toEqual(withWitness(name));
        expect((await host.until(WITNESS, Stage.STAGE_READY)).bootId).toBe(witness);
      });
    }

    it('leaves nothing when its phones are removed', async () => {
      for (const { phoneId } of (await host.phones.listPhones({})).phones)
        await host.local.stopContainer({ phoneId, remove: true });
      const traces = tracesOf(host.place);
      expect(
        Object.values(countsOf(traces)).every((count) => count === 0),
        JSON.stringify(traces),
      ).toBe(true);
      await host.kill();
      expect(await host.remove()).toEqual([]);
    });
  });
}

/** What the undisturbed phone had, and what the witness adds to the kinds that do not say whose they are. */
function withWitness(name: ScenarioName): Record<string, number> {
  const counts = inject('prepared').counts[name];
  const more = (kind: string, by: number): number => (counts[kind] ?? 0) + by;
  return {
    ...counts,
    ports: more('ports', 1),
    guards: more('guards', 1),
    // Both stand on the second image at the end of this one.
    loops: more('loops', name === 'image' ? 0 : 1),
  };
}
