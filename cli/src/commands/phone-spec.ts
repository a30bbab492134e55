import type { Command } from 'commander';
import { AppError } from '@ancloud/kit/errors';
import { labelsOf, pairsOf } from './labels.js';

/** What of a phone's spec is said by options, both as it is made and later. */
export interface SpecOptions {
  readonly image?: string;
  readonly display?: string;
  readonly dpi?: string;
  readonly screenFps?: string;
  readonly cpu?: string;
  readonly cpuWeight?: string;
  readonly memory?: string;
  readonly swap?: string;
  readonly pids?: string;
  readonly ioWeight?: string;
  readonly egress?: string;
  readonly egressAllow?: string;
  readonly bitRate?: string;
  readonly fps?: string;
  readonly pictureSize?: string;
  readonly disk?: string;
  readonly ports?: string;
  readonly label?: readonly string[];
  readonly bootProperty?: readonly string[];
  readonly idlePause?: string;
  readonly gamepad?: boolean;
}

/** Their ranges are checked by the API. */
export function addSpecOptions(command: Command): Command {
  return command
    .option('--image <id>')
    .option('--dpi <n>', 'dots per inch of the screen, default 320')
    .option('--screen-fps <n>', 'pictures a second that it may draw, 1-120, default 60')
    .option('--cpu <millis>', 'thousandths of a core')
    .option('--cpu-weight <n>', 'share of the CPU when all phones are busy, 1-10000, default 100')
    .option('--memory <mib>')
    .option('--swap <mib>', 'beyond memory; 0 = no limit of the phone’s own')
    .option('--pids <n>', 'processes and threads')
    .option('--io-weight <n>', 'share of disk time, 1-1000, default 100')
    .option(
      '--ports <host:phone,…>',
      'ports of the host that lead into it, /udp behind those that are; 5555 is adb; none = none',
    )
    .option('--egress <kbit>', 'what the phone may send, kbit/s, 64-10000000; 0 = no limit')
    .option(
      '--egress-allow <networks>',
      'IPv4 networks that it may send to, separated by commas; any = everywhere',
    )
    .option('--bit-rate <bits>', 'of the picture, bits a second, 100000-50000000, default 4000000')
    .option('--fps <n>', 'pictures a second that are sent at most, 1-120, default 60')
    .option('--idle-pause <minutes>', 'pause after so long without a viewer; 0 = never')
    .option('--gamepad', 'a gamepad with joystick axes in it, on hosts with uinput')
    .option('--label <key=value...>', 'all its labels, by which phones are found and grouped; none = none')
    .option('--boot-property <name=value...>', 'all its own androidboot.* parameters; none = none');
}

const limits = {
  cpu: 'cpuMillis',
  cpuWeight: 'cpuWeight',
  memory: 'memoryMib',
  swap: 'swapMib',
  pids: 'pids',
  ioWeight: 'ioWeight',
  egress: 'egressKbit',
  disk: 'diskMib',
} as const;

const screen = { dpi: 'dpi', screenFps: 'fps' } as const;

const encoder = { bitRate: 'bitRate', fps: 'maxFps', pictureSize: 'maxSize' } as const;

/** The parts of the spec that were given; a part that was not is not there. */
export function specOf(options: SpecOptions): Record<string, unknown> {
  const { image, idlePause, gamepad, egressAllow, ports, label, bootProperty } = options;
  return {
    ...displayOf(options),
    ...part('limits', limits, options),
    ...part('encoder', encoder, options),
    ...(idlePause === undefined ? {} : { idlePauseMinutes: wholeNumber('idlePause', idlePause) }),
    ...(egressAllow === undefined ? {} : { egressAllow: networks(egressAllow) }),
    ...(ports === undefined ? {} : { ports: portMappings(ports) }),
    ...(gamepad === undefined ? {} : { gamepad }),
    ...(label === undefined ? {} : { labels: isNone(label) ? {} : labelsOf(label) }),
    ...(bootProperty === undefined
      ? {}
      : { bootProperties: isNone(bootProperty) ? {} : pairsOf('--boot-property', bootProperty) }),
    ...(image === undefined ? {} : { imageId: image }),
  };
}

const isNone = (given: readonly string[]): boolean => given.length === 1 && given[0] === 'none';

function displayOf(options: SpecOptions): Record<string, unknown> {
  const size = options.display === undefined ? {} : parseSize(options.display);
  const all = { ...size, ...part('display', screen, options)['display'] };
  return Object.keys(all).length === 0 ? {} : { display: all };
}

/** `720x1280` → width and height; the range is checked by the API. */
function parseSize(text: string): { width: number; height: number } {
  const match = /^(\d{1,5})x(\d{1,5})$/.exec(text);
  if (match === null) {
    throw new AppError('INVALID_ARGUMENT', 'the size is not WIDTHxHEIGHT', {
      field: '--size',
      value: text,
      fix: 'write e.g. 720x1280',
    });
  }
  return { width: Number(match[1]), height: Number(match[2]) };
}

/** The numbers of one part of the spec that were given. */
function part<O extends keyof SpecOptions>(
  name: string,
  fields: Readonly<Partial<Record<O, string>>>,
  options: SpecOptions,
): Record<string, Record<string, number>> {
  const given = (Object.entries(fields) as [O, string][]).flatMap(([option, field]) => {
    const text = options[option];
    return typeof text === 'string' ? [[field, wholeNumber(option, text)] as const] : [];
  });
  return given.length === 0 ? {} : { [name]: Object.fromEntries(given) };
}

/** Separated by commas; `any` = everywhere. Each is checked by the API. */
function networks(text: string): string[] {
  return text === 'any' ? [] : text.split(',').map((network) => network.trim());
}

/** `20001:5555,20002:9000/udp` → ports of the host and of the phone; `none` = none. */
export function portMappings(text: string): { hostPort: number; phonePort: number; protocol: string }[] {
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const [, host, phone, protocol = 'tcp'] = /^(\d{1,5}):(\d{1,5})(?:\/(tcp|udp))?$/.exec(part.trim()) ?? [];
    if (host !== undefined && phone !== undefined)
      return { hostPort: Number(host), phonePort: Number(phone), protocol };
    throw new AppError('INVALID_ARGUMENT', `'${part}' is not HOST:PHONE`, {
      field: '--ports',
      value: text,
      fix: 'write e.g. 20001:5555, or 20002:9000/udp, several separated by commas; none = none',
    });
  });
}

/** The range is checked by the API. */
export function wholeNumber(option: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError('INVALID_ARGUMENT', `${option} is not a whole number`, { field: option, value: text });
}
