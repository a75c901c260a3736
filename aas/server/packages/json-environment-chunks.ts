import { ENVIRONMENT_LISTS } from '../../environment-json.ts';
import type { EnvironmentSource } from '../../xml/write-xml-environment.ts';

/** The JSON of an Environment, a chunk for each identifiable; lists without entries are left out. */
export function* jsonEnvironmentChunks(source: EnvironmentSource): Generator<string> {
  let before = '{';
  for (const [list] of ENVIRONMENT_LISTS) {
    let count = 0;
    for (const item of source[list]) {
      yield `${count === 0 ? `${before}"${list}":[` : ',\n'}${JSON.stringify(item)}`;
      count++;
    }
    if (count === 0) continue;
    yield ']';
    before = ',\n';
  }
  yield before === '{' ? '{}' : '}';
}
