import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Caller } from './callers.ts';
import { type Answer, call, type Estate, hub, onEachEngine, refused } from './estate.ts';

const kmsKeyArn = `arn:aws:kms:eu-central-1:${hub}:key/0d2f4a6c-1111-2222-3333-444455556666`;
const bucket = { bucketName: 'my-bucket', keyPrefix: 'a/b', kmsKeyArn };

onEachEngine('SBOM exports', (it) => {
  it('waits for the estate', async ({ running, owner }) => {
    await running.until('findings of three resources', async () => {
      return (await call(owner, 'ListFindings', {})).findings.length === 3;
    });
    assert.equal(await running.service.queue.idle(20_000), true);
  });

  it('puts a CycloneDX 1.4 document for each resource', async (estate) => {
    const { owner } = estate;
    const { reportId } = await call(owner, 'CreateSbomExport', {
      reportFormat: 'CYCLONEDX_1_4',
      s3Destination: bucket,
    });
    const report = await ended(estate, owner, reportId);
    assert.deepEqual(report, {
      reportId,
      format: 'CYCLONEDX_1_4',
      status: 'SUCCEEDED',
      s3Destination: bucket,
    });
    const at = `a/b/CYCLONEDX_1_4_outputs_${reportId}/account=${hub}`;
    const files = tree(estate, at);
    assert.equal(files.length, 3, files.join());
    const image = files.find((file) => file.startsWith('resource=AWS_ECR_CONTAINER_IMAGE/')) ?? '';
    assert.match(
      image,
      /^resource=AWS_ECR_CONTAINER_IMAGE\/arn:aws:ecr:eu-central-1:111122223333:repository_shop_app_sha256:[0-9a-f]{64}_CYCLONEDX_1_4\.json$/,
    );
    const bom = read(estate, `${at}/${image}`);
    assert.deepEqual(
      [bom.bomFormat, bom.specVersion, bom.version, bom.metadata.component],
      ['CycloneDX', '1.4', 1, null],
    );
    const properties = Object.fromEntries(
      bom.metadata.properties.map(({ name, value }: Answer) => [name, value]),
    );
    assert.match(properties.imageId, /^sha256:/);
    assert.equal(properties.accountId, hub);
    assert.equal(properties.resourceType, 'AWS_ECR_CONTAINER_IMAGE');
    const [lodash] = bom.components;
    assert.deepEqual([lodash.type, lodash.name], ['library', 'lodash']);
    assert.match(lodash['bom-ref'], /^[0-9a-f]{32}$/);
    assert.equal(lodash.purl, 'pkg:npm/lodash@4.17.20?path=app%2Fnode_modules%2Flodash%2Fpackage.json');
    assert.deepEqual(bom.vulnerabilities, [{ id: 'CVE-2024-0101', affects: [{ ref: lodash['bom-ref'] }] }]);

    const machine = files.find((file) => file.startsWith('resource=AWS_EC2_INSTANCE/')) ?? '';
    assert.match(machine, /\/i-[0-9a-f]{17}_CYCLONEDX_1_4\.json$/);
    const [libssl] = read(estate, `${at}/${machine}`).components;
    assert.deepEqual([libssl.type, libssl.name], ['application', 'libssl3']);
    assert.equal(
      libssl.purl,
      'pkg:dpkg/libssl3@3.0.9-1?arch=AMD64&epoch=0&upstream=openssl-3.0.9-1.src.dpkg',
    );
  });

  it('puts SPDX 2.3 documents of what the filter leaves', async (estate) => {
    const { owner } = estate;
    const resourceFilterCriteria = {
      resourceType: [{ comparison: 'EQUALS' as const, value: 'AWS_EC2_INSTANCE' }],
    };
    const input = { reportFormat: 'SPDX_2_3' as const, s3Destination: bucket, resourceFilterCriteria };
    const { reportId } = await call(owner, 'CreateSbomExport', input);
    const report = await ended(estate, owner, reportId);
    assert.deepEqual([report.status, report.filterCriteria], ['SUCCEEDED', resourceFilterCriteria]);
    const at = `a/b/SPDX_2_3_outputs_${reportId}/account=${hub}`;
    const files = tree(estate, at);
    assert.equal(files.length, 1, files.join());
    assert.match(files[0] ?? '', /^resource=AWS_EC2_INSTANCE\/i-[0-9a-f]{17}_SPDX_2_3\.json$/);
    const document = read(estate, `${at}/${files[0]}`);
    const id = /i-[0-9a-f]{17}/.exec(files[0] ?? '')?.[0];
    assert.equal(document.name, `${hub}/EC2/${id}`);
    assert.equal(document.documentNamespace, `EC2://${id}/DEBIAN_12/null/null`);
    assert.equal('dataLicense' in document, false);
    assert.equal(document.spdxVersion, 'SPDX-2.3');
    assert.match(document.creationInfo.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.equal(document.creationInfo.creators[0], `Organization: ${hub}`);
    const [pkg] = document.packages;
    assert.match(pkg.SPDXID, /^SPDXRef-Package-dpkg-libssl3-[0-9a-f]{32}$/);
    assert.deepEqual(
      [pkg.versionInfo, pkg.downloadLocation, pkg.filesAnalyzed, pkg.sourceInfo],
      ['3.0.9-1', 'NOASSERTION', false, '/var/lib/dpkg/status'],
    );
    assert.deepEqual(pkg.externalRefs.at(-1), {
      referenceCategory: 'SECURITY',
      referenceType: 'vulnerability',
      referenceLocator: 'CVE-2024-0001',
    });
    assert.deepEqual(document.relationships, [
      { spdxElementId: 'SPDXRef-DOCUMENT', relatedSpdxElement: pkg.SPDXID, relationshipType: 'DESCRIBES' },
    ]);
  });

  it('knows every criterion of the filter', async (estate) => {
    const { owner } = estate;
    const tagged = [{ comparison: 'EQUALS' as const, key: 'Name', value: 'nowhere' }];
    const cases = [
      [{ accountId: [{ comparison: 'EQUALS', value: hub }] }, 3],
      [{ accountId: [{ comparison: 'NOT_EQUALS', value: hub }] }, 0],
      [{ resourceId: [{ comparison: 'EQUALS', value: 'i-0' }] }, 0],
      [{ resourceType: [{ comparison: 'NOT_EQUALS', value: 'AWS_EC2_INSTANCE' }] }, 2],
      [{ ecrRepositoryName: [{ comparison: 'EQUALS', value: 'shop/app' }] }, 1],
      [{ ecrImageTags: [{ comparison: 'EQUALS', value: '1' }] }, 1],
      [{ ecrImageTags: [{ comparison: 'EQUALS', value: '2' }] }, 0],
      [{ lambdaFunctionName: [{ comparison: 'EQUALS', value: 'none' }] }, 0],
      [{ ec2InstanceTags: tagged }, 0],
      [{ lambdaFunctionTags: tagged }, 0],
    ] as const;
    for (const [resourceFilterCriteria, count] of cases) {
      const input = { reportFormat: 'SPDX_2_3', s3Destination: bucket, resourceFilterCriteria };
      const { reportId } = await call(owner, 'CreateSbomExport', input as Answer);
      const { status, errorCode } = await ended(estate, owner, reportId);
      const why = JSON.stringify(resourceFilterCriteria);
      assert.deepEqual(
        [status, errorCode],
        count === 0 ? ['FAILED', 'NO_FINDINGS_FOUND'] : ['SUCCEEDED', undefined],
        why,
      );
      if (count > 0) assert.equal(tree(estate, `a/b/SPDX_2_3_outputs_${reportId}`).length, count, why);
    }
  });

  it('gives an administrator its members, and a member only itself', async (estate) => {
    const { admin, member } = estate;
    const input = { reportFormat: 'CYCLONEDX_1_4', s3Destination: bucket } as const;
    const all = await call(admin, 'CreateSbomExport', input);
    assert.equal((await ended(estate, admin, all.reportId)).status, 'SUCCEEDED');
    assert.equal(tree(estate, `a/b/CYCLONEDX_1_4_outputs_${all.reportId}/account=${hub}`).length, 3);
    const none = await call(member, 'CreateSbomExport', input);
    const { status, errorCode } = await ended(estate, member, none.reportId);
    assert.deepEqual([status, errorCode], ['FAILED', 'NO_FINDINGS_FOUND']);
  });

  it('puts documents into a bucket, and says what the bucket answers', async (estate) => {
    const { owner, puts } = estate;
    const s3Destination = { ...bucket, bucketName: 'far-bucket', keyPrefix: 'ä b' };
    const input = { reportFormat: 'CYCLONEDX_1_4', s3Destination } as const;
    const from = puts.length;
    const { reportId } = await call(owner, 'CreateSbomExport', input);
    assert.equal((await ended(estate, owner, reportId)).status, 'SUCCEEDED');
    const put = puts.slice(from);
    assert.equal(put.length, 3);
    for (const { url, headers, body } of put) {
      const start = `/far-bucket/%C3%A4%20b/CYCLONEDX_1_4_outputs_${reportId}/account%3D${hub}/resource%3D`;
      assert.ok(url.startsWith(start), url);
      assert.equal(headers['x-amz-server-side-encryption-aws-kms-key-id'], kmsKeyArn);
      assert.equal(JSON.parse(body.toString()).bomFormat, 'CycloneDX');
    }
    for (const [status, code] of [
      [404, 'BUCKET_NOT_FOUND'],
      [403, 'INVALID_PERMISSIONS'],
      [301, 'INCOMPATIBLE_BUCKET_REGION'],
      [500, 'INTERNAL_ERROR'],
    ] as const) {
      estate.refusal = status;
      const answer = await call(owner, 'CreateSbomExport', input);
      const { status: end, errorCode } = await ended(estate, owner, answer.reportId);
      assert.deepEqual([end, errorCode], ['FAILED', code]);
    }
    estate.refusal = 200;
  });

  it('has one export at a time, cancels it, and refuses what cannot be', async (estate) => {
    const { owner, lone, member, running } = estate;
    const input = { reportFormat: 'SPDX_2_3', s3Destination: bucket } as const;
    const id = '0d2f4a6c-1111-4222-8333-444455556666';
    await refused(owner, 'GetSbomExport', { reportId: id }, 'ResourceNotFoundException');
    await refused(owner, 'CancelSbomExport', { reportId: id }, 'ResourceNotFoundException');
    await refused(owner, 'GetSbomExport', { reportId: 'x' }, 'ValidationException');
    for (const s3Destination of [
      { ...bucket, bucketName: '../etc' },
      { ...bucket, keyPrefix: 'a/../../b' },
      { ...bucket, kmsKeyArn: 'nonsense' },
    ])
      await refused(owner, 'CreateSbomExport', { ...input, s3Destination }, 'ValidationException');
    const none = await call(lone, 'CreateSbomExport', input);
    assert.equal((await ended(estate, lone, none.reportId)).errorCode, 'NO_FINDINGS_FOUND');
    await refused(lone, 'CancelSbomExport', { reportId: none.reportId }, 'ValidationException');
    await refused(member, 'GetSbomExport', { reportId: none.reportId }, 'ResourceNotFoundException');
    await refused(member, 'CancelSbomExport', { reportId: none.reportId }, 'ResourceNotFoundException');

    // Put in progress by hand: no worker takes it, so that it stays so.
    const started = await startByHand(estate, Date.now());
    await refused(owner, 'CreateSbomExport', input, 'ValidationException', /multiple reports in-progress/);
    assert.equal((await call(owner, 'GetSbomExport', { reportId: started.id })).status, 'IN_PROGRESS');
    await call(owner, 'CancelSbomExport', { reportId: started.id });
    await running.service.queue.sbomExport(started.number, 'test');
    assert.equal(await running.service.queue.idle(10_000), true);
    assert.equal((await call(owner, 'GetSbomExport', { reportId: started.id })).status, 'CANCELLED');
  });

  it('goes on with what a killed service left, and gives up after twelve hours', async (estate) => {
    const { owner, running } = estate;
    const left = await startByHand(estate, Date.now());
    await running.service.queue.sbomExport(left.number, 'service started');
    assert.equal((await ended(estate, owner, left.id)).status, 'SUCCEEDED');
    assert.equal(tree(estate, `a/b/SPDX_2_3_outputs_${left.id}`).length, 3);
    const late = await startByHand(estate, 0);
    await running.service.queue.sbomExport(late.number, 'test');
    const { status, errorMessage } = await ended(estate, owner, late.id);
    assert.deepEqual([status, errorMessage], ['FAILED', 'The export took longer than 12 hours.']);
  });
});

async function ended({ running }: Estate, caller: Caller, reportId: string): Promise<Answer> {
  let report: Answer;
  await running.until('the end of an export', async () => {
    report = await call(caller, 'GetSbomExport', { reportId });
    return report.status !== 'IN_PROGRESS';
  });
  return report;
}

async function startByHand({ running }: Estate, at: number): Promise<{ id: string; number: number }> {
  const { rows } = await running.service.database.pool.query(
    `insert into report (report_id, account_id, kind, format, destination, status, created_at)
     values (gen_random_uuid()::text, '${hub}', 'SBOM', 'SPDX_2_3', $1, 'IN_PROGRESS', $2)
     returning report_id as id, report_number as number`,
    [JSON.stringify(bucket), at],
  );
  return { id: rows[0].id, number: Number(rows[0].number) };
}

const inBucket = ({ place }: Estate, path: string) => join(place, 'reports', 'my-bucket', path);

/** The files below a key prefix. */
function tree(estate: Estate, path: string): string[] {
  return readdirSync(inBucket(estate, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(inBucket(estate, path).length + 1))
    .sort();
}

function read(estate: Estate, path: string): Answer {
  return JSON.parse(readFileSync(inBucket(estate, path), 'utf8'));
}
