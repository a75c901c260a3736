import { connect, type Socket } from 'node:net';
import type { LoadAnswer, LoadRequest, LoadResult, LoadTask, WrittenValue } from './load-messages.ts';

/**
 * Generates load in a process of its own. It writes requests to sockets and reads just enough of each answer to know
 * its status and end: a client library would take the processor time that the server is to be measured with.
 */

/** Values written so far by path, over all tasks of this process. */
const answered = new Map<string, number>();
const onTheWay = new Map<string, number>();
let lastValue = 0;

process.on('disconnect', () => process.exit());
process.on('message', (request: LoadRequest) => {
  if (request.kind === 'load') void perform(request.task).then((result) => send({ kind: 'loaded', result }));
  else send({ kind: 'written', values: writtenValues() });
});

function send(answer: LoadAnswer): void {
  process.send?.(answer);
}

function writtenValues(): WrittenValue[] {
  const paths = new Set([...answered.keys(), ...onTheWay.keys()]);
  return [...paths].map((path) => {
    const before = answered.get(path);
    const now = onTheWay.get(path);
    return {
      path,
      ...(before === undefined ? {} : { answered: before }),
      ...(now === undefined ? {} : { onTheWay: now }),
    };
  });
}

async function perform(task: LoadTask): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const endMs = startedMs + task.durationMs;
  const connections = await Promise.all(
    Array.from({ length: task.connections }, (_, index) => load(task, index, endMs, latenciesMs)),
  );
  return {
    answered: latenciesMs.length,
    refused: connections.reduce((sum, { refused }) => sum + refused, 0),
    unanswered: connections.filter(({ cut }) => cut).length,
    elapsedMs: performance.now() - startedMs,
    latenciesMs: Float64Array.from(latenciesMs),
  };
}

/** One connection: a request after the other until the time is over or the server is gone. */
function load(
  task: LoadTask,
  index: number,
  endMs: number,
  latenciesMs: number[],
): Promise<{ refused: number; cut: boolean }> {
  const wanted = task.method === 'GET' ? 'HTTP/1.1 200' : 'HTTP/1.1 204';
  // A path belongs to one connection, so that the order of its values is known.
  const share = Math.ceil(task.paths.length / task.connections);
  const paths = task.paths.slice(index * share, (index + 1) * share);
  return new Promise((resolve) => {
    const socket: Socket = connect({ port: task.port, host: '127.0.0.1', noDelay: true });
    let refused = 0;
    let path = '';
    let value = 0;
    let sentMs = 0;
    let received = '';
    const next = () => {
      // The slice holds at least one path.
      path = paths[Math.floor(Math.random() * paths.length)] as string;
      let body = '';
      let length = '';
      if (task.method === 'PATCH') {
        value = ++lastValue;
        onTheWay.set(path, value);
        body = String(value);
        length = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      }
      sentMs = performance.now();
      socket.write(
        `${task.method} ${path} HTTP/1.1\r\nHost: 127.0.0.1:${task.port}\r\n${task.headers}${length}\r\n${body}`,
      );
    };
    socket.on('connect', next);
    socket.on('data', (chunk) => {
      received = received === '' ? chunk.toString('latin1') : received + chunk.toString('latin1');
      if (!isWhole(received)) return;
      const nowMs = performance.now();
      latenciesMs.push(nowMs - sentMs);
      if (received.startsWith(wanted)) {
        if (task.method === 'PATCH') answered.set(path, value);
      } else refused++;
      onTheWay.delete(path);
      received = '';
      if (nowMs < endMs) next();
      else {
        socket.end();
        resolve({ refused, cut: false });
      }
    });
    socket.on('error', () => resolve({ refused, cut: true }));
    socket.on('close', () => resolve({ refused, cut: true }));
  });
}

/** Whether the text is a whole answer; all servers measured here tell the length of what they send. */
function isWhole(text: string): boolean {
  const headersEnd = text.indexOf('\r\n\r\n');
  if (headersEnd < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text);
  const isChunked = length === null && /\r\ntransfer-encoding: *chunked/i.test(text.slice(0, headersEnd + 2));
  if (isChunked) return text.endsWith('\r\n0\r\n\r\n');
  return text.length >= headersEnd + 4 + Number(length?.[1] ?? 0);
}
