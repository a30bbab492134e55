import { ApiError } from '../api/api-error.js';
import type { GroupChange } from '../api/types.js';
import type { Notice } from '../ui/notices.js';
import { sentence } from '../ui/problem.js';

/** Changes a group as it is shown, or as it was when `seen` was its revision. False = it was refused, which is told. */
export type ChangeGroup = (change: GroupChange, seen?: number) => Promise<boolean>;

/** Why a group was not changed. */
export function refusalWords(error: Error): Notice {
  if (error instanceof ApiError && error.code === 'GROUP_CHANGED')
    return {
      text: 'Somebody else has changed this group meanwhile.',
      more: 'It is shown as it is now: look at it, and do it again.',
      bad: true,
    };
  return { text: sentence(error.message), bad: true };
}
