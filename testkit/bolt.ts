import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Buckets in buckets, and values as text or bytes. */
export type BoltTree = { readonly [key: string]: string | Buffer | BoltTree };

type Element = { readonly key: Buffer; readonly value: Buffer; readonly isBucket: boolean };

/**
 * A bolt database made by hand. Buckets with no more than `inlineMax` entries stand in their value, larger ones have
 * pages of their own with `perPage` entries each under a branch.
 */
export function boltOf(
  tree: BoltTree,
  options: { readonly inlineMax?: number; readonly perPage?: number } = {},
): Buffer {
  const { inlineMax = 4, perPage = 50 } = options;
  const pageSize = 4096;
  const pages: Buffer[] = [Buffer.alloc(pageSize), Buffer.alloc(pageSize)];
  const root = store(tree);
  for (const number of [0, 1]) pages[number] = metaPage(number, root, pageSize, pages.length);
  // Pages are numbered by where they stand, overflow included.
  return Buffer.concat(pages);

  function store(bucket: BoltTree): number {
    const elements = elementsOf(bucket);
    const leaves: { key: Buffer; page: number }[] = [];
    for (let at = 0; at === 0 || at < elements.length; at += perPage) {
      const part = elements.slice(at, at + perPage);
      leaves.push({ key: part[0]?.key ?? Buffer.alloc(0), page: add(leafPage(part)) });
    }
    const [only] = leaves;
    return leaves.length === 1 && only ? only.page : add(branchPage(leaves));
  }

  function elementsOf(bucket: BoltTree): Element[] {
    return Object.entries(bucket)
      .map(([key, value]): Element => {
        const isBucket = typeof value !== 'string' && !Buffer.isBuffer(value);
        return { key: Buffer.from(key), value: isBucket ? bucketValue(value) : Buffer.from(value), isBucket };
      })
      .sort((a, b) => Buffer.compare(a.key, b.key));
  }

  function bucketValue(bucket: BoltTree): Buffer {
    const isSmall = Object.keys(bucket).length <= inlineMax && Object.values(bucket).every(isValue);
    const head = Buffer.alloc(16);
    if (isSmall) return Buffer.concat([head, leafPage(elementsOf(bucket))]);
    head.writeBigUInt64LE(BigInt(store(bucket)));
    return head;
  }

  function add(page: Buffer): number {
    const id = pages.length;
    const more = Math.max(0, Math.ceil(page.length / pageSize) - 1);
    page.writeBigUInt64LE(BigInt(id), 0);
    page.writeUInt32LE(more, 12);
    const whole = Buffer.alloc((more + 1) * pageSize);
    page.copy(whole);
    for (let at = 0; at <= more; at++) pages.push(whole.subarray(at * pageSize, (at + 1) * pageSize));
    return id;
  }
}

function isValue(value: string | Buffer | BoltTree): boolean {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

function metaPage(number: number, root: number, pageSize: number, pagesEnd: number): Buffer {
  const page = Buffer.alloc(pageSize);
  page.writeBigUInt64LE(BigInt(number), 0);
  page.writeUInt16LE(4, 8);
  page.writeUInt32LE(0xed0cdaed, 16);
  page.writeUInt32LE(2, 20);
  page.writeUInt32LE(pageSize, 24);
  page.writeBigUInt64LE(BigInt(root), 32);
  page.writeBigUInt64LE(2n, 48);
  page.writeBigUInt64LE(BigInt(pagesEnd), 56);
  page.writeBigUInt64LE(BigInt(6 + number), 64);
  page.writeBigUInt64LE(fnv1a(page.subarray(16, 72)), 72);
  return page;
}

function leafPage(elements: readonly Element[]): Buffer {
  const head = Buffer.alloc(16 + elements.length * 16);
  head.writeUInt16LE(2, 8);
  head.writeUInt16LE(elements.length, 10);
  let offset = head.length;
  for (const [index, { key, value, isBucket }] of elements.entries()) {
    const at = 16 + index * 16;
    head.writeUInt32LE(isBucket ? 1 : 0, at);
    head.writeUInt32LE(offset - at, at + 4);
    head.writeUInt32LE(key.length, at + 8);
    head.writeUInt32LE(value.length, at + 12);
    offset += key.length + value.length;
  }
  return Buffer.concat([head, ...elements.flatMap(({ key, value }) => [key, value])]);
}

function branchPage(children: readonly { readonly key: Buffer; readonly page: number }[]): Buffer {
  const head = Buffer.alloc(16 + children.length * 16);
  head.writeUInt16LE(1, 8);
  head.writeUInt16LE(children.length, 10);
  let offset = head.length;
  for (const [index, { key, page }] of children.entries()) {
    const at = 16 + index * 16;
    head.writeUInt32LE(offset - at, at);
    head.writeUInt32LE(key.length, at + 4);
    head.writeBigUInt64LE(BigInt(page), at + 8);
    offset += key.length;
  }
  return Buffer.concat([head, ...children.map(({ key }) => key)]);
}

function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

/** Writes a tree into a bolt database, a transaction for each line of input, with some rewriting on the way. */
const writerSource = `package main

import (
	"bufio"
	"encoding/base64"
	"os"
	"strings"

	bolt "go.etcd.io/bbolt"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	db, err := bolt.Open(os.Args[1], 0600, nil)
	check(err)
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 1<<20), 1<<26)
	more := true
	for more {
		check(db.Update(func(tx *bolt.Tx) error {
			for count := 0; count < 200; count++ {
				if more = input.Scan(); !more {
					return nil
				}
				put(tx, strings.Split(input.Text(), " "))
			}
			return nil
		}))
	}
	check(db.Close())
}

func decode(text string) []byte {
	bytes, err := base64.StdEncoding.DecodeString(text)
	check(err)
	return bytes
}

func put(tx *bolt.Tx, parts []string) {
	bucket, err := tx.CreateBucketIfNotExists(decode(parts[0]))
	check(err)
	for _, name := range parts[1 : len(parts)-2] {
		bucket, err = bucket.CreateBucketIfNotExists(decode(name))
		check(err)
	}
	if parts[len(parts)-2] == "-" {
		return
	}
	key := decode(parts[len(parts)-2])
	check(bucket.Put(key, []byte("for now")))
	check(bucket.Put(key, decode(parts[len(parts)-1])))
}
`;

let writer: { readonly program: string } | { readonly why: string } | null = null;

/** A program that writes databases with the real bbolt, or why there is none here. */
function writerProgram(): { readonly program: string } | { readonly why: string } {
  if (writer) return writer;
  const folder = mkdtempSync(join(tmpdir(), 'bolt-writer-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'go.mod'),
    'module boltwriter\n\ngo 1.25.0\n\nrequire go.etcd.io/bbolt v1.5.0\n',
  );
  writeFileSync(join(folder, 'main.go'), writerSource);
  try {
    execFileSync('go', ['build', '-mod=mod', '-o', 'writer', '.'], {
      cwd: folder,
      timeout: 120_000,
      stdio: 'pipe',
    });
    writer = { program: join(folder, 'writer') };
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error)
      .trim()
      .split('\n')
      .at(-1);
    writer = { why: `bbolt cannot be built here: ${said}` };
  }
  return writer;
}

/** Writes a database with the real bbolt. Answers why not, where Go or its module is not to be had. */
export function writeRealBolt(path: string, tree: BoltTree): string | null {
  const found = writerProgram();
  if ('why' in found) return found.why;
  execFileSync(found.program, [path], { input: `${linesOf(tree, []).join('\n')}\n`, timeout: 120_000 });
  return null;
}

// Base64 of the buckets, the key and the value, one line each; `-` where an empty bucket is to be made.
function linesOf(tree: BoltTree, path: readonly string[]): string[] {
  const lines = path.length > 0 ? [[...path, '-', '-'].join(' ')] : [];
  for (const [key, value] of Object.entries(tree)) {
    const own = Buffer.from(key).toString('base64');
    if (typeof value === 'string' || Buffer.isBuffer(value))
      lines.push([...path, own, Buffer.from(value).toString('base64')].join(' '));
    else lines.push(...linesOf(value, [...path, own]));
  }
  return lines;
}
