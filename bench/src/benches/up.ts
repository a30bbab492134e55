import type { Bench } from '../bench.js';
import type { Finding } from '../core/figure.js';
import { p50 } from '../core/stats.js';
import { Farm, unixMs } from '../io/farm.js';

const ROUNDS = 3;

/** `./ancloud up -d` on a machine where it ran before: to the prompt, which is when a phone is ready. */
export async function up(bench: Bench): Promise<Finding[]> {
  const farm = new Farm(bench.root, bench.guest);
  const samples: number[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      const began = unixMs();
      const { stdout } = await farm.launcher(['--json', 'up', '-d']);
      const took = unixMs() - began;
      const { phone } = JSON.parse(stdout) as { phone: { phase: string } | null };
      if (phone?.phase !== 'ready') throw new Error(`up ended with the phone ${phone?.phase}`);
      // The first one sets up: it imports the image and makes the phone.
      if (round > 0) samples.push(took);
      await farm.cli(['down']);
    }
  } finally {
    await farm.remove();
  }
  return [{ metric: 'set_up_to_ready', value: p50(samples), samples }];
}
