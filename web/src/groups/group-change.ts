import { ApiError } from '../api/api-error.js';
import type { GroupChange } from '../api/types.js';
import type { Notice } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

/** What became of a change; all but `done` is told. `overtaken`: somebody else had changed the group, which is shown as it is now. */
export type Outcome = 'done' | 'overtaken' | 'refused';

/** Changes a group as it is shown, or as it was when `seen` was its revision. */
export type ChangeGroup = (change: GroupChange, seen?: number) => Promise<Outcome>;

export function wasOvertaken(error: unknown): boolean {
  return error instanceof ApiError && error.code === 'GROUP_CHANGED';
}

/** Why a group was not changed. */
export function refusalWords(error: Error): Notice {
  if (wasOvertaken(error))
    return {
      text: 'Somebody else has changed this group meanwhile.',
      more: 'It is shown as it is now: look at it, and do it again.',
      bad: true,
    };
  return { text: sentence(error.message), bad: true };
}
