import type { Phone } from '../api/types.js';

/** The list with one phone newer; a new one is added. */
export function withPhone(list: readonly Phone[], phone: Phone): readonly Phone[] {
  const known = list.some(({ phoneId }) => phoneId === phone.phoneId);
  return known ? list.map((one) => (one.phoneId === phone.phoneId ? phone : one)) : [...list, phone];
}

export function without(list: readonly Phone[], phoneId: string): readonly Phone[] {
  return list.filter((one) => one.phoneId !== phoneId);
}

export function only(list: readonly Phone[], phoneIds: readonly string[]): readonly Phone[] {
  const kept = new Set(phoneIds);
  return list.filter(({ phoneId }) => kept.has(phoneId));
}

/** Newest first: whoever made one looks for it at the beginning. */
export function ordered(list: readonly Phone[]): Phone[] {
  return [...list].sort(
    (a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? '') || a.phoneId.localeCompare(b.phoneId),
  );
}
