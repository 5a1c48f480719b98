import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, problem } from '../../../model/problem.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where the daemon listens: what DOCKER_HOST says, else the first that is there of Docker's socket, this user's Podman
 * and the system's Podman. A problem says what to do where there is none.
 * Source: https://docs.docker.com/reference/cli/docker/#environment-variables and
 * https://docs.podman.io/en/latest/markdown/podman-system-service.1.html
 */
export function findSocket(
  env: Environment,
  exists: (path: string) => boolean = existsSync,
): string | Problem {
  const named = env.DOCKER_HOST ?? '';
  if (named !== '') {
    if (named.startsWith('unix://') && named.length > 'unix://'.length) return named.slice('unix://'.length);
    const scheme = named.split('://')[0]?.slice(0, 20) ?? '';
    const why = `DOCKER_HOST names a daemon by ${scheme}, and only unix:// sockets are spoken with: scan its images on its own machine, or from a registry`;
    return problem('unsupported', 'docker', why);
  }
  const places = usualSockets(env);
  const found = places.find((path) => exists(path));
  if (found !== undefined) return found;
  const why = `no daemon listens at ${places.join(', ')}: start Docker or Podman's service, or name its socket in DOCKER_HOST (unix:///PATH)`;
  return problem('unreadable', 'docker', why);
}

function usualSockets(env: Environment): string[] {
  const own = env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'podman/podman.sock')] : [];
  return ['/var/run/docker.sock', ...own, '/run/podman/podman.sock'];
}
