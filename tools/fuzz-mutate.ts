/** Whole numbers from 0 to below `below`, repeatable from a seed. */
export type Dice = (below: number) => number;

const bytesMax = 256 * 1024;

/** A small linear congruential generator: repeatable, and good enough to choose bytes. */
export function diceOf(seed: number): Dice {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    // The low bits of such a generator go round quickly.
    return (state >>> 8) % below;
  };
}

/**
 * A damaged copy of a document: JSON with values of other types in the place of some, or bytes flipped, cut, doubled,
 * or taken from another document of the same kind.
 */
export function mutate(original: Buffer, others: readonly Buffer[], dice: Dice): Buffer {
  const swapped = dice(2) === 0 ? swapValues(original, dice) : null;
  if (swapped !== null && dice(4) > 0) return swapped;
  return mutateBytes(swapped ?? original, others, dice);
}

function mutateBytes(original: Buffer, others: readonly Buffer[], dice: Dice): Buffer {
  let bytes = Buffer.from(original);
  for (let count = 1 + dice(6); count > 0 && bytes.length > 0; count--) {
    bytes = mutateOnce(bytes, dice(bytes.length), others, dice);
    if (bytes.length > bytesMax) bytes = bytes.subarray(0, bytesMax);
  }
  return bytes;
}

// Marks that parsers of these formats look for.
const marks = [
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ':',
  '<',
  '>',
  '&',
  '&x;',
  '<![CDATA[',
  '<!DOCTYPE a [',
  '\ud800',
  '\0',
  '\n',
];

function mutateOnce(bytes: Buffer, at: number, others: readonly Buffer[], dice: Dice): Buffer<ArrayBuffer> {
  const front = bytes.subarray(0, at);
  const back = bytes.subarray(at);
  switch (dice(8)) {
    case 0:
      return Buffer.concat([front, Buffer.from([dice(256)]), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.from(front);
    case 2:
      return Buffer.concat([front, bytes.subarray(dice(at + 1), at), back]);
    case 3:
      return Buffer.concat([front, bytes.subarray(at + 1 + dice(16))]);
    case 4:
      return Buffer.concat([front, Buffer.alloc(dice(64), bytes[at]), back]);
    case 5:
      return Buffer.concat([front, Buffer.from(marks[dice(marks.length)] ?? ''), back]);
    case 6:
      return Buffer.concat([front, Buffer.from((marks[dice(marks.length)] ?? '').repeat(dice(500))), back]);
    default: {
      const other = others[dice(others.length)] ?? bytes;
      const from = dice(Math.max(1, other.length));
      return Buffer.concat([front, other.subarray(from, from + dice(256)), back]);
    }
  }
}

type Holder = { [key: string]: unknown };

// Null for what is no JSON. Some values of the document are put in the place of others, so that its words stay.
function swapValues(original: Buffer, dice: Dice): Buffer | null {
  const document = jsonOf(original);
  if (typeof document !== 'object' || document === null) return null;
  const places: [Holder, string][] = [];
  const pending: unknown[] = [document];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const holder = next as Holder;
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      pending.push(holder[key]);
    }
  }
  if (places.length === 0) return null;
  for (let count = 1 + dice(4); count > 0; count--) {
    const [holder, key] = places[dice(places.length)] as [Holder, string];
    const [source, name] = places[dice(places.length)] as [Holder, string];
    // A copy, since a value inside itself could not be written.
    holder[key] = dice(2) === 0 ? structuredClone(source[name]) : strangeValue(dice);
  }
  const text = JSON.stringify(document);
  return text.length > bytesMax ? null : Buffer.from(text);
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null;
  }
}

function strangeValue(dice: Dice): unknown {
  const values: readonly unknown[] = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    ' ',
    '\ud800',
    'a'.repeat(5000),
    '\n',
    '__proto__',
    [],
    {},
    [[]],
    [{}],
    [null],
    { toString: 1, valueOf: 1 },
    { length: 1e9 },
    JSON.parse('{"__proto__":{"a":1}}'),
  ];
  return values[dice(values.length)];
}
