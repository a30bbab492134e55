import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { run } from './engine.js';

/** Tag of the images; named in the environment they are there already, and nothing is built. */
const GIVEN_TAG = process.env['ANCLOUD_TEST_IMAGES'];
const TAG = GIVEN_TAG ?? 'test';
/** With nothing cached: base image, packages, the media worker and the guest, all inside. */
const BUILD_MS = 40 * 60_000;

/**
 * An engine and ancloud's images, whatever the machine has: one that runs already is used and left alone, a private one is
 * started otherwise and ended after the last file. Errors say what is missing, in the scripts' words.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const running = (await run(['tools/docker/engine.sh', 'status'])).code === 0;
  const stop = async (): Promise<void> => {
    if (!running) await script('engine.sh', ['stop']);
  };
  try {
    const dockerHost = await script('engine.sh', ['start']);
    const plugins = await script('compose.sh', []);
    if (GIVEN_TAG === undefined) await script('engine.sh', ['images', TAG], BUILD_MS);
    project.provide('engine', { dockerHost, dockerConfig: path.dirname(plugins), tag: TAG });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function script(name: string, args: readonly string[], timeoutMs?: number): Promise<string> {
  const limit = timeoutMs === undefined ? {} : { timeoutMs };
  const result = await run([`tools/docker/${name}`, ...args], limit);
  if (result.code !== 0)
    throw new Error(`tools/docker/${name} ${args.join(' ')}: exit code ${result.code}\n${result.stderr}`);
  return result.stdout;
}
