import { type Fields, fields, list, textOf } from '../../../lib/fields.ts';
import { type Problem, problem } from '../../../model/problem.ts';
import { parseJsonDocument } from './json-document.ts';
import { shown } from './problem-list.ts';

/** An SBOM taken out of what it came in: still text, or JSON that was parsed on the way. */
export type Unwrapped = {
  readonly inside:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'json'; readonly document: Fields };
  readonly where: string;
};

export type Unwrapping = { readonly documents: readonly Unwrapped[]; readonly problems: readonly Problem[] };

const wrappersMax = 1000;
const wrapperDepthMax = 6;

type State = { readonly documents: Unwrapped[]; readonly problems: Problem[]; count: number };

/**
 * The SBOMs inside a JSON value: the value itself; in-toto statements, plain or in DSSE envelopes and Sigstore bundles,
 * as `cosign attest` and BuildKit write them; GitHub's export of a dependency graph; BuildKit's listing by platform;
 * and lists of these. Signatures are not checked, which a problem says.
 * Source: https://github.com/in-toto/attestation/blob/main/spec/README.md
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function unwrapSboms(value: unknown, where: string): Unwrapping {
  const state: State = { documents: [], problems: [], count: 0 };
  unwrap(value, where, 0, state);
  return { documents: state.documents, problems: state.problems };
}

function unwrap(value: unknown, where: string, depth: number, state: State): void {
  if (++state.count > wrappersMax || depth > wrapperDepthMax) {
    const limit = depth > wrapperDepthMax ? 'wrapperDepthMax' : 'wrappersMax';
    if (depth > wrapperDepthMax || state.count === wrappersMax + 1)
      state.problems.push(
        problem('limit', where, 'has more documents inside one another than are read', limit),
      );
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (state.count > wrappersMax) break;
      unwrap(item, `${where}[${index}]`, depth + 1, state);
    }
    return;
  }
  const held = fields(value);
  if (isSbom(held)) state.documents.push({ inside: { kind: 'json', document: held }, where });
  else if (typeof held.payload === 'string') unwrapEnvelope(held, where, depth, state);
  else if (textOf(held._type)?.startsWith('https://in-toto.io/Statement') === true)
    unwrapStatement(held, where, depth, state);
  else unwrapHolder(held, where, depth, state);
}

function isSbom(held: Fields): boolean {
  return (
    held.bomFormat === 'CycloneDX' ||
    textOf(held.$schema)?.includes('cyclonedx.org/schema') === true ||
    textOf(held.spdxVersion)?.startsWith('SPDX-') === true ||
    isSpdx3(held)
  );
}

/** Whether JSON-LD is SPDX 3, by its context or by the version that its elements say. */
export function isSpdx3(held: Fields): boolean {
  const contexts = [held['@context']].flat();
  if (contexts.some((context) => textOf(context)?.includes('spdx.org/rdf/3.') === true)) return true;
  return list(held['@graph'])
    .slice(0, 1000)
    .some((element) => textOf(fields(element).specVersion)?.startsWith('3.') === true);
}

/** Base64 may be of either alphabet. */
function unwrapEnvelope(envelope: Fields, where: string, depth: number, state: State): void {
  const type = textOf(envelope.payloadType) ?? '';
  if (!/\bin-toto\b|json/.test(type)) {
    const why = `is an envelope of '${shown(type)}', which holds no SBOM`;
    state.problems.push(problem('unsupported', where, why));
    return;
  }
  const signatures = list(envelope.signatures).length;
  const why = `is signed (${signatures} signatures), which is not checked here`;
  state.problems.push(problem('not-assessed', where, why));
  const text = Buffer.from(textOf(envelope.payload) ?? '', 'base64').toString('utf8');
  unwrapText(text, `${where}#payload`, depth, state);
}

function unwrapText(text: string, where: string, depth: number, state: State): void {
  if (!/^\s*[{[]/.test(text.slice(0, 1000))) {
    state.documents.push({ inside: { kind: 'text', text }, where });
    return;
  }
  const read = parseJsonDocument(text, where);
  if ('kind' in read) state.problems.push(read);
  else {
    state.problems.push(...read.problems);
    unwrap(read.value, where, depth + 1, state);
  }
}

// A predicate is the document, its text, or (as cosign once wrote it) either of them as `Data`.
function unwrapStatement(statement: Fields, where: string, depth: number, state: State): void {
  const type = textOf(statement.predicateType) ?? '';
  if (!/spdx|cyclonedx|cosign/i.test(type)) {
    const why = `is an attestation of '${shown(type)}', which is no SBOM`;
    state.problems.push(problem('unsupported', where, why));
    return;
  }
  const predicate = statement.predicate;
  const data = typeof predicate === 'string' ? predicate : fields(predicate).Data;
  if (typeof data === 'string') unwrapText(data, where, depth, state);
  else unwrap(data ?? predicate, where, depth + 1, state);
}

// Fields of documents that hold others.
function unwrapHolder(held: Fields, where: string, depth: number, state: State): void {
  const inside = [held.sbom, held.dsseEnvelope, held.SPDX, held.CycloneDX, held.bundle].find(isHeld);
  const platforms = Object.entries(held).filter(([name]) => /^[a-z0-9]{2,20}\/[a-z0-9/]{2,30}$/.test(name));
  if (inside !== undefined) unwrap(inside, where, depth + 1, state);
  else if (Array.isArray(held.attestations)) unwrap(held.attestations, where, depth + 1, state);
  else if (platforms.length > 0)
    for (const [name, item] of platforms) unwrap(item, `${where}#${name}`, depth + 1, state);
  else state.problems.push(problem('unsupported', where, unknownJson(held)));
}

function isHeld(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function unknownJson(held: Fields): string {
  const media = textOf(held.mediaType);
  if (media !== null && /image|manifest/.test(media)) {
    return `is an image's manifest (${shown(media)}), not the SBOM that it may point to`;
  }
  return 'is JSON, but neither CycloneDX (bomFormat), SPDX (spdxVersion, or @context of SPDX 3) nor an attestation of one';
}
