import { createHash, createHmac } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { reasonOf } from '../model/problem.ts';
import type { ReportDestination, ReportError } from '../store/reports.ts';

/** Where reports go. A bucket that is a folder of `directory` is that folder; any other is asked for at `endpoint`. */
export type ReportSettings = {
  readonly directory: string | null;
  readonly endpoint: string | null;
  readonly region: string;
  readonly accessKeyId: string | null;
  readonly secretAccessKey: string | null;
};

/** Why a report could not be put where it should go. */
export type Undelivered = { readonly code: ReportError; readonly message: string };

const putMilliseconds = 600_000;
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const bucketPattern = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const kmsPattern = /^arn:aws[a-z-]{0,20}:kms:[a-z0-9-]{1,30}:\d{12}:(key|alias)\/[A-Za-z0-9/_-]{1,256}$/;

/** Reads the settings from the environment. */
export function reportSettings(
  environment: Readonly<Record<string, string | undefined>>,
  region: string,
): ReportSettings {
  return {
    directory: environment.OPENINSPECTOR_REPORT_DIRECTORY || null,
    endpoint: environment.OPENINSPECTOR_S3_ENDPOINT || null,
    region,
    accessKeyId: environment.AWS_ACCESS_KEY_ID || null,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY || null,
  };
}

/** What is wrong with a destination before anything is written, or null. */
export function wrongDestination({
  bucketName,
  keyPrefix,
  kmsKeyArn,
}: ReportDestination): Undelivered | null {
  if (!bucketPattern.test(bucketName) || bucketName.includes('..'))
    return { code: 'BUCKET_NOT_FOUND', message: `'${bucketName}' is not the name of a bucket.` };
  if (!kmsPattern.test(kmsKeyArn))
    return { code: 'MALFORMED_KMS_KEY', message: `'${kmsKeyArn}' is not the ARN of a key.` };
  const names = (keyPrefix ?? '').split('/');
  if (names.includes('..') || names.includes('.') || /[\0\\]/.test(keyPrefix ?? ''))
    return { code: 'INVALID_PERMISSIONS', message: `The key prefix '${keyPrefix}' leads out of its place.` };
  return null;
}

/** Puts a file under its key; null when it is there. Never throws for what the destination answers. */
export async function putFile(
  file: string,
  destination: ReportDestination,
  name: string,
  settings: ReportSettings,
): Promise<Undelivered | null> {
  const wrong = wrongDestination(destination);
  if (wrong) return wrong;
  const prefix = (destination.keyPrefix ?? '').split('/').filter((part) => part !== '');
  const folder = settings.directory === null ? null : join(settings.directory, destination.bucketName);
  if (folder !== null && (await isFolder(folder))) return putInFolder(file, folder, [...prefix, name]);
  if (settings.endpoint === null) {
    const message = `There is no folder for the bucket '${destination.bucketName}', and no endpoint is configured.`;
    return { code: 'BUCKET_NOT_FOUND', message };
  }
  return putObject(file, destination, [...prefix, name].join('/'), settings);
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() ?? false;
}

// The whole file appears at once.
async function putInFolder(
  file: string,
  folder: string,
  names: readonly string[],
): Promise<Undelivered | null> {
  const target = join(folder, ...names);
  const fresh = `${target}.${process.pid}.part`;
  try {
    if (!(await makeFolders(folder, names.slice(0, -1))))
      return { code: 'INVALID_PERMISSIONS', message: 'The key prefix leads out of the bucket.' };
    await copyFile(file, fresh);
    await rename(fresh, target);
    return null;
  } catch (error) {
    await rm(fresh, { force: true });
    const code = (error as { code?: string }).code ?? '';
    if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].includes(code))
      return { code: 'INVALID_PERMISSIONS', message: `The bucket's folder cannot be written (${code}).` };
    return { code: 'INTERNAL_ERROR', message: `The report could not be written (${code || 'unknown'}).` };
  }
}

/** Makes folders one in another; false where one of them is a link, which might lead anywhere. */
async function makeFolders(folder: string, names: readonly string[]): Promise<boolean> {
  let path = folder;
  for (const name of names) {
    path = join(path, name);
    if ((await lstat(path).catch(() => null))?.isSymbolicLink()) return false;
    await mkdir(path, { recursive: true });
  }
  return true;
}

/**
 * One PUT, streamed from the file, encrypted by the named key.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
 */
async function putObject(
  file: string,
  { bucketName, kmsKeyArn }: ReportDestination,
  key: string,
  settings: ReportSettings,
): Promise<Undelivered | null> {
  const { accessKeyId, secretAccessKey, endpoint, region } = settings;
  if (accessKeyId === null || secretAccessKey === null)
    return { code: 'INVALID_PERMISSIONS', message: 'There are no credentials for the bucket.' };
  const url = new URL(endpoint ?? '');
  const path = `/${[bucketName, ...key.split('/')].map(encode).join('/')}`;
  const digest = await sha256Of(file);
  const time = `${new Date().toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const signed = {
    host: url.host,
    'x-amz-content-sha256': digest,
    'x-amz-date': time,
    'x-amz-server-side-encryption': 'aws:kms',
    'x-amz-server-side-encryption-aws-kms-key-id': kmsKeyArn,
  };
  const authorization = signature(path, signed, digest, time, { accessKeyId, secretAccessKey, region });
  const headers = { ...signed, authorization, 'content-length': (await stat(file)).size };
  const answer = await put(url, path, headers, file);
  return answer.status === 200 ? null : refusal(answer, bucketName);
}

/** What came back; status zero: nothing, and why. */
type Answer = { readonly status: number; readonly why: string };

function put(
  url: URL,
  path: string,
  headers: Readonly<Record<string, string | number>>,
  file: string,
): Promise<Answer> {
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = { method: 'PUT', path, headers, signal: AbortSignal.timeout(putMilliseconds) };
    const sending = send(url, options, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, why: '' });
    });
    sending.on('error', (error) => resolve({ status: 0, why: reasonOf(error) }));
    createReadStream(file)
      .on('error', (error) => sending.destroy(error))
      .pipe(sending);
  });
}

function refusal({ status, why }: Answer, bucket: string): Undelivered {
  if (status === 404) return { code: 'BUCKET_NOT_FOUND', message: `There is no bucket '${bucket}'.` };
  if (status === 401 || status === 403)
    return { code: 'INVALID_PERMISSIONS', message: `The bucket '${bucket}' refuses the report.` };
  if (status === 301 || status === 307)
    return { code: 'INCOMPATIBLE_BUCKET_REGION', message: `The bucket '${bucket}' is of another Region.` };
  const answer = status === 0 ? `does not answer (${why})` : `answers with status ${status}`;
  return { code: 'INTERNAL_ERROR', message: `The store of the bucket '${bucket}' ${answer}.` };
}

// Unlike other services, S3 takes the path as it is sent, encoded once.
function signature(
  path: string,
  headers: Readonly<Record<string, string>>,
  digest: string,
  time: string,
  key: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly region: string },
): string {
  const names = Object.keys(headers).sort();
  const lines = names.map((name) => `${name}:${headers[name]}`);
  const canonical = ['PUT', path, '', ...lines, '', names.join(';'), digest].join('\n');
  const scope = `${time.slice(0, 8)}/${key.region}/s3/aws4_request`;
  const hashed = createHash('sha256').update(canonical).digest('hex');
  let derived: Buffer | string = `AWS4${key.secretAccessKey}`;
  for (const part of scope.split('/')) derived = hmac(derived, part);
  const proof = hmac(derived, ['AWS4-HMAC-SHA256', time, scope, hashed].join('\n')).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${proof}`;
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
