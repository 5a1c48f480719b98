import { decodeComponent } from './http.ts';
import { type Operation, operations } from './schema.ts';

/** The operation that a request names, with the labels of its path decoded once. */
export type Route = { readonly operation: Operation; readonly labels: ReadonlyMap<string, string> };

type Labelled = {
  readonly operation: Operation;
  readonly label: string;
  readonly before: string;
  readonly after: string;
};

const noLabels: ReadonlyMap<string, string> = new Map();
const fixed = new Map<string, Route>();
const labelled: Labelled[] = [];
for (const operation of operations) addRoute(operation);

/**
 * Finds the operation for a method and a raw path; null where there is none. A label takes everything up to what
 * follows it, `/` included: clients send the `/` of an ARN as `%2F`, and those that do not mean the same.
 */
export function matchRoute(method: string, rawPath: string): Route | null {
  return fixed.get(`${method} ${rawPath}`) ?? matchLabelled(method, rawPath);
}

/** The path templates of all operations that have this method. */
export function pathsOf(method: string): readonly string[] {
  return operations.filter((operation) => operation.method === method).map(({ uri }) => uri);
}

function addRoute(operation: Operation): void {
  const open = operation.uri.indexOf('{');
  if (open < 0) {
    fixed.set(`${operation.method} ${operation.uri}`, { operation, labels: noLabels });
    return;
  }
  const close = operation.uri.indexOf('}', open);
  const [before, after] = [operation.uri.slice(0, open), operation.uri.slice(close + 1)];
  labelled.push({ operation, label: operation.uri.slice(open + 1, close), before, after });
}

function matchLabelled(method: string, rawPath: string): Route | null {
  for (const { operation, label, before, after } of labelled) {
    if (operation.method !== method || !rawPath.startsWith(before) || !rawPath.endsWith(after)) continue;
    const value = decodeComponent(rawPath.slice(before.length, rawPath.length - after.length));
    if (value) return { operation, labels: new Map([[label, value]]) };
  }
  return null;
}
