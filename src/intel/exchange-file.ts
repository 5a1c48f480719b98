import { createHash, type KeyObject } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { fields, numberOf, textOf } from '../lib/fields.ts';
import { reasonOf } from '../model/problem.ts';
import { isRevision } from './pointer.ts';
import { isSigned, signText } from './sign.ts';

/**
 * The file that a revision, or the difference of two, is handed on as. Two lines of text, which say all of it and which
 * the third line signs ('-' when nobody did), and a body of records packed by zstd:
 *
 *     openinspector-intelligence 1
 *     {"from":null,"to":"…","builtAt":"…","format":1,"bodySha256":"…","bodyBytes":…,"rawBytes":…}
 *     <base64 of an Ed25519 signature over the two lines>
 *
 * A record is table (1 byte), kind (1), length of the key (2), length of the value (4), key, value.
 */
export type ExchangeHeader = {
  /** The revision that it starts from; null where it holds a whole one. */
  readonly from: string | null;
  readonly to: string;
  /** When the revision was built, ISO 8601. */
  readonly builtAt: string;
  /** Form of the database. */
  readonly format: number;
  readonly bodySha256: string;
  readonly bodyBytes: number;
  readonly rawBytes: number;
};

export type ExchangeRecord = {
  readonly table: number;
  /** `same`: the value is as it was, and the ids that it is shown under are not. */
  readonly kind: 'put' | 'delete' | 'same';
  readonly key: string;
  readonly value: Buffer;
};

export type OpenedExchange = {
  readonly header: ExchangeHeader;
  readonly isSigned: boolean;
  /** The records in order. Throws where the body is not what the header says. */
  records(): AsyncGenerator<ExchangeRecord>;
};

const firstLine = 'openinspector-intelligence 1';
const kinds = ['put', 'delete', 'same'] as const;
const headBytes = 8;
const headerBytesMax = 4096;
const valueBytesMax = 32 * 2 ** 20;
const rawBytesMax = 16 * 2 ** 30;
const partBytes = 1 << 20;

/** Packs records into `bodyPath`; gives what the header says of them. */
export async function writeBody(
  records: Iterable<ExchangeRecord>,
  bodyPath: string,
): Promise<Pick<ExchangeHeader, 'bodySha256' | 'bodyBytes' | 'rawBytes'>> {
  let rawBytes = 0;
  function* parts(): Generator<Buffer> {
    let held: Buffer[] = [];
    let heldBytes = 0;
    for (const record of records) {
      const bytes = recordBytes(record);
      held.push(bytes);
      heldBytes += bytes.length;
      rawBytes += bytes.length;
      if (heldBytes < partBytes) continue;
      yield Buffer.concat(held);
      held = [];
      heldBytes = 0;
    }
    if (heldBytes > 0) yield Buffer.concat(held);
  }
  // A window of 128 MiB finds what feeds say again and again; level 12 costs seconds and not minutes.
  const params = { [constants.ZSTD_c_compressionLevel]: 12, [constants.ZSTD_c_windowLog]: 27 };
  const hash = createHash('sha256');
  let bodyBytes = 0;
  await pipeline(
    Readable.from(parts()),
    createZstdCompress({ params }),
    async function* (packed: AsyncIterable<Buffer>) {
      for await (const part of packed) {
        hash.update(part);
        bodyBytes += part.length;
        yield part;
      }
    },
    createWriteStream(bodyPath),
  );
  return { bodySha256: hash.digest('hex'), bodyBytes, rawBytes };
}

/** Puts header, signature and body together. */
export async function writeExchange(
  path: string,
  parts: { readonly header: ExchangeHeader; readonly bodyPath: string; readonly key: KeyObject | null },
): Promise<void> {
  const text = `${firstLine}\n${JSON.stringify(parts.header)}\n`;
  const signature = parts.key === null ? '-' : signText(text, parts.key);
  await pipeline(async function* () {
    yield Buffer.from(`${text}${signature}\n`, 'utf8');
    yield* createReadStream(parts.bodyPath);
  }, createWriteStream(path));
}

/**
 * Opens a file and checks who signed it. With a key, a file that is not signed by it is refused; without one the
 * signature is not looked at. Throws with what to do.
 */
export async function openExchange(path: string, key: KeyObject | null): Promise<OpenedExchange> {
  const { lines, bodyStart } = await headOf(path);
  const [first = '', second = '', signature = ''] = lines;
  if (first !== firstLine) throw new Error(`${path} is no file of intelligence of this form`);
  const text = `${first}\n${second}\n`;
  if (key !== null && signature === '-') {
    throw new Error(`${path} is not signed, and a public key is set; ask for a signed file`);
  }
  if (key !== null && !isSigned(text, signature, key)) {
    throw new Error(`${path} is not signed by the key that is set; nothing of it was used`);
  }
  const header = readHeader(second, path);
  return {
    header,
    isSigned: signature !== '-',
    records: () => readRecords(path, bodyStart, header),
  };
}

async function headOf(path: string): Promise<{ lines: readonly string[]; bodyStart: number }> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(headerBytesMax);
    const { bytesRead } = await file.read(bytes, 0, headerBytesMax, 0);
    let at = 0;
    const lines: string[] = [];
    for (let line = 0; line < 3; line++) {
      const end = bytes.subarray(0, bytesRead).indexOf(10, at);
      if (end < 0) throw new Error(`${path} is no file of intelligence, or its head is damaged`);
      lines.push(bytes.toString('utf8', at, end));
      at = end + 1;
    }
    return { lines, bodyStart: at };
  } finally {
    await file.close();
  }
}

function readHeader(text: string, path: string): ExchangeHeader {
  try {
    const told = fields(JSON.parse(text));
    const from = textOf(told.from);
    const to = textOf(told.to) ?? '';
    const builtAt = textOf(told.builtAt) ?? '';
    const bodySha256 = textOf(told.bodySha256) ?? '';
    const numbers = [told.format, told.bodyBytes, told.rawBytes].map(numberOf);
    const [format, bodyBytes, rawBytes] = numbers;
    if (!isRevision(to) || (from !== null && !isRevision(from))) throw new Error('it names no revision');
    if (Number.isNaN(Date.parse(builtAt))) throw new Error('it does not say when it was built');
    if (!format || !bodyBytes || !rawBytes || numbers.some((value) => !Number.isSafeInteger(value))) {
      throw new Error('it does not say how long it is');
    }
    if (rawBytes > rawBytesMax) throw new Error(`it says that it unpacks to ${rawBytes} bytes`);
    return { from, to, builtAt, format, bodySha256, bodyBytes, rawBytes };
  } catch (error) {
    throw new Error(`the head of ${path} is damaged: ${reasonOf(error)}`);
  }
}

async function* readRecords(
  path: string,
  bodyStart: number,
  header: ExchangeHeader,
): AsyncGenerator<ExchangeRecord> {
  await checkBody(path, bodyStart, header);
  const params = { [constants.ZSTD_d_windowLogMax]: 27 };
  const unpack = createZstdDecompress({ params, chunkSize: partBytes });
  const packed = createReadStream(path, { start: bodyStart, highWaterMark: partBytes });
  packed.on('error', (error) => unpack.destroy(error));
  packed.pipe(unpack);
  let rest = Buffer.alloc(0);
  let raw = 0;
  for await (const part of unpack as AsyncIterable<Buffer>) {
    raw += part.length;
    if (raw > header.rawBytes) throw new Error(`${path} unpacks to more than it says`);
    const bytes = rest.length === 0 ? part : Buffer.concat([rest, part]);
    let at = 0;
    for (let found = recordAt(bytes, at); found !== null; found = recordAt(bytes, at)) {
      at = found.next;
      yield found.record;
    }
    rest = Buffer.from(bytes.subarray(at));
  }
  if (rest.length > 0 || raw !== header.rawBytes) throw new Error(`${path} ends too early`);
}

// Before a single record is used, every byte is known to be the one that the head speaks of.
async function checkBody(path: string, start: number, header: ExchangeHeader): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of createReadStream(path, { start, highWaterMark: partBytes })) {
    hash.update(part as Buffer);
    bytes += (part as Buffer).length;
  }
  if (bytes !== header.bodyBytes || hash.digest('hex') !== header.bodySha256) {
    throw new Error(`${path} is damaged or cut short; fetch it again`);
  }
}

function recordBytes({ table, kind, key, value }: ExchangeRecord): Buffer {
  const keyBytes = Buffer.from(key, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + keyBytes.length + value.length);
  bytes[0] = table;
  bytes[1] = kinds.indexOf(kind);
  bytes.writeUInt16LE(keyBytes.length, 2);
  bytes.writeUInt32LE(value.length, 4);
  keyBytes.copy(bytes, headBytes);
  value.copy(bytes, headBytes + keyBytes.length);
  return bytes;
}

function recordAt(bytes: Buffer, at: number): { record: ExchangeRecord; next: number } | null {
  if (at + headBytes > bytes.length) return null;
  const kind = kinds[bytes[at + 1] ?? -1];
  const keyEnd = at + headBytes + bytes.readUInt16LE(at + 2);
  const valueLength = bytes.readUInt32LE(at + 4);
  if (kind === undefined || valueLength > valueBytesMax) throw new Error('a record in it is impossible');
  const next = keyEnd + valueLength;
  if (next > bytes.length) return null;
  const record = {
    table: bytes[at] ?? 0,
    kind,
    key: bytes.toString('utf8', at + headBytes, keyEnd),
    value: Buffer.from(bytes.subarray(keyEnd, next)),
  };
  return { record, next };
}
