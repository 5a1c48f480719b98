import { type RawBuilder, sql } from 'kysely';

/** One condition of a search. Conditions on one field are alternatives; fields must all hold. */
export type Criterion =
  | { readonly kind: 'text'; readonly comparison: 'EQUALS' | 'PREFIX' | 'NOT_EQUALS'; readonly value: string }
  /** Inclusive; null is open. */
  | { readonly kind: 'range'; readonly lower: number | null; readonly upper: number | null }
  | { readonly kind: 'tag'; readonly key: string; readonly value: string | null }
  /** Several conditions on one related row. */
  | { readonly kind: 'group'; readonly parts: Readonly<Record<string, Criterion>> };

export type Criteria = Readonly<Record<string, readonly Criterion[]>>;

/** How a field is searched. */
export type Field =
  /** One text. */
  | { readonly kind: 'text'; readonly of: RawBuilder<unknown> }
  /** A small number that stands for a word; the list is in the order of the numbers. */
  | { readonly kind: 'enum'; readonly of: RawBuilder<unknown>; readonly words: readonly string[] }
  /** A jsonb array of texts. */
  | { readonly kind: 'list'; readonly of: RawBuilder<unknown> }
  | { readonly kind: 'number'; readonly of: RawBuilder<unknown> }
  /** A jsonb object of texts. */
  | { readonly kind: 'tags'; readonly of: RawBuilder<unknown> }
  /** A related row that has to exist; its own fields by name. */
  | {
      readonly kind: 'related';
      readonly exists: (where: RawBuilder<unknown>) => RawBuilder<unknown>;
      readonly fields: Readonly<Record<string, Field>>;
    };

/** The condition in SQL. Throws a plain error for a field that the table does not have: a mistake of ours. */
export function whereOf(criteria: Criteria, table: Readonly<Record<string, Field>>): RawBuilder<unknown> {
  const parts: RawBuilder<unknown>[] = [sql`true`];
  for (const [name, criterions] of Object.entries(criteria)) {
    const field = table[name];
    if (!field) throw new Error(`no such search field: ${name}`);
    parts.push(fieldCondition(field, criterions));
  }
  return sql.join(parts, sql` and `);
}

// What equals or begins is an alternative to its neighbours; what must not be must not be in any case.
function fieldCondition(field: Field, criterions: readonly Criterion[]): RawBuilder<unknown> {
  const isDenial = (item: Criterion) => item.kind === 'text' && item.comparison === 'NOT_EQUALS';
  const any = criterions.filter((item) => !isDenial(item)).map((item) => condition(field, item));
  const all = criterions.filter(isDenial).map((item) => condition(field, item));
  const parts = any.length > 0 ? [sql`(${sql.join(any, sql` or `)})`, ...all] : all;
  return parts.length > 0 ? sql.join(parts, sql` and `) : sql`true`;
}

function condition(field: Field, item: Criterion): RawBuilder<unknown> {
  if (field.kind === 'related' && item.kind === 'group') {
    const inside = Object.entries(item.parts).map(([name, part]) => {
      const own = field.fields[name];
      if (!own) throw new Error(`no such search field: ${name}`);
      return condition(own, part);
    });
    return field.exists(sql.join([sql`true`, ...inside], sql` and `));
  }
  if (item.kind === 'text' && field.kind === 'text') return textCondition(field.of, item);
  if (item.kind === 'text' && field.kind === 'enum') return enumCondition(field.of, field.words, item);
  if (item.kind === 'text' && field.kind === 'list') return listCondition(field.of, item);
  if (item.kind === 'range' && field.kind === 'number') return rangeCondition(field.of, item);
  if (item.kind === 'tag' && field.kind === 'tags') {
    return item.value === null
      ? sql`jsonb_exists(${field.of}, ${item.key})`
      : sql`${field.of} ->> ${item.key} = ${item.value}`;
  }
  throw new Error(`a ${item.kind} condition does not fit a ${field.kind} field`);
}

type TextCriterion = Extract<Criterion, { kind: 'text' }>;

function textCondition(of: RawBuilder<unknown>, { comparison, value }: TextCriterion): RawBuilder<unknown> {
  if (comparison === 'EQUALS') return sql`${of} = ${value}`;
  return comparison === 'PREFIX' ? sql`starts_with(${of}, ${value})` : sql`${of} is distinct from ${value}`;
}

function enumCondition(
  of: RawBuilder<unknown>,
  words: readonly string[],
  { comparison, value }: TextCriterion,
): RawBuilder<unknown> {
  const numbers = words.flatMap((word, index) => {
    const fits = comparison === 'PREFIX' ? word.startsWith(value) : word === value;
    return fits !== (comparison === 'NOT_EQUALS') ? [index] : [];
  });
  return sql`${of} = any(${numbers}::int[])`;
}

function listCondition(of: RawBuilder<unknown>, { comparison, value }: TextCriterion): RawBuilder<unknown> {
  if (comparison === 'EQUALS') return sql`coalesce(jsonb_exists(${of}, ${value}), false)`;
  if (comparison === 'NOT_EQUALS') return sql`not coalesce(jsonb_exists(${of}, ${value}), false)`;
  return sql`exists (select 1 from jsonb_array_elements_text(coalesce(${of}, '[]'::jsonb)) e where starts_with(e, ${value}))`;
}

function rangeCondition(
  of: RawBuilder<unknown>,
  { lower, upper }: { readonly lower: number | null; readonly upper: number | null },
): RawBuilder<unknown> {
  const parts = [];
  if (lower !== null) parts.push(sql`${of} >= ${number(lower)}`);
  if (upper !== null) parts.push(sql`${of} <= ${number(upper)}`);
  return parts.length > 0 ? sql`(${sql.join(parts, sql` and `)})` : sql`${of} is not null`;
}

// A whole number takes the column's type, so that its index serves; a fraction would not fit a column of whole ones.
function number(value: number): RawBuilder<unknown> {
  return Number.isInteger(value) ? sql`${value}` : sql`${value}::float8`;
}
