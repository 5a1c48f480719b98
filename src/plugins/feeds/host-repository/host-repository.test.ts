import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostRepository } from './index.ts';
import { changelogName, repositoryFile, repositoryFolder } from './layout.ts';

describe('the places of a repository’s files', () => {
  test('a name and version are written and read back, epochs too', () => {
    const name = changelogName('bind9', '1:9.18.24-1~deb12u1');
    assert.equal(name, 'bind9_1%3a9.18.24-1~deb12u1_changelog.gz');
    const path = `${repositoryFolder('ubuntu:22.04:esm-apps', 'deb.example.org-1a')}/changelogs/${name}`;
    assert.deepEqual(repositoryFile(path), {
      kind: 'changelog',
      stream: 'ubuntu:22.04:esm-apps',
      repository: 'deb.example.org-1a',
      source: 'bind9',
      version: '1:9.18.24-1~deb12u1',
    });
  });

  test('what could leave its folder is no name', () => {
    assert.equal(changelogName('../x', '1'), null);
    assert.equal(changelogName('x', '1/../../2'), null);
    assert.equal(changelogName('', '1'), null);
    assert.equal(hostRepository.wants('host-repository/../x/updateinfo.xml'), false);
    assert.equal(hostRepository.wants('host-repository/debian@12/../updateinfo.xml'), false);
    assert.equal(hostRepository.wants('host-repository/rocky@9/repo/updateinfo.xml.gz'), true);
  });
});
