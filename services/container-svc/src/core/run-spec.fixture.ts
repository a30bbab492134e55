import type { RunSpec } from './run-spec.js';

/** What a phone is run with; for the specs of OCI configurations, whose texts hold these numbers. */
export const run: RunSpec = {
  imageId: `sha256:${'a'.repeat(64)}`,
  width: 720,
  height: 1280,
  dpi: 320,
  fps: 60,
  limits: {
    cpuMillis: 1_500,
    cpuWeight: 100,
    memoryMib: 512,
    swapMib: 0,
    pids: 1_000,
    ioWeight: 100,
    egressKbit: 0,
    diskMib: 0,
  },
  egressAllow: [],
  ports: [],
  bootProperties: [['androidboot.my', 'value']],
  gpu: '',
  gamepad: false,
};
