import { AppError } from '@ancloud/kit';

/** Who asks. `owner` is the tenant: everything a principal makes belongs to it. */
export interface Principal {
  readonly owner: string;
  readonly roles: readonly string[];
  /** By which credential: an API key, or the console's cookie. */
  readonly via: 'key' | 'console';
}

/** Sees and does everything of every tenant. */
export const ADMIN = 'admin';

export function isAdmin(principal: Principal): boolean {
  return principal.roles.includes(ADMIN);
}

/** THE tenant check: every read and write of something that has an owner goes through here. */
export function owns(principal: Principal, owner: string): boolean {
  return principal.owner === owner || isAdmin(principal);
}

/** For what concerns the whole farm. Errors: FORBIDDEN. */
export function requireAdmin(principal: Principal, what: string): void {
  if (isAdmin(principal)) return;
  throw new AppError('FORBIDDEN', `${what} needs an admin's key`, { field: 'authorization' });
}
