import { viewer } from '@ancloud/contracts';
import { damagedJson, FUZZ_MS, fuzzSettings } from '@ancloud/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Experience, ExperienceLog, readExperience } from '../src/core/experience.js';

const report: Experience = {
  spanMs: 5_000,
  frames: 300,
  framesDropped: 1,
  packetsLost: 2,
  stalls: 0,
  stalledMs: 0,
  rttMs: 10,
  decodeMs: 3,
  bufferMs: 12,
  score: 4.5,
  touchMs: [48, 52.5],
  glassMs: [31],
  soundMs: [85.5],
  relayed: true,
};
const { touchMs: _, glassMs: __, soundMs: ___, relayed: ____, ...before } = report;
const FIELDS = Object.keys(report);

it(
  'a report is figures that can be added up, or the name of a field',
  () => {
    const frames = [report, before].map((data) => ({ notify: 'experience', data }));
    fc.assert(
      fc.property(fc.array(damagedJson(frames), { minLength: 1, maxLength: 8 }), (texts) => {
        const log = new ExperienceLog();
        for (const text of texts) {
          const frame = viewer.parseFrame(text);
          const read = readExperience(frame !== null && 'notify' in frame ? frame.data : undefined);
          if (typeof read === 'string') {
            expect(FIELDS).toContain(read);
            continue;
          }
          const { relayed, ...figures } = read;
          expect(Object.keys({ relayed, ...figures }).toSorted()).toEqual(FIELDS.toSorted());
          expect([undefined, true, false]).toContain(relayed);
          expect(Object.values(figures).flat().every(Number.isFinite)).toBe(true);
          log.add(read);
        }
        const { relayed, ...summary } = log.summary ?? {};
        expect([undefined, true, false]).toContain(relayed);
        expect(Object.values(summary).every((figure) => Number.isFinite(figure) && figure >= 0)).toBe(true);
      }),
      fuzzSettings(300),
    );
  },
  FUZZ_MS,
);
