import { Role } from '@ancloud/contracts/common/v1/common';
import { AppError } from '@ancloud/kit';

/** Errors: FORBIDDEN for a watcher. `what`: has no input channel. */
export function requireTouch(role: Role, what: string): void {
  if (role === Role.ROLE_CONTROL || role === Role.ROLE_OWNER) return;
  throw new AppError('FORBIDDEN', `a watcher ${what}`, {
    field: 'role',
    fix: 'ask for a viewer with role control',
  });
}
