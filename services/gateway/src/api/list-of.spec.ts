import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { listOf } from './list-of.js';
import { routes } from './routes.js';

describe('listOf', () => {
  /** Elements that were looked at. */
  let seen = 0;
  const element = z.strictObject({
    x: z
      .number()
      .max(1)
      .refine(() => {
        seen += 1;
        return true;
      }),
  });
  const look = (list: z.ZodType, given: unknown) => {
    seen = 0;
    return list.safeParse(given);
  };
  const many = (one: unknown): unknown[] => Array.from({ length: 1_000 }, () => one);

  it('answers what is right as z.array does', () => {
    const given = [{ x: 0 }, { x: 1 }];
    expect(look(listOf(element), given)).toMatchObject({ success: true, data: given });
    expect(seen).toBe(2);
    expect(look(listOf(z.string().default('a')), ['b', undefined])).toMatchObject({ data: ['b', 'a'] });
  });

  it.each([
    ['of another type', 'x'],
    ['out of range', { x: 2 }],
    ['with a field too many', { x: 0, y: 0 }],
    ['with a text for a number', { x: '0' }],
    ['with a field too few', {}],
  ])('says of elements %s what z.array says of the first, and looks at none behind it', (_, wrong) => {
    const given = [{ x: 0 }, ...many(wrong), ...many({ x: 0 })];
    const [first] = z.array(element).safeParse(given).error?.issues ?? [];
    expect(first?.path[0]).toBe(1);
    expect(look(listOf(element), given).error?.issues).toEqual([first]);
    expect(seen).toBeLessThanOrEqual(2);
  });

  it('tells all that is wrong with the one element', () =>
    expect(look(listOf(z.object({ a: z.int(), b: z.int() })), [{}, {}]).error?.issues).toHaveLength(2));

  it.each([
    ['min', () => listOf(element).min(1), []],
    ['max', () => listOf(element).max(2), [{ x: 0 }, { x: 0 }, { x: 0 }]],
    ['default and describe', () => listOf(element).default([]).describe('some'), many('x')],
  ])('keeps its way with %s', (_, list, given) => {
    expect(look(list(), given).error?.issues).toHaveLength(1);
    expect(seen).toBe(0);
  });

  it('refuses what is no list', () => expect(look(listOf(element), { length: 1 }).success).toBe(false));

  it('is an array for who reads the schema', () =>
    expect(z.toJSONSchema(listOf(element).max(3))).toEqual(z.toJSONSchema(z.array(element).max(3))));
});

const zodOf = <S extends z.core.$ZodType>({ _zod: zod }: S): S['_zod'] => zod;

/** Lists in a schema that are looked at to their end, and may be longer than `most`; by the way to them. */
function looseLists(schema: z.core.$ZodType, most: number, way: string): string[] {
  const { def, traits } = zodOf(schema as z.core.$ZodTypes);
  const inside = (one: z.core.$ZodType, name: string): string[] => looseLists(one, most, `${way}.${name}`);
  switch (def.type) {
    case 'array': {
      // By these Zod refuses a list before it looks into it.
      const caps = z.core.util.sizeCaps(def.checks).map(([cap]) => cap);
      const loose = !traits.has('FirstMistakeArray') && Math.min(...caps) > most;
      return [...(loose ? [way] : []), ...inside(def.element, '[]')];
    }
    case 'object':
      return Object.entries(def.shape).flatMap(([name, one]) => inside(one, name));
    case 'record':
      return inside(def.valueType, '{}');
    case 'union':
      return def.options.flatMap((one) => inside(one, '|'));
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
      return inside(def.innerType, '');
    default:
      return [];
  }
}

describe('lists of bodies', () => {
  const bodies = routes.flatMap(({ operationId, body }) =>
    body !== undefined && 'schema' in body ? [[operationId, body.schema] as const] : [],
  );

  it.each(bodies)('of %s are looked at to the first mistake, or are short', (name, schema) =>
    expect(looseLists(schema, 1_000, name)).toEqual([]),
  );

  it('finds one that is neither', () =>
    expect(
      looseLists(
        z.object({
          a: z
            .array(z.union([z.string(), z.array(z.int())]))
            .max(9)
            .optional(),
        }),
        9,
        'body',
      ),
    ).toEqual(['body.a..[].|']));
});
