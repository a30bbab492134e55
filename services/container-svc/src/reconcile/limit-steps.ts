import { AppError } from '@ancloud/kit';
import type { LimitChange } from '../core/cgroup-limits.js';
import { anonymousMemory, readLimits, writeLimit } from '../io/cgroup-limits.js';
import type { ExecutorOptions, StepContext } from './step-context.js';

/**
 * Writes limits of a running phone; the next observation reads back what the kernel made of them. Errors: STEP_FAILED naming
 * the file, when the kernel refuses, or takes the value and says another.
 */
export function setLimits(
  { cgroups, cgroupOf }: ExecutorOptions,
  changes: readonly LimitChange[],
  { phone }: StepContext,
  inside: () => void,
): Promise<void> {
  const cgroup = cgroupOf(phone);
  const refuse = (file: string, value: string, why: string, fix: string, cause?: unknown): never => {
    const message = `setting ${file} of ${phone} to ${value}: ${why}`;
    throw new AppError('STEP_FAILED', message, { field: file, value, fix, cause });
  };
  const free = 'ask for more memory, or end apps in the phone';
  // On both sides of memory (core/cgroup-limits.ts): the sum of memory and swap may be refused before memory was lowered.
  const refused = new Map<string, unknown>();
  for (const change of changes) {
    const { file, text } = change;
    if (file === 'memory.max' && anonymousMemory(cgroups, cgroup) > Number(text))
      refuse(file, text, 'the phone uses more', free);
    try {
      writeLimit(cgroups, cgroup, change);
      refused.delete(file);
    } catch (cause) {
      refused.set(file, cause);
    }
    inside();
  }
  for (const [file, cause] of refused) {
    const { code } = cause as NodeJS.ErrnoException;
    const text = changes.find((change) => change.file === file)?.text ?? '';
    refuse(
      file,
      text,
      code ?? 'refused',
      code === 'EBUSY' ? free : 'see what the host’s kernel allows',
      cause,
    );
  }
  const { texts } = readLimits(cgroups, cgroup) ?? { texts: new Map<string, string>() };
  for (const { file, text } of changes) {
    const read = texts.get(file);
    if (read !== text && !(text === '-1' || text === 'max'))
      refuse(file, text, `the kernel says ${read ?? 'nothing'}`, 'use a value that the host’s kernel takes');
  }
  return Promise.resolve();
}
