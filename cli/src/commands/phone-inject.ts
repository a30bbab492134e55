import fs from 'node:fs/promises';
import { AppError } from '@ancloud/kit/errors';
import { GatewayClient } from '../farm/client.js';
import type { Layout } from '../layout.js';
import type { Output } from '../output.js';

/** The longest script and the farm's own time. */
const TIMEOUT_MS = 80_000;

/** Names for the keys that people ask for (AKEYCODE_*); any other by its number. */
const KEYS: Readonly<Record<string, number>> = {
  home: 3,
  back: 4,
  up: 19,
  down: 20,
  left: 21,
  right: 22,
  center: 23,
  'volume-up': 24,
  'volume-down': 25,
  power: 26,
  tab: 61,
  space: 62,
  enter: 66,
  backspace: 67,
  menu: 82,
  escape: 111,
  delete: 112,
  recents: 187,
};

interface Common {
  readonly takeOver?: boolean;
}

/** `./ancloud phone tap ID X Y` */
export function phoneTap(
  layout: Layout,
  id: string,
  [x, y]: readonly [string, string],
  options: Common & { readonly duration: string },
  output: Output,
): Promise<void> {
  return play(
    layout,
    id,
    'tap',
    { at: place(x, y), durationMs: whole('--duration', options.duration) },
    options,
    output,
  );
}

/** `./ancloud phone swipe ID X1 Y1 X2 Y2` */
export function phoneSwipe(
  layout: Layout,
  id: string,
  [x1, y1, x2, y2]: readonly [string, string, string, string],
  options: Common & { readonly duration: string; readonly curve: string },
  output: Output,
): Promise<void> {
  const body = {
    from: place(x1, y1),
    to: place(x2, y2),
    durationMs: whole('--duration', options.duration),
    curve: options.curve,
  };
  return play(layout, id, 'swipe', body, options, output);
}

/** `./ancloud phone text ID TEXT` */
export function phoneText(
  layout: Layout,
  id: string,
  text: string,
  options: Common & { readonly method: string },
  output: Output,
): Promise<void> {
  return play(layout, id, 'text', { text, method: options.method }, options, output);
}

/** `./ancloud phone key ID KEY` */
export function phoneKey(
  layout: Layout,
  id: string,
  key: string,
  options: Common & { readonly stroke: string; readonly meta: string },
  output: Output,
): Promise<void> {
  const keycode = KEYS[key.toLowerCase()] ?? (/^\d{1,4}$/.test(key) ? Number(key) : undefined);
  if (keycode === undefined)
    throw new AppError('INVALID_ARGUMENT', 'the key is neither a number nor a name that is known', {
      field: 'KEY',
      value: key,
      fix: `one of ${Object.keys(KEYS).join(', ')}, or an AKEYCODE number`,
    });
  const body = { keycode, stroke: options.stroke, metastate: whole('--meta', options.meta) };
  return play(layout, id, 'key', body, options, output);
}

/** `./ancloud phone wheel ID X Y --up N` */
export function phoneWheel(
  layout: Layout,
  id: string,
  [x, y]: readonly [string, string],
  options: Common & { readonly up: string; readonly right: string },
  output: Output,
): Promise<void> {
  const body = {
    at: place(x, y),
    horizontal: notches('--right', options.right),
    vertical: notches('--up', options.up),
  };
  if (body.horizontal === 0 && body.vertical === 0)
    throw new AppError('INVALID_ARGUMENT', 'the wheel is not turned', {
      field: '--up',
      value: options.up,
      fix: 'give --up or --right, in notches',
    });
  return play(layout, id, 'wheel', body, options, output);
}

/** `./ancloud phone action ID NAME [ARGUMENT]` */
export function phoneAction(
  layout: Layout,
  id: string,
  { name, argument }: { readonly name: string; readonly argument: string | undefined },
  options: Common,
  output: Output,
): Promise<void> {
  return play(
    layout,
    id,
    'action',
    { name, ...(argument === undefined ? {} : { argument }) },
    options,
    output,
  );
}

function notches(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Math.abs(value) <= 16) return value;
  throw new AppError('INVALID_ARGUMENT', `'${text}' is no number of notches`, {
    field,
    value: text,
    fix: 'give -16 to 16',
  });
}

/** `./ancloud phone gesture ID FILE`: the JSON that POST …/gesture takes. */
export async function phoneGesture(
  layout: Layout,
  id: string,
  file: string,
  options: Common,
  output: Output,
): Promise<void> {
  const body = await json(file, '{"strokes":[{"points":[{"x":0.5,"y":0.5}]}]}');
  await play(layout, id, 'gesture', body, options, output);
}

/** `./ancloud phone gamepad ID [FILE] --press a,up`: buttons for a moment, or the JSON that POST …/gamepad takes. */
export async function phoneGamepad(
  layout: Layout,
  id: string,
  file: string | undefined,
  options: Common & { readonly press?: string; readonly duration: string },
  output: Output,
): Promise<void> {
  if ((file === undefined) === (options.press === undefined))
    throw new AppError('INVALID_ARGUMENT', 'it is either a file or buttons', {
      field: 'FILE',
      value: file ?? '',
      fix: 'name a file, or give --press, such as --press a,up',
    });
  const body =
    file === undefined
      ? {
          moments: [{ buttons: (options.press ?? '').split(',').map((word) => word.trim()) }],
          durationMs: whole('--duration', options.duration),
        }
      : await json(file, '{"moments":[{"leftX":1},{"atMs":500,"buttons":["a"]}]}');
  await play(layout, id, 'gamepad', body, options, output);
}

/** `./ancloud phone clipboard ID [TEXT]`: what it holds, or what it shall hold. */
export async function phoneClipboard(
  layout: Layout,
  id: string,
  text: string | undefined,
  options: Common,
  output: Output,
): Promise<void> {
  const path = `/v1/phones/${encodeURIComponent(id)}/clipboard`;
  const client = new GatewayClient(layout);
  if (text !== undefined) {
    const body = { text, ...(options.takeOver === true ? { takeOver: true } : {}) };
    const set = await client.request('PUT', path, { json: body, timeoutMs: TIMEOUT_MS });
    return output.result(await set.json(), `${id}: its clipboard is set`);
  }
  const answer = (await (await client.request('GET', path, { timeoutMs: TIMEOUT_MS })).json()) as {
    text: string | null;
  };
  output.result(answer, answer.text ?? `${id}: its clipboard has no text`);
}

async function json(file: string, example: string): Promise<object> {
  try {
    return JSON.parse(await fs.readFile(file, 'utf8')) as object;
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', `reading ${file}: ${(cause as Error).message}`, {
      field: 'FILE',
      value: file,
      fix: `name a JSON file such as ${example}`,
      cause,
    });
  }
}

async function play(
  layout: Layout,
  id: string,
  verb: string,
  body: object,
  { takeOver }: Common,
  output: Output,
): Promise<void> {
  const response = await new GatewayClient(layout).request(
    'POST',
    `/v1/phones/${encodeURIComponent(id)}/${verb}`,
    { json: takeOver === true ? { ...body, takeOver } : body, timeoutMs: TIMEOUT_MS },
  );
  const answer = (await response.json()) as { tookMs: number };
  output.result(answer, `${id}: ${verb} done in ${answer.tookMs} ms`);
}

/** The range is checked by the API. */
function place(x: string, y: string): { x: number; y: number } {
  return { x: fraction('X', x), y: fraction('Y', y) };
}

function fraction(field: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new AppError('INVALID_ARGUMENT', `${field} is not a number`, {
    field,
    value: text,
    fix: 'places are fractions of the picture: 0.5 0.5 is its middle',
  });
}

function whole(field: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError('INVALID_ARGUMENT', `${field} is not a whole number`, { field, value: text });
}
