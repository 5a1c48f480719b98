import type { InventoryFacts } from '../../model/inventory.ts';
import type { Package } from '../../model/package.ts';
import kernels from './kernels.json' with { type: 'json' };

// A kernel is only vulnerable where it runs: never in a container, and on a host only the one that is booted.

const inContainer =
  'A container runs the kernel of its host, so kernel packages inside an image are not judged.';
const noCode =
  'It comes from the source of the kernel but is not what runs; the package of the running kernel is judged.';

function notRunning(running: string): string {
  return `It is not the running kernel, which is ${running}; it is judged once it has been booted.`;
}

/** Why a deb package must not be judged, when it comes from the source of a kernel. */
export function setAsideDebKernel(pkg: Package, facts: InventoryFacts): string | null {
  if (!isDebKernelSource(pkg.source?.name ?? pkg.name)) return null;
  if (facts.isContainer) return inContainer;
  const image = /^linux-image-(?:unsigned-)?(\d[\w.+~-]*?)(?:-unsigned)?$/.exec(pkg.name)?.[1];
  if (image === undefined) return noCode;
  return facts.runningKernel === null || image === facts.runningKernel
    ? null
    : notRunning(facts.runningKernel);
}

/**
 * The source package that advisories name for a kernel: signed images are built from a source of their own
 * (`linux-signed-amd64`), with the version of the kernel only in the binary.
 */
export function debKernelSource(pkg: Package): { readonly name: string; readonly version: string } | null {
  const found = /^linux-signed(?:-(.+))?$/.exec(pkg.source?.name ?? '');
  if (found === null) return null;
  const flavour = found[1]?.replace(/(?:^|-)(?:amd64|arm64|i386|armhf|ppc64el)$/, '');
  return { name: flavour ? `linux-${flavour}` : 'linux', version: pkg.version };
}

function isDebKernelSource(source: string): boolean {
  if (source === 'linux') return true;
  if (!source.startsWith('linux-')) return false;
  const rest = source.slice('linux-'.length);
  // Debian's and Ubuntu's backports are `linux-5.10` and `linux-aws-5.15`.
  if (/^\d+\.\d+/.test(rest)) return true;
  return kernels.debFlavours.some((flavour) => rest === flavour || rest.startsWith(`${flavour}-`));
}

/** Why an rpm package must not be judged, when it comes from the source of a kernel. */
export function setAsideRpmKernel(pkg: Package, facts: InventoryFacts): string | null {
  if (!isRpmKernel(pkg.source?.name ?? pkg.name) && !isRpmKernel(pkg.name)) return null;
  if (facts.isContainer) return inContainer;
  if (!isRpmImage(pkg.name)) return noCode;
  const running = facts.runningKernel;
  return running === null || isRunningRpm(pkg, running) ? null : notRunning(running);
}

function isRpmKernel(name: string): boolean {
  if (kernels.rpmNotKernels.includes(name)) return false;
  return /^kernel(?:$|-|\d)/.test(name) || kernels.photonKernels.includes(name);
}

// The packages that hold the image itself or stand for it; modules, headers and tools are none.
function isRpmImage(name: string): boolean {
  if (kernels.photonKernels.includes(name)) return true;
  return /^kernel[\d.]*(?:-(?:uek|rt|rt-64k|64k|debug|default|azure|preempt|PAE|xen|aarch64|lt|ml|plus|hwe))?(?:-core)?$/.test(
    name,
  );
}

function isRunningRpm(pkg: Package, running: string): boolean {
  const built = pkg.version.slice(pkg.version.indexOf(':') + 1);
  const full = pkg.arch === null ? built : `${built}.${pkg.arch}`;
  if (running === built || running === full) return true;
  // Variants write their flavour behind: `…x86_64+debug`, `…ph4-esx`.
  if (/^[+.-]/.test(running.slice(full.length)) && running.startsWith(full)) return true;
  if (running.startsWith(built) && /^-[a-z]/.test(running.slice(built.length))) return true;
  // SUSE leaves the rebuild count out of the running name: 4.12.14-122.103-default is 4.12.14-122.103.1.
  const flavour = /-([a-z]\w*)$/.exec(running)?.[1];
  if (flavour === undefined || !pkg.name.endsWith(`-${flavour}`)) return false;
  return `${built}.`.startsWith(`${running.slice(0, -flavour.length - 1)}.`);
}

/** Why an apk package must not be judged, when it is a kernel. */
export function setAsideApkKernel(pkg: Package, facts: InventoryFacts): string | null {
  const source = pkg.source?.name ?? pkg.name;
  if (source !== 'linux-headers' && !isApkKernel(source)) return null;
  if (facts.isContainer) return inContainer;
  if (!isApkKernel(pkg.name)) return noCode;
  if (facts.runningKernel === null) return null;
  // linux-lts 6.6.7-r0 runs as 6.6.7-0-lts.
  const flavour = pkg.name.slice('linux-'.length);
  const runs = `${pkg.version.replace(/-r(\d+)$/, '-$1')}-${flavour}`;
  return runs === facts.runningKernel ? null : notRunning(facts.runningKernel);
}

function isApkKernel(name: string): boolean {
  return name.startsWith('linux-') && kernels.apkFlavours.includes(name.slice('linux-'.length));
}
