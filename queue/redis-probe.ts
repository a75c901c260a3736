import { connect } from 'node:net';

/** How long a Redis on this machine may take to answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 2000;

/**
 * Sends one command to our own Redis on 127.0.0.1 and returns the answer's first line, such as `+PONG` or `-LOADING …`.
 * Plain sockets instead of ioredis, so that the process that only starts Redis does not carry a client in memory.
 * @returns undefined where nothing listens, or where it closes without an answer.
 */
export function sendToOwnRedis(port: number, password: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (answer: string | undefined) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish(undefined));
    socket.once('error', () => finish(undefined));
    socket.once('close', () => finish(undefined));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\n${command}\r\n`));
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const [authorised, answer] = received.split('\r\n');
      if (authorised?.startsWith('-') && received.includes('\r\n')) finish(authorised);
      // The text after the last line end is a line that is not complete yet.
      else if (received.split('\r\n').length > 2) finish(answer);
    });
  });
}
