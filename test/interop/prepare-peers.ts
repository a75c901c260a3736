import { findFaaast } from '../../bench/support/find-faaast.ts';
import { findBasyx } from './find-basyx.ts';
import { findPythonTool } from './find-python-tool.ts';

/** Finds the peers before the tests, once, and tells the tests by the environment. */
export default async function preparePeers(): Promise<void> {
  process.env['FEDSHELL_INTEROP_FAAAST'] = JSON.stringify(findFaaast());
  process.env['FEDSHELL_INTEROP_BASYX'] = JSON.stringify(await findBasyx());
  process.env['FEDSHELL_INTEROP_TEST_ENGINES_1_0_2'] = JSON.stringify(
    findPythonTool('aas_test_engines', '1.0.2'),
  );
  process.env['FEDSHELL_INTEROP_TEST_ENGINES_1_0_3'] = JSON.stringify(
    findPythonTool('aas_test_engines', '1.0.3'),
  );
}
