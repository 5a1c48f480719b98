import type { Feed } from '../contract.ts';
import type { OvalDefinition } from '../oval.ts';
import { readRpmOval } from '../rpm-oval.ts';

const releases = ['1', '2', '3', '4', '5'];

/** VMware Photon OS advisories in OVAL form, a file per release. */
export const photon = {
  id: 'photon',
  title: 'Photon OS security advisories',
  sources: [
    'https://github.com/vmware/photon/wiki/Security-Advisories',
    'https://packages.broadcom.com/photon/photon_oval_definitions/',
  ],
  licence: 'as published by Broadcom; fetched by each user, not redistributed',
  downloads: releases.map((release) => ({
    url: `https://packages.broadcom.com/photon/photon_oval_definitions/com.vmware.phsa-photon${release}.xml.gz`,
    path: `photon/com.vmware.phsa-photon${release}.xml.gz`,
  })),
  wants: (path) => /(^|\/)com\.vmware\.phsa-photon[\w.-]+\.xml(\.gz)?$/.test(path),
  async *read(file) {
    yield* readRpmOval(file, { feed: 'photon', source: 'photon', streams: streamsOf, complete: true });
  },
} satisfies Feed;

function streamsOf(definition: OvalDefinition): readonly string[] {
  return definition.platforms.flatMap((platform) => {
    const release = /^(?:VMware )?Photon (?:OS )?(\d+)/.exec(platform)?.[1];
    return release === undefined ? [] : [`photon:${release}`];
  });
}
