import { AppError, type Exec, isAppError } from '@ancloud/kit';
import type { Pixels } from '../core/seen.js';

/** One look at a whole screen takes a core for one or two seconds. */
const READ_MS = 20_000;
/** Parts up to this many pixels are doubled: tesseract wants letters of 30 pixels, and phones' text often has 15. */
const SMALL_PIXELS = 150_000;

/**
 * Reads text from pictures, by Debian's tesseract where that is installed. One picture at a time: it would take the cores from
 * the phones. It is given the picture on its stdin, and a thread.
 */
export class TextReader {
  readonly #exec: Exec;
  readonly #language: string;
  #there = false;
  /** What is being read, or was. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param language of tesseract, e.g. `eng` or `eng+deu`: each is a package of its own, tesseract-ocr-deu. */
  constructor(exec: Exec, language: string) {
    this.#exec = exec;
    this.#language = language;
  }

  /** Errors: OCR_MISSING. Asks again each time until it is there. */
  async require(): Promise<void> {
    if (this.#there) return;
    try {
      const { stdout } = await this.#exec(['tesseract', '--list-langs'], { timeoutMs: 5_000 });
      const known = new Set(stdout.toString('utf8').split('\n'));
      const missing = this.#language.split('+').filter((one) => !known.has(one));
      if (missing.length > 0) throw unreadable(`tesseract has no data for ${missing.join(', ')}`, missing);
      this.#there = true;
    } catch (error) {
      if (isAppError(error) && error.code === 'OCR_MISSING') throw error;
      throw unreadable('tesseract is not installed where input-svc runs', []);
    }
  }

  /** Errors: OCR_MISSING, EXEC_FAILED, DEADLINE_EXCEEDED, CANCELLED. */
  async read(pixels: Pixels, signal: AbortSignal): Promise<string> {
    await this.require();
    const read = this.#last.then(async () => {
      const { stdout } = await this.#exec(
        ['tesseract', 'stdin', 'stdout', '-l', this.#language, '--psm', '6'],
        {
          stdin: pnm(pixels),
          timeoutMs: READ_MS,
          signal,
          env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', OMP_THREAD_LIMIT: '1' },
        },
      );
      return stdout.toString('utf8');
    });
    this.#last = read.catch(() => undefined);
    return read;
  }
}

/** A picture as the simplest file that tesseract reads (netpbm's ppm(5)). */
export function pnm({ width, height, rgb }: Pixels): Buffer {
  const times = width * height <= SMALL_PIXELS ? 2 : 1;
  const head = Buffer.from(`P6\n${width * times} ${height * times}\n255\n`, 'latin1');
  if (times === 1) return Buffer.concat([head, rgb]);
  const row = width * 6;
  const file = Buffer.alloc(head.length + row * height * 2);
  head.copy(file);
  for (let y = 0; y < height; y += 1) {
    const at = head.length + y * row * 2;
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 3;
      for (let c = 0; c < 3; c += 1) file[at + x * 6 + c] = file[at + x * 6 + 3 + c] = rgb[from + c] ?? 0;
    }
    file.copy(file, at + row, at, at + row);
  }
  return file;
}

function unreadable(why: string, languages: readonly string[]): AppError {
  const packages = languages.length === 0 ? 'tesseract-ocr' : languages.map((one) => `tesseract-ocr-${one}`);
  return new AppError('OCR_MISSING', `text cannot be read from pictures: ${why}`, {
    fix: `apt-get install --no-install-recommends ${[packages].flat().join(' ')}, or wait for a pixel instead`,
  });
}
