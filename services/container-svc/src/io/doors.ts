import fs from 'node:fs';
import path from 'node:path';
import type { Paths } from './paths.js';

/** The folder of the phones' doors, without those of phones that a container-svc before doors has removed. Only under the run directory's lock. */
export function makeDoors(paths: Paths): void {
  fs.mkdirSync(paths.doors, { recursive: true, mode: 0o711 });
  for (const phone of fs.readdirSync(paths.doors))
    if (!fs.existsSync(paths.run(phone).root)) fs.rmSync(path.join(paths.doors, phone), { force: true });
}
