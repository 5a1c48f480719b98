import { almalinux } from './almalinux/index.ts';
import { alpaquita } from './alpaquita/index.ts';
import { alpineSecdb } from './alpine-secdb/index.ts';
import { amazon } from './amazon/index.ts';
import { azurelinux } from './azurelinux/index.ts';
import { bottlerocket } from './bottlerocket/index.ts';
import type { Feed } from './contract.ts';
import { cve } from './cve/index.ts';
import { debianTracker } from './debian-tracker/index.ts';
import { dotnet } from './dotnet/index.ts';
import { elixirAdvisories } from './elixir-advisories/index.ts';
import { epss } from './epss/index.ts';
import { exploitdb } from './exploitdb/index.ts';
import { fedora } from './fedora/index.ts';
import { friendsofphp } from './friendsofphp/index.ts';
import { ghsa } from './ghsa/index.ts';
import { hostRepository } from './host-repository/index.ts';
import { kev } from './kev/index.ts';
import { metasploit } from './metasploit/index.ts';
import { nodeSecurityWg } from './node-security-wg/index.ts';
import { nuclei } from './nuclei/index.ts';
import { nvd } from './nvd/index.ts';
import { oracle } from './oracle/index.ts';
import { osv } from './osv/index.ts';
import { photon } from './photon/index.ts';
import { redhat } from './redhat/index.ts';
import { retirejs } from './retirejs/index.ts';
import { rocky } from './rocky/index.ts';
import { rubysec } from './rubysec/index.ts';
import { starter } from './starter/index.ts';
import { suse } from './suse/index.ts';
import { ubuntu } from './ubuntu/index.ts';
import { wolfi } from './wolfi/index.ts';

/**
 * Every feed. The order is the order of preference where only one source's words can stand: titles and descriptions
 * come from the first feed that has them.
 */
export const feeds: readonly Feed[] = [
  ghsa,
  osv,
  cve,
  nvd,
  rubysec,
  elixirAdvisories,
  dotnet,
  friendsofphp,
  nodeSecurityWg,
  redhat,
  ubuntu,
  debianTracker,
  suse,
  oracle,
  almalinux,
  rocky,
  amazon,
  fedora,
  alpineSecdb,
  alpaquita,
  wolfi,
  photon,
  azurelinux,
  bottlerocket,
  retirejs,
  kev,
  epss,
  metasploit,
  exploitdb,
  nuclei,
  hostRepository,
  starter,
];
