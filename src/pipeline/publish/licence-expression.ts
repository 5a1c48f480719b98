import list from './spdx-licences.json' with { type: 'json' };

const licences = new Set(list.licences);
const exceptions = new Set(list.exceptions);
const lengthMax = 2000;
const depthMax = 32;

/** Whether a text is one identifier of the SPDX licence list, as it is written there. */
export function isLicenceId(text: string): boolean {
  return licences.has(text);
}

/**
 * Whether a text is an SPDX expression whose licences and exceptions are all on the SPDX list. References to texts
 * that only their own document has (`LicenseRef-…`) do not count: they mean nothing in another one.
 * Source: https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/
 */
export function isListedExpression(text: string): boolean {
  if (text.length > lengthMax) return false;
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  const state = { tokens, at: 0 };
  return readCompound(state, 0) && state.at === tokens.length;
}

type State = { readonly tokens: readonly string[]; at: number };

function readCompound(state: State, depth: number): boolean {
  if (depth > depthMax) return false;
  for (;;) {
    if (!readOperand(state, depth)) return false;
    const operator = state.tokens[state.at];
    if (operator !== 'AND' && operator !== 'OR') return true;
    state.at++;
  }
}

function readOperand(state: State, depth: number): boolean {
  const token = state.tokens[state.at++] ?? '';
  if (token === '(') return readCompound(state, depth + 1) && state.tokens[state.at++] === ')';
  if (!licences.has(token) && !licences.has(token.replace(/\+$/, ''))) return false;
  if (state.tokens[state.at] !== 'WITH') return true;
  state.at += 2;
  return exceptions.has(state.tokens[state.at - 1] ?? '');
}
