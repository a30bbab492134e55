import type { TestProject } from 'vitest/node';
import { Farm, type FarmAddress, ownFarm } from './farm.js';

declare module 'vitest' {
  interface ProvidedContext {
    farm: FarmAddress;
  }
}

/** One farm for all files of the tier: up before the first, removed after the last. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const farm = new Farm(await ownFarm());
  await farm.up();
  await farm.image();
  project.provide('farm', farm.address);
  return () => farm.remove();
}
