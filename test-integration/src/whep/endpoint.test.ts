import { describe } from 'vitest';
import { type SdpTarget, whepConformance, whipConformance } from './conformance.js';

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
};

// An endpoint whose credential may open many sessions; ours are tested in farm/whep.test.ts and farm/whip.test.ts, with a token for each.
const of = (name: string): SdpTarget => ({
  endpoint: () => {
    const { [`${name}_ORIGIN`]: origin, [`${name}_STRANGER`]: stranger } = process.env;
    const iceServers = process.env[`${name}_ICE_SERVERS`]?.split(',').filter((url) => url !== '');
    return Promise.resolve({
      url: required(`${name}_URL`),
      authorization: required(`${name}_AUTHORIZATION`),
      ...(origin === undefined ? {} : { origin }),
      ...(stranger === undefined ? {} : { stranger }),
      ...(iceServers === undefined ? {} : { iceServers }),
    });
  },
});

describe.skipIf(process.env['WHEP_URL'] === undefined)('WHEP', () => {
  whepConformance(of('WHEP'));
});
describe.skipIf(process.env['WHIP_URL'] === undefined)('WHIP', () => {
  whipConformance(of('WHIP'));
});
