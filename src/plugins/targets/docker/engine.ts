import { fields, list, numberOf, textOf, texts } from '../../../lib/fields.ts';
import { getUnix, readUnixBody, type UnixReply } from '../../../lib/unix-http.ts';
import { digestPattern, type ImageConfig, readImageConfig } from '../image.ts';
import { connectionError, DaemonError, shownText } from './daemon-error.ts';

/**
 * Reads images of one daemon. Every call throws a DaemonError that says what is wrong and what to do.
 * Source: https://docs.docker.com/reference/api/engine/ and
 * https://docs.podman.io/en/latest/_static/api.html (the compat API)
 */
export type Engine = {
  readonly socketPath: string;
  /** `Docker Engine 28.2.2` or `Podman Engine 5.4`: throws where what listens is no such engine. */
  version(): Promise<string>;
  /** Ids of every image, with the names that each has. */
  images(): Promise<readonly ListedImage[]>;
  /** One image by name or id. */
  image(name: string): Promise<DaemonImage>;
  /** The bytes of `docker save NAME`, as they come. */
  archive(name: string): AsyncGenerator<Uint8Array>;
};

export type ListedImage = { readonly id: string; readonly tags: readonly string[] };

/** An image as the daemon describes it. */
export type DaemonImage = {
  /** `sha256:…`: of its configuration, or of its manifest where the daemon keeps images in containerd. */
  readonly id: string;
  readonly tags: readonly string[];
  /** `NAME@sha256:…`, by which it was pulled. */
  readonly repoDigests: readonly string[];
  readonly config: ImageConfig;
  /** What the daemon says that its layers take, in bytes. 0: it does not say. */
  readonly sizeBytes: number;
};

/** How long a daemon may take, in milliseconds. */
export type Patience = {
  readonly silenceMilliseconds: number;
  readonly answerMilliseconds: number;
  readonly archiveMilliseconds: number;
};

export const usualPatience: Patience = {
  silenceMilliseconds: 60_000,
  answerMilliseconds: 60_000,
  archiveMilliseconds: 1_800_000,
};

const listBytesMax = 64 * 2 ** 20;
const answerBytesMax = 8 * 2 ** 20;
const errorBytesMax = 64 * 1024;
const namesMax = 1000;

/** The engine behind a socket; it contacts nobody before the first call. */
export function openEngine(socketPath: string, patience: Patience): Engine {
  async function get(path: string, totalMilliseconds: number): Promise<UnixReply> {
    const { silenceMilliseconds } = patience;
    try {
      return await getUnix({ socketPath, path, silenceMilliseconds, totalMilliseconds });
    } catch (error) {
      throw connectionError(error, socketPath, 'answerBytesMax');
    }
  }

  async function json(path: string, what: string, bytesMax: number, limit: string): Promise<unknown> {
    const reply = await get(path, patience.answerMilliseconds);
    if (reply.status !== 200) throw await statusError(reply, what);
    try {
      return JSON.parse((await readUnixBody(reply, bytesMax, what)).toString('utf8'));
    } catch (error) {
      if (error instanceof SyntaxError || error instanceof RangeError)
        throw new DaemonError('malformed', `the daemon at ${socketPath} answers no JSON for ${what}`);
      throw connectionError(error, socketPath, limit);
    }
  }

  return {
    socketPath,
    async version() {
      const answer = fields(await json('/version', 'its version', answerBytesMax, 'answerBytesMax'));
      const version = textOf(answer.Version);
      if (version === null || textOf(answer.ApiVersion) === null) {
        const why = `what listens at ${socketPath} is not a Docker or Podman engine`;
        throw new DaemonError('unsupported', why);
      }
      const component = fields(list(answer.Components)[0]);
      return shownText(`${textOf(component.Name) ?? 'Engine'} ${version}`);
    },
    async images() {
      const answer = await json('/images/json', 'the list of images', listBytesMax, 'listBytesMax');
      if (!Array.isArray(answer))
        throw new DaemonError('malformed', `the daemon at ${socketPath} answers no list of images`);
      return answer.map((item) => {
        const { Id, RepoTags } = fields(item);
        return { id: imageId(Id), tags: namesOf(RepoTags) };
      });
    },
    async image(name) {
      const what = `image '${shownText(name)}'`;
      const answer = await json(`/images/${pathOf(name)}/json`, what, answerBytesMax, 'answerBytesMax');
      return readDaemonImage(answer);
    },
    async *archive(name) {
      const what = `image '${shownText(name)}'`;
      const reply = await get(`/images/${pathOf(name)}/get`, patience.archiveMilliseconds);
      if (reply.status !== 200) throw await statusError(reply, what);
      try {
        yield* reply.chunks();
      } catch (error) {
        throw connectionError(error, socketPath, 'archiveBytesMax');
      }
    },
  };
}

/** Whether a name can stand in an address of the engine without meaning anything else there. */
export function isImageName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._/:@+-]{0,511}$/.test(name) && !/(^|\/)\.{0,2}(\/|$)/.test(name);
}

function pathOf(name: string): string {
  if (!isImageName(name)) throw new DaemonError('unsupported', `'${shownText(name)}' is not an image's name`);
  return name.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

// Podman leaves the algorithm out.
function imageId(value: unknown): string {
  const text = textOf(value) ?? '';
  const id = /^[0-9a-f]{64}$/.test(text) ? `sha256:${text}` : text;
  if (!digestPattern.test(id))
    throw new DaemonError(
      'malformed',
      `the daemon names an image '${shownText(text)}', which is no image id`,
    );
  return id;
}

function readDaemonImage(json: unknown): DaemonImage {
  const image = fields(json);
  const diffIds = texts(fields(image.RootFS).Layers);
  const wrong = diffIds.find((id) => !digestPattern.test(id));
  if (wrong !== undefined)
    throw new DaemonError('malformed', `the daemon names a layer '${shownText(wrong)}', which is no digest`);
  return {
    id: imageId(image.Id),
    tags: namesOf(image.RepoTags),
    repoDigests: namesOf(image.RepoDigests),
    // The daemon gives the fields of the configuration other names than it stores them under.
    config: readImageConfig({
      architecture: image.Architecture,
      os: image.Os,
      variant: image.Variant,
      author: image.Author,
      created: image.Created,
      rootfs: { diff_ids: diffIds },
      config: { Labels: fields(image.Config).Labels },
    }),
    sizeBytes: Math.max(0, numberOf(image.Size) ?? 0),
  };
}

// An image without a name is listed as `<none>:<none>` by older daemons.
function namesOf(value: unknown): string[] {
  return texts(value).filter(isImageName).slice(0, namesMax);
}

/** An answer that is none of the wanted ones, as a sentence with the daemon's own words. */
async function statusError(reply: UnixReply, what: string): Promise<DaemonError> {
  const said = await saidBy(reply);
  if (reply.status === 404) {
    const why = `the daemon has no ${what}: check the name, or pull it${said}`;
    return new DaemonError('unreadable', why);
  }
  return new DaemonError('unreadable', `the daemon answers ${reply.status} for ${what}${said}`);
}

async function saidBy(reply: UnixReply): Promise<string> {
  try {
    const body = await readUnixBody(reply, errorBytesMax, 'the error');
    const { message, cause } = fields(JSON.parse(body.toString('utf8')));
    const text = textOf(message) ?? textOf(cause);
    return text === null ? '' : ` (${shownText(text)})`;
  } catch {
    // The status alone says enough.
    return '';
  }
}
