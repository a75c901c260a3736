/** Stands for training processes in trouble; the version file's name of a task says in which. */
process.on('disconnect', () => process.exit());
process.on('message', ({ kind, id, task }) => {
  if (kind !== 'task') return;
  if (task.versionFile === 'busy') for (;;);
  if (task.versionFile === 'native') {
    process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n");
    process.abort();
  }
  if (task.versionFile === 'gpu') {
    const message = process.env.CUDA_VISIBLE_DEVICES;
    process.send({ kind: 'failed', id, code: 'E_TRAINING_FAILED', message, faults: [] });
    return;
  }
  process.send({ kind: 'failed', id, code: 'E_OUT_OF_MEMORY', message: 'no memory', faults: [] });
});
process.send({ kind: 'ready' });
