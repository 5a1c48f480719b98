import { type Problem, problem } from '../../../model/problem.ts';
import type { Resource } from '../../../model/resource.ts';
import type { Discovery } from '../contract.ts';
import { imageResource, splitReference } from '../image.ts';
import { daemonProblem, shownText } from './daemon-error.ts';
import { type DaemonImage, type Engine, isImageName } from './engine.ts';

const imagesMax = 10_000;

/** The image of a name, or every image of the daemon where the name is null. Never rejects. */
export async function discoverDaemon(
  engine: Engine,
  name: string | null,
  location: string,
): Promise<Discovery> {
  if (name !== null && !isImageName(name)) {
    const where = shownText(location) || 'docker';
    return { resources: [], problems: [problem('unsupported', where, "is not an image's name")] };
  }
  try {
    await engine.version();
    if (name === null) return await discoverAll(engine, location);
    return { resources: [resourceOf(await engine.image(name), name, location)], problems: [] };
  } catch (error) {
    return { resources: [], problems: [daemonProblem(error, location)] };
  }
}

async function discoverAll(engine: Engine, location: string): Promise<Discovery> {
  const problems: Problem[] = [];
  const resources: Resource[] = [];
  // A daemon may list an image once for each of its names.
  const ids = [...new Set((await engine.images()).map(({ id }) => id))].sort();
  if (ids.length > imagesMax) {
    const why = `the daemon has ${ids.length} images; the first ${imagesMax} were looked at`;
    problems.push(problem('limit', location, why, 'imagesMax'));
  }
  for (const id of ids.slice(0, imagesMax)) {
    try {
      resources.push(resourceOf(await engine.image(id), null, location));
    } catch (error) {
      problems.push(daemonProblem(error, `${location}: ${id}`));
    }
  }
  return { resources, problems };
}

function resourceOf(image: DaemonImage, asked: string | null, location: string): Resource {
  const reference = nameOf(image, asked);
  const resource = imageResource({
    target: 'docker',
    location,
    digest: image.id,
    reference,
    config: image.config,
  });
  const { repository } = splitReference(reference);
  const tags = image.tags
    .map(splitReference)
    .filter((one) => one.repository === repository && one.tag !== null)
    .map(({ tag }) => tag as string);
  return tags.length > 1
    ? { ...resource, details: { ...resource.details, imageTags: tags.sort() } }
    : resource;
}

// By the name that was asked for where the image has it, which an id or a part of one is not.
function nameOf({ tags, repoDigests, config }: DaemonImage, asked: string | null): string {
  const known = [...tags, ...repoDigests];
  if (asked !== null) {
    const { repository, tag } = splitReference(asked);
    const full = `${repository}:${tag ?? 'latest'}`;
    // Podman puts the registry before the short name that was asked for.
    const own = tags.find((name) => name === full) ?? tags.find((name) => name.endsWith(`/${full}`));
    if (own !== undefined) return own;
  }
  return known.sort()[0] ?? `untagged-${config.os ?? 'image'}`;
}
