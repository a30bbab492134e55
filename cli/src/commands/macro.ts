import fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode, macroIdPattern } from '@ancloud/contracts';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import { type Output, table } from '../output.js';

export interface MacroRunOptions {
  readonly speed: string;
  readonly loops: string;
  readonly timeout: string;
  readonly takeOver?: boolean;
  readonly wait: boolean;
}

interface MacroLine {
  readonly macroId: string;
  readonly name: string;
  readonly revision: number;
  readonly updatedAt: string | null;
}

interface MacroView extends MacroLine {
  readonly steps: readonly unknown[];
}

interface RunView {
  readonly runId: string;
  readonly macroId: string;
  readonly state: string;
  readonly loops: number;
  readonly loopsDone: number;
  readonly step: number;
  readonly code: string;
  readonly message: string;
}

interface StateView {
  readonly recording: {
    readonly since: string | null;
    readonly steps: number;
    readonly full: boolean;
  } | null;
  readonly run: RunView | null;
}

/** Nobody is told of a play's end, so it is looked for. */
const LOOK_MS = 500;

const pathOf = (id: string): string => `/v1/macros/${encodeURIComponent(id)}`;
const onPhone = (phoneId: string): string => `/v1/phones/${encodeURIComponent(phoneId)}/macro`;

/** `./ancloud macro record PHONE` */
export async function macroRecord(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const state = await new GatewayClient(layout).post<StateView>(`${onPhone(phoneId)}/record`, {});
  output.result(state, `${phoneId}: recording; ./ancloud macro save ${phoneId} NAME keeps it`);
}

/** `./ancloud macro discard PHONE` */
export async function macroDiscard(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const response = await new GatewayClient(layout).request('DELETE', `${onPhone(phoneId)}/record`);
  output.result(await response.json(), `${phoneId}: what was recorded is forgotten`);
}

/** `./ancloud macro save PHONE NAME` */
export async function macroSave(
  layout: Layout,
  phoneId: string,
  name: string,
  output: Output,
): Promise<void> {
  const macro = await new GatewayClient(layout).post<MacroView>(`${onPhone(phoneId)}/save`, { name });
  output.result(macro, macro.macroId);
}

/** `./ancloud macro ls` */
export async function macroLs(layout: Layout, output: Output): Promise<void> {
  const { macros } = await new GatewayClient(layout).get<{ macros: MacroLine[] }>('/v1/macros');
  const rows = macros.map(({ macroId, name, updatedAt }) => [macroId, name, updatedAt ?? '']);
  output.result(macros, table(['MACRO', 'NAME', 'CHANGED'], rows));
}

/** `./ancloud macro show MACRO`: what `macro put` takes. */
export async function macroShow(layout: Layout, id: string, output: Output): Promise<void> {
  const { name, revision, steps } = await new GatewayClient(layout).get<MacroView>(pathOf(id));
  const shown = { name, revision, steps };
  output.result(shown, JSON.stringify(shown, undefined, 2));
}

/** `./ancloud macro put FILE [--macro ID]`: a file that tells a revision replaces that one and no other. A new macro has none yet. */
export async function macroPut(
  layout: Layout,
  file: string,
  options: { readonly macro?: string },
  output: Output,
): Promise<void> {
  const json = await readMacro(file);
  const client = new GatewayClient(layout);
  const { macro: id } = options;
  const kept =
    id === undefined
      ? await client.post<MacroView>('/v1/macros', withoutRevision(json))
      : ((await (await client.request('PATCH', pathOf(id), { json })).json()) as MacroView);
  output.result(kept, kept.macroId);
}

/** `./ancloud macro rm MACRO` */
export async function macroRm(layout: Layout, id: string, output: Output): Promise<void> {
  await new GatewayClient(layout).request('DELETE', pathOf(id));
  output.result({ macroId: id }, `${id}: removed`);
}

/** `./ancloud macro run MACRO|FILE PHONE`. Errors: those of the play, with its code. */
export async function macroRun(
  layout: Layout,
  macro: string,
  phoneId: string,
  options: MacroRunOptions,
  output: Output,
): Promise<void> {
  const client = new GatewayClient(layout);
  const begun = await client.post<StateView>(`${onPhone(phoneId)}/play`, {
    ...(macroIdPattern.test(macro) ? { macroId: macro } : { steps: stepsOf(await readMacro(macro)) }),
    speed: number('--speed', options.speed),
    loops: number('--loops', options.loops),
    timeoutMs: number('--timeout', options.timeout) * 1_000,
    takeOver: options.takeOver === true,
  });
  let { run } = begun;
  if (options.wait) run = await ended(client, phoneId, run);
  output.result(run, `${phoneId}: ${run === null ? 'begun' : spoken(run)}`);
}

/** `./ancloud macro status PHONE` */
export async function macroStatus(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const state = await new GatewayClient(layout).get<StateView>(onPhone(phoneId));
  const { recording, run } = state;
  const lines = [
    recording === null
      ? 'nothing is recorded'
      : `recording since ${recording.since ?? '?'}: ${recording.steps} steps${recording.full ? ', no room for more' : ''}`,
    run === null ? 'nothing was played within a day' : `${run.runId}: ${spoken(run)}`,
  ];
  output.result(state, lines.join('\n'));
}

/** `./ancloud macro stop PHONE` */
export async function macroStop(layout: Layout, phoneId: string, output: Output): Promise<void> {
  const { run } = await new GatewayClient(layout).post<StateView>(`${onPhone(phoneId)}/stop`, {});
  output.result(run, `${phoneId}: ${run === null ? 'stopped' : spoken(run)}`);
}

/** Waits until the play is over. Errors: the play's own; FENCED when another one has begun meanwhile. */
async function ended(client: GatewayClient, phoneId: string, begun: RunView | null): Promise<RunView | null> {
  for (;;) {
    const { run } = await client.get<StateView>(onPhone(phoneId));
    if (run === null) return run;
    if (run.runId !== begun?.runId)
      throw new AppError('FENCED', `another macro is played on phone ${phoneId}`, {
        field: 'runId',
        value: run.runId,
      });
    if (run.state === 'failed' || run.state === 'interrupted')
      throw new AppError(isErrorCode(run.code) ? run.code : 'INTERNAL', `${phoneId}: ${spoken(run)}`);
    if (run.state !== 'running') return run;
    await sleep(LOOK_MS);
  }
}

function spoken({ state, loops, loopsDone, step, message }: RunView): string {
  const far = `${loopsDone} of ${loops} rounds`;
  if (state === 'done') return `done, ${far}`;
  return `${state} after ${far}, at step ${step}${message === '' ? '' : `: ${message}`}`;
}

function withoutRevision(macro: unknown): unknown {
  if (typeof macro !== 'object' || macro === null || Array.isArray(macro)) return macro;
  return Object.fromEntries(Object.entries(macro).filter(([field]) => field !== 'revision'));
}

/** Of what `macro show` prints, or the list alone. What they are is judged by the API. */
function stepsOf(macro: unknown): unknown {
  return typeof macro === 'object' && macro !== null && 'steps' in macro ? macro.steps : macro;
}

async function readMacro(file: string): Promise<unknown> {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')) as unknown;
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', `${file} cannot be read as JSON: ${(cause as Error).message}`, {
      field: 'file',
      value: file,
      fix: './ancloud macro show ID prints one as an example',
      cause,
    });
  }
}

function number(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new AppError('INVALID_ARGUMENT', `${field} '${text}' is not a number`, {
    field,
    value: text,
    fix: 'see ./ancloud macro run --help',
  });
}
