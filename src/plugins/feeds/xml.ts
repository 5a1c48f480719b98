import { SaxesParser } from 'saxes';
import { type Problem, problem } from '../../model/problem.ts';
import { openChunks } from './chunks.ts';
import type { FeedFile } from './contract.ts';

/** Deepest nesting of elements that is followed. */
export const xmlDepthMax = 100;

/** Longest text of one element that is kept, in characters; the rest is left out. */
export const xmlTextLengthMax = 64 * 1024;

/** Longest run of characters without a complete tag or text, such as an unclosed attribute. */
export const xmlTokenLengthMax = 16 * 1024 ** 2;

export type XmlElement = {
  /** Without its namespace prefix: `linux-def:evr` is `evr`. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Its own text, trimmed; empty until it closes. */
  text: string;
};

/** `path` is the elements around it, outermost first. */
export type XmlHandler = {
  open?(element: XmlElement, path: readonly XmlElement[]): void;
  close(element: XmlElement, path: readonly XmlElement[]): void;
  /** After the last element, or after the last good one of a broken document. */
  end?(): void;
};

/**
 * Reads an XML feed file element by element and yields what the handler emits, as it goes. Entities of a document
 * type are never expanded. What was wrong with the file follows at the end; what came before it has been yielded.
 */
export async function* readXmlFile<T>(
  file: FeedFile,
  handlerOf: (emit: (record: T) => void) => XmlHandler,
): AsyncGenerator<T | Problem> {
  const emitted: T[] = [];
  const handler = handlerOf((record) => emitted.push(record));
  const source = openChunks(file);
  const parser = xmlParser(file.path, handler);
  const decoder = new TextDecoder();
  for await (const chunk of source.chunks) {
    const isSound = parser.write(decoder.decode(chunk, { stream: true }));
    yield* emitted.splice(0);
    if (!isSound) break;
  }
  parser.end(source.problems.length === 0);
  yield* emitted.splice(0);
  yield* source.problems;
  yield* parser.problems;
}

/** The same for XML that is in memory. */
export function readXmlText<T>(
  where: string,
  text: string,
  handlerOf: (emit: (record: T) => void) => XmlHandler,
): readonly (T | Problem)[] {
  const emitted: (T | Problem)[] = [];
  const parser = xmlParser(
    where,
    handlerOf((record) => emitted.push(record)),
  );
  parser.write(text);
  parser.end(true);
  return [...emitted, ...parser.problems];
}

/**
 * A copy that does not hold on to the chunk of the file that it was cut from. For texts that are kept until the end
 * of a large file: without it a few words keep a megabyte alive.
 */
export function ownText(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8');
}

type XmlPush = {
  readonly problems: readonly Problem[];
  /** False when the document is broken and the rest need not be read. */
  write(text: string): boolean;
  end(isWhole: boolean): void;
};

function xmlParser(where: string, handler: XmlHandler): XmlPush {
  const problems: Problem[] = [];
  const path: XmlElement[] = [];
  const texts: string[] = [];
  let quietLength = 0;
  const parser = new SaxesParser({ position: false });
  function give(found: Problem): void {
    if (problems.length === 0) problems.push(found);
  }
  function addText(text: string): void {
    quietLength = 0;
    const top = texts.length - 1;
    const held = texts[top];
    if (held !== undefined && held.length < xmlTextLengthMax) texts[top] = held + text;
  }
  parser.on('error', (error) =>
    give(problem('malformed', where, `not well-formed XML: ${firstLine(error)}`)),
  );
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('opentag', (tag) => {
    quietLength = 0;
    const element = {
      name: localName(tag.name),
      attributes: tag.attributes as Record<string, string>,
      text: '',
    };
    if (path.length >= xmlDepthMax) give(problem('limit', where, 'XML is nested too deep', 'xmlDepthMax'));
    if (problems.length === 0) handler.open?.(element, path);
    path.push(element);
    texts.push('');
  });
  parser.on('closetag', () => {
    const element = path.pop();
    const text = texts.pop() ?? '';
    if (element === undefined || problems.length > 0) return;
    element.text = text.slice(0, xmlTextLengthMax).trim();
    handler.close(element, path);
  });
  return {
    problems,
    write(text) {
      quietLength += text.length;
      parser.write(text);
      if (quietLength > xmlTokenLengthMax) {
        give(problem('limit', where, 'one XML tag or text is too long', 'xmlTokenLengthMax'));
      }
      return problems.length === 0;
    },
    end(isWhole) {
      if (isWhole && problems.length === 0) parser.close();
      handler.end?.();
    },
  };
}

function localName(name: string): string {
  const colon = name.indexOf(':');
  return colon < 0 ? name : name.slice(colon + 1);
}

function firstLine(error: Error): string {
  return error.message.split('\n', 1)[0]?.slice(0, 200) ?? '';
}
