import { z } from 'zod';

const FirstMistakeArray = z.core.$constructor<z.ZodArray>('FirstMistakeArray', (inst, def) => {
  z.ZodArray.init(inst, def);
  const { _zod: list } = inst;
  const { _zod: element } = def.element;
  const whole = list.parse.bind(list);
  const most = Math.min(...z.core.util.sizeCaps(def.checks).map(([cap]) => cap));
  list.parse = (payload, context) => {
    const { value: given } = payload;
    // What is no list, or too long a one, Zod's own refuses before it looks into it.
    if (!Array.isArray(given) || given.length > most) return whole(payload, context);
    const found: unknown[] = [];
    payload.value = found;
    for (const [index, value] of (given as readonly unknown[]).entries()) {
      const one = element.run({ value, issues: [] }, context);
      if (one instanceof Promise) throw new z.core.$ZodAsyncError();
      found.push(one.value);
      if (one.issues.length === 0) continue;
      payload.issues.push(...z.core.util.prefixIssues(index, one.issues));
      break;
    }
    return payload;
  };
});

/**
 * `z.array`, which is not looked at beyond its first element that is wrong: Zod's own makes an issue for each, 2 µs of the only thread, and
 * a body may hold 290,000. For lists that have no `max` which is about as long as an answer can be. Not for elements that are checked later.
 */
export function listOf<E extends z.ZodType>(element: E): z.ZodArray<E> {
  return new FirstMistakeArray({ type: 'array', element }) as unknown as z.ZodArray<E>;
}
