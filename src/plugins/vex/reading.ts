import { textOf } from '../../lib/fields.ts';
import { type PurlParts, parsePurl } from '../../model/purl.ts';
import type { VexIdentity, VexStatus } from './contract.ts';

// What the formats share: bounds, identities and times.

/** Bounds on what is taken from one document; products are those of one statement. */
export const vexLimits = {
  statementsMax: 200_000,
  productsMax: 100_000,
  namesMax: 1000,
  textLengthMax: 4000,
} as const;

/** An identity from texts of any kind: package URLs, CPEs, and whatever else is left as a name. */
export function identityOf(given: readonly (string | null)[]): VexIdentity {
  const purls: PurlParts[] = [];
  const cpes: string[] = [];
  const names: string[] = [];
  for (const text of new Set(given.slice(0, vexLimits.namesMax).map((item) => item?.trim() ?? ''))) {
    if (text === '' || text.length > vexLimits.textLengthMax) continue;
    const purl = parsePurl(text);
    if (purl !== null) purls.push(purl);
    else if (/^cpe:(?:\/|2\.3:)[aoh*]:/.test(text)) cpes.push(text);
    else names.push(text);
  }
  return { purls, cpes, names };
}

/** Whether nothing in it can be recognised. */
export function isNameless({ purls, cpes, names }: VexIdentity): boolean {
  return purls.length + cpes.length + names.length === 0;
}

/** ISO 8601 in UTC from an RFC 3339 time, so that times compare as text; null for anything else. */
export function timeOf(value: unknown): string | null {
  const text = textOf(value);
  if (
    text === null ||
    !/^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,12})?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?$/.test(text)
  )
    return null;
  const time = Date.parse(text.replace(' ', 'T'));
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** A text of bounded length, or null. */
export function wordsOf(value: unknown): string | null {
  return textOf(value)?.trim().slice(0, vexLimits.textLengthMax) || null;
}

/** The status of that name in OpenVEX, or null. */
export function statusOf(value: unknown): VexStatus | null {
  return statuses.find((status) => status === value) ?? null;
}

const statuses = ['not_affected', 'affected', 'fixed', 'under_investigation'] as const;
