import type { Target } from '../contract.ts';
import { type Engine, openEngine, type Patience, usualPatience } from './engine.ts';
import { discoverDaemon } from './images.ts';
import { openDaemonImage } from './open.ts';
import { type Environment, findSocket } from './socket.ts';

/**
 * Images of the Docker or Podman daemon of this machine: `docker:NAME` (a name, a name with a tag, or an id), and
 * `docker:` for every image. The image that is itself called `docker` is `docker:docker:latest`.
 */
export const docker = dockerTarget(process.env, usualPatience);

/** The target in an environment of the caller's choice. */
export function dockerTarget(env: Environment, patience: Patience) {
  return {
    id: 'docker',
    title: 'images of a Docker or Podman daemon',
    locationIsPath: false,
    sources: [
      'https://docs.docker.com/reference/api/engine/',
      'https://docs.podman.io/en/latest/_static/api.html',
      'https://github.com/moby/docker-image-spec/blob/main/spec.md',
    ],
    /** Never: a bare reference is that of a registry, and asking a daemon is for who names it. */
    async recognises() {
      return false;
    },
    async discover(location) {
      const socket = findSocket(env);
      if (typeof socket !== 'string') return { resources: [], problems: [socket] };
      const name = location === 'docker' || location === '' ? null : location;
      return discoverDaemon(openEngine(socket, patience), name, location || 'docker');
    },
    async open(resource, options) {
      return openDaemonImage(engineOf(env, patience), resource, options);
    },
    /** None: no file tells reliably of a daemon's images. Who watches asks `discover` again, which is cheap. */
    watchPaths: () => [],
  } satisfies Target;
}

function engineOf(env: Environment, patience: Patience): Engine {
  const socket = findSocket(env);
  if (typeof socket !== 'string') throw new Error(socket.why);
  return openEngine(socket, patience);
}
