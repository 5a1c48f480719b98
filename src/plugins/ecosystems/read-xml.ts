import { SaxesParser } from 'saxes';
import { type Problem, problem, reasonOf } from '../../model/problem.ts';
import { shown } from './read-text.ts';

/** An element of an XML document. */
export type XmlElement = {
  /** Without a prefix. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The text right inside it, joined and trimmed. */
  readonly text: string;
  /** The line on which it begins, from 1. */
  readonly line: number;
};

const depthMax = 200;
const elementsMax = 500_000;

/** Parses a document to its root element. Entities of a document type are not resolved, so nothing can be included. */
export function parseXml(bytes: Uint8Array, path: string): XmlElement | Problem {
  const builder = newBuilder(path);
  try {
    builder.parser.write(decode(bytes)).close();
  } catch (error) {
    return builder.limit() ?? problem('malformed', path, `The file is no XML: ${shown(reasonOf(error))}`);
  }
  return builder.limit() ?? builder.root() ?? problem('malformed', path, 'The document has no element.');
}

/** The first child of that name, or null. */
export function childOf(element: XmlElement | null, name: string): XmlElement | null {
  return element?.children.find((child) => child.name === name) ?? null;
}

/** The children of that name. */
export function childrenOf(element: XmlElement | null, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? [];
}

/** The text of the first child of that name, or null when it is missing or empty. */
export function textOfChild(element: XmlElement | null, name: string): string | null {
  return childOf(element, name)?.text || null;
}

type Open = { -readonly [Key in keyof XmlElement]: XmlElement[Key] } & { readonly list: XmlElement[] };

function newBuilder(path: string) {
  const parser = new SaxesParser({ xmlns: false });
  const stack: Open[] = [];
  let root: XmlElement | null = null;
  let count = 0;
  let limit: Problem | null = null;
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    if (stack.length >= depthMax)
      limit = problem('limit', path, `It is nested deeper than ${depthMax} levels.`, 'xmlDepthMax');
    if (++count > elementsMax)
      limit = problem('limit', path, `It has more than ${elementsMax} elements.`, 'xmlElementsMax');
    if (limit !== null) throw new Error(limit.why);
    const list: XmlElement[] = [];
    const attributes = { ...tag.attributes } as Record<string, string>;
    stack.push({ name: localName(tag.name), attributes, children: list, list, text: '', line: parser.line });
  });
  const addText = (text: string) => {
    const open = stack.at(-1);
    if (open !== undefined) open.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const open = stack.pop();
    if (open === undefined) return;
    const { name, attributes, list, text, line } = open;
    const element = { name, attributes, children: list, text: text.trim(), line };
    const parent = stack.at(-1);
    if (parent === undefined) root ??= element;
    else parent.list.push(element);
  });
  return { parser, root: () => root as XmlElement | null, limit: () => limit as Problem | null };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

// The encoding that the declaration in front names, or UTF-8.
function decode(bytes: Uint8Array): string {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const encoding = /^(?:\u00ef\u00bb\u00bf)?<\?xml[^>]{0,100}\bencoding=["']([A-Za-z0-9._-]{1,40})["']/.exec(
    head,
  )?.[1];
  try {
    return new TextDecoder(encoding ?? 'utf-8').decode(bytes);
  } catch {
    return new TextDecoder('utf-8').decode(bytes);
  }
}
