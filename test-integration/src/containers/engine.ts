import { execFile } from 'node:child_process';
import path from 'node:path';

export const ROOT = path.join(import.meta.dirname, '../../..');

/** When a command of the engine is given up, ms: it may start nine containers, on a machine that does other things. */
const COMMAND_MS = 10 * 60_000;

/** An engine that answers, as its clients find it. Plain data: vitest hands it from the global setup to each file. */
export interface EngineAddress {
  readonly dockerHost: string;
  /** DOCKER_CONFIG: the folder whose cli-plugins has docker-compose 2. */
  readonly dockerConfig: string;
  /** Tag of ancloud's images. */
  readonly tag: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    engine: EngineAddress;
  }
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of this repository or machine; never rejects for its exit code. */
export function run(
  argv: readonly [string, ...string[]],
  options: { readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(
      argv[0],
      argv.slice(1),
      {
        cwd: ROOT,
        env: { ...process.env, ...options.env },
        timeout: options.timeoutMs ?? COMMAND_MS,
        maxBuffer: 32 << 20,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
        resolve({ code, stdout: stdout.trim(), stderr: stderr.trim() });
      },
    );
  });
}

/** The engine's command line. */
export class Engine {
  readonly #env: Readonly<Record<string, string>>;

  constructor(readonly address: EngineAddress) {
    this.#env = { DOCKER_HOST: address.dockerHost, DOCKER_CONFIG: address.dockerConfig };
  }

  /** stdout of `docker …`; throws with what it said unless it exits with 0. */
  docker(args: readonly string[]): Promise<string> {
    return this.#checked(args, this.#env);
  }

  /** stdout and stderr of `docker …`, whatever it exits with. */
  async dockerBoth(args: readonly string[]): Promise<string> {
    const { stdout, stderr } = await run(['docker', ...args], { env: this.#env });
    return `${stdout}\n${stderr}`;
  }

  /** As `docker compose --project-name … …` in the repository, with the settings of one farm. */
  compose(
    project: string,
    settings: Readonly<Record<string, string>>,
    args: readonly string[],
  ): Promise<string> {
    return this.#checked(['compose', '--project-name', project, ...args], { ...this.#env, ...settings });
  }

  async #checked(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
    const result = await run(['docker', ...args], { env });
    if (result.code !== 0)
      throw new Error(
        `docker ${args.join(' ')}: exit code ${result.code}\n${result.stderr}\n${result.stdout}`,
      );
    return result.stdout;
  }
}
