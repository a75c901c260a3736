import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

describe('the API description', () => {
  it('has no operation that no test names in brackets', () => {
    const { paths } = parse(readFileSync(join(__dirname, '../../../openapi/aggregator.yaml'), 'utf8'));
    const operations = Object.values(paths as Record<string, object>)
      .flatMap((path) => Object.values(path))
      .flatMap((operation) => operation?.operationId ?? []);
    const tests = readdirSync(__dirname).filter((file) => file.endsWith('.test.ts'));
    const texts = tests.map((file) => readFileSync(join(__dirname, file), 'utf8')).join('\n');
    const named = new Set([...texts.matchAll(/\[([a-z][A-Za-z]+)\]/g)].map(([, name]) => name));

    const untested = operations.filter((operation) => !named.has(operation));

    expect(operations.length).toBeGreaterThan(20);
    expect(untested).toEqual([]);
  });
});
