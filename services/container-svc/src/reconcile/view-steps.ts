import { type LxcfsView, markOf, type ViewRecord } from '../core/lxcfs.js';
import type { StepArgs } from '../core/steps.js';
import { readRunJson, writeRunJson } from '../io/run-file.js';
import type { ExecutorOptions, StepContext } from './step-context.js';

export function viewRecord(view: LxcfsView | undefined): ViewRecord {
  return { mark: markOf(view), files: view?.files ?? [] };
}

/**
 * In the phone's mount namespace, while it runs or is frozen. What stands there is not asked, since the answer would be the
 * phone's root's; a killed one is done again from the record. Errors: STEP_FAILED with what the kernel said.
 */
export async function setView(
  { paths, exec, hostcapBin }: ExecutorOptions,
  { view, pid }: StepArgs['setView'],
  { phone, lockFd }: StepContext,
  inside: () => void,
): Promise<void> {
  const record = paths.run(phone).view;
  const before = readRunJson<ViewRecord>(record)?.files ?? [];
  const files = [...new Set([...before, ...(view?.files ?? [])])];
  if (files.length > 0)
    await exec([hostcapBin, 'view-set', String(pid), view?.dir ?? '-', ...files], { fds: [lockFd] });
  inside();
  writeRunJson(record, viewRecord(view));
}
