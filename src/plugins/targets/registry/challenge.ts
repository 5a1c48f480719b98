/** One way in that a server offers by `WWW-Authenticate`. */
export type Challenge = {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
};

const headerLengthMax = 8192;

/**
 * The challenges of a `WWW-Authenticate` header, in its order. What does not read as one is passed over.
 * Source: https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseChallenges(header: string | null): readonly Challenge[] {
  if (header === null || header.length > headerLengthMax) return [];
  const challenges: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  while (at < header.length) {
    const word = wordAt(header, at);
    if (word === '') {
      at++;
      continue;
    }
    at += word.length;
    const equals = spaceAt(header, at);
    if (header[equals] !== '=') {
      challenges.push({ scheme: word.toLowerCase(), parameters: Object.create(null) });
      continue;
    }
    const { value, end } = valueAt(header, spaceAt(header, equals + 1));
    const current = challenges[challenges.length - 1];
    if (current) current.parameters[word.toLowerCase()] = value;
    at = end;
  }
  return challenges;
}

function wordAt(text: string, start: number): string {
  let end = start;
  while (end < text.length && /[A-Za-z0-9!#$%&'*+.^_`|~-]/.test(text[end] ?? '')) end++;
  return text.slice(start, end);
}

function spaceAt(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at++;
  return at;
}

function valueAt(text: string, start: number): { readonly value: string; readonly end: number } {
  if (text[start] !== '"') {
    let end = start;
    while (end < text.length && !/[\s,]/.test(text[end] ?? '')) end++;
    return { value: text.slice(start, end), end };
  }
  let value = '';
  let at = start + 1;
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\') at++;
    value += text[at] ?? '';
  }
  return { value, end: at + 1 };
}
