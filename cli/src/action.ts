import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { type Layout, layoutFrom } from './layout.js';
import { exitCodeOf, exitCodes, Output } from './output.js';

const root = path.join(import.meta.dirname, '../..');

/** What an action works with. */
export interface Context {
  readonly layout: Layout;
  readonly output: Output;
}

/** Runs an action with its arguments and options; what it throws becomes a message and an exit code. */
export function action<A extends unknown[]>(
  run: (context: Context, ...args: A) => Promise<number | void>,
): (...all: unknown[]) => Promise<void> {
  return async (...all) => {
    const command = all.at(-1) as Command;
    const output = new Output(command.optsWithGlobals()['json'] === true);
    try {
      const context = { layout: layoutFrom(root, process.env, os.hostname()), output };
      process.exitCode = (await run(context, ...(all.slice(0, -1) as A))) ?? exitCodes.ok;
    } catch (error) {
      output.error(error);
      process.exitCode = exitCodeOf(error);
    }
  };
}
