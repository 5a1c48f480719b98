import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { sha256 } from './images.ts';

/** A registry in this process, on 127.0.0.1, that misbehaves where it is told to. */
export type FakeRegistry = {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** What was asked for, in order. Blobs that lie with the storage are asked for there. */
  readonly requests: Seen[];
  /** Stores bytes as a blob; answers their digest. */
  blob(bytes: Buffer | string): string;
  /** Stores a manifest under its digest and the tags; answers the digest. */
  manifest(name: string, json: object, tags?: readonly string[], mediaType?: string): string;
  /** Stores an image with these layers; answers the digest of its manifest. */
  image(name: string, layers: readonly Buffer[], options?: ImageOptions): string;
  readonly behaviour: Behaviour;
  close(): Promise<void>;
};

export type Seen = {
  readonly method: string;
  /** `registry`, `storage` or `token`. */
  readonly at: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly range: string | null;
};

export type ImageOptions = {
  readonly tags?: readonly string[];
  readonly architecture?: string;
  /** Written over the descriptor of each layer. */
  readonly layer?: object;
};

export type Behaviour = {
  auth: 'none' | 'basic' | 'token';
  /** What is accepted: by basic, or by the token server. Null: the token server serves everybody. */
  user: string | null;
  password: string;
  /** What the token server trades for a token when it is posted. */
  refreshToken: string | null;
  /** How often a token is accepted, whatever its answer says. */
  tokenUses: number;
  redirectsBlobs: boolean;
  /** Where blobs are redirected to instead of the storage. */
  redirectTo: string | null;
  /** The next answers for blobs end after so many bytes. */
  readonly cutBlobsAt: number[];
  knowsRanges: boolean;
  /** Blobs that are served as other bytes. */
  readonly damaged: Map<string, Buffer>;
  /** The next answers of the registry: a status and a Retry-After. */
  readonly busy: { readonly status: number; readonly retryAfter: string | null }[];
};

type Stored = { readonly bytes: Buffer; readonly mediaType: string };

const ociManifest = 'application/vnd.oci.image.manifest.v1+json';

export async function startFakeRegistry(changes: Partial<Behaviour> = {}): Promise<FakeRegistry> {
  const behaviour: Behaviour = {
    auth: 'none',
    user: null,
    password: '',
    refreshToken: null,
    tokenUses: Number.POSITIVE_INFINITY,
    redirectsBlobs: false,
    redirectTo: null,
    cutBlobsAt: [],
    knowsRanges: true,
    damaged: new Map(),
    busy: [],
    ...changes,
  };
  const requests: Seen[] = [];
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Stored>();
  const tokens = new Map<string, number>();

  const registry = createServer((request, response) => {
    const path = note('registry', request);
    const busy = behaviour.busy.shift();
    if (busy)
      return answer(response, busy.status, '', busy.retryAfter ? { 'retry-after': busy.retryAfter } : {});
    if (path.startsWith('/token')) return void giveToken(request, response, path);
    if (!isAllowed(request)) return challenge(response);
    if (path === '/v2/') return answer(response, 200, '{}');
    const found = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path);
    const [, name = '', kind = '', id = ''] = found ?? [];
    if (kind === 'blobs') return giveBlob(request, response, id);
    const stored = manifests.get(`${name} ${id}`);
    if (!stored) return fail(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    const headers = { 'content-type': stored.mediaType, 'docker-content-digest': sha256(stored.bytes) };
    return answer(response, 200, request.method === 'HEAD' ? '' : stored.bytes, headers);
  });
  const storage = createServer((request, response) => {
    const path = note('storage', request);
    return sendBlob(request, response, path.slice(1));
  });
  await Promise.all([listen(registry), listen(storage)]);
  const host = `127.0.0.1:${portOf(registry)}`;

  function note(at: string, request: IncomingMessage): string {
    const path = request.url ?? '';
    const { authorization = null, range = null } = request.headers;
    requests.push({
      method: request.method ?? '',
      at: path.startsWith('/token') ? 'token' : at,
      path,
      authorization,
      range,
    });
    return path.startsWith('/token') ? path : (path.split('?')[0] ?? '');
  }

  function isAllowed({ headers: { authorization } }: IncomingMessage): boolean {
    if (behaviour.auth === 'none') return true;
    if (behaviour.auth === 'basic') return authorization === basicOf(behaviour);
    const uses = tokens.get(authorization ?? '') ?? 0;
    tokens.set(authorization ?? '', uses - 1);
    return uses > 0;
  }

  function challenge(response: ServerResponse): void {
    const token = `Bearer realm="http://${host}/token",service="fake, \\"quoted\\"",scope="x"`;
    const header = behaviour.auth === 'basic' ? 'Basic realm="fake"' : token;
    fail(response, 401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': header });
  }

  async function giveToken(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const isPosted = request.method === 'POST';
    const query = isPosted ? await readForm(request) : new URL(path, 'http://x').searchParams;
    const isKnown = isPosted
      ? query.get('refresh_token') === behaviour.refreshToken
      : behaviour.user === null || request.headers.authorization === basicOf(behaviour);
    const isRight =
      query.get('service') === 'fake, "quoted"' && /^repository:.+:pull$/.test(query.get('scope') ?? '');
    if (!isKnown || !isRight) {
      fail(response, 401, 'UNAUTHORIZED', 'wrong');
      return;
    }
    const token = `token-${tokens.size}`;
    tokens.set(`Bearer ${token}`, behaviour.tokenUses);
    const name = isPosted ? 'access_token' : 'token';
    answer(response, 200, JSON.stringify({ [name]: token, expires_in: 300 }));
  }

  function giveBlob(request: IncomingMessage, response: ServerResponse, digest: string): void {
    if (!behaviour.redirectsBlobs) {
      sendBlob(request, response, digest);
      return;
    }
    const location = behaviour.redirectTo ?? `http://127.0.0.1:${portOf(storage)}/${digest}?signature=secret`;
    answer(response, 307, '', { location });
  }

  function sendBlob(request: IncomingMessage, response: ServerResponse, digest: string): void {
    const whole = behaviour.damaged.get(digest) ?? blobs.get(digest);
    if (!whole) {
      fail(response, 404, 'BLOB_UNKNOWN', 'blob unknown');
      return;
    }
    const from = behaviour.knowsRanges
      ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      : 0;
    const body = whole.subarray(from);
    const range = { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` };
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': body.length, ...(from > 0 ? range : {}) });
    const cut = behaviour.cutBlobsAt.shift();
    if (cut === undefined) response.end(body);
    else response.write(body.subarray(0, cut), () => response.destroy());
  }

  const blob = (bytes: Buffer | string): string => {
    const digest = sha256(bytes);
    blobs.set(digest, Buffer.from(bytes));
    return digest;
  };
  const manifest: FakeRegistry['manifest'] = (name, json, tags = [], mediaType = ociManifest) => {
    const stored = { bytes: Buffer.from(JSON.stringify(json)), mediaType };
    const digest = sha256(stored.bytes);
    for (const id of [digest, ...tags]) manifests.set(`${name} ${id}`, stored);
    return digest;
  };

  return {
    host,
    requests,
    behaviour,
    blob,
    manifest,
    image(name, layers, { tags = [], architecture = 'amd64', layer = {} } = {}) {
      return manifest(name, imageManifest(layers, blob, architecture, layer), tags);
    },
    async close() {
      await Promise.all([registry, storage].map(stop));
    },
  };
}

/** The manifest of an image with these layers, whose blobs are stored by `blob`. */
export function imageManifest(
  layers: readonly Buffer[],
  blob: (bytes: Buffer | string) => string,
  architecture = 'amd64',
  layer: object = {},
): object {
  const config = JSON.stringify({
    architecture,
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(sha256) },
  });
  return {
    schemaVersion: 2,
    mediaType: ociManifest,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: blob(config),
      size: config.length,
    },
    layers: layers.map((bytes) => {
      const stored = gzipSync(bytes);
      const mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip';
      return { mediaType, digest: blob(stored), size: stored.length, ...layer };
    }),
  };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

function basicOf({ user, password }: Behaviour): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function fail(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Record<string, string> = {},
): void {
  answer(response, status, JSON.stringify({ errors: [{ code, message }] }), headers);
}

function answer(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers);
  response.end(body);
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
