import { AppError, type Exec } from '@ancloud/kit';
import { describe, expect, it } from 'vitest';
import { pnm, TextReader } from './text-reader.js';

const signal = new AbortController().signal;
const dot = { width: 2, height: 1, rgb: Uint8Array.of(1, 2, 3, 4, 5, 6) };

describe('pnm', () => {
  it('doubles a small part, so that its letters can be read', () =>
    expect(pnm(dot).toString('latin1')).toBe(
      'P6\n4 2\n255\n' + '\u0001\u0002\u0003\u0001\u0002\u0003\u0004\u0005\u0006\u0004\u0005\u0006'.repeat(2),
    ));

  it('leaves a large one as it is', () => {
    const rgb = new Uint8Array(400 * 400 * 3).fill(7);
    const file = pnm({ width: 400, height: 400, rgb });
    expect(file.subarray(0, 15).toString()).toBe('P6\n400 400\n255\n');
    expect(file.length).toBe(15 + rgb.length);
  });
});

describe('TextReader', () => {
  const answering =
    (languages: string | Error, ran: string[][] = []): Exec =>
    (argv) => {
      ran.push([...argv]);
      if (languages instanceof Error) return Promise.reject(languages);
      const stdout = Buffer.from(
        argv[1] === '--list-langs' ? `List of available languages\n${languages}\n` : 'Hi',
      );
      return Promise.resolve({ code: 0, stdout, stderr: '', durationMs: 1 });
    };

  it('asks once whether tesseract and its language are there, then reads', async () => {
    const ran: string[][] = [];
    const reader = new TextReader(answering('eng', ran), 'eng');
    expect([await reader.read(dot, signal), await reader.read(dot, signal)]).toEqual(['Hi', 'Hi']);
    expect(ran.map(([, first]) => first)).toEqual(['--list-langs', 'stdin', 'stdin']);
  });

  it.each([
    ['without tesseract', new AppError('EXEC_FAILED', 'ENOENT'), 'eng', /not installed/],
    ['without the language', 'eng', 'eng+deu', /no data for deu/],
  ])('%s it says what is missing', async (_, languages, wanted, words) => {
    const error = await new TextReader(answering(languages), wanted)
      .require()
      .catch((thrown: AppError) => thrown);
    expect(error).toMatchObject({ code: 'OCR_MISSING', message: expect.stringMatching(words) as string });
  });
});
