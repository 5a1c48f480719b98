import { SaxesParser, type SaxesTagNS } from 'saxes';
import type { Fields } from '../../../lib/fields.ts';
import { type Problem, problem, reasonOf } from '../../../model/problem.ts';
import { shown } from './problem-list.ts';

export const xmlDepthMax = 200;
export const xmlElementsMax = 2_000_000;
/** Longest run of characters without a complete tag or text, such as an unclosed attribute. */
export const xmlTokenLengthMax = 2 ** 20;
const pieceLength = 64 * 1024;
const namespaceStart = 'http://cyclonedx.org/schema/bom/';

type Value = { [field: string]: unknown };

type Open = { readonly name: string; readonly value: Value; text: string };

// The elements that the reader looks at; everything below others is passed over without being kept.
const wanted = new Set(
  (
    'bom metadata component components group name version description scope purl cpe swid licenses license id ' +
    'expression externalReferences reference url properties property evidence occurrences occurrence location line ' +
    'dependencies dependency vulnerabilities vulnerability compositions composition aggregate'
  ).split(' '),
);
// Elements whose children are a list, and the field of the JSON form that holds it.
const lists = new Set([
  'components',
  'externalReferences',
  'properties',
  'occurrences',
  'dependencies',
  'vulnerabilities',
  'compositions',
]);

type State = {
  readonly where: string;
  readonly stack: Open[];
  /** How many elements deep the parser is inside one that is passed over. */
  skipped: number;
  root: Value | null;
  elements: number;
  /** Set whenever a tag or a text is complete. */
  hasMoved: boolean;
};

/**
 * CycloneDX XML in the shape of its JSON form. A document type is refused, so that no entity is ever expanded or
 * fetched. Elements of other namespaces (extensions, signatures) are passed over.
 * Source: https://cyclonedx.org/docs/1.6/xml/
 */
export function documentOfXml(text: string, where: string): Fields | Problem {
  const state: State = { where, stack: [], skipped: 0, root: null, elements: 0, hasMoved: false };
  try {
    parse(text, state);
  } catch (error) {
    if (error instanceof Refusal) return error.found;
    return problem('malformed', where, `is not well-formed XML: ${shown(reasonOf(error))}`);
  }
  return state.root ?? problem('malformed', where, 'has no element');
}

// Thrown and caught inside this file only: it ends the parser.
class Refusal extends Error {
  readonly found: Problem;
  constructor(found: Problem) {
    super(found.why);
    this.found = found;
  }
}

// In pieces, so that a tag that never ends is noticed before the parser has kept all of it.
function parse(text: string, state: State): void {
  const parser = parserInto(state);
  let still = 0;
  for (let at = 0; at < text.length; at += pieceLength) {
    state.hasMoved = false;
    parser.write(text.slice(at, at + pieceLength));
    still = state.hasMoved ? 0 : still + pieceLength;
    if (still > xmlTokenLengthMax) {
      const why = `has a tag or text of more than ${xmlTokenLengthMax} characters`;
      throw new Refusal(problem('limit', state.where, why, 'xmlTokenLengthMax'));
    }
  }
  parser.close();
}

function parserInto(state: State): SaxesParser<{ xmlns: true }> {
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('doctype', () => {
    const why = 'has a document type (DTD), which could hide entities; it is not read';
    throw new Refusal(problem('unsupported', state.where, why));
  });
  parser.on('opentag', (tag) => open(tag, state));
  parser.on('text', (text) => addText(text, state));
  parser.on('cdata', (text) => addText(text, state));
  parser.on('closetag', () => close(state));
  return parser;
}

function open({ local, uri, attributes }: SaxesTagNS, state: State): void {
  state.hasMoved = true;
  checkLimits(state);
  if (state.stack.length === 0 && state.skipped === 0) checkRoot(local, uri, state.where);
  if (state.skipped > 0 || !wanted.has(local) || !uri.startsWith(namespaceStart)) {
    state.skipped++;
    return;
  }
  const value: Value =
    local === 'bom' ? { bomFormat: 'CycloneDX', specVersion: uri.slice(namespaceStart.length) } : {};
  for (const { local: name, prefix, value: said } of Object.values(attributes)) {
    if (prefix !== 'xmlns' && name !== 'xmlns') value[name] = said;
  }
  state.stack.push({ name: local, value, text: '' });
}

function checkLimits(state: State): void {
  if (state.stack.length + state.skipped >= xmlDepthMax) {
    const why = `is nested deeper than ${xmlDepthMax} levels`;
    throw new Refusal(problem('limit', state.where, why, 'xmlDepthMax'));
  }
  if (++state.elements > xmlElementsMax) {
    const why = `has more than ${xmlElementsMax} elements`;
    throw new Refusal(problem('limit', state.where, why, 'xmlElementsMax'));
  }
}

function addText(text: string, state: State): void {
  state.hasMoved = true;
  const last = state.stack.at(-1);
  if (last !== undefined && state.skipped === 0) last.text += text;
}

function close(state: State): void {
  state.hasMoved = true;
  if (state.skipped > 0) {
    state.skipped--;
    return;
  }
  const closed = state.stack.pop() as Open;
  const parent = state.stack.at(-1);
  if (parent === undefined) state.root = closed.value;
  else attach(parent, closed);
}

function checkRoot(local: string, uri: string, where: string): void {
  if (local === 'bom' && uri.startsWith(namespaceStart)) return;
  if (local === 'RDF') {
    const why = 'is RDF/XML, which is not read; convert it to SPDX JSON or tag-value';
    throw new Refusal(problem('unsupported', where, why));
  }
  const why = `is XML with <${shown(local)}> at its top and not a CycloneDX <bom>`;
  throw new Refusal(problem('unsupported', where, why));
}

// How an element stands in its parent in the JSON form.
function attach(parent: Open, { name, value, text }: Open): void {
  const plain = text.trim();
  if (parent.name === 'licenses') {
    push(parent.value, 'list', name === 'expression' ? { expression: plain } : { license: value });
  } else if (lists.has(parent.name)) {
    if (parent.name === 'dependencies') push(parent.value, 'list', dependencyOf(value));
    else
      push(
        parent.value,
        'list',
        name === 'property' && !('value' in value) ? { ...value, value: plain } : value,
      );
  } else if (name === 'dependency') push(parent.value, 'below', value.ref);
  else if (name === 'licenses' || lists.has(name)) parent.value[name] ??= value.list ?? [];
  else if (name === 'line') parent.value.line ??= /^\d{1,9}$/.test(plain) ? Number(plain) : null;
  else if (name === 'metadata' || name === 'component' || name === 'evidence' || name === 'swid')
    parent.value[name] ??= value;
  else if (parent.name !== 'bom' || name !== 'version') parent.value[name] ??= plain;
}

function dependencyOf(value: Value): Value {
  return { ref: value.ref, dependsOn: value.below ?? [] };
}

function push(owner: Value, field: string, item: unknown): void {
  const known = owner[field];
  if (Array.isArray(known)) known.push(item);
  else owner[field] = [item];
}
