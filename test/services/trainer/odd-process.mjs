/** Stands for training processes in trouble; the version file's name of a task says in which. */
const MEBIBYTE = 1024 ** 2;
const figures = { startMs: 1, peakBytes: MEBIBYTE };

function answerTo(id, how) {
  const failed = (code, message, more = {}) =>
    process.send({ kind: 'failed', id, code, message, faults: [], ...more });
  const done = (more = {}) =>
    process.send({ kind: 'result', id, result: [], figures: { ...figures, ...more } });
  switch (how) {
    case 'busy':
      for (;;);
    case 'native':
      process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n");
      return process.abort();
    case 'crash':
      return process.kill(process.pid, 'SIGSEGV');
    case 'gpu':
      return failed('E_TRAINING_FAILED', process.env.CUDA_VISIBLE_DEVICES);
    case 'full':
      return failed('E_OUT_OF_MEMORY', 'no memory');
    case 'wide':
      return failed('E_OUT_OF_MEMORY', 'no address', { details: { limit: 'process' } });
    case 'trap':
      return failed('E_TRAINING_FAILED', 'memory access out of bounds', { isFatal: true });
    case 'mutters':
      process.stderr.write('an allocator: could not allocate memory for a cache, goes on without\n');
      return setTimeout(done, 50);
    case 'large':
      return done({ kept: { residentBytes: 900 * MEBIBYTE, idleBytes: 100 * MEBIBYTE } });
    default:
      return done({ kept: { residentBytes: 400 * MEBIBYTE, idleBytes: 100 * MEBIBYTE } });
  }
}

process.on('disconnect', () => process.exit());
process.on('message', ({ kind, id, task }) => {
  if (kind === 'task') answerTo(id, task.versionFile);
});
process.send({ kind: 'ready' });
