import { mergeMetrics } from '../../queue/merge-metrics.ts';

describe('metrics of several queues', () => {
  it('are one text with each head once and all samples below it', () => {
    const text = (queue: string) =>
      [
        '# HELP jobs Number of jobs',
        '# TYPE jobs gauge',
        `jobs{queue="${queue}"} 1`,
        '# TYPE done counter',
        `done{queue="${queue}"} 2`,
      ].join('\n');

    expect(mergeMetrics([text('a'), text('b')])).toBe(
      [
        '# HELP jobs Number of jobs',
        '# TYPE jobs gauge',
        'jobs{queue="a"} 1',
        'jobs{queue="b"} 1',
        '# TYPE done counter',
        'done{queue="a"} 2',
        'done{queue="b"} 2',
        '',
      ].join('\n'),
    );
  });

  it('are empty where there are none', () => {
    expect(mergeMetrics([])).toBe('');
  });
});
