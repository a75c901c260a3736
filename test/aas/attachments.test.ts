import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { get, request } from 'node:http';
import { join } from 'node:path';
import {
  elementPath,
  type RunningEnvironment,
  runEnvironment,
  submodel,
  submodelPath,
  text,
} from './running-environment.ts';

const ID = 'urn:test:files';
const LIMIT_BYTES = 3_000_000;
const file = (idShort?: string) => ({
  modelType: 'File',
  ...(idShort === undefined ? {} : { idShort }),
  contentType: 'text/plain',
});

let running: RunningEnvironment;
beforeAll(async () => {
  running = await runEnvironment({ attachmentLimitBytes: LIMIT_BYTES });
});
afterAll(() => running.stop());
beforeEach(async () => {
  await running.call('DELETE', submodelPath(ID));
  const files = { modelType: 'SubmodelElementList', idShort: 'Files', typeValueListElement: 'File' };
  const elements = [file('Manual'), text('Name', 'x'), { ...files, value: [file(), file(), file()] }];
  await running.call('PUT', submodelPath(ID), submodel(ID, elements));
});

const url = (path: string) => `${running.server.url}${elementPath(ID, path, '/attachment')}`;
// A file that was thrown away loses its name at once and its bytes a moment later.
const stored = () =>
  readdirSync(join(running.folder, 'attachments')).filter((name) => !name.endsWith('.partial'));

/** Unlike fetch, which asks for a fresh copy by itself. */
function statusOf(target: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(target, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}

/** An upload that has begun and waits for its last bytes. */
function heldUpload(path: string): { promise: Promise<number | undefined>; release: () => void } {
  const sending = request(url(path), {
    method: 'PUT',
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  });
  sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="slow"\r\n\r\nslow');
  const promise = new Promise<number | undefined>((resolve, reject) => {
    sending.once('error', reject).once('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  return { promise, release: () => sending.end('\r\n--x--\r\n') };
}

async function upload(path: string, content: Uint8Array, fileName = 'manual ü.pdf'): Promise<Response> {
  const form = new FormData();
  form.set('fileName', fileName);
  form.set('file', new Blob([content], { type: 'application/pdf' }), 'part-name');
  return fetch(url(path), { method: 'PUT', body: form });
}

describe('an attachment', () => {
  it('comes back byte for byte, with its name and its hash', async () => {
    const content = randomBytes(2_000_003);
    const put = await upload('Manual', content);
    const answer = await fetch(url('Manual'));
    const read = Buffer.from(await answer.arrayBuffer());

    expect(put.status).toBe(204);
    expect(answer.status).toBe(200);
    expect(read.equals(content)).toBe(true);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="manual _.pdf"; filename*=UTF-8''manual%20%C3%BC.pdf`,
    );
    expect(answer.headers.get('etag')).toBe(`"${createHash('sha256').update(content).digest('hex')}"`);
    const element = await running.call('GET', elementPath(ID, 'Manual'));
    expect(element.body).toMatchObject({
      contentType: 'application/pdf',
      value: '/aasx/files/manual%20%C3%BC.pdf',
    });
  });

  it('is read in ranges, and not at all when it has not changed', async () => {
    await upload('Manual', Buffer.from('0123456789'));
    const ask = (headers: Record<string, string>) => fetch(url('Manual'), { headers });
    const middle = await ask({ range: 'bytes=2-4' });
    const end = await ask({ range: 'bytes=-3' });
    const beyond = await ask({ range: 'bytes=20-' });
    const same = await statusOf(url('Manual'), { 'if-none-match': middle.headers.get('etag') ?? '' });

    expect([middle.status, await middle.text(), middle.headers.get('content-range')]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    expect([end.status, await end.text()]).toEqual([206, '789']);
    expect([beyond.status, same]).toEqual([416, 304]);
  });

  it('may belong to the entry of a list, and moves with it', async () => {
    await upload('Files[2]', Buffer.from('third'));
    await running.call('DELETE', elementPath(ID, 'Files[0]'));

    expect(await (await fetch(url('Files[1]'))).text()).toBe('third');
    expect((await fetch(url('Files[0]'))).status).toBe(404);
  });

  it('is kept once for all elements with the same bytes, until the last of them goes', async () => {
    await upload('Manual', Buffer.from('same'));
    await upload('Files[0]', Buffer.from('same'));
    const both = stored().length;
    await running.call('DELETE', elementPath(ID, 'Manual'));
    const one = stored().length;
    await fetch(url('Files[0]'), { method: 'DELETE' });

    expect([both, one, stored().length]).toEqual([1, 1, 0]);
    expect((await fetch(url('Files[0]'))).status).toBe(404);
  });

  it('is thrown away with its submodel, and when it is replaced', async () => {
    await upload('Manual', Buffer.from('old'));
    await upload('Manual', Buffer.from('new'));
    const replaced = stored().length;
    await running.call('DELETE', submodelPath(ID));

    expect([replaced, stored().length]).toEqual([1, 0]);
  });

  it('may be replaced again and again while another file is still arriving', async () => {
    const { promise: held, release } = heldUpload('Files[0]');
    const [first, second, third] = [randomBytes(1000), randomBytes(1000), randomBytes(1000)];
    const statuses: number[] = [];
    for (const content of [first, second, first, second, third]) {
      statuses.push((await upload('Manual', content)).status);
    }
    for (const path of ['Files[1]', 'Files[2]']) statuses.push((await upload(path, first)).status);
    for (const path of ['Files[1]', 'Files[2]']) statuses.push((await upload(path, second)).status);
    release();

    expect(statuses).toEqual(statuses.map(() => 204));
    expect(await held).toBe(204);
    expect(stored().length).toBe(3);
  });

  it('honours If-Match with the tag that it was read with', async () => {
    await upload('Manual', Buffer.from('first'));
    const tag = (await fetch(url('Manual'))).headers.get('etag') ?? '';
    const put = (headers: Record<string, string>) => {
      const form = new FormData();
      form.set('file', new Blob(['second']), 'second.txt');
      return fetch(url('Manual'), { method: 'PUT', body: form, headers });
    };

    expect((await put({ 'If-Match': '"another"' })).status).toBe(412);
    expect((await put({ 'If-None-Match': '*' })).status).toBe(412);
    expect((await put({ 'If-Match': tag })).status).toBe(204);
    expect((await fetch(url('Manual'), { method: 'DELETE', headers: { 'If-Match': tag } })).status).toBe(412);
  });

  it('is refused for an element that is no File, by 405, or that is not there, by 404', async () => {
    expect((await upload('Name', Buffer.from('x'))).status).toBe(405);
    expect((await fetch(url('Name'))).status).toBe(405);
    expect((await upload('Nothing', Buffer.from('x'))).status).toBe(404);
  });

  it('is refused beyond the limit on its own bytes, and leaves nothing behind', async () => {
    const exact = await upload('Manual', randomBytes(LIMIT_BYTES));
    const larger = await upload('Files[0]', randomBytes(LIMIT_BYTES + 1));

    expect([exact.status, larger.status]).toEqual([204, 413]);
    expect((await fetch(url('Files[0]'))).status).toBe(404);
    expect(stored()).toHaveLength(1);
  });

  it.each([
    [
      'no file',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="fileName"\r\n\r\nx\r\n--b--\r\n',
    ],
    [
      'no end',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="file"\r\n\r\nx',
    ],
    ['no boundary', 'multipart/form-data', 'x'],
    ['another type', 'application/octet-stream', 'x'],
    [
      'an unknown field',
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--',
    ],
  ])('is refused when the form has %s', async (_what, contentType, body) => {
    const answer = await fetch(url('Manual'), {
      method: 'PUT',
      headers: { 'content-type': contentType },
      body,
    });

    expect(answer.status).toBe(400);
    expect((await fetch(url('Manual'))).status).toBe(404);
  });

  it('loses the folders of a name that pretends to have some', async () => {
    await upload('Manual', Buffer.from('x'), '../../etc/passwd');

    expect((await fetch(url('Manual'))).headers.get('content-disposition')).toContain('filename="passwd"');
  });
});
