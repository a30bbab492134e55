import { whepConformance } from './conformance.js';

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
};

// An endpoint whose credential may open many sessions; ours is tested in farm/whep.test.ts, with a token for each.
whepConformance({
  endpoint: () =>
    Promise.resolve({ url: required('WHEP_URL'), authorization: required('WHEP_AUTHORIZATION') }),
});
