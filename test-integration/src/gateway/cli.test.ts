import crypto from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ancloud } from '@ancloud/cli/program';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { CODES, COMMANDS_ASIDE, FIELDS_ASIDE, FILES, ROUTES_ASIDE, RUNS, STANDARDS } from './cli-runs.js';
import { GatewayWorld } from './gateway-world.js';
import { operationsOf, leaves, type Operation } from './openapi-operations.js';
import { type Asked, NotingGateway, UPLOADED } from './noting-gateway.js';

// What the API can, the CLI can, with all that it takes: each command is run against a gateway that writes down what it is asked, and that is
// held against the document of a real one.

type Command = ReturnType<typeof ancloud>;

/** What came of a run. */
interface Done {
  readonly code: unknown;
  /** To stderr. */
  readonly said: string;
  readonly asked: readonly Asked[];
}

let folder: string;
let operations: readonly Operation[];
let supervisor: net.Server;
let gateway: NotingGateway;
const done = new Map<string, Done>();

beforeAll(async () => {
  const world = await GatewayWorld.start();
  operations = operationsOf((await world.gateway.call('GET', '/v1/openapi.json')).json);
  await world.close();

  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ancloud-cli-'));
  for (const [name, content] of Object.entries(FILES)) fs.writeFileSync(path.join(folder, name), content);
  supervisor = net.createServer((socket) => {
    socket.once('data', () => socket.end('{"pid":1,"processes":[]}'));
  });
  await new Promise<void>((resolve) => supervisor.listen(path.join(folder, 'supervisor.sock'), resolve));
  gateway = await NotingGateway.start();
  vi.stubEnv('ANCLOUD_HOME', folder);
  vi.stubEnv('ANCLOUD_RUN_DIR', folder);
  vi.stubEnv('ANCLOUD_URL', gateway.url);
  vi.stubEnv('ANCLOUD_API_KEY_FILE', path.join(folder, 'bytes'));
  for (const line of RUNS) done.set(line, await run(line));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gateway?.close();
  await new Promise((resolve) => supervisor.close(resolve));
  fs.rmSync(folder, { recursive: true });
});

async function run(line: string): Promise<Done> {
  let said = '';
  const told = Readable.from(['https://host/whip\ntoken\n']) as typeof process.stdin;
  const spies = [
    vi.spyOn(process.stdout, 'write').mockReturnValue(true),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += text.toString()), true)),
    vi.spyOn(process, 'stdin', 'get').mockReturnValue(told),
  ];
  try {
    await ancloud().parseAsync(words(line), { from: 'user' });
    return { code: process.exitCode, said, asked: gateway.take() };
  } catch (error) {
    return { code: String(error), said, asked: gateway.take() };
  } finally {
    for (const spy of spies) spy.mockRestore();
    process.exitCode = undefined;
  }
}

const words = (line: string): string[] =>
  line.replaceAll('FOLDER', folder).replaceAll('SHA256', crypto.hash('sha256', UPLOADED)).split(' ');

/** The commands that have none below them, as they are typed; also those that are hidden. */
function leafCommands(command: Command, typed: readonly string[] = []): (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[typed.join(' '), command]];
  return command.commands.flatMap((one) => leafCommands(one, [...typed, one.name()]));
}

const commands = new Map(leafCommands(ancloud()));
const commandOf = (line: string): string =>
  [...commands.keys()].find((name) => line === name || line.startsWith(`${name} `)) ?? `none of ${line}`;

/** What was asked of it, by whatever command. */
const askedOf = (operation: Operation): readonly Asked[] =>
  [...done.values()].flatMap(({ asked }) => asked.filter((one) => operation.is(one)));
const own = (): readonly Operation[] => operations.filter(({ template }) => !STANDARDS.test(template));
/** Names that stand in `a`, and neither in `b` nor within a name of `b`. */
const without = (a: readonly string[], b: readonly string[]): string[] =>
  a.filter((one) => !b.some((other) => one === other || one.startsWith(`${other}.`)));
const sorted = (names: Iterable<string>): string[] => [...new Set(names)].toSorted();

describe('the CLI and the REST API', () => {
  it.each(RUNS)('are of one mind about ./ancloud %s', (line) => {
    const { code, said, asked = [] } = done.get(line) ?? {};
    expect([code, said]).toEqual([CODES[line] ?? 0, expect.any(String)]);
    expect(asked).not.toEqual([]);
    expect(asked.filter((one) => !operations.some((operation) => operation.is(one)))).toEqual([]);
  });

  it('have a run of each command, or a reason', () => {
    const ran = RUNS.map(commandOf);
    const aside = Object.keys(COMMANDS_ASIDE);
    expect(sorted([...ran, ...aside])).toEqual(sorted(commands.keys()));
    expect(ran.filter((name) => aside.includes(name))).toEqual([]);
  });

  it('have a run with each option of a command', () => {
    const said = RUNS.flatMap((line) => line.split(' ').map((word) => `${commandOf(line)} ${word}`));
    const options = RUNS.map(commandOf).flatMap((name) =>
      (commands.get(name)?.options ?? [])
        .filter(({ hidden }) => !hidden)
        .map(({ long }) => `${name} ${long}`),
    );
    expect(without(sorted(options), said)).toEqual([]);
  });

  it('have a command for each route, or a reason', () => {
    const unasked = own().filter((operation) => askedOf(operation).length === 0);
    expect(sorted(unasked.map(({ id }) => id))).toEqual(sorted(Object.keys(ROUTES_ASIDE)));
  });

  it('have the same arguments, or a reason', () => {
    const unsaid: string[] = [];
    for (const operation of own()) {
      const { id, fields } = operation;
      const said = askedOf(operation).flatMap(({ query, body }) => [...query, ...leaves(body)]);
      expect(without(said, fields), id).toEqual([]);
      if (id in ROUTES_ASIDE) continue;
      const set = fields.filter((field) => without(said, [field]).length < said.length);
      unsaid.push(...without(fields, set).map((field) => `${id} ${field}`));
    }
    expect(sorted(unsaid)).toEqual(sorted(Object.keys(FIELDS_ASIDE)));
  });
});
