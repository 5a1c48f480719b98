import { EVENT_ID, type Event, getScalarValue, parseEvents } from 'js-yaml';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import type { ExtractorFile } from './contract.ts';
import type { Json, JsonDocument, JsonObject } from './json-with-lines.ts';
import { shown, textOf } from './read-text.ts';

const depthMax = 100;
const nodesMax = 5_000_000;

/**
 * The documents of a YAML file, as JSON values with lines. Every scalar stays the text that it is written as, since
 * a version such as `1.10` must not become a number; tags mean nothing, and an alias is the node that it names.
 * Source: https://yaml.org/spec/1.2.2/
 */
export function parseYaml(file: ExtractorFile): readonly JsonDocument[] | Problem {
  const text = textOf(file.bytes);
  let events: readonly Event[];
  try {
    events = parseEvents(text, { maxDepth: depthMax });
  } catch (error) {
    return problem(
      'malformed',
      file.path,
      `The file is no YAML: ${shown(reasonOf(error).split('\n')[0] ?? '')}`,
    );
  }
  if (events.length > nodesMax) {
    return problem('limit', file.path, `The file holds more than ${nodesMax} nodes.`, 'yamlNodesMax');
  }
  return build(text, events);
}

/** Whether a scalar says yes. */
export function isTrue(value: Json | undefined): boolean {
  return value === 'true';
}

type Open = {
  readonly value: Json[] | { [key: string]: Json };
  /** Of a mapping: the key whose value comes next. */
  key: { readonly text: string; readonly line: number } | null;
};

function build(text: string, events: readonly Event[]): readonly JsonDocument[] {
  const lines = new WeakMap<JsonObject, Map<string, number>>();
  const lineAt = lineCounter(text);
  const lineOf: JsonDocument['lineOf'] = (object, key) => lines.get(object)?.get(key) ?? null;
  const documents: JsonDocument[] = [];
  const anchors = new Map<string, Json>();
  const stack: (Open | null)[] = [];
  let top: Json = null;
  const place = (value: Json, position: number, isScalar: boolean) => {
    const open = stack.at(-1);
    if (!open) top = value;
    else if (Array.isArray(open.value)) open.value.push(value);
    else if (open.key === null)
      open.key = { text: isScalar && typeof value === 'string' ? value : '', line: lineAt(position) };
    else {
      Object.defineProperty(open.value, open.key.text, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      lines.get(open.value)?.set(open.key.text, open.key.line);
      open.key = null;
    }
  };
  for (const event of events) {
    if (event.type === EVENT_ID.DOCUMENT) {
      stack.push(null);
      anchors.clear();
      top = null;
    } else if (event.type === EVENT_ID.POP) {
      if (stack.pop() === null) documents.push({ value: top, lineOf });
    } else if (event.type === EVENT_ID.ALIAS) {
      place(anchors.get(text.slice(event.anchorStart, event.anchorEnd)) ?? null, event.anchorStart, false);
    } else {
      const value = newValue(text, event);
      if (event.anchorStart >= 0) anchors.set(text.slice(event.anchorStart, event.anchorEnd), value);
      place(value, event.type === EVENT_ID.SCALAR ? event.valueStart : event.start, true);
      if (event.type === EVENT_ID.SCALAR) continue;
      stack.push({ value: value as Open['value'], key: null });
      if (event.type === EVENT_ID.MAPPING) lines.set(value as JsonObject, new Map());
    }
  }
  return documents;
}

function newValue(text: string, event: Event): Json {
  if (event.type === EVENT_ID.SCALAR) return getScalarValue(text, event);
  return event.type === EVENT_ID.SEQUENCE ? [] : {};
}

// Positions only grow, so the text is gone through once.
function lineCounter(text: string): (position: number) => number {
  let line = 1;
  let at = 0;
  return (position) => {
    for (let next = text.indexOf('\n', at); next >= 0 && next < position; next = text.indexOf('\n', at)) {
      line++;
      at = next + 1;
    }
    return line;
  };
}
